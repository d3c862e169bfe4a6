"""Three small charts as inline SVG: bars, lines, a histogram. No script, no font, no address.

Own code because a plotting library would be the heaviest dependency of the eval suite, for three
pictures. Colours are CSS classes `s0`, `s1`, ... of the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 480, 220
_LEFT, _TOP, _RIGHT, _BOTTOM = 46, 12, 12, 34
_ROW = 24
_LABEL = 120


@dataclass(frozen=True, slots=True)
class Axes:
    """Titles and ranges of a chart; each range is (low, high) with low < high."""

    x_title: str
    y_title: str
    x: tuple[float, float] = (0.0, 1.0)
    y: tuple[float, float] = (0.0, 1.0)


def bars(shares: Mapping[str, float]) -> str:
    """Horizontal bars of shares in [0, 1], in the given order."""
    height = _ROW * len(shares) + 8
    rows = []
    for index, (label, share) in enumerate(shares.items()):
        top, length = index * _ROW + 4, share * (_WIDTH - _LABEL - 60)
        rows.append(
            f'<text x="{_LABEL - 8}" y="{top + 14}" text-anchor="end">{escape(label)}</text>'
            f'<rect class="s0" x="{_LABEL}" y="{top}" width="{length:.1f}" height="18"/>'
            f'<text x="{_LABEL + length + 6:.1f}" y="{top + 14}">{share:.2f}</text>'
        )
    return _svg("".join(rows), height, f"bars for {', '.join(shares)}")


def lines(series: Mapping[str, Sequence[tuple[float, float]]], axes: Axes) -> str:
    """One line per series of (x, y) points, with a legend."""
    drawn = []
    for index, (label, points) in enumerate(series.items()):
        places = " ".join(f"{_x(x, axes):.1f},{_y(y, axes):.1f}" for x, y in points)
        drawn.append(f'<polyline class="l{index}" points="{places}"/>{_legend(label, index)}')
    return _svg(_frame(axes) + "".join(drawn), _HEIGHT, f"{axes.y_title} over {axes.x_title}")


def histogram(
    groups: Mapping[str, Sequence[float]], axes: Axes, *, bins: int = 20, mark: float | None = None
) -> str:
    """Counts per bin of the x range, one colour per group side by side; `mark` draws a line."""
    low, high = axes.x
    counts = {label: _counts(values, low, high, bins) for label, values in groups.items()}
    tallest = max((max(column) for column in counts.values()), default=0) or 1
    scaled = Axes(axes.x_title, axes.y_title, axes.x, (0.0, float(tallest)))
    slot = (_WIDTH - _LEFT - _RIGHT) / bins
    width = slot / max(len(groups), 1)
    drawn = []
    for index, (label, column) in enumerate(counts.items()):
        for place, count in enumerate(column):
            left, top = _LEFT + place * slot + index * width, _y(count, scaled)
            drawn.append(
                f'<rect class="s{index}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}"'
                f' height="{_HEIGHT - _BOTTOM - top:.1f}"/>'
            )
        drawn.append(_legend(label, index))
    if mark is not None:
        at = _x(mark, scaled)
        drawn.append(f'<line class="mark" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="186"/>')
    return _svg(_frame(scaled) + "".join(drawn), _HEIGHT, f"{axes.y_title} by {axes.x_title}")


def _counts(values: Sequence[float], low: float, high: float, bins: int) -> list[int]:
    column = [0] * bins
    for value in values:
        place = int((value - low) / (high - low) * bins)
        column[min(max(place, 0), bins - 1)] += 1
    return column


def _frame(axes: Axes) -> str:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    ticks = []
    for step in range(5):
        x = axes.x[0] + (axes.x[1] - axes.x[0]) * step / 4
        y = axes.y[0] + (axes.y[1] - axes.y[0]) * step / 4
        ticks.append(
            f'<text x="{_x(x, axes):.1f}" y="{bottom + 14}" text-anchor="middle">{x:g}</text>'
            f'<text x="{_LEFT - 6}" y="{_y(y, axes) + 4:.1f}" text-anchor="end">{y:g}</text>'
        )
    return (
        f'<path class="axis" d="M{_LEFT} {_TOP}V{bottom}H{right}"/>{"".join(ticks)}'
        f'<text x="{right}" y="{_HEIGHT - 4}" text-anchor="end">{escape(axes.x_title)}</text>'
        f'<text x="{_LEFT + 6}" y="{_TOP + 8}">{escape(axes.y_title)}</text>'
    )


def _legend(label: str, index: int) -> str:
    top = _TOP + 8 + 14 * index
    place = _WIDTH - _RIGHT - 4
    return f'<text class="t{index}" x="{place}" y="{top}" text-anchor="end">{escape(label)}</text>'


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
