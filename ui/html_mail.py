"""One message, its thread and the whole archive as HTML for the reader. Mail is escaped text.

Pure functions, no gradio.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ingest.message_store import ThreadSummary
from ingest.model import Email, Person, Segment
from ui.html import badge, safe, when

#: Deepest indentation of a reply in the thread list.
MAX_INDENT = 6

_CLOSE = (
    '<button class="quiet close" data-close="reader" aria-label="Close the reader">close</button>'
)
_FOLDED = {
    "quoted": "quoted text",
    "forwarded": "forwarded text",
    "signature": "signature",
    "disclaimer": "disclaimer",
    "attachment": "attachment text",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A message to show: the cited span in its body, if any, and the messages of its thread."""

    email: Email
    thread: tuple[Email, ...] = ()
    mark: tuple[int, int] | None = None
    #: "Citation 2 of question 1", or empty.
    label: str = ""


def placeholder() -> str:
    """The reader before the archive is open."""
    return (
        '<div class="reader-home"><div class="bar"><span class="label">The archive</span></div>'
        "<p>Opening the archive…</p></div>"
    )


def reader(shown: Shown) -> str:
    """The message with header block, body, cited span in `<mark>`, and its thread."""
    email = shown.email
    return (
        f'<article class="email" aria-label="Email">{_bar(shown)}{_header(email)}'
        f'<div class="body">{_body(email, shown.mark)}</div>{_variants(email)}'
        f"{_thread(shown)}</article>"
    )


def _bar(shown: Shown) -> str:
    ids = [e.id for e in shown.thread]
    place = ids.index(shown.email.id) if shown.email.id in ids else -1
    before = ids[place - 1] if place > 0 else ""
    after = ids[place + 1] if 0 <= place < len(ids) - 1 else ""
    writer = f"{shown.email.sender.name}, {when(shown.email)}"
    short = f"{shown.email.sender.name}, {when(shown.email).partition(',')[0]}"
    label = " · ".join(part for part in (shown.label, short) if part)
    cite = safe(f"{writer}, {shown.email.id}")
    return (
        f'<div class="bar"><span class="label"><bdi>{safe(label)}</bdi> {badge(shown.email)}</span>'
        f"{_step('previous', before)}{_step('next', after)}"
        f'<button class="quiet" data-copy="{cite}">copy citation</button>'
        f'<button class="quiet" data-open="home">archive</button>{_CLOSE}</div>'
    )


def _step(word: str, message_id: str) -> str:
    if not message_id:
        return f'<button class="quiet" disabled>{word}</button>'
    return f'<button class="quiet" data-open="msg:{safe(message_id)}">{word}</button>'


def _header(email: Email) -> str:
    rows = [
        ("From", _people((email.sender,))),
        ("To", _people(email.to)),
        ("Cc", _people(email.cc)),
        ("Date", safe(_date_line(email))),
        ("Kind", safe(email.kind) if email.kind != "email" else ""),
        ("Files", safe(", ".join(a.name for a in email.attachments))),
        ("Id", f"<code>{safe(email.id)}</code>"),
        ("Source", _place(email)),
    ]
    cells = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows if value)
    subject = safe(email.subject) or "(no subject)"
    return f"<h2><bdi>{subject}</bdi></h2><dl>{cells}</dl>"


def _people(people: Sequence[Person]) -> str:
    return ", ".join(
        f'<bdi title="{safe(", ".join(p.addresses))}">{safe(p.name)}</bdi>' for p in people
    )


def _date_line(email: Email) -> str:
    if email.sent_at is None:
        return "not given"
    offset = f" (UTC{email.sent_at:%z})" if email.time_known else " (time not given)"
    inferred = ", inferred" if email.date_source == "inferred" else ""
    return when(email) + offset + inferred


def _place(email: Email) -> str:
    """Folder, file and lines; the whole path shows on hovering and is copied by a click."""
    place = email.locator
    one = place.first_line == place.last_line
    lines = f"line {place.first_line}" if one else f"lines {place.first_line}-{place.last_line}"
    whole, short = safe(f"{place.path}, {lines}"), safe("/".join(place.path.split("/")[-2:]))
    return f'<code title="{whole}">{short}</code>, {lines} ' + (
        f'<button class="quiet" data-copy="{whole}">copy path</button>'
    )


def _body(email: Email, mark: tuple[int, int] | None) -> str:
    return "".join(_segment(email, segment, mark) for segment in email.segments)


def _segment(email: Email, segment: Segment, mark: tuple[int, int] | None) -> str:
    text = _marked(email.body, segment, mark)
    name = _FOLDED.get(segment.role)
    if name is None or not email.body[segment.start : segment.end].strip():
        return f'<div class="text {segment.role}">{text}</div>'
    is_open = mark is not None and mark[0] < segment.end and segment.start < mark[1]
    author = f" from {segment.author.name}" if segment.author else ""
    return (
        f"<details{' open' if is_open else ''}><summary>{safe(name + author)}</summary>"
        f'{_origin(email, segment)}<div class="text {segment.role}">{text}</div></details>'
    )


