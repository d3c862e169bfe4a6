"""Lists of mail for the reader as HTML: a thread as a tree, a month, the archive's threads.

Pure functions, no gradio. Mail is escaped text.
"""

from collections.abc import Iterable, Sequence, Set
from datetime import datetime

from ingest.message_store import ThreadSummary
from ingest.model import Email
from ui.html import safe, when

#: Deepest indentation of a reply; deeper ones stand beside it.
MAX_INDENT = 6
#: Messages shown before and after the open one; a list of thousands would make the page crawl.
AROUND = 100
#: Threads, or messages of a month, in one list.
LISTED = 300
#: Characters of a message's first words.
SNIPPET = 90

CLOSE = (
    '<button class="quiet close" data-close="reader" aria-label="Close the reader">close</button>'
)


def tree(thread: Sequence[Email], current: str, cited: Set[str] = frozenset()) -> str:
    """The thread as nested lists, replies under what they answer; empty for a single message."""
    if len(thread) < 2:
        return ""
    ids = [email.id for email in thread]
    place = ids.index(current) if current in ids else 0
    start, end = max(0, place - AROUND), place + AROUND + 1
    shown = thread[start:end]
    rest = len(thread) - len(shown)
    note = f'<p class="soft">{rest:,} more: use previous and next</p>' if rest else ""
    return (
        f'<nav class="thread" aria-label="Thread"><h3>Thread, {len(thread):,} messages</h3>'
        f"{_nested(shown, current, cited)}{note}</nav>"
    )


def _nested(thread: Sequence[Email], current: str, cited: Set[str]) -> str:
    """An item stays open until one comes that is no deeper; its replies are a list inside it."""
    parts: list[str] = []
    depth = -1
    for email, wanted in zip(thread, _depths(thread), strict=True):
        if wanted > depth:
            parts.append("<ol>")
        else:
            parts.append("</li>" + "</ol></li>" * (depth - wanted))
        parts.append(f"<li>{_item(email, current, cited)}")
        depth = wanted
    return "".join(parts) + "</li></ol>" * (depth + 1)


def _item(email: Email, current: str, cited: Set[str]) -> str:
    here = ' aria-current="true"' if email.id == current else ""
    return (
        f'<button data-open="msg:{safe(email.id)}"{here}{_mark(email, cited)}>'
        f"<b><bdi>{safe(email.sender.name)}</bdi></b> <span>{when(email)}</span>"
        f'<span class="snippet"><bdi>{safe(_snippet(email))}</bdi></span></button>'
    )


def _mark(email: Email, cited: Set[str]) -> str:
    return ' class="is-cited"' if email.id in cited else ""


def _snippet(email: Email) -> str:
    """The first words that the sender wrote."""
    own = "".join(email.body[s.start : s.end] + " " for s in email.segments if s.role == "own")
    flat = " ".join(own[: 4 * SNIPPET].split())
    return flat if len(flat) <= SNIPPET else flat[: SNIPPET - 1] + "…"


def _depths(thread: Sequence[Email]) -> list[int]:
    """How deep each message stands under its parent, never more than one below the one before."""
    found: dict[str, int] = {}
    depths: list[int] = []
    for email in thread:
        parent = found.get(email.parent_id or "", -1)
        before = depths[-1] if depths else -1
        depths.append(min(parent + 1, before + 1, MAX_INDENT))
        found[email.id] = depths[-1]
    return depths


def archive(threads: Sequence[ThreadSummary], timeline: str) -> str:
    """The reader's home: the timeline and the threads, oldest first; of many the newest ones."""
    shown, heading = threads, "Threads"
    if len(threads) > LISTED:
        newest = sorted(threads, key=lambda t: (_moment(t.last), t.id), reverse=True)
        shown, heading = newest[:LISTED], f"Threads, the newest {LISTED} of {len(threads):,}"
    items = "".join(_thread_summary(t) for t in shown)
    return (
        '<div class="reader-home"><div class="bar"><span class="label">The archive</span>'
        f'{CLOSE}</div>{timeline}<h2>{heading}</h2><ol class="threads">{items}</ol></div>'
    )


def _thread_summary(thread: ThreadSummary) -> str:
    subject = safe(thread.subject) or "(no subject)"
    first = f"{thread.first:%b %Y}" if thread.first else "undated"
    return (
        f'<li><button data-open="thread:{safe(thread.id)}"><bdi>{subject}</bdi>'
        f"<span>{first} · {thread.count}</span></button></li>"
    )


def month(name: str, emails: Sequence[Email], count: int, cited: Set[str] = frozenset()) -> str:
    """Messages of one month (`2017-09`), which has `count`; oldest first, those `cited` marked."""
    noun = "message" if count == 1 else "messages"
    label = f"{_month_words(name)} · {count:,} {noun}"
    rest = count - len(emails)
    note = f'<p class="soft">{rest:,} more: ask, with dates, to find them</p>' if rest else ""
    return (
        f'<div class="reader-home"><div class="bar"><span class="label">{safe(label)}</span>'
        f'<button class="quiet" data-open="home">archive</button>{CLOSE}</div>'
        f'<ol class="threads by-sender">{_by_date(emails, cited)}</ol>{note}</div>'
    )


def _by_date(emails: Iterable[Email], cited: Set[str]) -> str:
    return "".join(
        f'<li><button data-open="msg:{safe(e.id)}"{_mark(e, cited)}>'
        f"<b><bdi>{safe(e.sender.name)}</bdi></b> "
        f"<bdi>{safe(e.subject)}</bdi> <span>{when(e)}</span></button></li>"
        for e in sorted(emails, key=lambda e: (_moment(e.sent_at), e.id))
    )


def _month_words(name: str) -> str:
    """`September 2017` for `2017-09`; anything else as it is."""
    try:
        return f"{datetime.strptime(name, '%Y-%m'):%B %Y}"
    except ValueError:
        return name


def _moment(sent_at: datetime | None) -> float:
    """Seconds since 1970 for sorting; undated mail first."""
    return sent_at.timestamp() if sent_at else float("-inf")
