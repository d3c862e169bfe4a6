"""The saved receipt: one line of JSON for each input message, in the order read."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.model import ReceiptLine, Span


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of every input message: read from its file; the counts add up by construction."""

    path: Path
    counts: Counter[str]

    def __len__(self) -> int:
        return self.counts.total()

    def __iter__(self) -> Iterator[ReceiptLine]:
        return read_receipt(self.path)

    def count(self, outcome: str) -> int:
        """Number of input messages that ended as `outcome`."""
        return self.counts[outcome]

    def warnings(self) -> Iterator[str]:
        """What was cut or repaired while reading, one line each, with the place."""
        for line in self:
            if line.outcome == "indexed" and line.reason:
                yield f"{line.locator.path}:{line.locator.first_line}: {line.reason}"


def open_receipt(path: Path) -> Receipt:
    """A saved receipt."""
    return Receipt(path, Counter(line.outcome for line in read_receipt(path)))


def write_receipt(path: Path, lines: Iterable[ReceiptLine]) -> Receipt:
    """Write a receipt that only its owner can read."""
    counts: Counter[str] = Counter()
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8") as file:
        for line in lines:
            counts[line.outcome] += 1
            place = line.locator
            locator = {
                "path": place.path,
                "first_line": place.first_line,
                "last_line": place.last_line,
            }
            entry = {
                "locator": locator,
                "outcome": line.outcome,
                "message_id": line.message_id,
                "reason": line.reason,
            }
            file.write(json.dumps(entry) + "\n")
    return Receipt(path, counts)


def read_receipt(path: Path) -> Iterator[ReceiptLine]:
    """The lines of a saved receipt."""
    with path.open(encoding="utf-8") as file:
        for text in file:
            entry = json.loads(text)
            yield ReceiptLine(Span(**entry.pop("locator")), **entry)
