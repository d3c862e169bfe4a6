"""One raw message into drafts: itself, then the mail attached to it; it always yields something."""

import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

from ingest.addresses import parse_people
from ingest.body import segment
from ingest.content import Content, ContentReader
from ingest.dates import is_plausible, parse_date, parse_day
from ingest.headers import UNKNOWN_SENDER, Headers, decode_raw
from ingest.limits import Limits
from ingest.mime import Census, Part, read_part
from ingest.model import DateSource, Draft, Person, Segment, Skipped, Span
from ingest.shape import from_header, to_ordinary

#: What damaged mail has been seen to raise inside the standard library; a message that does is
#: listed with its reason and its neighbours are read.
MESSAGE_TROUBLE = (
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    RecursionError,
    binascii.Error,
)
#: Stands in dates that name no zone.
_NO_ZONE = timezone(timedelta(0), "none")
CUT_MARK = "\n[The rest of this message was cut by Exhibit.]\n"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a raw message comes from; `envelope` is the mbox From_ line without "From "."""

    locator: Span
    envelope: bytes = b""
    attached_to: Span | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Date:
    sent_at: datetime | None
    source: DateSource
    time_known: bool = True
    warning: str | None = None


def read_message(raw: bytes, source: Source, limits: Limits) -> Iterator[Draft | Skipped]:
    """The message, then each mail attached to it, however damaged; at least one result."""
    if not raw.strip(b" \t\r\n\0"):
        yield Skipped(source.locator, "empty message")
        return
    census = Census(limits, warnings=list(source.warnings))
    if len(raw) > limits.message_bytes:
        census.warn(f"message cut to {limits.message_bytes} bytes of {len(raw)}")
        raw = raw[: limits.message_bytes]
    raw = to_ordinary(raw)
    try:
        yield from _read(raw, read_part(raw, 0, len(raw), census), source, census)
    except MESSAGE_TROUBLE as error:
        yield Skipped(source.locator, f"cannot be read: {type(error).__name__}: {error}"[:300])


def _read(raw: bytes, part: Part, source: Source, census: Census) -> Iterator[Draft | Skipped]:
    content = ContentReader(raw, census).read(part)
    yield _draft(part.headers, content, source, census)
    for number, nested in enumerate(content.nested, start=1):
        path = f"{source.locator.path}!/attached-{number}"
        inner = Census(census.limits, parts=census.parts, encoded=census.encoded)
        if nested.part is not None and nested.raw is raw:
            locator = _span_inside(raw, nested.part, source.locator, path)
        else:
            locator = replace(source.locator, path=path)
        inside = Source(locator, attached_to=source.locator)
        if nested.part is not None:
            yield from _read(nested.raw, nested.part.children[0], inside, inner)
        else:
            yield from _read_encoded(nested.raw, inside, inner)


def _read_encoded(data: bytes, source: Source, census: Census) -> Iterator[Draft | Skipped]:
    """Mail attached in base64, which RFC 2046 forbids and programs do."""
    census.encoded += 1
    data = from_header(data)
    if not data.strip():
        yield Skipped(source.locator, "empty attached message")
    elif census.encoded > census.limits.encoded_depth:
        yield Skipped(source.locator, "attached in more encoded mails than are followed")
    else:
        yield from _read(data, read_part(data, 0, len(data), census), source, census)


def _span_inside(raw: bytes, part: Part, outer: Span, path: str) -> Span:
    """Lines and bytes of an attached message in the file that holds it."""
    first = outer.first_line + raw.count(b"\n", 0, part.start)
    last = first + raw.count(b"\n", part.start, max(part.start, part.end - 1))
    base = outer.first_byte
    if base is None:
        return Span(path, first, last)
    return Span(path, first, last, base + part.start, base + part.end)


def _draft(headers: Headers, content: Content, source: Source, census: Census) -> Draft:
    sender = _sender(headers, source.envelope)
    date = _date(headers, source.envelope)
    if date.warning:
        census.warn(date.warning)
    limit = census.limits.addresses
    to, to_more = parse_people(headers.all("to"), limit)
    cc, cc_more = parse_people(headers.all("cc"), limit - len(to))
    if to_more or cc_more:
        census.warn(f"recipients after the first {limit} were left out")
    subject = headers.text("subject")
    zone = (date.sent_at.tzinfo if date.sent_at else None) or UTC
    segments = segment(content.text, sender, subject=subject, zone=zone)
    body, segments = _with_extras(content, segments)
    return Draft(
        locator=source.locator,
        kind="email",
        sender=sender,
        to=to,
        cc=cc,
        sent_at=date.sent_at,
        date_source=date.source,
        time_known=date.time_known,
        subject=subject,
        body=body,
        segments=segments,
        message_id=_first_id(headers.get("message-id")),
        references=_references(headers),
        thread_key=_thread_key(headers),
        attached_to=source.attached_to,
        attachments=tuple(content.attachments),
        warnings=tuple(census.warnings),
    )


def _with_extras(
    content: Content, segments: tuple[Segment, ...]
) -> tuple[str, tuple[Segment, ...]]:
    """The body with the cut mark and the attached texts below it, and the segments of all."""
    body, parts = content.text, list(segments)
    if content.is_cut:
        parts.append(Segment(len(body), len(body) + len(CUT_MARK), None, "frame"))
        body += CUT_MARK
    for text in content.attached_texts:
        if parts:
            # The separator belongs to what stands before it, so that a quote begins with words.
            parts[-1] = replace(parts[-1], end=len(body) + 2)
            body += "\n\n"
        parts.append(Segment(len(body), len(body) + len(text), None, "attachment"))
        body += text
    return body, tuple(parts)


def _sender(headers: Headers, envelope: bytes) -> Person:
    for name in ("from", "sender", "x-from", "reply-to", "return-path"):
        found, _ = parse_people(headers.all(name), 1)
        if found and found[0].name != UNKNOWN_SENDER.name:
            return _named(found[0], headers)
    found, _ = parse_people([envelope.split(b" ")[0]] if b"@" in envelope else [], 1)
    return found[0] if found else UNKNOWN_SENDER


def _named(person: Person, headers: Headers) -> Person:
    """The sender with the display name of Exchange's X-From where From has only an address."""
    if person.addresses != (person.name,) or not headers.get("x-from"):
        return person
    named, _ = parse_people([headers.get("x-from").split(b"<")[0]], 2)
    name = ", ".join(one.name for one in named)
    return Person(name, person.addresses) if name and "@" not in name else person


