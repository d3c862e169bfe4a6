"""Vectors in Chroma, the store of record, with what they are filtered by; the only module that
knows chromadb. The text of passages is in the mail: Chroma would keep it four times over.

A published index of ordinary size is searched exactly through its `VectorTable` instead, which
needs no chromadb import (0.7 s) and misses nothing.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from itertools import islice
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from ingest.errors import EnvironmentTrouble
from ingest.model import Chunk, Email
from rag.model import Scope
from rag.passages import metadata
from rag.ports import Neighbour, Vectors
from rag.vector_table import VectorTable

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection
    from chromadb.api.types import Metadata as ChromaMetadata
    from chromadb.api.types import Where

DATABASE = "chroma.sqlite3"
#: Up to this many passages the table is searched exactly. Measured on 2 cores, 384 numbers each:
#: 9 ms at 105,000, 25 ms at 314,000, with a filter less; HNSW needs 7 s to be opened at 105,000 and
#: 480 ms with a filter there (`python -m bench growing`). Override in the constructor.
EXACT_LIMIT = 400_000
#: Chroma's defaults (ef_search 100, M 16) lost 11 of 300 vectors among 6,000; these lost none.
_HNSW: "CreateHNSWConfiguration" = {
    "space": "cosine",
    "ef_search": 400,
    "ef_construction": 200,
    "max_neighbors": 32,
}
#: Chroma refuses more at once.
_BATCH = 5_461
_COLLECTION = "passages"

_Filter: TypeAlias = dict[str, object]


class ChromaStore:
    """A Chroma folder. Its client is opened on first need; one process at a time may write."""

    def __init__(
        self, folder: Path, *, table: VectorTable | None = None, exact_limit: int = EXACT_LIMIT
    ) -> None:
        """With the published `table` of the folder, reading is exact up to `exact_limit` rows."""
        self._folder = folder
        self._table = table
        self._is_exact = table is not None and len(table) <= exact_limit
        self._client: ClientAPI | None = None
        self._opening = Lock()

    def close(self) -> None:
        """Write everything out and let go of the files; the store can be used again afterwards."""
        if self._client is not None:
            client, self._client = cast("Client", self._client), None
            with _translated(self._folder):
                client.close()

    def ids(self) -> list[str]:
        """All chunk ids, sorted."""
        if self._table is not None:
            return sorted(self._table.ids())
        with _translated(self._folder):
            return sorted(self._collection().get(include=[])["ids"])

    def vectors(self, ids: Sequence[str]) -> Vectors:
        """(n, dimensions) float32 in the order of `ids`; KeyError for an unknown id."""
        if self._table is not None:
            return self._table.vectors(ids)
        return self.stored_vectors(ids)

    def stored_vectors(self, ids: Sequence[str]) -> Vectors:
        """The same, out of Chroma itself."""
        found: dict[str, Vectors] = {}
        with _translated(self._folder):
            for some in _batches(ids):
                rows = self._collection().get(ids=list(some), include=["embeddings"])
                stored = np.asarray(rows["embeddings"], dtype=np.float32)
                found |= dict(zip(rows["ids"], stored, strict=True))
        return np.array([found[name] for name in ids], dtype=np.float32)

    def upsert(self, passages: Sequence[tuple[Chunk, Email]], vectors: Vectors) -> None:
        """Add or replace passages; `vectors` is (n, dimensions) float32 in the same order."""
        with _translated(self._folder):
            for start in range(0, len(passages), _BATCH):
                some = passages[start : start + _BATCH]
                self._collection().upsert(
                    ids=[chunk.id for chunk, _ in some],
                    embeddings=vectors[start : start + _BATCH],
                    metadatas=[_storable(chunk, email) for chunk, email in some],
                )

    def delete(self, ids: Sequence[str]) -> None:
        """Remove passages; unknown ids are ignored."""
        with _translated(self._folder):
            for some in _batches(ids):
                self._collection().delete(ids=list(some))

    def search(self, vector: Vectors, k: int, scope: Scope) -> list[Neighbour]:
        """Up to `k` nearest passages, best first, ties by chunk id; explicit scope filters."""
        if self._table is not None and self._is_exact:
            return self._table.search(vector, k, scope)
        return self.approximate(vector, k, scope)

    def approximate(self, vector: Vectors, k: int, scope: Scope) -> list[Neighbour]:
        """The same by HNSW, which may miss some; asks for more than `k` to settle ties by id."""
        if k < 1:
            return []
        with _translated(self._folder):
            rows = self._collection().query(
                query_embeddings=vector[np.newaxis],
                n_results=2 * k + 16,
                where=_where(scope),
                include=["distances"],
            )
        distances = rows["distances"] or [[]]
        found = [
            Neighbour(name, 1.0 - float(distance))
            for name, distance in zip(rows["ids"][0], distances[0], strict=True)
        ]
        return sorted(found, key=lambda n: (-n.similarity, n.chunk_id))[:k]

    def _collection(self) -> "Collection":
        # Without `embedding_function=None` Chroma would download a model of its own.
        with self._opening:
            if self._client is None:
                if self._table is not None and not (self._folder / DATABASE).is_file():
                    raise FileNotFoundError(2, "the database is gone", str(self._folder))
                self._client = _open_client(self._folder)
        if self._table is not None:
            return self._client.get_collection(_COLLECTION, embedding_function=None)
        return self._client.get_or_create_collection(
            _COLLECTION, embedding_function=None, configuration={"hnsw": _HNSW}
        )


def content_hash(folder: Path) -> str:
    """sha256 of all that the database of a closed Chroma folder says; "" when it is not readable.

    Only the count of its write locks is left out: Chroma 1.5.9 moves it at every opening.
    """
    digest = sha256()
    try:
        with closing(_read_only(folder)) as database:
            if database.execute("PRAGMA quick_check").fetchone() != ("ok",):
                return ""
            for (table,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            ).fetchall():
                if table != "acquire_write":
                    digest.update(f"{table}\n".encode())
                    for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608
                        digest.update(repr(row).encode("utf-8", "surrogatepass"))
    except sqlite3.DatabaseError:
        return ""
    return digest.hexdigest()


def stored_passages(folder: Path) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    """Id and all metadata rows of each passage of a closed Chroma folder.

    Sorted by id. Reads Chroma's database itself, since opening it with Chroma would change it.
    """
    query = """SELECT e.embedding_id, m.key, m.string_value, m.int_value
               FROM embeddings e JOIN embedding_metadata m ON m.id = e.id
               UNION ALL SELECT e.embedding_id, a.key, a.string_value, a.int_value
               FROM embeddings e JOIN embedding_metadata_array a ON a.id = e.id
               ORDER BY 1, 2, 3, 4"""
    with closing(_read_only(folder)) as database:
        current, rows = "", list[tuple[object, ...]]()
        for name, *row in database.execute(query):
            if name != current and rows:
                yield current, rows
                rows = []
            current = name
            rows.append(tuple(row))
        if rows:
            yield current, rows


def _read_only(folder: Path) -> sqlite3.Connection:
    uri = f"{(folder / DATABASE).absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True)


def _open_client(folder: Path) -> "ClientAPI":
    chromadb = _chromadb()
    folder.mkdir(parents=True, exist_ok=True)
    settings = chromadb.config.Settings(anonymized_telemetry=False, allow_reset=False)
    return cast("ClientAPI", chromadb.PersistentClient(str(folder), settings=settings))


def _chromadb() -> ModuleType:
    """The library, imported when it is needed and told to stay silent before that."""
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    import chromadb
    import chromadb.config
    import chromadb.errors

    return chromadb


@contextmanager
def _translated(folder: Path) -> Iterator[None]:
    """Chroma's errors as ours: all that it raises for a damaged or unwritable folder."""
    chromadb = _chromadb()
    try:
        yield
    except (chromadb.errors.ChromaError, sqlite3.DatabaseError, OSError) as error:
        line = " ".join(str(error).split())[:200]
        raise EnvironmentTrouble(
            f"Chroma failed in {folder}: {line}; free some space, then run `exhibit ingest`"
        ) from error


