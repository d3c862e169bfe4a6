"""All messages of an archive in one SQLite file, in archive order. Written once, then read only.

Archive order: threads by their first message, messages of a thread in reading order.
"""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType

from rapidfuzz.process import extractOne

from ingest.codec import EmailRow, decode_email, decode_text, encode_email
from ingest.database import (
    close_with,
    create_database,
    in_queries,
    open_database,
    reading,
    writing,
)
from ingest.errors import IndexMissing, UnknownMessage
from ingest.model import Email, Person

_SCHEMA = """
CREATE TABLE person (n INTEGER PRIMARY KEY, name TEXT, addresses TEXT, sent INT, received INT);
CREATE TABLE message (position INTEGER PRIMARY KEY, id TEXT UNIQUE, thread TEXT, head TEXT,
                      rest TEXT, body BLOB);
CREATE TABLE alias (spelling TEXT PRIMARY KEY, name TEXT);
CREATE INDEX thread_messages ON message (thread, position);
"""


@dataclass(frozen=True, slots=True)
class Header:
    """A message without its body. `sent_at` is in the sender's local time."""

    id: str
    thread_id: str
    sender: Person
    recipients: tuple[Person, ...]
    sent_at: datetime | None
    subject: str


@dataclass(frozen=True, slots=True)
class ThreadSummary:
    """A thread: subject of its first message, its dates, and people by first appearance."""

    id: str
    subject: str
    first: datetime | None
    last: datetime | None
    count: int
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """How many messages a person sent, and how many were addressed to them (To or Cc)."""

    person: Person
    sent: int
    received: int


