"""Linear models over signs."""

from collections.abc import Sequence


def weighted_sum(signs: object, weights: object, names: Sequence[str]) -> float:
    """The sum of the signs of these names, each times the weight of the same name."""
    return sum(float(getattr(weights, name) * getattr(signs, name)) for name in names)
