"""What a finding aid teaches of the vectors of questions: where they point, which have no answer.

A linear map of question vectors, the vectors of the mail left as they are, is known as a linear
adapter. Fitted to questions whose answers are known it brings a question nearer to what answers it;
it knows the messages that it was fitted to and no others (see `eval.fit_projection`).
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from ingest.errors import IndexDamaged
from rag.ports import Embedder, Vectors

PROJECTION = "projection.npy"
UNTOLD = "untold.npy"


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Projection:
    """A (dimensions, dimensions) matrix for the vectors of the model with these weights."""

    matrix: Vectors
    weights_hash: str

    def __repr__(self) -> str:
        return f"Projection({sha256(self.matrix.tobytes()).hexdigest()}, {self.weights_hash})"

    @classmethod
    def load(cls, path: Path) -> "Projection":
        """One that `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(stored["matrix"].astype(np.float32), str(stored["weights_hash"]))

    def save(self, path: Path) -> None:
        """Write it as .npz, in half precision."""
        matrix = self.matrix.astype(np.float16)
        np.savez(path, matrix=matrix, weights_hash=np.array(self.weights_hash))


@dataclass(frozen=True, slots=True, eq=False)
class QuestionVectors:
    """How an index reads the vectors of questions. Without a finding aid: as they are."""

    #: (dimensions, dimensions), or None to leave vectors as they are.
    matrix: Vectors | None = None
    #: (n, dimensions) of unit length, projected: questions that no message answers.
    untold: Vectors | None = None

    @classmethod
    def made(
        cls, projection: Projection | None, untold: Vectors | None, embedder: Embedder
    ) -> "QuestionVectors":
        """Those of a finding aid; a projection for another model is left out.

        `untold` is (n, dimensions), as `embedder` gives them.
        """
        fits = projection is not None and projection.weights_hash == embedder.weights_hash
        plain = cls(projection.matrix if projection and fits else None)
        return plain if untold is None else cls(plain.matrix, plain.projected(untold))

    @classmethod
    def open(cls, folder: Path) -> "QuestionVectors":
        """Those that `write` left in a folder, mapped; IndexDamaged."""
        return cls(*(_read(folder / name) for name in (PROJECTION, UNTOLD)))

    def write(self, folder: Path) -> None:
        """Write what there is into a folder."""
        for name, array in ((PROJECTION, self.matrix), (UNTOLD, self.untold)):
            if array is not None:
                np.save(folder / name, array, allow_pickle=False)

    def points_like(self, other: "QuestionVectors") -> bool:
        """True when questions point to the same places here and there."""
        if self.matrix is None or other.matrix is None:
            return self.matrix is other.matrix
        return np.array_equal(self.matrix, other.matrix)

    def projected(self, vectors: Vectors) -> Vectors:
        """(n, dimensions) float32 of unit length, to search with; `vectors` are of questions."""
        if self.matrix is None:
            return vectors
        moved = vectors @ self.matrix
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)

    def nearest_untold(self, vector: Vectors) -> float:
        """Best cosine of a projected (dimensions,) vector with a question that has no answer.

        0.0 where none is known.
        """
        return 0.0 if self.untold is None else float((self.untold @ vector).max())


def _read(path: Path) -> Vectors | None:
    if not path.exists():
        return None
    try:
        found: Vectors = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{path} cannot be read: run `exhibit ingest --rebuild`") from error
    return found