class MessageStore:
    """Messages by id, by thread and in archive order. Reading is safe from several threads."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Use `create` or `open`."""
        self.path = path
        self._connection = connection
        self._connection.row_factory = sqlite3.Row
        self._lock = threading.Lock()
        self._people: list[Person] = []
        self._numbers: dict[Person, int] = {}
        self._counts: list[list[int]] = []
        self._is_written = False

    @classmethod
    def create(cls, path: Path) -> "MessageStore":
        """A new, empty store for `add`, mode 0600; replaces a file of that name."""
        with writing(path):
            store = cls(path, create_database(path, _SCHEMA))
            store._connection.execute("BEGIN")
        store._is_written = True
        return store

    @classmethod
    def open(cls, path: Path) -> "MessageStore":
        """A finished store, read only; IndexMissing when there is none, IndexDamaged."""
        if not path.is_file():
            raise IndexMissing(f"no mail in {path.parent}: run `exhibit ingest`")
        with reading(path):
            store = cls(path, open_database(path))
            close_with(store, store._connection)
            rows = store._rows("SELECT name, addresses FROM person ORDER BY n")
        store._people = [Person(name, tuple(json.loads(addresses))) for name, addresses in rows]
        return store

    def __enter__(self) -> "MessageStore":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, whole with its people; a store just written is opened anew to be read.

        EnvironmentTrouble when the disk is full.
        """
        if self._is_written:
            people = [
                (n, person.name, json.dumps(person.addresses), *self._counts[n])
                for n, person in enumerate(self._people)
            ]
            with writing(self.path):
                query = "INSERT INTO person VALUES (?, ?, ?, ?, ?)"
                self._connection.executemany(query, people)
                self._connection.execute("COMMIT")
            self._is_written = False
        self._connection.close()

    def add(self, email: Email) -> None:
        """Append a message; ids must be unique. Call in archive order, then `close`."""
        row = encode_email(email, self._number)
        query = "INSERT INTO message (id, thread, head, rest, body) VALUES (?, ?, ?, ?, ?)"
        with writing(self.path):
            values = (email.id, email.thread_id, row.head, row.rest, row.body)
            self._connection.execute(query, values)
        self._counts[self._number(email.sender)][0] += 1
        for n in {self._number(person) for person in email.recipients}:
            self._counts[n][1] += 1

    def set_aliases(self, aliases: Mapping[str, str]) -> None:
        """Other spellings of people: spelling to canonical name."""
        with writing(self.path):
            rows = sorted(aliases.items())
            self._connection.executemany("INSERT OR REPLACE INTO alias VALUES (?, ?)", rows)

    def __len__(self) -> int:
        return int(self._rows("SELECT count(*) FROM message")[0][0])

    def __contains__(self, message_id: object) -> bool:
        return bool(self._rows("SELECT 1 FROM message WHERE id = ?", (str(message_id),)))

    def __iter__(self) -> Iterator[Email]:
        """All messages in archive order, read in small batches."""
        position = 0
        while rows := self._rows(
            "SELECT id, head, rest, body, position FROM message WHERE position > ? "
            "ORDER BY position LIMIT 200",
            (position,),
        ):
            yield from map(self._email, rows)
            position = rows[-1][4]

    def ids(self) -> list[str]:
        """All message ids in archive order."""
        return [row[0] for row in self._rows("SELECT id FROM message ORDER BY position")]

    def get(self, message_id: str) -> Email:
        """The message with this id; UnknownMessage names the nearest one."""
        found = self.get_many([message_id])
        if not found:
            nearest = extractOne(message_id, self.ids(), score_cutoff=50)
            hint = f"did you mean {nearest[0]}?" if nearest else "`exhibit search` finds messages"
            raise UnknownMessage(f"no message has the id {message_id!r}; {hint}")
        return found[0]

    def get_many(self, message_ids: Sequence[str]) -> list[Email]:
        """The messages with these ids in the order asked; unknown ids are left out."""
        found: dict[str, Email] = {}
        for some, marks in in_queries(list(dict.fromkeys(message_ids))):
            query = f"SELECT id, head, rest, body FROM message WHERE id IN ({marks})"  # noqa: S608
            found |= {row[0]: self._email(row) for row in self._rows(query, some)}
        return [found[id_] for id_ in message_ids if id_ in found]

    def bodies(self, message_ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Id and body of the messages with these ids, in no order; some at a time."""
        for some, marks in in_queries(message_ids):
            query = f"SELECT id, body FROM message WHERE id IN ({marks})"  # noqa: S608
            yield from ((row[0], decode_text(row[1])) for row in self._rows(query, some))

    def thread(self, thread_id: str) -> tuple[Email, ...]:
        """The messages of a thread in reading order; empty when there is none."""
        query = "SELECT id, head, rest, body FROM message WHERE thread = ? ORDER BY position"
        return tuple(map(self._email, self._rows(query, (thread_id,))))

    def headers(self) -> Iterator[Header]:
        """All messages without their bodies, in archive order."""
        position = 0
        while rows := self._rows(
            "SELECT id, head, position FROM message WHERE position > ? "
            "ORDER BY position LIMIT 1000",
            (position,),
        ):
            yield from (self._header(message_id, head) for message_id, head, _ in rows)
            position = rows[-1][2]

    def threads(self) -> list[ThreadSummary]:
        """All threads in archive order."""
        members: dict[str, list[Header]] = {}
        for header in self.headers():
            members.setdefault(header.thread_id, []).append(header)
        return [_summary(thread_id, headers) for thread_id, headers in members.items()]

    def people(self) -> list[PersonSummary]:
        """Everyone who sent or was sent a message, most sent first, then by name."""
        rows = self._rows("SELECT n, sent, received FROM person WHERE sent + received > 0")
        found = [PersonSummary(self._people[n], sent, received) for n, sent, received in rows]
        return sorted(found, key=lambda s: (-s.sent, s.person.name, s.person.addresses))

    def aliases(self) -> dict[str, str]:
        """Other spellings of people that mean exactly one: spelling to canonical name."""
        rows = self._rows("SELECT spelling, name FROM alias ORDER BY spelling")
        return {row[0]: row[1] for row in rows}

    def _number(self, person: Person) -> int:
        number = self._numbers.get(person)
        if number is None:
            number = self._numbers[person] = len(self._people)
            self._people.append(person)
            self._counts.append([0, 0])
        return number

    def _rows(self, query: str, values: Iterable[object] = ()) -> list[sqlite3.Row]:
        with self._lock, reading(self.path):
            return self._connection.execute(query, tuple(values)).fetchall()

    def _email(self, row: sqlite3.Row) -> Email:
        message_id, head, rest, body = tuple(row)[:4]
        return decode_email(message_id, EmailRow(head, rest, body), self._people)

    def _header(self, message_id: str, head: str) -> Header:
        thread, sender, to, cc, sent_at, subject = json.loads(head)
        return Header(
            message_id,
            thread,
            self._people[sender],
            tuple(self._people[n] for n in (*to, *cc)),
            None if sent_at is None else datetime.fromisoformat(sent_at),
            subject,
        )


def _summary(thread_id: str, headers: Sequence[Header]) -> ThreadSummary:
    dates = sorted(header.sent_at for header in headers if header.sent_at is not None)
    people = dict.fromkeys(p for h in headers for p in (h.sender, *h.recipients))
    return ThreadSummary(
        thread_id,
        headers[0].subject,
        dates[0] if dates else None,
        dates[-1] if dates else None,
        len(headers),
        tuple(people),
    )
