"""What the user asked to forget: left out while reading, told in the receipt, never touched."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.model import Draft, Skipped

#: The reason in the receipt.
FORGOTTEN = "forgotten by the user"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is left out although the sources hold it.

    `messages`: ids; every copy goes. `paths`: absolute files or folders inside a source. A source
    that is itself such a path, or stands under one, was named on purpose and is read.
    """

    messages: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()

    def filtered(self, entries: Iterable[Draft | Skipped], root: Path) -> Iterator[Draft | Skipped]:
        """The entries of a source; those at or inside the paths are skipped."""
        inside = [path for path in sorted(self.paths) if is_inside(path, str(root))]
        for entry in entries:
            place = entry.locator.path
            is_left_out = any(place == path or is_inside(place, path) for path in inside)
            yield Skipped(entry.locator, FORGOTTEN) if is_left_out else entry


def is_inside(path: str, other: str) -> bool:
    """True when `path` stands in the folder `other`, or is a part of the file `other`."""
    return path.startswith((other.rstrip(os.sep) + os.sep, f"{other}!/"))


def named_by(path: str, places: Sequence[str]) -> bool:
    """True when at least one of the places is `path` or inside it."""
    return any(place == path or is_inside(place, path) for place in places)
