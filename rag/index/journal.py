"""Vectors computed by a run that did not finish: the next one takes them over."""

import struct
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from zlib import crc32

import numpy as np

from rag.ports import Embedder, Vectors

NAME = "unfinished.vectors"
_MAGIC = b"exhibit vectors 1\n"
_ID_BYTES = 24


class VectorJournal:
    """An append-only file of (id, vector, checksum) records of one embedding model.

    What does not check out at the end, as after a crash, is cut off; another model's file is
    started anew.
    """

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        """Open or start the journal of the index in `folder`."""
        self._path = folder / NAME
        self._dimensions = embedder.dimensions
        self._record = struct.Struct(f"<{_ID_BYTES}s{4 * self._dimensions}sI")
        self._header = _MAGIC + f"{embedder.weights_hash} {self._dimensions}\n".encode()
        #: Of earlier runs: this one asks for no vector that it added itself.
        self._places: dict[str, int] = {}
        self._end = self._read()
        self._file = self._path.open("r+b" if self._end else "w+b")
        if not self._end:
            self._file.write(self._header)
            self._end = len(self._header)
        self._file.truncate(self._end)

    def __enter__(self) -> "VectorJournal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def __contains__(self, chunk_id: object) -> bool:
        """True when an earlier run added the vector of the passage."""
        return chunk_id in self._places

    def vector(self, chunk_id: str) -> Vectors:
        """The vector of a passage that an earlier run added, (dimensions,) float32."""
        self._file.seek(self._places[chunk_id])
        _, vector, _ = self._record.unpack(self._file.read(self._record.size))
        return np.frombuffer(vector, dtype="<f4")

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        """Append vectors; they are safe from a crash of this process once this returns."""
        self._file.seek(self._end)
        for name, vector in zip(ids, vectors, strict=True):
            fields = name.encode("ascii"), np.ascontiguousarray(vector, dtype="<f4").tobytes()
            self._file.write(self._record.pack(*fields, _checksum(*fields)))
            self._end += self._record.size
        self._file.flush()

    def _read(self) -> int:
        """Bytes of the file that check out."""
        if not self._path.is_file() or self._path.is_symlink():
            self._path.unlink(missing_ok=True)
            return 0
        with self._path.open("rb") as file:
            if file.read(len(self._header)) != self._header:
                return 0
            end = len(self._header)
            while len(record := file.read(self._record.size)) == self._record.size:
                name, vector, checksum = self._record.unpack(record)
                name = name.rstrip(b"\0")
                if checksum != _checksum(name, vector) or not name.isascii():
                    break
                self._places[name.decode()] = end
                end += self._record.size
        return end


def discard_journal(folder: Path) -> None:
    """Remove the journal of the index in `folder`: its vectors are published, or not wanted."""
    (folder / NAME).unlink(missing_ok=True)


def _checksum(name: bytes, vector: bytes) -> int:
    return crc32(vector, crc32(name))
