"""Bootstrap and paired tests against closed forms and against scipy."""

import random
from math import sqrt

import numpy as np
import pytest

from eval.intervals import bootstrap, mcnemar, paired_bootstrap


def test_bootstrap_is_close_to_the_normal_interval_and_seeded() -> None:
    values = [1.0] * 60 + [0.0] * 40
    interval = bootstrap(values, seed=1)
    assert interval is not None
    half = 1.96 * sqrt(0.6 * 0.4 / 100)
    assert interval.low == pytest.approx(0.6 - half, abs=0.015)
    assert interval.high == pytest.approx(0.6 + half, abs=0.015)
    assert interval == bootstrap(values, seed=1)


def test_bootstrap_of_nothing_and_of_a_constant() -> None:
    assert bootstrap([]) is None
    interval = bootstrap([0.5] * 9)
    assert interval is not None
    assert (interval.low, interval.high) == (0.5, 0.5)


def test_paired_bootstrap_sees_a_real_change_only() -> None:
    before = [0.0, 1.0] * 50
    real = paired_bootstrap(before, [1.0] * 100)
    assert (real.difference, real.shows_difference) == (0.5, True)
    assert real.p_value < 0.01
    chance = paired_bootstrap(before, before[::-1])
    assert (chance.difference, chance.shows_difference) == (0.0, False)
    assert chance.p_value > 0.5


def test_mcnemar_is_the_exact_binomial() -> None:
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(5, 5) == 1.0
    assert mcnemar(0, 6) == pytest.approx(2 / 64)
    assert mcnemar(2, 8) == pytest.approx(2 * 56 / 1024)


def test_bootstraps_agree_with_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    draw = random.Random(11)
    for _ in range(2):
        a = [draw.random() for _ in range(80)]
        b = [x + draw.gauss(0.1, 0.2) for x in a]
        theirs = stats.bootstrap(
            (a,), np.mean, n_resamples=5000, method="percentile", random_state=draw.randint(0, 99)
        ).confidence_interval
        ours = bootstrap(a)
        assert ours is not None
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.01)
        paired = stats.bootstrap(
            (a, b),
            lambda x, y, axis: np.mean(y - x, axis=axis),
            n_resamples=5000,
            method="percentile",
            paired=True,
            random_state=draw.randint(0, 99),
        ).confidence_interval
        found = paired_bootstrap(a, b)
        assert (found.interval.low, found.interval.high) == pytest.approx(
            (paired.low, paired.high), abs=0.01
        )
        assert found.difference == pytest.approx(np.mean(np.subtract(b, a)))


def test_the_paired_p_value_is_near_that_of_the_t_test() -> None:
    stats = pytest.importorskip("scipy.stats")
    draw = random.Random(5)
    for shift in (0.0, 0.03, 0.06):
        a = [draw.random() for _ in range(200)]
        b = [x + draw.gauss(shift, 0.3) for x in a]
        expected = stats.ttest_rel(b, a).pvalue
        assert paired_bootstrap(a, b).p_value == pytest.approx(expected, abs=0.05)


def test_mcnemar_agrees_with_the_binomial_test_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    for lost in range(8):
        for gained in range(1, 12):
            expected = stats.binomtest(lost, lost + gained, 0.5).pvalue
            assert mcnemar(lost, gained) == pytest.approx(expected), (lost, gained)
