"""How sure a number is: bootstrap intervals and paired tests. Pure; the seed is an argument."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

#: Resamples of a bootstrap. Efron and Tibshirani 1993, section 13.3: 1000 or more for intervals.
RESAMPLES = 2000
#: Resamples drawn at once, so that a long suite needs little memory.
_BLOCK = 200


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95% interval."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """True when the value lies in the interval, ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Mean of b - a with its 95% interval and two-sided bootstrap p-value."""

    difference: float
    interval: Interval
    p_value: float

    @property
    def shows_difference(self) -> bool:
        """True when the interval leaves out 0."""
        return not self.interval.holds(0.0)


def bootstrap(values: Sequence[float], *, seed: int = 0) -> Interval | None:
    """Percentile bootstrap of the mean (Efron 1979); None for no values."""
    if not values:
        return None
    means = _resampled_means(values, seed)
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(low), float(high))


def paired_bootstrap(a: Sequence[float], b: Sequence[float], *, seed: int = 0) -> PairedTest:
    """Paired bootstrap of the mean of b - a (Koehn 2004; Berg-Kirkpatrick et al. 2012).

    p: twice the smaller share of resampled means on either side of 0, at most 1. Both sequences
    hold the same questions in the same order, at least one.
    """
    differences = [y - x for x, y in zip(a, b, strict=True)]
    means = _resampled_means(differences, seed)
    low, high = np.percentile(means, [2.5, 97.5])
    tail = min(float(np.mean(means <= 0)), float(np.mean(means >= 0)))
    difference = sum(differences) / len(differences)
    return PairedTest(difference, Interval(float(low), float(high)), min(1.0, 2 * tail))


def mcnemar(only_a: int, only_b: int) -> float:
    """Exact two-sided p-value of McNemar's test (1947) for questions that one run alone got right.

    Binomial(only_a + only_b, 1/2), twice the smaller tail, at most 1.
    """
    total, fewer = only_a + only_b, min(only_a, only_b)
    tail: float = sum(comb(total, k) for k in range(fewer + 1)) / 2**total
    return min(1.0, 2 * tail)


def _resampled_means(values: Sequence[float], seed: int) -> NDArray[np.float64]:
    sample = np.asarray(values, dtype=np.float64)
    generator = np.random.default_rng(seed)
    means = [
        sample[generator.integers(0, len(sample), size=(_BLOCK, len(sample)))].mean(axis=1)
        for _ in range(RESAMPLES // _BLOCK)
    ]
    return np.concatenate(means)
