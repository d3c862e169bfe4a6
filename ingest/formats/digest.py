"""Reads the digest: true facts and a restatement of each message, one JSON object per line.

Record: id, kind, date (ISO local time, or the day alone), date_source, from, to, cc, subject,
thread, parent (optional), words, sha256, opening_sha256 (see `ingest.known`), body.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast, get_args

from ingest.errors import SourceError
from ingest.model import REDACTED, DateSource, Draft, Kind, Person, Segment, Skipped, Span

#: Keys every record has; `sniff` looks for them.
KEYS = ("id", "kind", "date", "from", "thread", "sha256", "body")


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the digest as typed values. `words` and the hashes are of the verbatim text."""

    id: str
    kind: Kind
    sent_at: datetime | None
    time_known: bool
    date_source: DateSource
    sender: Person
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    subject: str
    thread: str
    parent: str | None
    words: int
    sha256: str
    opening_sha256: str
    body: str


def sniff(head: str) -> bool:
    """True when the first line of `head` looks like a digest record, even when cut off."""
    first = head.lstrip().split("\n", 1)[0]
    return first.startswith("{") and all(f'"{key}":' in first for key in ("id", "kind", "thread"))


def read_digest(path: Path) -> Iterator[Draft | Skipped]:
    """A restated Draft per record in file order; a malformed line is Skipped with its reason."""
    for number, record in read_records(path):
        locator = Span(str(path.absolute()), number, number)
        if isinstance(record, str):
            yield Skipped(locator, record)
        else:
            yield _draft(record, locator)


def read_records(path: Path) -> Iterator[tuple[int, Record | str]]:
    """Line number with the record, or with what is wrong in the line; SourceError if unreadable."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot read {path}: {error}; check the file") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, _parsed(line)


def _parsed(line: str) -> Record | str:
    try:
        fields = json.loads(line)
    except ValueError as error:
        return f"not JSON: {error}"
    if not isinstance(fields, dict):
        return "not a JSON object"
    missing = [key for key in KEYS if key not in fields]
    if missing:
        return f"no {', '.join(missing)}"
    try:
        return _record(fields)
    except (TypeError, ValueError) as error:
        return f"malformed record: {error}"


def _record(fields: dict[str, object]) -> Record:
    date = fields["date"]
    kind, source = str(fields["kind"]), str(fields.get("date_source", "header"))
    if kind not in get_args(Kind) or source not in get_args(DateSource):
        raise ValueError(f"kind {kind!r}, date_source {source!r}")
    parent = fields.get("parent")
    return Record(
        id=str(fields["id"]),
        kind=cast(Kind, kind),
        sent_at=None if date is None else _when(str(date)),
        time_known="T" in str(date),
        date_source=cast(DateSource, source),
        sender=_person(fields["from"]),
        to=_people(fields.get("to")),
        cc=_people(fields.get("cc")),
        subject=str(fields.get("subject", "")),
        thread=str(fields["thread"]),
        parent=None if parent is None else str(parent),
        words=int(str(fields.get("words", 0))),
        sha256=str(fields["sha256"]),
        opening_sha256=str(fields.get("opening_sha256", "")),
        body=str(fields["body"]),
    )


def _draft(record: Record, locator: Span) -> Draft:
    own = Segment(0, len(record.body), record.sender, "own")
    return Draft(
        locator=locator,
        kind=record.kind,
        sender=record.sender,
        to=record.to,
        cc=record.cc,
        sent_at=record.sent_at,
        date_source=record.date_source,
        subject=record.subject,
        body=record.body,
        segments=(own,) if record.body else (),
        text_kind="restated",
        time_known=record.time_known,
        message_id=record.id,
        references=() if record.parent is None else (record.parent,),
        thread_key=record.thread,
    )


def _when(text: str) -> datetime:
    """The local time; the transcripts print no zone, so it is kept as UTC unless one is given."""
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _people(names: object) -> tuple[Person, ...]:
    if names is None:
        return ()
    if not isinstance(names, list):
        raise TypeError("to and cc are lists of names")
    return tuple(_person(name) for name in names)


def _person(name: object) -> Person:
    return REDACTED if name == REDACTED.name else Person(str(name))
