"""An embedder without a model: hashed bag of words, the same on every machine. For tests."""

import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from rag.ports import Vectors

_WORD = re.compile(r"\w+")


class HashingEmbedder:
    """Feature hashing with signs (Weinberger et al. 2009): texts with common words are near."""

    name = "hashing"

    def __init__(self, dimensions: int = 384) -> None:
        """Vectors of `dimensions` numbers."""
        self.dimensions = dimensions
        self.weights_hash = blake2b(f"hashing {dimensions}".encode(), digest_size=32).hexdigest()

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimensions) float32, unit length."""
        return self.embed_passages(texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """(n, dimensions) float32, unit length; row order is input order."""
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(
            len(texts), self.dimensions
        )

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of words of each text."""
        return [len(_WORD.findall(text)) for text in texts]

    def _vector(self, text: str) -> Vectors:
        vector = np.zeros(self.dimensions)
        for word in _WORD.findall(text.lower()):
            place, sign = _hash(word)
            vector[place % self.dimensions] += sign
        if not vector.any():
            # Nothing to hash, or words that cancel out: still of unit length, and the same always.
            vector[_hash(text)[0] % self.dimensions] = 1.0
        return (vector / np.linalg.norm(vector)).astype(np.float32)


@lru_cache(maxsize=65536)
def _hash(word: str) -> tuple[int, int]:
    number = int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())
    return number >> 1, 1 if number & 1 else -1
