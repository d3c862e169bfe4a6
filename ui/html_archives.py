"""The archives on offer, work in progress, and the receipt of what was read, as HTML.

Pure functions, no gradio. Names of files and reasons of readers are escaped text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.model import Skipped
from ui.html import safe

#: Skipped messages that are listed.
LISTED = 50

_KINDS = {
    "own": "the archive of this server",
    "path": "read from this machine; stays until removed",
    "upload": "uploaded; private to this tab, gone when it closes",
}
#: Stages of ingest in words.
_STAGES = {
    "reading": "reading the mail",
    "writing": "putting threads together",
    "cutting": "cutting into passages",
    "cut": "cut into passages",
    "embedding": "embedding passages",
    "checking": "checking passages",
    "publishing": "finishing",
    "published": "finishing",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """An archive as it is shown. `kind`: own, path or upload; `messages` None: cannot be read."""

    key: str
    name: str
    kind: str
    messages: int | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of the messages of an archive that was just read."""

    key: str
    name: str
    counts: tuple[tuple[str, int], ...]
    skipped: tuple[Skipped, ...]
    seconds: float


def offers(shown: Sequence[Offer]) -> str:
    """The archives, each with a button that asks it."""
    items = "".join(_offer(offer) for offer in shown)
    return f'<ul class="offers" aria-label="Archives">{items}</ul>'


def _offer(offer: Offer) -> str:
    size = "cannot be read: add it again" if offer.messages is None else _messages(offer.messages)
    ask = (
        '<span class="badge verbatim">open</span>'
        if offer.is_open
        else f'<button class="plain" data-keep="ask:{safe(offer.key)}" '
        f'aria-label="Ask {safe(offer.name)}">Ask this archive</button>'
    )
    remove = (
        f'<button class="quiet" data-keep="remove:{safe(offer.key)}" '
        f'aria-label="Remove {safe(offer.name)}">remove</button>'
        if offer.kind != "own"
        else ""
    )
    return (
        f'<li><span><b><bdi>{safe(offer.name)}</bdi></b><span class="soft">{size} · '
        f"{_KINDS[offer.kind]}</span></span>{remove}{ask}</li>"
    )


def progress(stage: str, done: int, total: int, seconds: float) -> str:
    """A bar, moving without an end in sight while `total` is 0, and a button that stops."""
    label = _STAGES.get(stage, stage) + (f": {done:,}" if done else "")
    label += f" of {total:,}" if total else ""
    extent = f' value="{min(done, total)}" max="{total}"' if total else ""
    return (
        f'<div class="work"><label for="work-bar">{safe(label)} · {seconds:.0f} s</label>'
        f'<progress id="work-bar"{extent}></progress>'
        '<button class="quiet" data-keep="stop:">stop</button></div>'
    )


def receipt(made: Receipt) -> str:
    """The receipt as a table, what was skipped and why, and the button that asks the archive."""
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td>{count:,}</td></tr>' for name, count in made.counts
    )
    return (
        f'<section class="receipt" role="status"><h3><bdi>{safe(made.name)}</bdi> is ready</h3>'
        f'<table class="figures"><caption>Receipt, {made.seconds:.1f} s</caption>'
        f"<tbody>{rows}</tbody></table>{_skipped(made.skipped)}"
        f'<button class="plain primary" data-keep="ask:{safe(made.key)}">Ask this archive</button>'
        "</section>"
    )


def _skipped(skipped: Sequence[Skipped]) -> str:
    if not skipped:
        return ""
    rows = "".join(
        f"<tr><td>{safe(s.locator.path.rsplit('/', 1)[-1])}, line {s.locator.first_line}</td>"
        f"<td>{safe(s.reason)}</td></tr>"
        for s in skipped[:LISTED]
    )
    rest = len(skipped) - LISTED
    more = f'<p class="soft">and {rest:,} more</p>' if rest > 0 else ""
    return (
        f"<details><summary>{len(skipped):,} skipped, and why</summary>"
        f'<table class="figures"><thead><tr><th scope="col">where</th><th scope="col">why</th>'
        f"</tr></thead><tbody>{rows}</tbody></table>{more}</details>"
    )


def _messages(count: int) -> str:
    return f"{count:,} message{'s' * (count != 1)}"
