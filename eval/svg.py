"""Small charts as inline SVG: bars with intervals, lines, histograms. No script, no font, no link.

Own code because a plotting library would be the heaviest dependency of the eval suite, for a
handful of pictures. Colours are CSS classes (`fill0`, `line0`, ...) of `assets/report.css`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from math import floor, log10

_WIDTH, _HEIGHT = 520, 236
#: Room around the plot; the legend stands in the top margin.
_LEFT, _TOP, _RIGHT, _BOTTOM = 40, 30, 14, 40
#: Of a chart of bars: height of a row, room for labels on the left and for values on the right.
_ROW, _LABEL, _VALUE = 27, 104, 176
_BAR = 15
#: Steps of the y axis.
_LEVELS = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """A share in [0, 1] with its 95% interval; `note` stands right of it."""

    label: str
    share: float
    low: float
    high: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Axes:
    """Titles and ranges of a chart, each range (low, high) with low < high.

    `x_ticks` empty: round numbers are chosen. `marks` are labelled vertical lines at x.
    """

    x_title: str
    y_title: str
    x: tuple[float, float] = (0.0, 1.0)
    y: tuple[float, float] = (0.0, 1.0)
    x_ticks: tuple[float, ...] = ()
    marks: Mapping[str, float] = field(default_factory=dict)


def bars(rows: Sequence[Bar]) -> str:
    """Horizontal bars with whiskers, in the given order."""
    length, value = _WIDTH - _LABEL - _VALUE, _WIDTH - _VALUE + 14
    drawn = []
    for index, bar in enumerate(rows):
        top, middle = index * _ROW + 6, index * _ROW + 6 + _BAR / 2
        low, high = _LABEL + bar.low * length, _LABEL + bar.high * length
        drawn.append(
            f'<text x="{_LABEL - 10}" y="{middle + 4}" class="end">{escape(bar.label)}</text>'
            f'<rect class="ground" x="{_LABEL}" y="{top}" width="{length}" height="{_BAR}" rx="3"/>'
            f'<rect class="fill0" x="{_LABEL}" y="{top}" width="{bar.share * length:.1f}"'
            f' height="{_BAR}" rx="3"/>'
            f'<path class="whisker" d="M{low:.1f} {middle}H{high:.1f}'
            f'M{low:.1f} {middle - 4}v8M{high:.1f} {middle - 4}v8"/>'
            f'<text x="{value}" y="{middle + 4}" class="strong">{bar.share:.2f}</text>'
            f'<text x="{value + 38}" y="{middle + 4}" class="soft">{escape(bar.note)}</text>'
        )
    return _svg("".join(drawn), _ROW * len(rows) + 6, f"bars for {_listed(b.label for b in rows)}")


def lines(series: Mapping[str, Sequence[tuple[float, float]]], axes: Axes) -> str:
    """One line per series of (x, y) points, with a legend."""
    drawn = []
    for index, points in enumerate(series.values()):
        places = " ".join(f"{_x(x, axes):.1f},{_y(y, axes):.1f}" for x, y in points)
        drawn.append(f'<polyline class="line{index}" points="{places}"/>')
    inside = _frame(axes) + "".join(drawn) + _marks(axes) + _legend(list(series))
    return _svg(inside, _HEIGHT, f"{axes.y_title} over {axes.x_title}: {_listed(series)}")


def histogram(groups: Mapping[str, Sequence[float]], axes: Axes, *, bins: int = 20) -> str:
    """Counts per bin of the x range, one colour per group, the groups on top of each other."""
    low, high = axes.x
    columns = [_counts(values, low, high, bins) for values in groups.values()]
    tallest = max((sum(stack) for stack in zip(*columns, strict=True)), default=0)
    top = round_ticks(0, max(tallest, 1), most=_LEVELS)[-1]
    scaled = Axes(axes.x_title, axes.y_title, axes.x, (0.0, top), axes.x_ticks, axes.marks)
    slot = (_WIDTH - _LEFT - _RIGHT) / bins
    drawn = []
    for place in range(bins):
        below = 0
        for index, column in enumerate(columns):
            bottom, above = _y(below, scaled), _y(below + column[place], scaled)
            below += column[place]
            if column[place]:
                drawn.append(
                    f'<rect class="fill{index}" x="{_LEFT + place * slot + 1:.1f}" y="{above:.1f}"'
                    f' width="{slot - 2:.1f}" height="{bottom - above:.1f}"/>'
                )
    names = list(groups) if len(groups) > 1 else []
    inside = _frame(scaled) + "".join(drawn) + _marks(scaled) + _legend(names)
    return _svg(inside, _HEIGHT, f"{axes.y_title} by {axes.x_title}: {_listed(groups)}")


def interval(low: float, value: float, high: float) -> str:
    """A value in [0, 1] as a dot on its 95% interval, for a table cell."""
    return (
        '<svg class="interval" viewBox="0 0 120 14" aria-hidden="true">'
        '<path class="axis" d="M5 7H115"/>'
        f'<path class="range" d="M{5 + low * 110:.1f} 7H{5 + high * 110:.1f}"/>'
        f'<circle class="fill0" cx="{5 + value * 110:.1f}" cy="7" r="4"/></svg>'
    )


def round_ticks(low: float, high: float, most: int = 5) -> tuple[float, ...]:
    """At most `most` + 1 round numbers from `low` to `high` or just past it; low < high."""
    rough = (high - low) / most
    unit = 10 ** floor(log10(rough))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= rough - 1e-9)
    count = 0
    while low + count * step < high - 1e-9:
        count += 1
    return tuple(round(low + index * step, 10) for index in range(count + 1))


def _counts(values: Sequence[float], low: float, high: float, bins: int) -> list[int]:
    column = [0] * bins
    for value in values:
        place = int((value - low) / (high - low) * bins)
        column[min(max(place, 0), bins - 1)] += 1
    return column


def _frame(axes: Axes) -> str:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    drawn = []
    for y in round_ticks(*axes.y, most=_LEVELS):
        at = _y(y, axes)
        drawn.append(
            f'<path class="grid" d="M{_LEFT} {at:.1f}H{right}"/>'
            f'<text x="{_LEFT - 8}" y="{at + 4:.1f}" class="soft end">{y:g}</text>'
        )
    for x in axes.x_ticks or [x for x in round_ticks(*axes.x) if x <= axes.x[1]]:
        drawn.append(f'<text x="{_x(x, axes):.1f}" y="{bottom + 17}" class="soft mid">{x:g}</text>')
    return (
        f'{"".join(drawn)}<path class="axis" d="M{_LEFT} {bottom}H{right}"/>'
        f'<text x="{right}" y="{_HEIGHT - 4}" class="soft end">{escape(axes.x_title)}</text>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 4}" class="soft">{escape(axes.y_title)} ↑</text>'
    )


def _marks(axes: Axes) -> str:
    drawn = []
    for index, (label, x) in enumerate(axes.marks.items()):
        at, top = _x(min(max(x, axes.x[0]), axes.x[1]), axes), _TOP + 10 + 14 * index
        # On the side where there is room.
        side, shift = ("end", -5) if at > _WIDTH * 0.7 else ("", 5)
        drawn.append(
            f'<path class="mark" d="M{at:.1f} {_TOP}V{_HEIGHT - _BOTTOM}"/>'
            f'<text x="{at + shift:.1f}" y="{top}" class="halo {side}">{escape(label)}</text>'
        )
    return "".join(drawn)


def _legend(labels: Sequence[str]) -> str:
    drawn, left = [], float(_LEFT)
    for index, label in enumerate(labels):
        drawn.append(
            f'<rect class="fill{index}" x="{left:.0f}" y="7" width="10" height="10" rx="2"/>'
            f'<text x="{left + 15:.0f}" y="16">{escape(label)}</text>'
        )
        left += 34 + 6.6 * len(label)
    return "".join(drawn)


def _listed(labels: Iterable[str]) -> str:
    return ", ".join(labels)


def _x(value: float, axes: Axes) -> float:
    low, high = axes.x
    return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)


def _y(value: float, axes: Axes) -> float:
    low, high = axes.y
    return _HEIGHT - _BOTTOM - (value - low) / (high - low) * (_HEIGHT - _BOTTOM - _TOP)


def _svg(inside: str, height: int, label: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(label)}">'
        f"{inside}</svg>"
    )
