"""Drafts parked in a file while an archive is put together: memory does not grow with the mail."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from ingest.codec import (
    DraftRow,
    decode_draft,
    decode_outline,
    decode_span,
    decode_text,
    encode_draft,
    encode_outline,
    encode_span,
    encode_text,
)
from ingest.ids import clean_id
from ingest.model import Draft, Person, Skipped, Span
from ingest.outline import Outline
from ingest.scratch import Scratch

#: `reason`: why it was skipped, or what was cut and repaired. Only drafts have the rest.
_SCHEMA = """
CREATE TABLE entry (seq INTEGER PRIMARY KEY, locator TEXT, reason TEXT, outline TEXT, fields TEXT,
                    body BLOB);
"""
_INSERT = "INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)"
#: Words of a message's beginning by which quotes of it are found.
OPENING_WORDS = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """One input message: `reason` as in the receipt."""

    seq: int
    locator: Span
    reason: str
    is_skipped: bool


class Spool:
    """Input messages by number, in the order they were read; people are numbered mentions.

    In memory are the files, and each spelling of a person once.
    """

    def __init__(self, path: Path) -> None:
        """A new file that only its owner can read; `delete` removes it."""
        self.scratch = Scratch(path, _SCHEMA)
        self._count = 0
        self._paths: dict[str, int] = {}
        self._numbers: dict[Person, int] = {}
        #: The message being read and those attached to it, by place.
        self._family: dict[Span, int] = {}
        self.mentions: list[Person] = []
        self.counts: Counter[int] = Counter()
        #: Drafts by number of their file.
        self.volume: Counter[int] = Counter()

    def __len__(self) -> int:
        return self._count

    @property
    def paths(self) -> list[str]:
        """The files drafts came from, by `Outline.path`."""
        return list(self._paths)

    def mention_counts(self) -> dict[Person, int]:
        """Every person as spelled, with how often they are named."""
        return {person: self.counts[n] for n, person in enumerate(self.mentions)}

    def add(self, draft: Draft) -> None:
        """Park a draft; its outline has numbers of mentions where identities will stand."""
        row = encode_draft(draft, self._number)
        outline = encode_outline(self._outline(draft))
        self._park(draft.locator, "; ".join(draft.warnings), outline, row.fields, row.body)

    def skip(self, skipped: Skipped) -> None:
        """Note an input message that is left out."""
        self._park(skipped.locator, skipped.reason, None, None, None)

    def draft(self, seq: int) -> Draft:
        """The draft with this number."""
        query = "SELECT fields, body FROM entry WHERE seq = ?"
        fields, body = self.scratch.one(query, seq)
        return decode_draft(DraftRow(fields, body), self.mentions)

    def body(self, seq: int) -> str:
        """The body of the draft with this number."""
        (body,) = self.scratch.one("SELECT body FROM entry WHERE seq = ?", seq)
        return decode_text(body)

    def locator(self, seq: int) -> Span:
        """Where the message with this number stands."""
        (place,) = self.scratch.one("SELECT locator FROM entry WHERE seq = ?", seq)
        return decode_span(place)

    def outlines(self) -> Iterator[Outline]:
        """The drafts in the order read."""
        query = "SELECT outline FROM entry WHERE outline IS NOT NULL ORDER BY seq"
        return (decode_outline(row) for (row,) in self.scratch.rows(query))

    def entries(self) -> Iterator[Entry]:
        """All input messages in the order read."""
        query = "SELECT seq, locator, reason, outline IS NULL FROM entry ORDER BY seq"
        for seq, place, reason, is_skipped in self.scratch.rows(query):
            yield Entry(seq, decode_span(place), decode_text(reason), bool(is_skipped))

    def delete(self) -> None:
        """Close and remove the file."""
        self.scratch.delete()

    def _park(self, locator: Span, reason: str, *rest: str | bytes | None) -> None:
        self.scratch.add(_INSERT, self._count, encode_span(locator), encode_text(reason), *rest)
        self._count += 1

    def _outline(self, draft: Draft) -> Outline:
        text = " ".join(draft.body.split())
        place = draft.locator.first_byte
        path = self._paths.setdefault(draft.locator.path, len(self._paths))
        self.volume[path] += 1
        return Outline(
            seq=self._count,
            path=path,
            place=draft.locator.first_line if place is None else place,
            sender=self._numbers[draft.sender],
            recipients=tuple(self._numbers[p] for p in (*draft.to, *draft.cc)),
            sent_at=draft.sent_at,
            date_source=draft.date_source,
            time_known=draft.time_known,
            subject=draft.subject,
            digest=blake2b(encode_text(text), digest_size=16).digest(),
            length=len(text)
            - sum(s.end - s.start for s in draft.segments if s.role in ("note", "frame")),
            opening=opening_of(_own_text(draft)),
            kind=draft.kind,
            is_restated=draft.text_kind == "restated",
            message_id=clean_id(draft.message_id or "") or None,
            references=tuple(filter(None, map(clean_id, draft.references))),
            thread_key=draft.thread_key,
            carrier=self._carrier(draft),
        )

    def _carrier(self, draft: Draft) -> int | None:
        """Number of the message that holds this one: attached mail follows it at once."""
        if draft.attached_to is None:
            self._family.clear()
        carrier = None if draft.attached_to is None else self._family.get(draft.attached_to)
        self._family.setdefault(draft.locator, self._count)
        return carrier

    def _number(self, person: Person) -> int:
        number = self._numbers.get(person)
        if number is None:
            number = self._numbers[person] = len(self.mentions)
            self.mentions.append(person)
        self.counts[number] += 1
        return number


def opening_of(text: str) -> int | None:
    """A hash (of this process only) of the first words; None for shorter texts."""
    words = text[: 40 * OPENING_WORDS].split()[:OPENING_WORDS]
    return hash(tuple(words)) if len(words) == OPENING_WORDS else None


def _own_text(draft: Draft) -> str:
    own = (draft.body[s.start : s.end] for s in draft.segments if s.role == "own")
    return next((text for text in own if text.strip()), "")