def _where(scope: Scope) -> "Where | None":
    """The explicit part of a scope in Chroma's filter language."""
    tests: list[_Filter] = []
    if scope.senders and "senders" in scope.explicit:
        tests.append(_either(_is_in(("sender", "author"), scope.senders)))
    if scope.recipients and "recipients" in scope.explicit:
        tests.append(_either(_contains(scope.recipients)))
    if scope.about and "about" in scope.explicit:
        tests.append(_either(_is_in(("sender", "author"), scope.about) + _contains(scope.about)))
    if scope.since and "since" in scope.explicit:
        tests.append({"day": {"$gte": int(f"{scope.since:%Y%m%d}")}})
    if scope.until and "until" in scope.explicit:
        tests += [{"day": {"$gt": 0}}, {"day": {"$lte": int(f"{scope.until:%Y%m%d}")}}]
    # Chroma's own type is too wide to be built up in parts.
    return cast("Where", {"$and": tests} if len(tests) > 1 else tests[0]) if tests else None


def _is_in(fields: Sequence[str], names: Sequence[str]) -> list[_Filter]:
    return [{field: {"$in": [_clean(name) for name in names]}} for field in fields]


def _contains(names: Sequence[str]) -> list[_Filter]:
    return [{"recipients": {"$contains": _clean(name)}} for name in names]


def _either(tests: list[_Filter]) -> _Filter:
    return {"$or": tests} if len(tests) > 1 else tests[0]


def _storable(chunk: Chunk, email: Email) -> "ChromaMetadata":
    """Without empty lists, which Chroma refuses, and without what UTF-8 cannot hold."""
    facts = metadata(chunk, email).items()
    return {key: _storable_value(value) for key, value in facts if value != []}


def _storable_value(value: str | int | list[str]) -> "str | int | list[str | int | float | bool]":
    if isinstance(value, list):
        return [_clean(part) for part in value]
    return _clean(value) if isinstance(value, str) else value


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    remaining = iter(ids)
    while some := cast(Sequence[str], list(islice(remaining, _BATCH))):
        yield some
