"""What a run remembers of every message without holding it in memory: a file deleted afterwards."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from ingest.database import create_database, writing

_SCHEMA = "CREATE TABLE number (map INT, word TEXT, n INT, PRIMARY KEY (map, word)) WITHOUT ROWID;"


class Numbers(Protocol):
    """What is needed of a dict that gives words numbers."""

    def get(self, key: str, /) -> int | None:
        """The number of a word."""

    def setdefault(self, key: str, default: int, /) -> int:
        """The number of a word, which is from now on `default` if it had none."""


class Scratch:
    """A database for its owner only, all one transaction that is never committed."""

    def __init__(self, path: Path, schema: str) -> None:
        """A new file; `delete` removes it. EnvironmentTrouble here and below: the disk is full."""
        self._path = path
        self._maps = 0
        with writing(path):
            self._connection = create_database(path, _SCHEMA + schema)
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("BEGIN")

    def rows(self, query: str, *values: object) -> Iterator[sqlite3.Row]:
        """What a query gives, row by row; may be left unfinished, also by `delete`."""
        with writing(self._path):
            # `yield from` would close the cursor when left, an error once the database is closed.
            for row in self._connection.execute(query, values):  # noqa: UP028
                yield row

    def one(self, query: str, *values: object) -> sqlite3.Row:
        """The only row that a query gives."""
        found = self.first(query, *values)
        if found is None:
            raise LookupError(f"no row for {values} of {query}")
        return found

    def first(self, query: str, *values: object) -> sqlite3.Row | None:
        """The first row that a query gives."""
        with writing(self._path):
            found: sqlite3.Row | None = self._connection.execute(query, values).fetchone()
        return found

    def add(self, query: str, *values: object) -> int:
        """Run a query that gives nothing; the number of rows it wrote."""
        with writing(self._path):
            return self._connection.execute(query, values).rowcount

    def numbers(self) -> Numbers:
        """A new, empty map from words to numbers."""
        self._maps += 1
        return _StoredNumbers(self, self._maps)

    def delete(self) -> None:
        """Close and remove the file."""
        self._connection.close()
        self._path.unlink(missing_ok=True)


class _StoredNumbers:
    def __init__(self, scratch: Scratch, number: int) -> None:
        self._scratch, self._map = scratch, number

    def get(self, key: str, /) -> int | None:
        query = "SELECT n FROM number WHERE map = ? AND word = ?"
        found = self._scratch.first(query, self._map, key)
        return None if found is None else int(found[0])

    def setdefault(self, key: str, default: int, /) -> int:
        query = "INSERT OR IGNORE INTO number VALUES (?, ?, ?)"
        is_new = self._scratch.add(query, self._map, key, default)
        return default if is_new else (self.get(key) or 0)
