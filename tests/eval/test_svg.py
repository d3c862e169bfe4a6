"""Charts: what is drawn where, known by hand."""

import re

import pytest

from eval.svg import Axes, Bar, bars, histogram, lines, round_ticks


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, (0, 0.2, 0.4, 0.6, 0.8, 1)),
        (0, 1743.2, (0, 500, 1000, 1500, 2000)),
        (0, 7, (0, 2, 4, 6, 8)),
        (0, 0.031, (0, 0.01, 0.02, 0.03, 0.04)),
    ],
)
def test_ticks_are_round_and_reach_past_the_end(
    low: float, high: float, expected: tuple[float, ...]
) -> None:
    assert round_ticks(low, high) == expected


def test_a_bar_is_as_long_as_its_share_with_whiskers_at_its_interval() -> None:
    drawn = bars([Bar("fact", 0.5, 0.25, 1.0, "n 4")])
    ground, half = map(float, re.findall(r'width="([\d.]+)"', drawn))
    assert half == ground / 2
    left, right = map(float, re.findall(r"M([\d.]+) [\d.]+H([\d.]+)", drawn)[0])
    assert right - left == pytest.approx(ground * 0.75, abs=0.1)


def test_a_stacked_bin_is_the_sum_of_its_groups() -> None:
    drawn = histogram({"a": [0.1, 0.1, 0.9], "b": [0.1]}, Axes("x", "y"), bins=2)
    heights = [float(h) for h in re.findall(r'class="fill\d" x[^>]*height="([\d.]+)"', drawn)]
    swatches = [h for h in heights if h == 10]
    first, second, third = [h for h in heights if h != 10]
    assert (len(swatches), first) == (2, pytest.approx(2 * second, abs=0.2))
    assert second == third


def test_labels_are_escaped_and_marks_stay_inside() -> None:
    axes = Axes("<k>", "y", marks={"<floor>": 7.0})
    drawn = lines({"<a>": [(0, 0), (1, 1)]}, axes)
    assert "<k>" not in drawn
    assert "&lt;floor&gt;" in drawn
    assert "M506.0 30" in drawn
