"""An embedder for large benches: real time for questions, vectors of passages without a model."""

from collections.abc import Sequence

from rag.adapters.hashing_embedder import HashingEmbedder
from rag.ports import Embedder, Vectors


class HashedPassages(HashingEmbedder):
    """Hashed bags of words; for a question the real model is run too, so that its time counts."""

    def __init__(self, model: Embedder | None = None) -> None:
        """`model` is run for each question; None: it is not."""
        super().__init__()
        self._model = model

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimensions) float32, unit length."""
        if self._model is not None:
            self._model.embed_queries(texts)
        return self.embed_passages(texts)
