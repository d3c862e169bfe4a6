"""The list of kept conversations as HTML. Questions are escaped text."""

from collections.abc import Sequence
from datetime import datetime

from ui.html import safe


def conversations(listed: Sequence[tuple[str, str, str]], current: str) -> str:
    """(id, title, ISO time) of each, newest first; each opens, or is deleted."""
    if not listed:
        return (
            '<section class="kept"><h2>Conversations</h2>'
            '<p class="soft">What you ask is kept here, in this browser only.</p></section>'
        )
    items = "".join(_item(*entry, is_current=entry[0] == current) for entry in listed)
    return (
        f'<nav class="kept" aria-label="Conversations"><h2>Conversations</h2><ol>{items}</ol>'
        '<button class="quiet" data-keep="clear:">delete all</button></nav>'
    )


def _item(name: str, title: str, at: str, *, is_current: bool) -> str:
    here = ' aria-current="true"' if is_current else ""
    when = datetime.fromisoformat(at)
    return (
        f'<li><button class="conversation" data-keep="open:{safe(name)}"{here}>'
        f"<b>{safe(title)}</b><span>{when.day} {when:%b, %H:%M}</span></button>"
        f'<button class="icon" data-keep="delete:{safe(name)}" '
        f'aria-label="Delete {safe(title)}" title="Delete">×</button></li>'
    )
