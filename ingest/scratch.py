"""What a run remembers of every message without holding it in memory: a file deleted afterwards."""

import sqlite3
from collections.abc import Iterable, Iterator
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

    def rows(self, query: str, values: Iterable[object] = ()) -> Iterator[sqlite3.Row]:
        """What a query gives, row by row."""
        with writing(self._path):
            yield from self._connection.execute(query, tuple(values))

    def add(self, query: str, *values: object) -> None:
        """Run a query that gives nothing."""
        with writing(self._path):
            self._connection.execute(query, values)

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
        return next((row[0] for row in self._scratch.rows(query, (self._map, key))), None)

    def setdefault(self, key: str, default: int, /) -> int:
        found = self.get(key)
        if found is None:
            self._scratch.add("INSERT INTO number VALUES (?, ?, ?)", self._map, key, default)
        return default if found is None else found
