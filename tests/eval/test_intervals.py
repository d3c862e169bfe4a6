"""Bootstrap and paired tests against closed forms."""

from math import sqrt

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
