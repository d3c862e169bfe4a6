"""Which drafts are copies of one message: two numbers for each draft."""

from array import array
from collections.abc import Iterator, Mapping

from ingest.dedupe import ReadBody, find_copies
from ingest.groups import Groups
from ingest.outline import Copies
from ingest.outline_table import OutlineTable

_NONE = -1


class CopyTable:
    """The messages among the drafts, each with its copies."""

    def __init__(
        self, outlines: OutlineTable, count: int, read_body: ReadBody, volume: Mapping[int, int]
    ) -> None:
        """`count`: all numbers of `outlines` are below it; `volume`: drafts by file."""
        self._outlines = outlines
        self._kept = array("i", [_NONE]) * count
        self._next = array("i", [_NONE]) * count
        for seq in outlines.in_order():
            self._kept[seq] = seq
        groups = Groups(count)
        for first, second in outlines.alike():
            groups.join(first, second)
        for numbers in groups.all():
            if len(numbers) > 1:
                for copies in find_copies(map(outlines.get, numbers), read_body, volume):
                    self._note(copies)

    def kept(self, seq: int) -> int:
        """The number of the copy that stands for the message of this draft."""
        return self._kept[seq]

    def copies(self, seq: int) -> Copies:
        """The message that the draft with this number stands for."""
        others = tuple(map(self._outlines.get, self._others(seq)))
        return Copies(self._outlines.get(seq), others)

    def in_order(self) -> Iterator[int]:
        """The kept copies of all messages by time and content."""
        return (seq for seq in self._outlines.in_order() if self._kept[seq] == seq)

    def _note(self, copies: Copies) -> None:
        last = copies.kept.seq
        for other in copies.others:
            self._kept[other.seq] = copies.kept.seq
            self._next[last] = other.seq
            last = other.seq

    def _others(self, seq: int) -> Iterator[int]:
        while (seq := self._next[seq]) != _NONE:
            yield seq
