"""OLE compound files, such as Outlook's .msg: storages with streams in them. [MS-CFB]

Damage ends a stream early, never raises; no more is read in total than the file holds.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Numbers of sectors are below it; those above end a chain or mark a sector as free.
_NO_SECTOR = 0xFFFFFFFA
_NO_ENTRY = 0xFFFFFFFF
_ENTRY_BYTES = 128
_STORAGE, _STREAM = 1, 2
#: Sector numbers of the allocation table that stand in the header.
_IN_HEADER = 109


@dataclass(slots=True)
class Storage:
    """A folder: streams by name as (first sector, bytes), and storages by name."""

    streams: dict[str, tuple[int, int]] = field(default_factory=dict)
    storages: dict[str, "Storage"] = field(default_factory=dict)


class CompoundFile:
    """An open file; `root` is its outermost storage."""

    def __init__(self, data: bytes) -> None:
        """`data` begins with the signature."""
        self._data = data
        # Version 4 has sectors of 4,096 bytes.
        self._sector = 4_096 if _number(data, 0x1E, 2) == 12 else 512
        self._cutoff = _number(data, 0x38)
        self._left = len(data)
        sectors = len(data) // self._sector
        self._next = array("I", islice(self._numbers(self._table_sectors()), sectors))
        self._mini_next = array("I", self._numbers(self._chain(_number(data, 0x3C))))
        self._directory = b"".join(map(self._bytes, self._chain(_number(data, 0x30))))
        self._mini = b"".join(map(self._bytes, self._chain(self._place(0)[0])))
        self.root = Storage()
        self._fill()

    def read(self, storage: Storage, name: str) -> bytes:
        """The content of a stream; empty when there is none."""
        start, size = storage.streams.get(name, (_NO_SECTOR, 0))
        size = min(size, self._left)
        self._left -= size
        if size >= self._cutoff:
            sectors = map(self._bytes, self._chain(start))
            return _joined(sectors, size)
        small = (self._mini[n * 64 : n * 64 + 64] for n in _follow(self._mini_next, start))
        return _joined(small, size)

    def _table_sectors(self) -> Iterator[int]:
        """The sectors of the allocation table: some in the header, more in a chain of lists."""
        for n in range(_IN_HEADER):
            yield _number(self._data, 0x4C + 4 * n)
        following, seen = _number(self._data, 0x44), set[int]()
        while following < _NO_SECTOR and following not in seen:
            seen.add(following)
            *numbers, following = list(self._numbers([following])) or [_NO_SECTOR]
            yield from numbers

    def _numbers(self, sectors: Iterator[int] | list[int]) -> Iterator[int]:
        """The numbers that fill the sectors."""
        for sector in sectors:
            found = self._bytes(sector) if sector < _NO_SECTOR else b""
            yield from memoryview(found[: len(found) // 4 * 4]).cast("I")

    def _bytes(self, sector: int) -> bytes:
        start = (sector + 1) * self._sector
        return self._data[start : start + self._sector]

    def _chain(self, start: int) -> Iterator[int]:
        return _follow(self._next, start)

    def _place(self, entry: int) -> tuple[int, int]:
        """First sector and length of the stream of a directory entry."""
        at = entry * _ENTRY_BYTES
        return _number(self._directory, at + 0x74), _number(self._directory, at + 0x78, 4)

    def _fill(self) -> None:
        """Read the directory from the root on; each entry stands in one place."""
        seen, waiting = {0}, [(self.root, self._link(0, 0x4C))]
        while waiting:
            storage, entry = waiting.pop()
            if entry in seen or (entry + 1) * _ENTRY_BYTES > len(self._directory):
                continue
            seen.add(entry)
            waiting += [(storage, self._link(entry, 0x44)), (storage, self._link(entry, 0x48))]
            at = entry * _ENTRY_BYTES
            length = max(0, min(_number(self._directory, at + 0x40, 2), 64) - 2)
            name = self._directory[at : at + length].decode("utf-16-le", "replace")
            if self._directory[at + 0x42] == _STREAM:
                storage.streams[name] = self._place(entry)
            elif self._directory[at + 0x42] == _STORAGE:
                inner = storage.storages[name] = Storage()
                waiting.append((inner, self._link(entry, 0x4C)))

    def _link(self, entry: int, offset: int) -> int:
        return _number(self._directory, entry * _ENTRY_BYTES + offset)


def is_compound(path: Path) -> bool:
    """True for a file that begins as compound files do."""
    with path.open("rb") as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


def _number(data: bytes, at: int, size: int = 4) -> int:
    found = data[at : at + size]
    return int.from_bytes(found, "little") if len(found) == size else _NO_ENTRY


def _follow(following: "array[int]", start: int) -> Iterator[int]:
    """The sectors of a chain; one that runs in a circle ends when all could have been seen."""
    for _ in range(len(following)):
        if start >= len(following):
            return
        yield start
        start = following[start]


def _joined(pieces: Iterator[bytes], size: int) -> bytes:
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) >= size:
            break
    return bytes(found[:size])
