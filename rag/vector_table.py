"""The vectors of a generation with what scoping needs beside them; exact search, nothing heavy.

Two files: `vectors.npy` (memory-mapped) and `columns.npz`. Row order is archive order.
"""

import json
import zipfile
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ingest.errors import IndexDamaged
from ingest.model import Chunk, Email, Person
from rag.model import Scope
from rag.passages import day_number
from rag.ports import Neighbour, Vectors

VECTORS, COLUMNS = "vectors.npy", "columns.npz"
#: Room for a passage id; `ingest.chunk` makes them of 20 hex digits.
_ID_BYTES = 24
#: From one row in this many on all are multiplied: 9 ms for 105,000; copying 40,000 takes 15 ms.
_BROAD = 5
#: How far a vector's length may be from 1, float32 rounding included.
_LENGTH_TOLERANCE = 1e-3
#: Vectors looked at together.
_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Columns:
    """One row per passage. People are numbers into `names`, -1 for nobody; days are yyyymmdd or 0.

    `recipients[i]` is a recipient of row `recipient_rows[i]`.
    """

    ids: NDArray[np.bytes_]
    authors: NDArray[np.int32]
    senders: NDArray[np.int32]
    days: NDArray[np.int32]
    recipients: NDArray[np.int32]
    recipient_rows: NDArray[np.int32]
    names: tuple[str, ...]

    def mask(self, scope: Scope) -> NDArray[np.bool_] | None:
        """The rows that fit what the scope explicitly asks for; None: all of them."""
        tests = []
        if scope.senders and "senders" in scope.explicit:
            tests.append(self._written_by(scope.senders))
        if scope.recipients and "recipients" in scope.explicit:
            tests.append(self._sent_to(scope.recipients))
        if scope.about and "about" in scope.explicit:
            tests.append(self._written_by(scope.about) | self._sent_to(scope.about))
        if scope.since and "since" in scope.explicit:
            tests.append(self.days >= int(f"{scope.since:%Y%m%d}"))
        if scope.until and "until" in scope.explicit:
            tests.append((self.days > 0) & (self.days <= int(f"{scope.until:%Y%m%d}")))
        return np.logical_and.reduce(tests) if tests else None

    def _written_by(self, names: Sequence[str]) -> NDArray[np.bool_]:
        numbers = self._numbers(names)
        return np.isin(self.authors, numbers) | np.isin(self.senders, numbers)

    def _sent_to(self, names: Sequence[str]) -> NDArray[np.bool_]:
        fits = np.zeros(len(self.ids), dtype=np.bool_)
        fits[self.recipient_rows[np.isin(self.recipients, self._numbers(names))]] = True
        return fits

    def _numbers(self, names: Sequence[str]) -> list[int]:
        wanted = set(names)
        return [number for number, name in enumerate(self.names) if name in wanted]


