"""One message with its thread, and its lines as they stand in its file, as HTML for the reader.

Pure functions, no gradio. Mail is escaped text.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from ingest.model import Email, Person, Segment
from ui.html import badge, failure, safe, when
from ui.html_threads import CLOSE, tree

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
    #: The messages in which quoted text was first sent, by id.
    origins: Mapping[str, Email] = field(default_factory=dict)
    #: Ids of what the conversation cites.
    cited: Set[str] = frozenset()


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
        f'<div class="body">{_body(shown)}</div>{_variants(email)}'
        f"{tree(shown.thread, email.id, shown.cited)}</article>"
    )


def not_shown(message: str) -> str:
    """Why something cannot be shown, with the ways on that every reading has."""
    return (
        '<div class="reader-home"><div class="bar"><span class="label">Not shown</span>'
        f'<button class="quiet" data-open="home">archive</button>{CLOSE}</div>'
        f"{failure(message)}</div>"
    )


def original(email: Email, lines: Sequence[str]) -> str:
    """The lines of its file that the message was read from, numbered as there."""
    first = email.locator.first_line
    items = "".join(f'<li value="{n}">{safe(line)}</li>' for n, line in enumerate(lines, first))
    rest = email.locator.last_line - first + 1 - len(lines)
    more = f'<p class="soft">{rest:,} more lines in the file</p>' if rest > 0 else ""
    return (
        '<article class="email" aria-label="Original"><div class="bar">'
        f'<span class="label">Original · {_place(email)}</span>'
        f'<button class="quiet" data-open="msg:{safe(email.id)}">back to the message</button>'
        f'{CLOSE}</div><ol class="original">{items}</ol>{more}</article>'
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
    counted = f'<span class="place">{place + 1} of {len(ids)}</span>' if len(ids) > 1 else ""
    return (
        f'<div class="bar"><span class="label"><bdi>{safe(label)}</bdi> {badge(shown.email)}</span>'
        f"{_step('previous', before)}{counted}{_step('next', after)}"
        f'<button class="quiet" data-copy="{cite}">copy citation</button>'
        f'<button class="quiet" data-open="home">archive</button>{CLOSE}</div>'
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
        ("Source", _place(email) + _source_buttons(email)),
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
    # Times of the released emails carry no zone and are kept as if UTC: no zone is shown for UTC.
    zone = f" (UTC{email.sent_at:%z})" if email.sent_at.utcoffset() else ""
    offset = zone if email.time_known else " (time not given)"
    inferred = ", inferred" if email.date_source == "inferred" else ""
    return when(email) + offset + inferred


def _place(email: Email) -> str:
    """Folder, file and lines; the whole path shows on hovering."""
    short = safe("/".join(email.locator.path.split("/")[-2:]))
    return f'<code title="{safe(_whole_place(email))}">{short}</code>, {_lines(email)}'


def _source_buttons(email: Email) -> str:
    return (
        f' <button class="quiet" data-open="source:{safe(email.id)}">open original</button>'
        f'<button class="quiet" data-copy="{safe(_whole_place(email))}">copy path</button>'
    )


def _whole_place(email: Email) -> str:
    return f"{email.locator.path}, {_lines(email)}"


def _lines(email: Email) -> str:
    first, last = email.locator.first_line, email.locator.last_line
    return f"line {first}" if first == last else f"lines {first}-{last}"


def _body(shown: Shown) -> str:
    return "".join(_segment(shown, segment) for segment in shown.email.segments)


def _segment(shown: Shown, segment: Segment) -> str:
    email, mark = shown.email, shown.mark
    text = _marked(email.body, segment, mark)
    name = _FOLDED.get(segment.role)
    if name is None or not email.body[segment.start : segment.end].strip():
        return f'<div class="text {segment.role}">{text}</div>'
    is_open = mark is not None and mark[0] < segment.end and segment.start < mark[1]
    author = f" from {segment.author.name}" if segment.author else ""
    return (
        f"<details{' open' if is_open else ''}><summary>{safe(name + author)}</summary>"
        f'{_origin(shown, segment)}<div class="text {segment.role}">{text}</div></details>'
    )


def _origin(shown: Shown, segment: Segment) -> str:
    """Who said it first, and when, with the way there."""
    if not segment.origin_id or segment.origin_id == shown.email.id:
        return ""
    said = safe(segment.author.name) if segment.author else "its writer"
    origin = shown.origins.get(segment.origin_id)
    when_where = f", {when(origin)}, in “{safe(origin.subject)}”" if origin else ""
    return (
        f'<p class="origin">First said by <bdi>{said}</bdi>{when_where} '
        f'<button class="quiet" data-open="msg:{safe(segment.origin_id)}">open it</button></p>'
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
