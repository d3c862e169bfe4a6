"""Groups messages into threads: by references (JWZ), else by subject, people and time.

Where headers are missing only strong evidence joins: a wrong merge is worse than a missed one. An
answer under quite another subject begins a thread of its own, and keeps its parent.
https://www.jwz.org/doc/threading.html
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ingest.groups import Groups
from ingest.node import Node, Nodes, time_of
from ingest.scratch import Numbers
from ingest.subject import base_subject, is_changed
from ingest.thread_subject import join_by_subject

#: References read from one message: the first names the thread, the last ones the parents.
_MOST_REFERENCES = 100
#: In an array of numbers.
_NONE = -1


@dataclass(frozen=True, slots=True)
class Thread:
    """Indices of the messages in reading order, and for each the index of its parent.

    The parent of a message that changed the subject is in another thread.
    """

    members: tuple[int, ...]
    parents: tuple[int | None, ...]


def find_threads(nodes: Nodes, numbers: Callable[[], Numbers] = dict) -> Iterator[Thread]:
    """All threads, oldest first, undated ones last.

    `nodes` come sorted by time and content; the result then depends on no order of files.
    `numbers` makes empty maps: on disk where there are many nodes.
    """
    groups = Groups(len(nodes))
    seen = _Seen(nodes, numbers)
    _join_by_source(seen, groups)
    parents = _join_by_reference(nodes, groups, seen, numbers())
    join_by_subject(nodes, groups, seen.times)
    found = _Threads()
    for group in groups.all():
        within = {index: nodes[index] for index in group}
        thread = _ordered(within, {index: _known(parents[index]) for index in group})
        found.add(thread, seen.times[thread.members[0]])
    return found.oldest_first()


class _Threads:
    """Threads in two numbers a message."""

    def __init__(self) -> None:
        self._members, self._parents = array("i"), array("i")
        self._starts, self._times = array("i"), array("d")

    def add(self, thread: Thread, at: float) -> None:
        self._starts.append(len(self._members))
        self._times.append(at)
        self._members.extend(thread.members)
        self._parents.extend(_NONE if p is None else p for p in thread.parents)

    def oldest_first(self) -> Iterator[Thread]:
        starts, members = self._starts, self._members
        order = sorted(range(len(starts)), key=lambda n: members[starts[n]])
        order.sort(key=self._times.__getitem__)
        starts.append(len(members))
        for n in order:
            here = slice(starts[n], starts[n + 1])
            parents = (_known(parent) for parent in self._parents[here])
            yield Thread(tuple(members[here]), tuple(parents))


def _known(parent: int) -> int | None:
    return None if parent == _NONE else parent


class _Seen:
    """What one look at all nodes gives: numbers for each, and where the ids stand."""

    def __init__(self, nodes: Nodes, numbers: Callable[[], Numbers]) -> None:
        self._nodes = nodes
        first = numbers()
        #: For messages whose source tells their thread: the first one of it.
        self.keys = array("i")
        self.times = array("d")
        self._bases = array("q")
        self.index_of = numbers()
        for index, node in enumerate(nodes):
            key = node.thread_key
            self.keys.append(_NONE if key is None else first.setdefault(key, index))
            self.times.append(time_of(node))
            self._bases.append(hash(base_subject(node.subject)[0]))
            for message_id in node.message_ids:
                self.index_of.setdefault(message_id, index)

    def may_join(self, first: int, second: int) -> bool:
        """False for messages that their sources put into different threads."""
        keys = self.keys[first], self.keys[second]
        return _NONE in keys or keys[0] == keys[1]

    def base(self, index: int) -> str:
        """The base subject of a message."""
        return base_subject(self._nodes[index].subject)[0]

    def is_one_topic(self, named: int, index: int) -> bool:
        """False for a message that names another one, but changed the subject."""
        if self._bases[named] == self._bases[index]:
            return True
        return not is_changed(self._nodes[named].subject, self._nodes[index].subject)


def _join_by_source(seen: _Seen, groups: Groups) -> None:
    """Messages that their source puts into one thread."""
    for index, key in enumerate(seen.keys):
        if key != _NONE:
            groups.join(key, index)


def _join_by_reference(nodes: Nodes, groups: Groups, seen: _Seen, absent: Numbers) -> "array[int]":
    """Joins along References and In-Reply-To, also of absent messages; gives each its parent."""
    parents = array("i", [_NONE]) * len(nodes)
    answered = bytearray(len(nodes))
    for index, node in enumerate(nodes):
        named = node.references[:1] + node.references[1:][-_MOST_REFERENCES:]
        there = [seen.index_of.get(reference) for reference in named]
        others = (
            _naming(reference, index, seen, absent) if known is None else known
            for reference, known in zip(reversed(named), reversed(there), strict=True)
        )
        _join_one_topic(index, others, seen, groups)
        found = [other for other in reversed(there) if other is not None]
        if node.carrier is not None:
            groups.join(node.carrier, index)
            found.insert(0, node.carrier)
        parent = next((o for o in found if seen.may_join(o, index) and o != index), None)
        # Only a message that is a parent already can close a circle.
        if parent is not None and not (answered[index] and _is_above(parents, index, parent)):
            parents[index] = parent
            answered[parent] = True
    return parents


def _join_one_topic(index: int, others: Iterable[int], seen: _Seen, groups: Groups) -> None:
    """Joins a message to the groups of others, of which the first in each group decides."""
    decided: set[int] = set()
    for other in others:
        root = groups.root(other)
        if root in decided or root == groups.root(index):
            continue
        decided.add(root)
        if seen.may_join(other, index) and seen.is_one_topic(other, index):
            groups.join(other, index)


def _naming(reference: str, index: int, seen: _Seen, absent: Numbers) -> int:
    """The first message of this one's topic that names the same absent message."""
    other = absent.setdefault(reference, index)
    if seen.is_one_topic(other, index):
        return other
    return absent.setdefault(f"{seen.base(index)}\n{reference}", index)


