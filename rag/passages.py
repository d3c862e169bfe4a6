"""The passages of a generation in one SQLite file: where each one stands and what is said of it."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from ingest.database import (
    close_with,
    create_database,
    in_queries,
    open_database,
    reading,
    writing,
)
from ingest.errors import IndexDamaged
from ingest.model import Chunk, Email, Person

NAME = "passages.sqlite"
_SCHEMA = """
CREATE TABLE passage (position INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, email TEXT NOT NULL,
                      thread TEXT, start INT, end INT, author TEXT, role TEXT, hint TEXT,
                      facts TEXT);
CREATE INDEX passages_of_email ON passage (email, position);
"""
_FIELDS = "id, email, thread, start, end, author, role, hint"

Metadata: TypeAlias = dict[str, str | int | list[str]]


def metadata(chunk: Chunk, email: Email) -> Metadata:
    """What a scope filters by, as stored beside the vector; `day` is yyyymmdd, 0 if unknown."""
    return {
        "sender": email.sender.name,
        "author": chunk.author.name if chunk.author else "",
        "recipients": [person.name for person in email.recipients],
        "day": day_number(email),
    }


def day_number(email: Email) -> int:
    """The sender's local date as yyyymmdd, 0 when the message has none."""
    sent = email.sent_at
    return 0 if sent is None else sent.year * 10_000 + sent.month * 100 + sent.day


class PassageTable:
    """Passages by id, by message and in archive order. Reading is safe from several threads."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Use `create` or `open`."""
        self.path = path
        self._connection = connection
        self._connection.row_factory = sqlite3.Row
        self._lock = threading.Lock()

    @classmethod
    def create(cls, folder: Path) -> "PassageTable":
        """A new, empty table for `add`."""
        path = folder / NAME
        with writing(path):
            return cls(path, create_database(path, _SCHEMA))

    @classmethod
    def open(cls, folder: Path) -> "PassageTable":
        """A finished table, read only; IndexDamaged."""
        path = folder / NAME
        with reading(path):
            table = cls(path, open_database(path))
            close_with(table, table._connection)
        # SQLite opens a file when it is first read, which must be before somebody removes it.
        len(table)
        return table

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def add(self, passages: Iterable[tuple[Chunk, Email]]) -> None:
        """Append passages in archive order; ids must be unique."""
        rows = [_row(chunk, email) for chunk, email in passages]
        query = f"INSERT INTO passage ({_FIELDS}, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        with self._lock, writing(self.path):
            self._connection.execute("BEGIN")
            self._connection.executemany(query, rows)
            self._connection.execute("COMMIT")

    def __len__(self) -> int:
        return int(self._rows("SELECT count(*) FROM passage")[0][0])

    def __iter__(self) -> Iterator[Chunk]:
        """All passages in archive order, read in small batches."""
        position = 0
        query = f"SELECT {_FIELDS}, position FROM passage WHERE position > ? ORDER BY position LIMIT 1000"  # noqa: E501, S608
        while rows := self._rows(query, (position,)):
            yield from map(_chunk, rows)
            position = rows[-1]["position"]

    def get_many(self, ids: Iterable[str]) -> Mapping[str, Chunk]:
        """The passages with these ids in the order asked; unknown ids are left out."""
        wanted = list(dict.fromkeys(ids))
        found: dict[str, Chunk] = {}
        for some, marks in in_queries(wanted):
            query = f"SELECT {_FIELDS} FROM passage WHERE id IN ({marks})"  # noqa: S608
            found |= {row[0]: _chunk(row) for row in self._rows(query, some)}
        return {name: found[name] for name in wanted if name in found}

    def of_email(self, email_id: str) -> tuple[Chunk, ...]:
        """The passages of a message in order."""
        query = f"SELECT {_FIELDS} FROM passage WHERE email = ? ORDER BY position"  # noqa: S608
        return tuple(map(_chunk, self._rows(query, (email_id,))))

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        with self._lock, reading(self.path), closing(self._connection.cursor()) as cursor:
            return cursor.execute(query, tuple(values)).fetchall()


@dataclass(frozen=True, slots=True)
class Difference:
    """What must be written and deleted to turn an older table into a newer one."""

    #: Passages that are new, or of which something else is said now; ids.
    written: frozenset[str]
    removed: tuple[str, ...]
    #: Messages of the newer table with other passages than before.
    changed_emails: frozenset[str]


def difference(newer: Path, older: Path) -> Difference:
    """Compare the tables of two generation folders."""
    path = newer / NAME
    with reading(path), closing(sqlite3.connect(":memory:", uri=True)) as database:
        for name, folder in (("new", newer), ("old", older)):
            uri = f"{(folder / NAME).absolute().as_uri()}?mode=ro&immutable=1"
            database.execute(f"ATTACH ? AS {name}", (uri,))
        written = database.execute(
            "SELECT n.id FROM new.passage n LEFT JOIN old.passage o ON o.id = n.id "
            "WHERE o.id IS NULL OR o.facts != n.facts"
        )
        ids = frozenset(row[0] for row in written)
        removed = database.execute(f"SELECT o.id {_REMOVED} ORDER BY o.id")
        gone = tuple(row[0] for row in removed)
        changed = database.execute(f"SELECT n.email {_ADDED} UNION SELECT o.email {_REMOVED}")
        return Difference(ids, gone, frozenset(row[0] for row in changed))


_ADDED = "FROM new.passage n LEFT JOIN old.passage o ON o.id = n.id WHERE o.id IS NULL"
_REMOVED = "FROM old.passage o LEFT JOIN new.passage n ON n.id = o.id WHERE n.id IS NULL"


def metadata_hash(facts: Metadata) -> str:
    """16 hex digits that change when the metadata of a passage does."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True)
    return sha256(text.encode()).hexdigest()[:16]


def _row(chunk: Chunk, email: Email) -> tuple[object, ...]:
    author = chunk.author
    spelled = None if author is None else json.dumps([author.name, *author.addresses])
    facts = metadata_hash(metadata(chunk, email))
    place = (chunk.id, chunk.email_id, chunk.thread_id, chunk.start, chunk.end)
    return (*place, spelled, chunk.role, chunk.hint, facts)


def _chunk(row: sqlite3.Row) -> Chunk:
    name, email_id, thread_id, start, end, author, role, hint = tuple(row)[:8]
    try:
        person = None if author is None else _person(json.loads(author))
    except ValueError as error:
        raise IndexDamaged(
            f"passage {name} of the index is not readable: run `exhibit ingest --rebuild`"
        ) from error
    return Chunk(name, email_id, thread_id, start, end, person, role, hint)


def _person(spelled: list[str]) -> Person:
    return Person(spelled[0], tuple(spelled[1:]))
