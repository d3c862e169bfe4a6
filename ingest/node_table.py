"""Messages for threading on disk, by their place in the order of time and content."""

import json
from collections.abc import Iterator
from dataclasses import fields
from operator import attrgetter

from ingest.node import Node
from ingest.scratch import Scratch

_FACTS = attrgetter(*(field.name for field in fields(Node)))


class NodeTable:
    """A sequence of nodes that grows at its end."""

    def __init__(self, scratch: Scratch) -> None:
        """A new, empty table."""
        self._scratch = scratch
        self._count = 0
        scratch.add("CREATE TABLE node (n INTEGER PRIMARY KEY, facts TEXT)")

    def append(self, node: Node) -> None:
        """Store the next node."""
        facts = json.dumps(_FACTS(node))
        self._scratch.add("INSERT INTO node VALUES (?, ?)", self._count, facts)
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Node]:
        rows = self._scratch.rows("SELECT facts FROM node ORDER BY n")
        return (_node(facts) for (facts,) in rows)

    def __getitem__(self, index: int) -> Node:
        (facts,) = self._scratch.one("SELECT facts FROM node WHERE n = ?", index)
        return _node(facts)


def _node(facts: str) -> Node:
    ids, sender, recipients, at, subject, references, key, carrier, places = json.loads(facts)
    return Node(
        message_ids=tuple(ids),
        sender=sender,
        recipients=tuple(recipients),
        at=at,
        subject=subject,
        references=tuple(references),
        thread_key=key,
        carrier=carrier,
        places=tuple((file, place) for file, place in places),
    )
