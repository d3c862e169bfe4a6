"""The weights of the answer selector, kept as what they differ by from the embedding model's.

Fine-tuning moves weights so little that a few bits a number tell the difference (BitDelta, Liu et
al. 2024, has one bit). Area under the ROC curve on dev questions: 0.923 with all bits, with eight,
with four; 0.910 with three values a number, 0.888 with two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

#: Fitted by `python -m eval.fit_selector`.
SELECTOR = Path(__file__).parent / "selector.npz"
#: The largest whole number of four bits with a sign.
_LARGEST = 7
#: Smaller tensors are kept in half precision.
_PACKED_FROM = 10_000
_BASE = "base_hash"


@dataclass(frozen=True, eq=False, repr=False)
class SelectorWeights:
    """Differences by name of the tensor, from a model whose weights have the sha256 `base_hash`."""

    differences: Mapping[str, NDArray[np.float16]]
    #: Of large matrices (rows, columns): two numbers a byte, and what a row of them counts.
    packed: Mapping[str, tuple[NDArray[np.uint8], NDArray[np.float16]]]
    base_hash: str

    @classmethod
    def made(
        cls, base: Mapping[str, Floats], tuned: Mapping[str, Floats], base_hash: str
    ) -> "SelectorWeights":
        """What `tuned` changed of `base`; large matrices have an even number of columns."""
        moved = {name: weights - base[name] for name, weights in tuned.items()}
        large = {name for name, weights in moved.items() if weights.size >= _PACKED_FROM}
        return cls(
            {n: w.astype(np.float16) for n, w in moved.items() if n not in large},
            {n: _packed(moved[n]) for n in moved if n in large},
            base_hash,
        )

    @classmethod
    def load(cls, path: Path) -> "SelectorWeights":
        """What `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            kept = dict(stored)
        base_hash = str(kept.pop(_BASE))
        rows = {name[:-5]: kept.pop(name) for name in list(kept) if name.endswith("/rows")}
        packed = {name: (kept.pop(f"{name}/bits"), row) for name, row in rows.items()}
        return cls(kept, packed, base_hash)

    def save(self, path: Path) -> None:
        """Write them as .npz."""
        kept: dict[str, NDArray[Any]] = {_BASE: np.array(self.base_hash), **self.differences}
        for name, (bits, rows) in self.packed.items():
            kept |= {f"{name}/bits": bits, f"{name}/rows": rows}
        np.savez(path, allow_pickle=False, **kept)

    def applied(self, base: Mapping[str, Floats]) -> dict[str, Floats]:
        """The tuned tensors: those of `base` with what they differ by."""
        moved = {name: weights.astype(np.float32) for name, weights in self.differences.items()}
        moved |= {name: _unpacked(*packed) for name, packed in self.packed.items()}
        return {name: base[name] + difference for name, difference in moved.items()}


def _packed(matrix: Floats) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    rows = (np.abs(matrix).max(axis=1) / _LARGEST).astype(np.float16)
    steps = np.maximum(rows.astype(np.float32), np.finfo(np.float16).tiny)
    whole = np.clip(np.rint(matrix / steps[:, None]), -_LARGEST, _LARGEST) + _LARGEST
    numbers = whole.astype(np.uint8)
    return (numbers[:, ::2] << 4) | numbers[:, 1::2], rows


def _unpacked(bits: NDArray[np.uint8], rows: NDArray[np.float16]) -> Floats:
    whole = np.stack([bits >> 4, bits & 15], axis=2).reshape(len(bits), -1)
    return (whole.astype(np.float32) - _LARGEST) * rows.astype(np.float32)[:, None]
