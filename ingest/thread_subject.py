"""Joins messages without references to threads of their subject and people, on strong evidence.

A wrong merge is worse than a missed one.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.groups import Groups
from ingest.node import Node, Nodes
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


def join_by_subject(nodes: Nodes, groups: Groups, times: "array[float]") -> None:
    """Joins a message that begins a group to the latest thread of its subject and people."""
    begun = bytearray(len(nodes))
    threads: dict[str, list[_Open]] = {}
    future = _Future(times, groups)
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


@dataclass(slots=True)
class _Open:
    """A thread as it stands while messages are taken in time order."""

    root: int
    last: float
    senders: set[int]
    people: set[int]


class _Future:
    """What is still to come when messages are taken in order."""

    def __init__(self, times: "array[float]", groups: Groups) -> None:
        self._groups = groups
        self._earliest = array("d", times)
        for index in range(len(times) - 2, -1, -1):
            self._earliest[index] = min(self._earliest[index : index + 2])
        self._last = array("i", range(len(times)))
        for index in range(len(times)):
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
