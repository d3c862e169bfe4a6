"""What is shown of a message that is too long to be shown whole: sentences around what was found.

Pure; counts with the `cost` it is given.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from ingest.sentences import split_sentences
from rag.model import Passage

#: Characters that one token stands for at most, as `rag.prompt.estimate_tokens` counts.
_CHARACTERS = 8
_LETTER = re.compile(r"\S")


def excerpt(passage: Passage, room: int, cost: Callable[[str], int]) -> Passage | None:
    """The whole sentences about what was found in the passage that take at most `room` tokens.

    The best place found is in it, the others where they fit; then it grows on both sides. None when
    not even the sentence fits in which that place begins, and when nothing was found.
    """
    if not passage.found or room <= 0:
        return None
    body = passage.email.body
    at = _first_letter(body, passage.found[0][0])
    edges = _edges(passage, at, room * _CHARACTERS)
    size = cache(lambda piece: cost(body[edges[piece] : edges[piece + 1]]))

    def grown(window: _Window, low: int, high: int) -> _Window:
        low, high = max(0, min(low, window.low)), min(max(high, window.high), len(edges) - 1)
        added = [*range(low, window.low), *range(window.high, high)]
        left = window.left - sum(size(piece) for piece in added)
        return _Window(low, high, left) if left >= 0 else window

    first = _piece(edges, at)
    if not 0 <= first < len(edges) - 1:
        return None
    window = grown(_Window(first, first, room), first, first + 1)
    if window.is_empty:
        return None
    for start, end in passage.found:
        window = grown(window, _piece(edges, start), _piece(edges, end - 1) + 1)
    while True:
        wider = grown(window, window.low, window.high + 1)
        wider = grown(wider, wider.low - 1, wider.high)
        if wider == window:
            break
        window = wider
    start, end = edges[window.low], edges[window.high]
    return replace(passage, start=start, end=start + len(body[start:end].rstrip()))


@dataclass(frozen=True, slots=True)
class _Window:
    """The sentences from `low` to before `high`, and the tokens left."""

    low: int
    high: int
    left: int

    @property
    def is_empty(self) -> bool:
        return self.low == self.high


def _first_letter(body: str, start: int) -> int:
    """Where the first character stands from `start` on that is no space."""
    found = _LETTER.search(body, start)
    return found.start() if found else len(body)


def _edges(passage: Passage, at: int, reach: int) -> list[int]:
    """Where the sentences begin that may be shown, and where the last of them ends.

    No more than `reach` characters before and after `at` are read.
    """
    low, high = max(passage.start, at - reach), min(passage.end, at + reach)
    starts = [low + start for start, _ in split_sentences(passage.email.body[low:high])]
    # What was cut off at either end is no whole sentence.
    begins = starts if low == passage.start else starts[1:]
    return [*begins, high] if high == passage.end else begins


def _piece(edges: list[int], at: int) -> int:
    """The sentence in which a character stands."""
    return bisect_right(edges, at) - 1
