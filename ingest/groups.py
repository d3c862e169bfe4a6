"""Sets of numbers that grow together (union-find), four bytes a number."""

from array import array
from collections.abc import Iterator


class Groups:
    """The numbers from 0 on, each in a set of its own until joined; the least stands for each."""

    def __init__(self, count: int) -> None:
        self._above = array("I", range(count))

    def root(self, number: int) -> int:
        """The least number of the set."""
        above = self._above
        while above[number] != number:
            above[number] = above[above[number]]
            number = above[number]
        return number

    def join(self, first: int, second: int) -> None:
        """Make one set of two."""
        a, b = sorted((self.root(first), self.root(second)))
        self._above[b] = a

    def all(self) -> Iterator[list[int]]:
        """The sets by their least numbers, each in ascending order."""
        following, last = array("I", self._above), array("I", range(len(self._above)))
        for number in range(len(self._above)):
            root = self.root(number)
            following[last[root]] = number
            last[root] = number
        for number in range(len(self._above)):
            if self._above[number] == number:
                yield list(_chain(following, number, last[number]))


def _chain(following: "array[int]", number: int, last: int) -> Iterator[int]:
    yield number
    while number != last:
        number = following[number]
        yield number
