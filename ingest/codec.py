"""Messages as compact JSON rows and back, without loss. People are numbers into a shared table.

Bodies are kept apart from the rest, so that headers can be read without them.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import datetime
from typing import TypeAlias, cast

from ingest.model import (
    Attachment,
    DateSource,
    Draft,
    Email,
    Kind,
    Person,
    Role,
    Segment,
    Span,
    TextKind,
    Variant,
)
from ingest.outline import Outline

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Number = Callable[[Person], int]

#: ASCII escapes keep what UTF-8 cannot hold, such as odd bytes in file names.
_DUMP = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode
_OUTLINE = tuple(field.name for field in fields_of(Outline))


@dataclass(frozen=True, slots=True)
class EmailRow:
    """One message as stored: `head` is what lists show, `rest` the remaining fields."""

    head: str
    rest: str
    body: bytes


@dataclass(frozen=True, slots=True)
class DraftRow:
    """One draft as spooled."""

    fields: str
    body: bytes


def encode_email(email: Email, number: Number) -> EmailRow:
    """The rows of a message; `number(person)` gives the person's place in the people table."""
    head: list[object] = [
        email.thread_id,
        number(email.sender),
        [number(p) for p in email.to],
        [number(p) for p in email.cc],
        _iso(email.sent_at),
        email.subject,
    ]
    rest: list[object] = [
        email.kind,
        email.date_source,
        email.text_kind,
        email.time_known,
        email.parent_id,
        _span(email.locator),
        [_segment(s, number) for s in email.segments],
        [[a.name, a.media_type, a.size] for a in email.attachments],
        [_variant(v, email.body) for v in email.variants],
    ]
    return EmailRow(_DUMP(head), _DUMP(rest), encode_text(email.body))


def decode_email(message_id: str, row: EmailRow, people: Sequence[Person]) -> Email:
    """The message whose rows these are."""
    thread, sender, to, cc, sent_at, subject = json.loads(row.head)
    (
        kind, date_source, text_kind, time_known, parent, locator, segments, files, variants,
    ) = json.loads(row.rest)  # fmt: skip
    body = decode_text(row.body)
    return Email(
        id=message_id,
        kind=cast(Kind, kind),
        sender=people[sender],
        to=tuple(people[n] for n in to),
        cc=tuple(people[n] for n in cc),
        sent_at=_when(sent_at),
        date_source=cast(DateSource, date_source),
        subject=subject,
        body=body,
        segments=tuple(_to_segment(s, people) for s in segments),
        thread_id=thread,
        locator=_to_span(locator),
        text_kind=cast(TextKind, text_kind),
        time_known=time_known,
        parent_id=parent,
        attachments=tuple(Attachment(*a) for a in files),
        variants=tuple(_to_variant(v, body) for v in variants),
    )


def encode_draft(draft: Draft, number: Number) -> DraftRow:
    """The row of a draft."""
    fields: list[object] = [
        draft.kind,
        number(draft.sender),
        [number(p) for p in draft.to],
        [number(p) for p in draft.cc],
        _iso(draft.sent_at),
        draft.date_source,
        draft.subject,
        draft.text_kind,
        draft.time_known,
        draft.message_id,
        draft.references,
        draft.thread_key,
        None if draft.attached_to is None else _span(draft.attached_to),
        _span(draft.locator),
        [_segment(s, number) for s in draft.segments],
        [[a.name, a.media_type, a.size] for a in draft.attachments],
        draft.warnings,
    ]
    return DraftRow(_DUMP(fields), encode_text(draft.body))


def decode_draft(row: DraftRow, people: Sequence[Person]) -> Draft:
    """The draft whose row this is."""
    (
        kind, sender, to, cc, sent_at, date_source, subject, text_kind, time_known, message_id,
        references, thread_key, attached_to, locator, segments, files, warnings,
    ) = json.loads(row.fields)  # fmt: skip
    return Draft(
        locator=_to_span(locator),
        kind=cast(Kind, kind),
        sender=people[sender],
        to=tuple(people[n] for n in to),
        cc=tuple(people[n] for n in cc),
        sent_at=_when(sent_at),
        date_source=cast(DateSource, date_source),
        subject=subject,
        body=decode_text(row.body),
        segments=tuple(_to_segment(s, people) for s in segments),
        text_kind=cast(TextKind, text_kind),
        time_known=time_known,
        message_id=message_id,
        references=tuple(references),
        thread_key=thread_key,
        attached_to=None if attached_to is None else _to_span(attached_to),
        attachments=tuple(Attachment(*a) for a in files),
        warnings=tuple(warnings),
    )


def encode_outline(outline: Outline) -> str:
    """The row of an outline."""
    values = {field: getattr(outline, field) for field in _OUTLINE}
    values |= {"sent_at": _iso(outline.sent_at), "digest": outline.digest.hex()}
    return _DUMP(list(values.values()))


def decode_outline(row: str) -> Outline:
    """The outline whose row this is."""
    values = dict(zip(_OUTLINE, json.loads(row), strict=True))
    values["sent_at"] = _when(values["sent_at"])
    values["digest"] = bytes.fromhex(values["digest"])
    values["recipients"] = tuple(values["recipients"])
    values["references"] = tuple(values["references"])
    return Outline(**values)


def encode_span(span: Span) -> str:
    """The row of a place."""
    return _DUMP(_span(span))


def decode_span(row: str) -> Span:
    """The place whose row this is."""
    return _to_span(json.loads(row))


def encode_text(text: str) -> bytes:
    """UTF-8 that also carries lone surrogates."""
    return text.encode("utf-8", "surrogatepass")


def decode_text(data: bytes) -> str:
    """The text that `encode_text` was given."""
    return data.decode("utf-8", "surrogatepass")


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()


def _when(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _span(span: Span) -> list[Json]:
    return [span.path, span.first_line, span.last_line, span.first_byte, span.last_byte]


def _to_span(fields: list[Json]) -> Span:
    path, first, last, first_byte, last_byte = fields
    return Span(
        cast(str, path),
        cast(int, first),
        cast(int, last),
        cast("int | None", first_byte),
        cast("int | None", last_byte),
    )


def _segment(segment: Segment, number: Number) -> list[Json]:
    author = None if segment.author is None else number(segment.author)
    fields: list[Json] = [segment.end, author, segment.role]
    if segment.sent_at is not None or segment.origin_id is not None:
        fields += [_iso(segment.sent_at), segment.origin_id]
    # Segments cover the body without gaps, but an empty one may stand anywhere.
    return [segment.start, *fields]


def _to_segment(fields: list[Json], people: Sequence[Person]) -> Segment:
    start, end, author, role, *more = fields
    sent_at, origin = more or (None, None)
    return Segment(
        cast(int, start),
        cast(int, end),
        None if author is None else people[cast(int, author)],
        cast(Role, role),
        _when(cast("str | None", sent_at)),
        cast("str | None", origin),
    )


def _variant(variant: Variant, body: str) -> list[Json]:
    text = None if variant.body == body else variant.body
    return [_span(variant.locator), text, variant.subject, variant.identical]


def _to_variant(fields: list[Json], body: str) -> Variant:
    locator, text, subject, identical = fields
    return Variant(
        _to_span(cast("list[Json]", locator)),
        body if text is None else cast(str, text),
        cast(str, subject),
        cast(bool, identical),
    )
