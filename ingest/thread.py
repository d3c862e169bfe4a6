"""Groups messages into threads: by references (JWZ), else by subject, people and time.

Where headers are missing only strong evidence joins: a wrong merge is worse than a missed one.
https://www.jwz.org/doc/threading.html
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ingest.groups import Groups
from ingest.scratch import Numbers
from ingest.subject import base_subject, is_generic

#: A reply without references joins a thread whose last message is at most this old. In the Enron
#: archive, which has none, 98.6% of threads by subject and people end within a year; a month keeps
#: yearly and monthly mails of one subject apart.
_WINDOW_S = 30 * 86_400
#: A message without Re: joins only as an answer within this time.
_ANSWER_S = 7 * 86_400
#: Threads of one subject that a message may still join, the latest: bounds the time for subjects
#: such as "Order confirmation" that thousands of messages share.
_MOST_OPEN = 200
#: Threads that nothing to come concerns are let go every so many messages.
_SWEEP = 1_000
#: References read from one message: the first names the thread, the last ones the parents.
_MOST_REFERENCES = 100
#: In an array of numbers.
_NONE = -1


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


@dataclass(frozen=True, slots=True)
class Thread:
    """Indices of the messages in reading order, and for each the index of its parent."""

    members: tuple[int, ...]
    parents: tuple[int | None, ...]


class Nodes(Protocol):
    """A sequence of nodes, which may be read from disk one by one."""

    def __len__(self) -> int:
        """How many there are."""

    def __iter__(self) -> Iterator[Node]:
        """All in order."""

    def __getitem__(self, index: int, /) -> Node:
        """The one at this place."""


def find_threads(nodes: Nodes, numbers: Callable[[], Numbers] = dict) -> Iterator[Thread]:
    """All threads, oldest first, undated ones last.

    `nodes` come sorted by time and content; the result then depends on no order of files.
    `numbers` makes empty maps: on disk where there are many nodes.
    """
    groups = Groups(len(nodes))
    keys = _join_by_source(nodes, groups, numbers())
    parents = _join_by_reference(nodes, groups, keys, numbers)
    _join_by_subject(nodes, groups)
    found = _Threads()
    for group in groups.all():
        within = {index: nodes[index] for index in group}
        thread = _ordered(within, {index: _known(parents[index]) for index in group})
        found.add(thread, _at(within[thread.members[0]]))
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


def _join_by_source(nodes: Nodes, groups: Groups, first: Numbers) -> "array[int]":
    """Messages that their source puts into one thread; for each the first of that thread."""
    keys = array("i", [_NONE]) * len(nodes)
    for index, node in enumerate(nodes):
        if node.thread_key is not None:
            keys[index] = first.setdefault(node.thread_key, index)
            groups.join(keys[index], index)
    return keys


def _join_by_reference(
    nodes: Nodes, groups: Groups, keys: "array[int]", numbers: Callable[[], Numbers]
) -> "array[int]":
    """Joins along References and In-Reply-To, also of absent messages; gives each its parent."""
    index_of, absent = numbers(), numbers()
    for index, node in enumerate(nodes):
        for message_id in node.message_ids:
            index_of.setdefault(message_id, index)
    parents = array("i", [_NONE]) * len(nodes)
    answered = bytearray(len(nodes))

    def may_join(first: int, second: int) -> bool:
        """False for messages that their sources put into different threads."""
        return _NONE in (keys[first], keys[second]) or keys[first] == keys[second]

    for index, node in enumerate(nodes):
        named = node.references[:1] + node.references[1:][-_MOST_REFERENCES:]
        there = [index_of.get(reference) for reference in named]
        for reference, known in zip(named, there, strict=True):
            other = absent.setdefault(reference, index) if known is None else known
            if may_join(other, index):
                groups.join(other, index)
        found = [other for other in reversed(there) if other is not None]
        if node.carrier is not None:
            groups.join(node.carrier, index)
            found.insert(0, node.carrier)
        parent = next((o for o in found if may_join(o, index) and o != index), None)
        # Only a message that is a parent already can close a circle.
        if parent is not None and not (answered[index] and _is_above(parents, index, parent)):
            parents[index] = parent
            answered[parent] = True
    return parents


def _is_above(parents: "array[int]", index: int, other: int) -> bool:
    """True when `index` is `other` or one of its ancestors: linking them would make a circle."""
    while other != _NONE:
        if other == index:
            return True
        other = parents[other]
    return False


@dataclass(slots=True)
class _Open:
    """A thread as it stands while messages are taken in time order."""

    root: int
    last: float
    senders: set[int]
    people: set[int]


class _Future:
    """What is still to come when messages are taken in order."""

    def __init__(self, nodes: Nodes, groups: Groups) -> None:
        self._groups = groups
        self._earliest = array("d", map(_at, nodes))
        for index in range(len(nodes) - 2, -1, -1):
            self._earliest[index] = min(self._earliest[index : index + 2])
        self._last = array("i", range(len(nodes)))
        for index in range(len(nodes)):
            self._last[groups.root(index)] = index

    def join(self, first: int, second: int) -> None:
        """Join the groups with these roots."""
        last = max(self._last[first], self._last[second])
        self._groups.join(first, second)
        self._last[self._groups.root(first)] = last

    def concerns(self, thread: _Open, index: int) -> bool:
        """True when a message from `index` on is in the thread or may join it."""
        is_fresh = self._earliest[index] - thread.last <= _WINDOW_S
        return is_fresh or self._last[self._groups.root(thread.root)] >= index


def _join_by_subject(nodes: Nodes, groups: Groups) -> None:
    """Joins a message that begins a group to the latest thread of its subject and people."""
    begun = bytearray(len(nodes))
    threads: dict[str, list[_Open]] = {}
    future = _Future(nodes, groups)
    for index, node in enumerate(nodes):
        if index % _SWEEP == 0:
            threads = {
                base: concerned
                for base, several in threads.items()
                if (concerned := [t for t in several if future.concerns(t, index)])
            }
        root = groups.root(index)
        base, is_reply = base_subject(node.subject)
        is_joinable = node.at is not None and node.thread_key is None and not is_generic(base)
        if is_joinable and not begun[root]:
            home = _home(node, threads.get(base, ()), is_reply=is_reply)
            if home is not None:
                future.join(groups.root(home.root), root)
                root = groups.root(root)
        begun[root] = True
        if is_joinable:
            threads[base] = _taken_in(node, root, threads.get(base, ()), groups)


def _home(node: Node, threads: Sequence[_Open], *, is_reply: bool) -> _Open | None:
    at = node.at or 0.0
    fitting = [t for t in threads if at - t.last <= _WINDOW_S and _belongs(node, t, at, is_reply)]
    return max(fitting, key=lambda thread: (thread.last, -thread.root), default=None)


def _belongs(node: Node, thread: _Open, at: float, is_reply: bool) -> bool:
    """True when the sender takes part in the thread and writes to someone who does."""
    others = set(node.recipients) - {node.sender}
    if node.sender not in thread.people:
        return False
    if is_reply:
        return not others or bool(others & thread.people)
    is_answer = node.sender not in thread.senders and bool(others & thread.senders)
    return is_answer and at - thread.last <= _ANSWER_S


def _taken_in(node: Node, root: int, threads: Sequence[_Open], groups: Groups) -> list[_Open]:
    """The open threads of a subject after a message, the latest last."""
    at = node.at or 0.0
    known = next((t for t in threads if groups.root(t.root) == root), None)
    thread = known or _Open(root, at, set(), set())
    thread.root, thread.last = root, max(thread.last, at)
    thread.senders.add(node.sender)
    thread.people |= {node.sender, *node.recipients}
    others = [t for t in threads if t is not thread and at - t.last <= _WINDOW_S]
    return [*others[1 - _MOST_OPEN :], thread]


def _ordered(nodes: Mapping[int, Node], parents: Mapping[int, int | None]) -> Thread:
    """The thread in reading order; messages without a reference get the likeliest parent."""
    order = _reading_order(nodes, parents)
    seen: set[int] = set()
    received: dict[int, int] = {}
    found: list[int | None] = []
    previous: int | None = None
    for index in order:
        node, parent = nodes[index], parents[index]
        if parent not in seen:
            parent = None
        if parent is None and not node.references and previous is not None:
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
            own = nodes[one].at if above is not None else _at(nodes[one])
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


def _at(node: Node) -> float:
    return float("inf") if node.at is None else node.at
