"""What every archive format offers, and what it is given to read."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from ingest.limits import Limits
from ingest.model import Draft, Skipped, Span

#: Bytes of a file that readers may judge it by.
HEAD_BYTES = 64 * 1024

Found = Draft | Skipped


@dataclass(frozen=True, slots=True)
class Opened:
    """One open file. `path` is its name for locators: absolute, with `!/member` inside archives.

    `stream` stands at the start; `file` is set when it is a plain file on disk.
    """

    path: str
    stream: BinaryIO
    head: bytes
    limits: Limits
    file: Path | None = None
    #: Archives this file is inside of.
    depth: int = 0

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def suffix(self) -> str:
        """The last extension, lower-case with its dot; "" when none."""
        stem, dot, suffix = self.name.rpartition(".")
        return f".{suffix.lower()}" if dot and stem else ""

    def skipped(self, reason: str) -> Skipped:
        """This whole file, not read for `reason`."""
        return Skipped(Span(self.path, 1, 1), reason)


class Reader(Protocol):
    """One archive format."""

    @property
    def name(self) -> str:
        """The format's name, for people."""

    def sniff(self, opened: Opened) -> bool:
        """True when the content (first `head`, then the name) is of this format."""

    def read(self, opened: Opened) -> Iterator[Found]:
        """Every message of the file, in file order, or why it was not read."""


class HeadedStream(io.RawIOBase):
    """A stream whose first bytes were already read, from its start again."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer` from the head, then from the rest."""
        piece = self._head[: len(buffer)] if self._head else self._rest.read(len(buffer))
        self._head = self._head[len(piece) :] if self._head else self._head
        buffer[: len(piece)] = piece
        return len(piece)


def read_all(stream: BinaryIO, limit: int) -> bytes:
    """At most `limit` bytes and one more, so that the caller sees that there were more."""
    pieces, left = [], limit + 1
    while left > 0 and (piece := stream.read(min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def count_lines(data: bytes) -> int:
    """Lines of the data, at least 1; a last line without its end counts."""
    return max(1, data.count(b"\n") + (not data.endswith(b"\n")))
