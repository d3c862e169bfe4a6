"""Does the embedding model still give the vectors that an index was written with?"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ingest.chunk import embedding_text
from ingest.errors import IndexDamaged, IndexMismatch
from ingest.message_store import MessageStore
from rag.index.generation import MAIL
from rag.passages import PassageTable
from rag.ports import Embedder
from rag.vector_table import VectorTable

#: Stored passages embedded again, spread over the index.
_CANARIES = 5
#: Least cosine of then and now; other hardware or library versions stay above 0.99999.
_SAME = 0.999


def check_vectors(generation: Path, embedder: Embedder) -> None:
    """IndexDamaged unless all stored vectors are usable; then as `check_canaries`."""
    unusable = VectorTable.open(generation).unusable()
    if unusable:
        raise IndexDamaged(
            f"the vectors in {generation.parent} are {unusable}: run `exhibit ingest --rebuild`"
        )
    check_canaries(generation, embedder)


def check_canaries(generation: Path, embedder: Embedder) -> None:
    """IndexMismatch unless stored passages, embedded again, give the stored vectors."""
    table = VectorTable.open(generation)
    ids = table.ids()
    ids = ids[:: max(1, len(ids) // _CANARIES)][:_CANARIES]
    if not ids:
        return
    now = embedder.embed_passages(_texts(generation, ids))
    if not np.all(np.sum(now * table.vectors(ids), axis=1) >= _SAME):
        raise IndexMismatch(
            f"{embedder.name} gives other vectors now than when {generation.parent} was written: "
            "run `exhibit ingest --rebuild`"
        )


def _texts(generation: Path, ids: Sequence[str]) -> list[str]:
    passages = PassageTable.open(generation)
    try:
        found = passages.get_many(ids)
    finally:
        passages.close()
    with MessageStore.open(generation / MAIL) as mail:
        return [embedding_text(mail.get(found[name].email_id), found[name]) for name in ids]
