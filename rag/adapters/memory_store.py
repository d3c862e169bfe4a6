"""Passages and vectors in memory, searched the plainest way: the oracle for the other stores."""

from collections.abc import Sequence

import numpy as np

from ingest.model import Chunk, Email
from rag.model import Scope
from rag.ports import Neighbour, Vectors


class MemoryStore:
    """Exact search, one passage at a time."""

    def __init__(self, dimensions: int = 384) -> None:
        """An empty store for vectors of `dimensions` numbers."""
        self._dimensions = dimensions
        self._passages: dict[str, tuple[Chunk, Email, Vectors]] = {}

    def ids(self) -> list[str]:
        """All chunk ids, sorted."""
        return sorted(self._passages)

    def vectors(self, ids: Sequence[str]) -> Vectors:
        """(n, dimensions) float32 in the order of `ids`; KeyError for an unknown id."""
        found = [self._passages[name][2] for name in ids]
        return np.array(found, dtype=np.float32).reshape(len(found), self._dimensions)

    def add(self, passages: Sequence[tuple[Chunk, Email]], vectors: Vectors) -> None:
        """Append passages, each new; `vectors` is (n, dimensions) float32 in the same order."""
        for (chunk, email), vector in zip(passages, vectors, strict=True):
            self._passages[chunk.id] = (chunk, email, np.array(vector, dtype=np.float32))

    def delete(self, ids: Sequence[str]) -> None:
        """Remove passages; unknown ids are ignored."""
        for name in ids:
            self._passages.pop(name, None)

    def search(self, vector: Vectors, k: int, scope: Scope) -> list[Neighbour]:
        """Up to `k` nearest passages, best first, ties by chunk id; explicit scope filters."""
        found = [
            Neighbour(name, float(stored @ vector))
            for name, (chunk, email, stored) in self._passages.items()
            if fits(chunk, email, scope)
        ]
        return sorted(found, key=lambda n: (-n.similarity, n.chunk_id))[: max(k, 0)]


def fits(chunk: Chunk, email: Email, scope: Scope) -> bool:
    """True unless an explicit field of the scope rules the passage out."""
    writers = {email.sender.name} | ({chunk.author.name} if chunk.author else set())
    readers = {person.name for person in email.recipients}
    day = email.sent_at.date() if email.sent_at else None
    asked = {name: getattr(scope, name) for name in scope.explicit}
    return (
        _meets(asked.get("senders"), writers)
        and _meets(asked.get("recipients"), readers)
        and _meets(asked.get("about"), writers | readers)
        and (not asked.get("since") or (day is not None and day >= asked["since"]))
        and (not asked.get("until") or (day is not None and day <= asked["until"]))
    )


def _meets(wanted: Sequence[str] | None, names: set[str]) -> bool:
    return not wanted or not names.isdisjoint(wanted)
