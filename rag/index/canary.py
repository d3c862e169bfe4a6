"""Does the embedding model still give the vectors that an index was written with?"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ingest.chunk import embedding_text
from ingest.errors import IndexDamaged, IndexMismatch
from ingest.message_store import MessageStore
from rag.index.generation import MAIL
from rag.passages import PassageTable
from rag.ports import Embedder
from rag.vector_table import VectorTable

#: Stored passages embedded again: of so many, spread over the index, the shortest few, which cost
#: the first question least.
_LOOKED_AT, _CANARIES = 50, 5
#: Least cosine of then and now; other hardware or library versions stay above 0.99999.
_SAME = 0.999


def check_vectors(generation: Path, embedder: Embedder) -> None:
    """IndexDamaged unless all stored vectors are usable; then as `check_canaries`."""
    table = VectorTable.open(generation)
    if unusable := table.unusable():
        raise IndexDamaged(
            f"the vectors in {generation.parent} are {unusable}: run `exhibit ingest --rebuild`"
        )
    _check_canaries(generation, table, embedder)


def check_canaries(generation: Path, embedder: Embedder) -> None:
    """IndexMismatch unless stored passages, embedded again, give the stored vectors."""
    _check_canaries(generation, VectorTable.open(generation), embedder)


def _check_canaries(generation: Path, table: VectorTable, embedder: Embedder) -> None:
    texts = _texts(generation, table.some_ids(_LOOKED_AT))
    if not texts:
        return
    now = embedder.embed_passages(list(texts.values()))
    if not np.all(np.sum(now * table.vectors(list(texts)), axis=1) >= _SAME):
        raise IndexMismatch(
            f"{embedder.name} gives other vectors now than when {generation.parent} was written: "
            "run `exhibit ingest --rebuild`"
        )


def _texts(generation: Path, ids: Sequence[str]) -> Mapping[str, str]:
    """The texts of the shortest few of these passages, as they were embedded, by id."""
    passages = PassageTable.open(generation)
    try:
        found = passages.get_many(ids)
    finally:
        passages.close()
    shortest = sorted(ids, key=lambda name: (found[name].end - found[name].start, name))
    with MessageStore.open(generation / MAIL) as mail:
        return {
            name: embedding_text(mail.get(found[name].email_id), found[name])
            for name in shortest[:_CANARIES]
        }