class VectorTable:
    """Published vectors, read only. Safe to read from several threads."""

    def __init__(self, vectors: Vectors, columns: Columns) -> None:
        """`vectors` is (n, dimensions) float32, unit length, in the order of the columns."""
        self._vectors = vectors
        self._columns = columns
        #: The vector that all rows were last compared with, and its cosines.
        self._last: tuple[Vectors, Vectors] | None = None

    @classmethod
    def open(cls, folder: Path) -> "VectorTable":
        """The table in `folder`; IndexDamaged when it is missing or not what was written."""
        try:
            with (
                (folder / COLUMNS).open("rb") as file,
                np.load(file, allow_pickle=False) as arrays,
            ):
                names = tuple(json.loads(arrays["names"].tobytes()))
                parts = {name: arrays[name] for name in arrays.files if name != "names"}
            columns = Columns(**parts, names=names)
            # Nothing cannot be mapped.
            mode: Literal["r"] | None = "r" if len(columns.ids) else None
            vectors = np.asarray(np.load(folder / VECTORS, mmap_mode=mode, allow_pickle=False))
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise IndexDamaged(
                f"the vectors in {folder} cannot be read ({error}): run `exhibit ingest --rebuild`"
            ) from error
        if len(vectors) != len(columns.ids):
            raise IndexDamaged(
                f"{folder} has {len(vectors)} vectors for {len(columns.ids)} passages: "
                "run `exhibit ingest --rebuild`"
            )
        return cls(vectors, columns)

    def __len__(self) -> int:
        return len(self._columns.ids)

    def rows(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """(n,) row numbers of the passages with these ids, -1 where there is none."""
        if not len(self):
            return np.full(len(ids), -1, dtype=np.int64)
        wanted = np.array([name.encode() for name in ids], dtype=np.bytes_)
        places = np.searchsorted(self._columns.ids, wanted, sorter=self._by_id)
        rows = self._by_id[np.minimum(places, len(self) - 1)]
        return np.where(self._columns.ids[rows] == wanted, rows, -1)

    @cached_property
    def _by_id(self) -> NDArray[np.int64]:
        """Row numbers in the order of ids."""
        return np.argsort(self._columns.ids)

    def ids(self) -> list[str]:
        """All passage ids in row order."""
        return [name.decode() for name in self._columns.ids.tolist()]

    def some_ids(self, count: int) -> list[str]:
        """Up to `count` passage ids, spread over the rows, in row order."""
        step = max(1, len(self) // count)
        return [name.decode() for name in self._columns.ids[::step][:count].tolist()]

    def has_just(self, ids: Iterable[Sequence[str]]) -> bool:
        """True when all these, in parts of any size, are the ids of the rows, each once."""
        seen = np.zeros(len(self), dtype=np.int64)
        for some in ids:
            rows = self.rows(some)
            if (rows < 0).any():
                return False
            np.add.at(seen, rows, 1)
        return bool((seen == 1).all())

    def vectors(self, ids: Sequence[str]) -> Vectors:
        """(n, dimensions) float32 in the order of `ids`; KeyError for an unknown one."""
        rows = self.rows(ids)
        if (rows < 0).any():
            raise KeyError(ids[int(np.argmin(rows))])
        return self._vectors[rows]

    def unusable(self) -> str:
        """What is wrong with the vectors, read once from end to end; "" when nothing is."""
        for start in range(0, len(self), _ROWS):
            if fault := vector_fault(self._vectors[start : start + _ROWS]):
                return fault
        return ""

    def search(self, vector: Vectors, k: int, scope: Scope) -> list[Neighbour]:
        """The `k` nearest passages by cosine, best first, ties by id; exact."""
        mask = self._columns.mask(scope)
        rows = np.arange(len(self)) if mask is None else np.flatnonzero(mask)
        if not len(rows) or k < 1:
            return []
        near = self._cosines(rows, vector)
        if k < len(rows):
            least = np.partition(near, len(near) - k)[len(near) - k]
            rows, near = rows[near >= least], near[near >= least]
        ids = self._columns.ids[rows]
        order = np.lexsort((ids, -near))[:k]
        found = zip(ids[order].tolist(), near[order].tolist(), strict=True)
        return [Neighbour(name.decode(), cosine) for name, cosine in found]

    def _cosines(self, rows: NDArray[np.int64], vector: Vectors) -> Vectors:
        """(n,) of the rows named, in their order.

        A question that names people or a time is searched twice, at first over all rows.
        """
        last = self._last
        if last is not None and np.array_equal(last[0], vector):
            return last[1][rows]
        if len(rows) * _BROAD < len(self):
            near: Vectors = self._vectors[rows] @ vector
            return near
        # Copying rows out costs more than multiplying those that are not asked for.
        every: Vectors = self._vectors @ vector
        self._last = vector.copy(), every
        return every[rows]


def vector_fault(vectors: Vectors) -> str:
    """Why these (n, dimensions) vectors cannot be compared by cosine; "" when they can."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    if not np.isfinite(lengths).all():
        return "not numbers (NaN or infinite)"
    if (lengths == 0).any():
        return "zero"
    return "" if (np.abs(lengths - 1) <= _LENGTH_TOLERANCE).all() else "not of unit length"


class VectorTableWriter:
    """Writes a table row by row; memory holds the columns only, never the vectors."""

    def __init__(self, folder: Path, count: int, dimensions: int) -> None:
        """For exactly `count` rows."""
        self._folder = folder
        self._shape = (count, dimensions)
        self._numbers: dict[str, int] = {}
        self._ids = bytearray()
        self._count = 0
        self._columns = {
            name: array("i")
            for name in ("authors", "senders", "days", "recipients", "recipient_rows")
        }
        self._file = (folder / VECTORS).open("wb")
        header = {"descr": "<f4", "fortran_order": False, "shape": self._shape}
        np.lib.format.write_array_header_1_0(self._file, header)

    def __enter__(self) -> "VectorTableWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def add(self, passages: Sequence[tuple[Chunk, Email]], vectors: Vectors) -> None:
        """Append passages; `vectors` is (n, dimensions) float32 in the same order."""
        for chunk, email in passages:
            self._add_columns(chunk, email)
        self._file.write(np.ascontiguousarray(vectors, dtype="<f4").tobytes())

    def finish(self) -> None:
        """Write the columns and close the files."""
        self._file.close()
        if self._count != self._shape[0]:
            raise ValueError(f"{self._count} rows written, {self._shape[0]} announced")
        columns = {name: np.array(column, dtype=np.int32) for name, column in self._columns.items()}
        names = np.frombuffer(json.dumps(list(self._numbers)).encode(), dtype=np.uint8)
        ids = np.frombuffer(bytes(self._ids), dtype=f"S{_ID_BYTES}")
        with (self._folder / COLUMNS).open("wb") as file:
            np.savez(file, allow_pickle=False, ids=ids, names=names, **columns)

    def _add_columns(self, chunk: Chunk, email: Email) -> None:
        columns = self._columns
        columns["authors"].append(self._number(chunk.author))
        columns["senders"].append(self._number(email.sender))
        columns["days"].append(day_number(email))
        for person in email.recipients:
            columns["recipients"].append(self._number(person))
            columns["recipient_rows"].append(self._count)
        self._ids += _fixed(chunk.id)
        self._count += 1

    def _number(self, person: Person | None) -> int:
        if person is None:
            return -1
        return self._numbers.setdefault(person.name, len(self._numbers))


def _fixed(chunk_id: str) -> bytes:
    spelled = chunk_id.encode("ascii")
    if not 0 < len(spelled) <= _ID_BYTES:
        raise ValueError(f"passage id {chunk_id!r} does not have 1 to {_ID_BYTES} characters")
    return spelled.ljust(_ID_BYTES, b"\0")
