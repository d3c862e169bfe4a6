"""SQLite files of mail: created for the owner only, faults told in one line."""

import os
import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import EnvironmentTrouble, IndexDamaged

#: Ids in one query: SQLite's bound for parameters was 999 for long.
_MANY = 500


def create_database(path: Path, schema: str) -> sqlite3.Connection:
    """A new, empty database that only its owner can read; replaces a file of that name.

    No journal and no syncing: the file is of use only once whole, and whoever publishes it syncs.
    """
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {schema}")
    return connection


def open_database(path: Path) -> sqlite3.Connection:
    """A read-only connection to a finished database, usable from several threads under a lock."""
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


def in_queries(ids: Sequence[str]) -> Iterator[tuple[Sequence[str], str]]:
    """The ids of one query after another, each with the marks that stand for them in `IN (...)`."""
    for start in range(0, len(ids), _MANY):
        some = ids[start : start + _MANY]
        yield some, ",".join("?" * len(some))


def close_with(owner: object, connection: sqlite3.Connection) -> None:
    """Close `connection` when `owner` goes: by itself it would stay open until the collector runs,
    since a connection and its cache of statements refer to each other.
    """
    weakref.finalize(owner, connection.close)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tell SQLite's faults as EnvironmentTrouble."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise EnvironmentTrouble(
            f"cannot write {path}: {error}; free some space or check the folder, then run it again"
        ) from error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Tell SQLite's faults as IndexDamaged."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise IndexDamaged(
            f"cannot read {path}: {error}; run `exhibit ingest --rebuild`"
        ) from error
