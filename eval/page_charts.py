"""The charts of the report: shares by kind, recall by rank, abstention, risk, time."""

from collections.abc import Mapping, Sequence
from html import escape

from eval.outcome import Outcome
from eval.summary import Report, share_right
from eval.svg import Axes, Bar, bars, histogram, lines, round_ticks

#: Ranks drawn in the recall chart.
_RANKS = range(1, 21)
#: Floors at which the abstention chart is drawn.
_FLOORS = 100


def charts(report: Report) -> str:
    """One figure after the other."""
    answerable = [o for o in report.outcomes if o.answerable]
    others = [o for o in report.outcomes if not o.answerable]
    drawn = [_figure("Share right, by kind of question", "with 95% intervals", _by_kind(report))]
    if answerable:
        drawn.append(
            _figure(
                "Recall at k",
                "answerable questions with a gold message, or its thread, among the first k",
                lines(
                    {"message": _recall(answerable), "thread": _recall(answerable, threads=True)},
                    Axes("k", "share", x=(1, _RANKS[-1]), x_ticks=(1, 5, 10, 15, 20)),
                ),
            )
        )
    drawn += [
        _figure(
            "Calibration of abstention",
            "share refused if nothing were said below this confidence; apart is good",
            lines(
                {"answerable": _refused(answerable), "not in the archive": _refused(others)},
                Axes("floor", "refused", marks=_floor(report)),
            ),
        ),
        _figure(
            "Confidence",
            "questions by the engine's confidence that the mail answers them",
            histogram(
                {
                    "answerable": [o.confidence for o in answerable],
                    "not in the archive": [o.confidence for o in others],
                },
                Axes("confidence", "questions", marks=_floor(report)),
            ),
        ),
        _figure(
            "Risk and coverage",
            f"share wrong if only the most confident are answered; area {_number(report.aurc())}",
            lines(
                {"wrong": [(p.coverage, p.risk) for p in report.risk_coverage()]},
                Axes("coverage", "risk"),
            ),
        ),
        _figure("Time to the complete answer", "milliseconds", _times(report)),
    ]
    return "".join(drawn)


def _by_kind(report: Report) -> str:
    rows = []
    for kind in report.kinds:
        part = report.part(kind=kind)
        right = share_right(part, seed=report.seed)
        if right:
            note = f"{right.interval.low:.2f}-{right.interval.high:.2f}, n {right.n}"
            rows.append(Bar(kind, right.value, right.interval.low, right.interval.high, note))
    return bars(rows)


def _recall(asked: Sequence[Outcome], *, threads: bool = False) -> list[tuple[float, float]]:
    places = [_first_gold_thread(o) if threads else _first_gold(o) for o in asked]
    return [(float(k), sum(place <= k for place in places) / len(asked)) for k in _RANKS]


def _first_gold(outcome: Outcome) -> int:
    """1-based place of the first gold message; past the last rank drawn when there is none."""
    gold = set(outcome.gold_messages)
    ranked = enumerate(outcome.hits, 1)
    return next((place for place, hit in ranked if hit.message_id in gold), _RANKS[-1] + 1)


def _first_gold_thread(outcome: Outcome) -> int:
    threads = {gold.thread_id for gold in outcome.gold}
    ranked = enumerate(outcome.hits, 1)
    return next((place for place, hit in ranked if hit.thread_id in threads), _RANKS[-1] + 1)


def _refused(asked: Sequence[Outcome]) -> list[tuple[float, float]]:
    floors = [step / _FLOORS for step in range(_FLOORS + 1)] if asked else []
    return [(f, sum(o.confidence < f for o in asked) / len(asked)) for f in floors]


def _floor(report: Report) -> Mapping[str, float]:
    floors = [outcome.floor for outcome in report.outcomes if outcome.floor > 0]
    return {"floor in use": max(floors)} if floors else {}


def _times(report: Report) -> str:
    slowest = max((outcome.ms for outcome in report.outcomes), default=0.0)
    ticks = round_ticks(0, max(slowest, 1.0))
    marks = {f"{name} {ms:.0f} ms": ms for name, ms in report.latency_ms().items()}
    axes = Axes("ms", "questions", x=(0.0, ticks[-1]), x_ticks=ticks, marks=marks)
    return histogram({"questions": [o.ms for o in report.outcomes]}, axes, bins=40)


def _figure(title: str, note: str, chart: str) -> str:
    return (
        f"<figure><figcaption>{escape(title)}<small>{escape(note)}</small></figcaption>"
        f"{chart}</figure>"
    )


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