def _date(headers: Headers, envelope: bytes) -> _Date:
    """Date, else the newest plausible Received, else the From_ line, else the day alone, else none.

    The file's time and today are never used.
    """
    printed = decode_raw(headers.get("date"))
    found = parse_date(printed, zone=_NO_ZONE)
    if found is not None and is_plausible(found):
        if found.tzinfo is not _NO_ZONE:
            return _Date(found, "header")
        repaired = f"Date {printed[:60]!r} has no zone: UTC taken"
        return _Date(found.replace(tzinfo=UTC), "header", warning=repaired)
    warning = f"Date {printed[:60]!r} is not a date" if printed else "no Date header"
    received = (parse_date(decode_raw(v).rpartition(";")[2]) for v in headers.all("received")[:200])
    plausible = [moment for moment in received if moment is not None and is_plausible(moment)]
    if plausible:
        return _Date(max(plausible), "received", warning=f"{warning}: taken from Received")
    stamped = parse_date(decode_raw(envelope))
    if stamped is not None and is_plausible(stamped):
        return _Date(stamped, "envelope", warning=f"{warning}: taken from the From_ line")
    day = parse_day(printed)
    if day is not None and is_plausible(day) and ":" not in printed:
        return _Date(day, "header", time_known=False, warning=f"Date {printed[:60]!r} has no time")
    return _Date(None, "none", warning=f"{warning}: left undated")


def _first_id(value: bytes) -> str | None:
    ids = _ids(value)
    return ids[0] if ids else None


def _ids(value: bytes) -> Sequence[str]:
    """Message-IDs without their brackets; spaces inside brackets are damage and are dropped."""
    text = " ".join(decode_raw(value).split()).replace("\0", "")
    if "<" not in text:
        return [word[:1_000] for word in text.split() if "@" in word or len(text.split()) == 1]
    pieces = (piece.partition(">")[0].replace(" ", "")[:1_000] for piece in text.split("<")[1:])
    return [piece for piece in pieces if piece]


def _references(headers: Headers) -> tuple[str, ...]:
    """References, then In-Reply-To, each id once, nearest last (RFC 5322 section 3.6.4)."""
    own = _first_id(headers.get("message-id"))
    answered = [word for word in _ids(headers.get("in-reply-to")) if "@" in word][:1]
    named = [word for value in headers.all("references") for word in _ids(value)]
    ordered = dict.fromkeys([*reversed(answered), *reversed(named)])
    ordered.pop(own or "", None)
    return tuple(reversed(list(ordered)[:500]))


def _thread_key(headers: Headers) -> str | None:
    """Gmail's own thread number, which Takeout exports carry."""
    number = headers.get("x-gm-thrid")
    return f"gmail:{decode_raw(number)[:40]}" if number else None