def _origin(email: Email, segment: Segment) -> str:
    if not segment.origin_id or segment.origin_id == email.id:
        return ""
    said = safe(segment.author.name) if segment.author else "its writer"
    return (
        f'<p class="origin">First sent by {said} in '
        f'<button class="quiet" data-open="msg:{safe(segment.origin_id)}">the original</button></p>'
    )


def _marked(body: str, segment: Segment, mark: tuple[int, int] | None) -> str:
    """The segment's text; the part of it inside `mark` wrapped in `<mark>`."""
    if mark is None:
        return safe(body[segment.start : segment.end])
    start = min(max(mark[0], segment.start), segment.end)
    end = max(min(mark[1], segment.end), start)
    if start == end:
        return safe(body[segment.start : segment.end])
    return (
        f"{safe(body[segment.start : start])}<mark>{safe(body[start:end])}</mark>"
        f"{safe(body[end : segment.end])}"
    )


def _variants(email: Email) -> str:
    differing = [v for v in email.variants if not v.identical]
    if not differing:
        return ""
    items = "".join(
        f"<li><code>{safe(v.locator.path)}, line {v.locator.first_line}</code>"
        f'<div class="text">{safe(v.body)}</div></li>'
        for v in differing
    )
    noun = "other copy differs" if len(differing) == 1 else "other copies differ"
    return f"<details><summary>{len(differing)} {noun}</summary><ul>{items}</ul></details>"


def _thread(shown: Shown) -> str:
    if len(shown.thread) < 2:
        return ""
    depths = _depths(shown.thread)
    items = "".join(_thread_item(e, depths[e.id], shown.email.id) for e in shown.thread)
    return f'<nav class="thread" aria-label="Thread"><h3>Thread</h3><ol>{items}</ol></nav>'


def _thread_item(email: Email, depth: int, current: str) -> str:
    here = ' aria-current="true"' if email.id == current else ""
    return (
        f'<li style="--depth:{depth}"><button data-open="msg:{safe(email.id)}"{here}>'
        f"<b><bdi>{safe(email.sender.name)}</bdi></b> <span>{when(email)}</span></button></li>"
    )


def _depths(thread: Sequence[Email]) -> dict[str, int]:
    """How deep each message stands under the first of its parents in the thread."""
    depths: dict[str, int] = {}
    for email in thread:
        parent = depths.get(email.parent_id or "", -1)
        depths[email.id] = min(parent + 1, MAX_INDENT)
    return depths


def archive(threads: Sequence[ThreadSummary], timeline: str, heading: str) -> str:
    """The reader's home: the timeline and every thread, oldest first."""
    items = "".join(_thread_summary(t) for t in threads)
    return (
        f'<div class="reader-home"><div class="bar"><span class="label">{safe(heading)}</span>'
        f'{_CLOSE}</div>{timeline}<h2>Threads</h2><ol class="threads">{items}</ol></div>'
    )


def _thread_summary(thread: ThreadSummary) -> str:
    subject = safe(thread.subject) or "(no subject)"
    first = f"{thread.first:%b %Y}" if thread.first else "undated"
    return (
        f'<li><button data-open="thread:{safe(thread.id)}"><bdi>{subject}</bdi>'
        f"<span>{first} · {thread.count}</span></button></li>"
    )


def month(name: str, emails: Sequence[Email]) -> str:
    """The messages of one month (`2017-09`), in the order given."""
    items = "".join(
        f'<li><button data-open="msg:{safe(e.id)}"><b><bdi>{safe(e.sender.name)}</bdi></b> '
        f"<bdi>{safe(e.subject)}</bdi> <span>{when(e)}</span></button></li>"
        for e in sorted(emails, key=lambda e: (when_sent(e), e.id))
    )
    noun = "message" if len(emails) == 1 else "messages"
    label = f"{_month_words(name)} · {len(emails)} {noun}"
    return (
        f'<div class="reader-home"><div class="bar"><span class="label">{safe(label)}</span>'
        f'<button class="quiet" data-open="home">archive</button>{_CLOSE}</div>'
        f'<ol class="threads by-sender">{items}</ol></div>'
    )


def _month_words(name: str) -> str:
    """`September 2017` for `2017-09`; anything else as it is."""
    try:
        return f"{datetime.strptime(name, '%Y-%m'):%B %Y}"
    except ValueError:
        return name


def when_sent(email: Email) -> float:
    """Seconds since 1970 for sorting; undated mail first."""
    return email.sent_at.timestamp() if email.sent_at else float("-inf")