def _is_above(parents: "array[int]", index: int, other: int) -> bool:
    """True when `index` is `other` or one of its ancestors: linking them would make a circle."""
    while other != _NONE:
        if other == index:
            return True
        other = parents[other]
    return False


def _ordered(nodes: Mapping[int, Node], parents: Mapping[int, int | None]) -> Thread:
    """The thread in reading order; messages without a reference get the likeliest parent."""
    inside = {index: p if p in nodes else None for index, p in parents.items()}
    order = _reading_order(nodes, inside)
    # A guess might close a circle that runs through another thread.
    may_guess = inside == parents
    seen: set[int] = set()
    received: dict[int, int] = {}
    found: list[int | None] = []
    previous: int | None = None
    for index in order:
        node, parent = nodes[index], parents[index]
        if parent in nodes and parent not in seen:
            parent = None
        if parent is None and may_guess and not node.references and previous is not None:
            parent = received.get(node.sender, previous)
        found.append(parent)
        seen.add(index)
        received |= dict.fromkeys(set(node.recipients) - {node.sender}, index)
        previous = index
    return Thread(tuple(order), tuple(found))


def _reading_order(nodes: Mapping[int, Node], parents: Mapping[int, int | None]) -> list[int]:
    """By place for threads that a source fixes, else by time with parents before their replies."""
    if any(node.thread_key is not None for node in nodes.values()):
        return _file_order(nodes)
    times: dict[int, tuple[float, int]] = {}
    for index in nodes:
        path = [index]
        while (parent := parents[path[-1]]) is not None and parent not in times:
            path.append(parent)
        for one in reversed(path):
            above = parents[one]
            time, depth = times[above] if above is not None else (float("-inf"), -1)
            # A message without date stands right after the one it answers.
            own = nodes[one].at if above is not None else time_of(nodes[one])
            times[one] = (time if own is None else max(time, own), depth + 1)
    return sorted(nodes, key=lambda index: (*times[index], index))


def _file_order(nodes: Mapping[int, Node]) -> list[int]:
    """In the order of the file that holds most of the thread, then of the next fullest."""
    volume: dict[int, int] = defaultdict(int)
    for node in nodes.values():
        for file, _ in node.places:
            volume[file] += 1
    places = {
        index: min(((-volume[file], file, at) for file, at in node.places), default=(0, 0, 0))
        for index, node in nodes.items()
    }
    return sorted(nodes, key=lambda index: (places[index], index))
