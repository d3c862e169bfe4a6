"""Groups messages into threads: by references (JWZ), else by subject, people and time.

Where headers are missing only strong evidence joins: a wrong merge is worse than a missed one.
https://www.jwz.org/doc/threading.html
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

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
#: References read from one message: the first names the thread, the last ones the parents.
_MOST_REFERENCES = 100


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


def find_threads(nodes: Sequence[Node]) -> list[Thread]:
    """All threads, oldest first, undated ones last.

    `nodes` come sorted by time and content; the result then depends on no order of files.
    """
    groups = _Groups(len(nodes))
    _join_by_source(nodes, groups)
    parents = _join_by_reference(nodes, groups)
    _join_by_subject(nodes, groups)
    members: dict[int, list[int]] = defaultdict(list)
    for index in range(len(nodes)):
        members[groups.root(index)].append(index)
    threads = [_ordered(nodes, group, parents) for group in members.values()]
    return sorted(threads, key=lambda thread: (_at(nodes[thread.members[0]]), thread.members[0]))


class _Groups:
    """Sets of messages that are joined step by step (union-find); the oldest stands for each."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def root(self, index: int) -> int:
        while self._above[index] != index:
            self._above[index] = self._above[self._above[index]]
            index = self._above[index]
        return index

    def join(self, first: int, second: int) -> None:
        a, b = sorted((self.root(first), self.root(second)))
        self._above[b] = a


def _join_by_source(nodes: Sequence[Node], groups: _Groups) -> None:
    """Messages that their source puts into one thread."""
    first: dict[str, int] = {}
    for index, node in enumerate(nodes):
        if node.thread_key is not None:
            groups.join(first.setdefault(node.thread_key, index), index)


def _join_by_reference(nodes: Sequence[Node], groups: _Groups) -> list[int | None]:
    """Joins along References and In-Reply-To, also of absent messages; gives each its parent."""
    index_of: dict[str, int] = {}
    for index, node in enumerate(nodes):
        for message_id in node.message_ids:
            index_of.setdefault(message_id, index)
    absent: dict[str, int] = {}
    parents: list[int | None] = [None] * len(nodes)
    answered: set[int] = set()
    for index, node in enumerate(nodes):
        named = node.references[:1] + node.references[1:][-_MOST_REFERENCES:]
        for reference in named:
            other = index_of.get(reference)
            if other is None:
                other = absent.setdefault(reference, index)
            if _may_join(nodes[other], node):
                groups.join(other, index)
        found = [index_of[r] for r in reversed(named) if r in index_of]
        if node.carrier is not None:
            groups.join(node.carrier, index)
            found.insert(0, node.carrier)
        parent = next((o for o in found if _may_join(nodes[o], node) and o != index), None)
        # Only a message that is a parent already can close a circle.
        if parent is not None and not (index in answered and _is_above(parents, index, parent)):
            parents[index] = parent
            answered.add(parent)
    return parents


def _may_join(first: Node, second: Node) -> bool:
    """False for messages that their sources put into different threads."""
    return None in (first.thread_key, second.thread_key) or first.thread_key == second.thread_key


def _is_above(parents: Sequence[int | None], index: int, other: int | None) -> bool:
    """True when `index` is `other` or one of its ancestors: linking them would make a circle."""
    while other is not None:
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


def _join_by_subject(nodes: Sequence[Node], groups: _Groups) -> None:
    """Joins a message that begins a group to the latest thread of its subject and people."""
    begun: set[int] = set()
    threads: dict[str, list[_Open]] = defaultdict(list)
    for index, node in enumerate(nodes):
        root = groups.root(index)
        base, is_reply = base_subject(node.subject)
        is_joinable = node.at is not None and node.thread_key is None and not is_generic(base)
        if is_joinable and root not in begun:
            home = _home(node, threads[base], is_reply=is_reply)
            if home is not None:
                groups.join(home.root, root)
                root = groups.root(root)
        begun.add(root)
        if is_joinable:
            threads[base] = _taken_in(node, root, threads[base], groups)


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


def _taken_in(node: Node, root: int, threads: Sequence[_Open], groups: _Groups) -> list[_Open]:
    """The open threads of a subject after a message, the latest last."""
    at = node.at or 0.0
    known = next((t for t in threads if groups.root(t.root) == root), None)
    thread = known or _Open(root, at, set(), set())
    thread.root, thread.last = root, max(thread.last, at)
    thread.senders.add(node.sender)
    thread.people |= {node.sender, *node.recipients}
    others = [t for t in threads if t is not thread and at - t.last <= _WINDOW_S]
    return [*others[1 - _MOST_OPEN :], thread]


def _ordered(nodes: Sequence[Node], group: Sequence[int], parents: Sequence[int | None]) -> Thread:
    """The thread in reading order; messages without a reference get the likeliest parent."""
    order = _reading_order(nodes, group, parents)
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


def _reading_order(
    nodes: Sequence[Node], group: Sequence[int], parents: Sequence[int | None]
) -> list[int]:
    """By place for threads that a source fixes, else by time with parents before their replies."""
    if any(nodes[index].thread_key is not None for index in group):
        return _file_order(nodes, group)
    times: dict[int, tuple[float, int]] = {}
    for index in group:
        path = [index]
        while (parent := parents[path[-1]]) is not None and parent not in times:
            path.append(parent)
        for one in reversed(path):
            above = parents[one]
            time, depth = times[above] if above is not None else (float("-inf"), -1)
            # A message without date stands right after the one it answers.
            own = nodes[one].at if above is not None else _at(nodes[one])
            times[one] = (time if own is None else max(time, own), depth + 1)
    return sorted(group, key=lambda index: (*times[index], index))


def _file_order(nodes: Sequence[Node], group: Sequence[int]) -> list[int]:
    """In the order of the file that holds most of the thread, then of the next fullest."""
    volume: dict[int, int] = defaultdict(int)
    for index in group:
        for file, _ in nodes[index].places:
            volume[file] += 1
    places = {
        index: min(
            ((-volume[file], file, at) for file, at in nodes[index].places), default=(0, 0, 0)
        )
        for index in group
    }
    return sorted(group, key=lambda index: (places[index], index))


def _at(node: Node) -> float:
    return float("inf") if node.at is None else node.at
