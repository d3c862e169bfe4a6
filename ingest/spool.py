"""Drafts parked in a file while an archive is put together: memory does not grow with the text."""

from collections import Counter
from hashlib import blake2b
from pathlib import Path

from ingest.codec import DraftRow, decode_draft, decode_text, encode_draft
from ingest.database import BATCH, create_database, reading, writing
from ingest.ids import clean_id
from ingest.model import Draft, Person, Span
from ingest.outline import Outline

_SCHEMA = "CREATE TABLE draft (seq INTEGER PRIMARY KEY, fields TEXT, body BLOB);"
#: Words of a message's beginning by which quotes of it are found.
OPENING_WORDS = 8


class Spool:
    """Drafts by number, in the order they were read. Their people are numbered mentions."""

    def __init__(self, path: Path) -> None:
        """A new file that only its owner can read; `delete` removes it."""
        self._path = path
        with writing(path):
            self._connection = create_database(path, _SCHEMA)
        self._waiting: list[tuple[int, str, bytes]] = []
        self._paths: dict[str, int] = {}
        self._numbers: dict[Person, int] = {}
        self._places: dict[int, int] = {}
        self.mentions: list[Person] = []
        self.counts: Counter[int] = Counter()
        self.locators: list[Span] = []

    @property
    def paths(self) -> list[str]:
        """The files drafts came from, by `Outline.path`."""
        return list(self._paths)

    def mention_counts(self) -> dict[Person, int]:
        """Every person as spelled, with how often they are named."""
        return {person: self.counts[n] for n, person in enumerate(self.mentions)}

    def add(self, draft: Draft) -> Outline:
        """Park a draft; its outline has numbers of mentions where identities will stand."""
        seq = len(self.locators)
        row = encode_draft(draft, self._number)
        self._waiting.append((seq, row.fields, row.body))
        if len(self._waiting) >= BATCH // 4:
            self._flush()
        attached_to = draft.attached_to
        carrier = None if attached_to is None else self._places.get(_place_key(attached_to))
        self._places.setdefault(_place_key(draft.locator), seq)
        self.locators.append(draft.locator)
        return self._outline(seq, draft, carrier)

    def draft(self, seq: int) -> Draft:
        """The draft with this number."""
        self._flush()
        with reading(self._path):
            query = "SELECT fields, body FROM draft WHERE seq = ?"
            fields, body = self._connection.execute(query, (seq,)).fetchone()
        return decode_draft(DraftRow(fields, body), self.mentions)

    def body(self, seq: int) -> str:
        """The body of the draft with this number."""
        self._flush()
        with reading(self._path):
            query = "SELECT body FROM draft WHERE seq = ?"
            (body,) = self._connection.execute(query, (seq,)).fetchone()
        return decode_text(body)

    def delete(self) -> None:
        """Close and remove the file."""
        self._connection.close()
        self._path.unlink(missing_ok=True)

    def _flush(self) -> None:
        if self._waiting:
            with writing(self._path):
                self._connection.execute("BEGIN")
                insert = "INSERT INTO draft VALUES (?, ?, ?)"
                self._connection.executemany(insert, self._waiting)
                self._connection.execute("COMMIT")
            self._waiting.clear()

    def _outline(self, seq: int, draft: Draft, carrier: int | None) -> Outline:
        words = draft.body.split()
        text = " ".join(words)
        place = draft.locator.first_byte
        return Outline(
            seq=seq,
            path=self._paths.setdefault(draft.locator.path, len(self._paths)),
            place=draft.locator.first_line if place is None else place,
            sender=self._numbers[draft.sender],
            recipients=tuple(self._numbers[p] for p in (*draft.to, *draft.cc)),
            sent_at=draft.sent_at,
            date_source=draft.date_source,
            time_known=draft.time_known,
            subject=draft.subject,
            digest=blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(),
            length=len(text)
            - sum(s.end - s.start for s in draft.segments if s.role in ("note", "frame")),
            opening=opening_of(_own_text(draft)),
            kind=draft.kind,
            is_restated=draft.text_kind == "restated",
            message_id=clean_id(draft.message_id or "") or None,
            references=tuple(filter(None, map(clean_id, draft.references))),
            thread_key=draft.thread_key,
            carrier=carrier,
        )

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


def _place_key(span: Span) -> int:
    return hash((span.path, span.first_line, span.first_byte))
