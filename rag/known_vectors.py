"""Vectors computed beforehand: the questions of a finding aid need not be embedded again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.ports import Vectors

#: (n, dimensions) float32, unit length, of n texts.
Embed = Callable[[Sequence[str]], Vectors]
_KEY_BYTES = 16
_LARGEST = 127


@dataclass(frozen=True, eq=False, repr=False)
class KnownVectors:
    """Texts by hash with their vectors of the model with these weights.

    `keys` is (n, 16) bytes. `vectors` is (n, dimensions), a byte a number: only their direction
    counts, so each is scaled to its largest number. Of those shipped no cosine is more than 0.003
    off, 0.0003 on average.
    """

    keys: NDArray[np.uint8]
    vectors: NDArray[np.int8]
    weights_hash: str

    @classmethod
    def made(cls, texts: Sequence[str], vectors: Vectors, weights_hash: str) -> "KnownVectors":
        """`vectors` is (n, dimensions), none of them zero, in the order of `texts`."""
        keys = np.frombuffer(b"".join(map(_key, texts)), np.uint8).reshape(-1, _KEY_BYTES)
        scaled = vectors * (_LARGEST / np.abs(vectors).max(axis=1, keepdims=True))
        return cls(keys, np.rint(scaled).astype(np.int8), weights_hash)

    @classmethod
    def load(cls, path: Path) -> "KnownVectors":
        """What `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(stored["keys"], stored["vectors"], str(stored["weights_hash"]))

    def save(self, path: Path) -> None:
        """Write them as .npz."""
        hashed = np.array(self.weights_hash)
        np.savez(path, keys=self.keys, vectors=self.vectors, weights_hash=hashed)

    def embed(self, texts: Sequence[str], otherwise: Embed) -> Vectors:
        """(n, dimensions) float32, unit length; texts that are not known are embedded."""
        rows = np.asarray([self._rows.get(_key(text), -1) for text in texts], np.intp)
        found = self.vectors[rows].astype(np.float32)
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        missing = np.flatnonzero(rows < 0).tolist()
        if missing:
            found[missing] = otherwise([texts[i] for i in missing])
        return found

    @cached_property
    def _rows(self) -> Mapping[bytes, int]:
        return {key.tobytes(): row for row, key in enumerate(self.keys)}


def _key(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()[:_KEY_BYTES]
