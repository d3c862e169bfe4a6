"""Vectors in Chroma, the store of record, with what they are filtered by; the only module that
knows chromadb. The text of passages is in the mail: Chroma would keep it four times over.

A published index of ordinary size is searched exactly through its `VectorTable` instead, which
needs no chromadb import (0.7 s) and misses nothing.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, cast

import numpy as np

from ingest.errors import EnvironmentTrouble
from ingest.model import Chunk, Email
from rag.adapters.allocator import return_memory, tidy_memory
from rag.adapters.chroma_database import DATABASE
from rag.adapters.chroma_terms import storable, where
from rag.model import Scope
from rag.ports import Neighbour, Vectors
from rag.vector_table import VectorTable

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.client import Client
    from chromadb.api.collection_configuration import CreateHNSWConfiguration
    from chromadb.api.models.Collection import Collection

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
#: Cosine distance of a vector to itself, as HNSW rounds it, is below.
_SAME_DISTANCE = 1e-4
#: Chroma refuses more at once.
_BATCH = 5_461
_COLLECTION = "passages"


class ChromaStore:
    """A Chroma folder. Its client is opened on first need; one process at a time may write."""

    #: Passages of one collection. Chroma holds the graphs of all that are open in memory, 3.4 kB a
    #: passage while it writes; a full one is closed.
    shard_size = 16_384

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
            return_memory()

    def ids(self) -> list[str]:
        """All chunk ids, sorted."""
        if self._table is not None:
            return sorted(self._table.ids())
        return sorted(chain.from_iterable(self.stored_ids()))

    def stored_ids(self) -> Iterator[list[str]]:
        """The ids that Chroma itself has, some at a time, in no order."""
        with _translated(self._folder):
            for shard in self._one_by_one():
                for start in range(0, shard.count(), _BATCH):
                    yield shard.get(include=[], limit=_BATCH, offset=start)["ids"]

    def vectors(self, ids: Sequence[str]) -> Vectors:
        """(n, dimensions) float32 in the order of `ids`; KeyError for an unknown id."""
        if self._table is not None:
            return self._table.vectors(ids)
        found: dict[str, Vectors] = {}
        with _translated(self._folder):
            for shard in self._one_by_one():
                found |= _stored(shard, ids)
        return np.array([found[name] for name in ids], dtype=np.float32)

    def keeps(self, ids: Sequence[str], vectors: Vectors) -> bool:
        """True when Chroma itself has these vectors for `ids`, some of all, and each finds itself.

        `vectors` is (n, dimensions) float32 in the same order.
        """
        expected = dict(zip(ids, vectors, strict=True))
        with _translated(self._folder):
            for shard in self._one_by_one():
                stored = _stored(shard, list(expected))
                wanted = [expected.pop(name) for name in stored]
                if stored and not _finds(shard, np.array(wanted), list(stored.values())):
                    return False
        return not expected

    def add(self, passages: Sequence[tuple[Chunk, Email]], vectors: Vectors) -> None:
        """Append passages, each new; `vectors` is (n, dimensions) float32 in the same order."""
        start = 0
        with _translated(self._folder):
            while start < len(passages):
                shard, room = self._last_shard()
                end = start + min(room, _BATCH)
                some = passages[start:end]
                shard.upsert(
                    ids=[chunk.id for chunk, _ in some],
                    embeddings=vectors[start:end],
                    metadatas=[storable(chunk, email) for chunk, email in some],
                )
                start = end
        # 1 ms; what was freed since would pile up in holes.
        return_memory()

    def delete(self, ids: Sequence[str]) -> None:
        """Remove passages; unknown ids are ignored."""
        with _translated(self._folder):
            for shard in self._one_by_one():
                for some in _batches(ids):
                    if there := shard.get(ids=list(some), include=[])["ids"]:
                        shard.delete(ids=there)

    def search(self, vector: Vectors, k: int, scope: Scope) -> list[Neighbour]:
        """Up to `k` nearest passages, best first, ties by chunk id; explicit scope filters."""
        if self._table is not None and self._is_exact:
            return self._table.search(vector, k, scope)
        return self.approximate(vector, k, scope)

    def approximate(self, vector: Vectors, k: int, scope: Scope) -> list[Neighbour]:
        """The same by HNSW, which may miss some."""
        if k < 1:
            return []
        found: list[Neighbour] = []
        with _translated(self._folder):
            for n in range(self._shard_count()):
                found += _nearest(self._shard(n), vector, k, scope)
        return sorted(found, key=lambda n: (-n.similarity, n.chunk_id))[:k]

    def _one_by_one(self) -> "Iterator[Collection]":
        """Each shard; the graph of another is let go of before it is read."""
        count = self._shard_count()
        for n in range(count):
            if count > 1:
                self.close()
            yield self._shard(n)

    def _last_shard(self) -> "tuple[Collection, int]":
        """Where new passages go, and how many it has room for; a new one when it is full."""
        last = self._shard_count() - 1
        if last >= 0:
            shard = self._shard(last)
            if (room := self.shard_size - shard.count()) > 0:
                return shard, room
            # The graph of a full one is not needed any more.
            self.close()
        shard = self._opened().create_collection(
            _shard_name(last + 1), embedding_function=None, configuration={"hnsw": _HNSW}
        )
        # The first reading of a collection by a process writes its queue into the graph once more.
        # With passages in it, some of those that follow are never found (1 ingest in 10 of 267).
        shard.count()
        return shard, self.shard_size

    def _shard_count(self) -> int:
        return self._opened().count_collections()

    def _shard(self, n: int) -> "Collection":
        # Without `embedding_function=None` Chroma would download a model of its own.
        return self._opened().get_collection(_shard_name(n), embedding_function=None)

    def _opened(self) -> "ClientAPI":
        with self._opening:
            if self._client is None:
                if self._table is not None and not (self._folder / DATABASE).is_file():
                    raise FileNotFoundError(2, "the database is gone", str(self._folder))
                self._client = _open_client(self._folder)
            return self._client


def _shard_name(n: int) -> str:
    """The first has the name that the only one had before there were more."""
    return f"{_COLLECTION}-{n}" if n else _COLLECTION


def _stored(shard: "Collection", ids: Sequence[str]) -> dict[str, Vectors]:
    """The vectors of those of the passages that the shard has, by id."""
    found: dict[str, Vectors] = {}
    for some in _batches(ids):
        rows = shard.get(ids=list(some), include=["embeddings"])
        stored = np.asarray(rows["embeddings"], dtype=np.float32)
        found |= dict(zip(rows["ids"], stored, strict=True))
    return found


def _finds(shard: "Collection", vectors: Vectors, stored: Sequence[Vectors]) -> bool:
    """True when these are stored and each finds itself; any of equal vectors will do."""
    near = shard.query(query_embeddings=vectors, n_results=1, include=["distances"])["distances"]
    is_found = all(some and some[0] < _SAME_DISTANCE for some in near or [[]])
    # Chroma normalises once more: the last bit may differ.
    return is_found and np.allclose(stored, vectors, atol=1e-6)


def _nearest(shard: "Collection", vector: Vectors, k: int, scope: Scope) -> list[Neighbour]:
    """The nearest of a shard; more than `k`, to settle ties by id."""
    rows = shard.query(
        query_embeddings=vector[np.newaxis],
        n_results=2 * k + 16,
        where=where(scope),
        include=["distances"],
    )
    distances = rows["distances"] or [[]]
    return [
        Neighbour(name, 1.0 - float(distance))
        for name, distance in zip(rows["ids"][0], distances[0], strict=True)
    ]


def _open_client(folder: Path) -> "ClientAPI":
    chromadb = _chromadb()
    tidy_memory()
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


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    remaining = iter(ids)
    while some := cast(Sequence[str], list(islice(remaining, _BATCH))):
        yield some
