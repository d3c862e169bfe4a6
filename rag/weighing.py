"""Linear models over signs."""

from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter, mul
from typing import cast

_Values = Callable[[object], tuple[float, ...]]


def weighted_sum(signs: object, weights: object, names: tuple[str, ...]) -> float:
    """The sum of the signs of these two or more names, each times the weight of the same name."""
    values = _values(names)
    return float(sum(map(mul, values(weights), values(signs))))


@lru_cache(maxsize=16)
def _values(names: tuple[str, ...]) -> _Values:
    return cast(_Values, attrgetter(*names))
