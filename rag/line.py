"""The line in front of a language model: first come, first served, bounded, everybody knows where.

A model server that answers one request at a time has a line of its own behind this one; who asked
before is the same in both.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from ingest.errors import LLMError


class Line:
    """At most `at_once` are served, at most `waiting` wait. Safe to share between threads."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._at_once = at_once
        self._room = at_once + waiting
        self._changed = Condition()
        self._places: list[Place] = []

    @contextmanager
    def place(self, name: str) -> Iterator["Place"]:
        """A place at the end, given up on leaving; LLMError naming the model when all are taken."""
        place = Place(self)
        with self._changed:
            if len(self._places) >= self._room:
                raise LLMError(f"{len(self._places)} questions wait for {name}: ask again later")
            self._places.append(place)
        try:
            yield place
        finally:
            with self._changed:
                self._places.remove(place)
                self._changed.notify_all()

    def ahead_of(self, place: "Place") -> int:
        """How many came before `place` and are still here."""
        with self._changed:
            return self._places.index(place)

    def wait(self, place: "Place", seconds: float) -> bool:
        """True as soon as `place` is served; False after `seconds`."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._places.index(place) < self._at_once, seconds
            )


class Place:
    """One question's place in a line."""

    def __init__(self, line: Line) -> None:
        self._line = line

    @property
    def ahead(self) -> int:
        """How many came before and are still here, those being served included."""
        return self._line.ahead_of(self)

    def is_served(self, within_s: float) -> bool:
        """True once it is this one's turn, waiting for at most `within_s` seconds."""
        return self._line.wait(self, within_s)

    def told(self) -> str:
        """How many are ahead, for the waiting line; "" when nobody is."""
        ahead = self.ahead
        return f", {ahead} asked before you" if ahead else ""
