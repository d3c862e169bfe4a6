"""A message as threading sees it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Node:
    """One message for threading. `at` is in seconds; `places` are (file, position) of its copies.

    `references` may name messages that are not there; `carrier` is the index of the message this
    one was attached to.
    """

    message_ids: tuple[str, ...]
    sender: int
    recipients: tuple[int, ...]
    at: float | None
    subject: str
    references: tuple[str, ...] = ()
    thread_key: str | None = None
    carrier: int | None = None
    places: tuple[tuple[int, int], ...] = ()


class Nodes(Protocol):
    """A sequence of nodes, which may be read from disk one by one."""

    def __len__(self) -> int:
        """How many there are."""

    def __iter__(self) -> Iterator[Node]:
        """All in order."""

    def __getitem__(self, index: int, /) -> Node:
        """The one at this place."""


def time_of(node: Node) -> float:
    """The time to sort by: undated messages stand last."""
    return float("inf") if node.at is None else node.at
