"""Outcomes summed up: figures per kind and in total, and the report file that holds them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from eval.intervals import Interval, bootstrap
from eval.metrics import RiskPoint, aurc, mean, percentile, risk_coverage
from eval.outcome import METRICS, Outcome
from eval.rows import CitedRow, GoldRow, HitRow, TraceRow
from ingest.errors import SuiteError

#: Version of the report file; raised when a reader of the old one would misread the new.
FORMAT = 2


@dataclass(frozen=True, slots=True)
class Figure:
    """Mean of a metric over the `n` questions that it applies to, with its 95% interval."""

    value: float
    n: int
    interval: Interval


@dataclass(frozen=True, slots=True)
class Subject:
    """What was measured, on what. Two runs compare only when suite and corpus hashes agree.

    `corpus` is restated, verbatim or mail; `mode` is "engine", "closed-book" or "full-context".
    """

    suite_hash: str
    corpus_hash: str
    corpus: str
    messages: int
    answerer: str
    model: str = ""
    mode: str = "engine"
    #: Gold messages that the archive does not hold: their questions cannot be answered.
    missing_gold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One run over a suite; everything else is derived from the outcomes."""

    subject: Subject
    outcomes: tuple[Outcome, ...]
    seed: int = 0

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of question, in order of first appearance."""
        return tuple(dict.fromkeys(outcome.type for outcome in self.outcomes))

    @property
    def splits(self) -> tuple[str, ...]:
        """Splits of the suite that were asked, sorted; empty where it has none."""
        return tuple(sorted({outcome.split for outcome in self.outcomes} - {""}))

    @property
    def errors(self) -> tuple[Outcome, ...]:
        """Questions whose asking raised."""
        return tuple(outcome for outcome in self.outcomes if outcome.status == "error")

    @property
    def misses(self) -> tuple[Outcome, ...]:
        """Questions that did not end right, errors included."""
        return tuple(outcome for outcome in self.outcomes if not outcome.is_right)

    def part(self, *, kind: str = "", split: str = "") -> tuple[Outcome, ...]:
        """The questions of one kind and split; "" means all."""
        return tuple(
            outcome
            for outcome in self.outcomes
            if kind in ("", outcome.type) and split in ("", outcome.split)
        )

    def figures(self, kind: str = "", *, split: str = "") -> dict[str, Figure]:
        """Metric -> figure over a part of the questions; only metrics that apply there."""
        return summed(self.part(kind=kind, split=split), seed=self.seed)

    def risk_coverage(self) -> tuple[RiskPoint, ...]:
        """How often answers are wrong when only the most confident are given.

        A question without an answer in the archive is wrong to answer; one that was refused counts
        as wrong too, so the curve is exact up to the share answered and pessimistic beyond.
        """
        return risk_coverage([(o.confidence, o.answerable and o.is_right) for o in self.outcomes])

    def aurc(self) -> float | None:
        """Area under the risk-coverage curve; lower is better."""
        return aurc(self.risk_coverage())

    def latency_ms(self) -> dict[str, float]:
        """p50 and p95 of the milliseconds to the complete answer."""
        times = [outcome.ms for outcome in self.outcomes]
        found = {"p50": percentile(times, 0.5), "p95": percentile(times, 0.95)}
        return {name: round(value, 2) for name, value in found.items() if value is not None}

    def tokens(self) -> dict[str, float]:
        """Mean tokens of prompt and answer, over the questions for which they are known."""
        found = {
            "prompt": mean(outcome.prompt_tokens for outcome in self.outcomes),
            "answer": mean(outcome.answer_tokens for outcome in self.outcomes),
        }
        return {name: round(value, 1) for name, value in found.items() if value is not None}

    def to_json(self) -> dict[str, object]:
        """One JSON object: summary first, then every question."""
        return {
            "format": FORMAT,
            "subject": _plain(self.subject),
            "seed": self.seed,
            "questions": len(self.outcomes),
            "right": len(self.outcomes) - len(self.misses),
            "total": _figures_json(self.figures()),
            "kinds": {kind: _figures_json(self.figures(kind)) for kind in self.kinds},
            "splits": {s: _figures_json(self.figures(split=s)) for s in self.splits},
            "aurc": self.aurc(),
            "risk_coverage": [_plain(point) for point in self.risk_coverage()],
            "latency_ms": self.latency_ms(),
            "tokens": self.tokens(),
            "errors": [{"id": o.case_id, "error": o.error} for o in self.errors],
            "outcomes": [outcome.to_json() for outcome in self.outcomes],
        }


def share_right(outcomes: Sequence[Outcome], *, seed: int = 0) -> Figure | None:
    """The share of questions that ended right; None without questions."""
    values = [float(outcome.is_right) for outcome in outcomes]
    interval = bootstrap(values, seed=seed)
    return Figure(sum(values) / len(values), len(values), interval) if interval else None


def summed(outcomes: Sequence[Outcome], *, seed: int = 0) -> dict[str, Figure]:
    """Metric -> figure, in the order of METRICS; metrics that apply to no question are left out."""
    found = {}
    for name in METRICS:
        values = [outcome.values[name] for outcome in outcomes if name in outcome.values]
        interval = bootstrap(values, seed=seed)
        if interval:
            found[name] = Figure(sum(values) / len(values), len(values), interval)
    return found


def read_report(path: Path) -> Report:
    """A report written as JSON; SuiteError when the file is not one."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        if stored["format"] != FORMAT:
            raise SuiteError(
                f"{path}: report format {stored['format']}, not {FORMAT}; run it again"
            )
        subject = {**stored["subject"], "missing_gold": tuple(stored["subject"]["missing_gold"])}
        outcomes = tuple(outcome_from_json(row) for row in stored["outcomes"])
        return Report(Subject(**subject), outcomes, int(stored["seed"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SuiteError(
            f"{path} is no eval report ({error}); write one with: exhibit eval --json > FILE"
        ) from error


def outcome_from_json(row: Mapping[str, object]) -> Outcome:
    """The inverse of `Outcome.to_json`; TypeError or ValueError when the row is not one."""
    if not isinstance(row, dict):
        raise TypeError("an outcome is a JSON object")
    names = ("gold_messages", "history", "faults", "notes", "dropped")
    lists = {name: tuple(row[name]) for name in names if name in row}
    shown = {
        "hits": tuple(HitRow(**hit) for hit in row["hits"]),
        "citations": tuple(CitedRow(**cited) for cited in row["citations"]),
        "gold": tuple(GoldRow(**gold) for gold in row["gold"]),
        "trace": TraceRow(**row["trace"]),
    }
    return Outcome(**{**row, **lists, **shown})


def _figures_json(figures: Mapping[str, Figure]) -> dict[str, object]:
    return {
        name: {
            "value": round(figure.value, 4),
            "n": figure.n,
            "low": round(figure.interval.low, 4),
            "high": round(figure.interval.high, 4),
        }
        for name, figure in figures.items()
    }


def _plain(record: Subject | RiskPoint) -> dict[str, object]:
    return {field.name: getattr(record, field.name) for field in fields(record)}
