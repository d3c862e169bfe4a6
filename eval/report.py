"""A report for people: tables for the terminal, and the door to the HTML page."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from eval.ablation import COMPARED, Ablation, Step
from eval.compare import Comparison
from eval.outcome import METRICS
from eval.page import page
from eval.summary import Figure, Report

#: Columns of the table per kind: metric -> heading.
_PER_KIND = {
    "recall@1": "R@1",
    "recall@5": "R@5",
    "mrr": "MRR",
    "contains_gold": "gold",
    "correct": "correct",
    "citation_recall": "cited",
    "refusal": "refused",
    "over_refusal": "over-refused",
}
_ABSENT = "·"


def table(report: Report) -> RenderableType:
    """Per kind and total, then every metric with its interval, then what failed."""
    parts: list[RenderableType] = [_heading(report), _by_kind(report), _all_metrics(report)]
    parts += [Text(line, style="red") for line in trouble(report)]
    return Group(*parts)


def html(report: Report) -> str:
    """The report as one self-contained page: no script, no address outside it."""
    return page(report)


def trouble(report: Report) -> list[str]:
    """What stands in the way of trusting the numbers, one line each."""
    lines = [f"{o.case_id}: asking failed: {o.error}" for o in report.errors]
    invalid = [o for o in report.outcomes if o.faults]
    lines += [f"{o.case_id}: {o.faults[0]}" for o in invalid]
    if report.subject.missing_gold:
        ids = _some(report.subject.missing_gold)
        lines.append(f"gold messages that this archive does not hold: {ids}")
    return lines


def comparison_table(comparison: Comparison) -> RenderableType:
    """The paired differences and the verdict."""
    result = Table(title="Change, second run against the first")
    for heading in ("metric", "before", "after", "n", "difference", "95%", "verdict"):
        result.add_column(heading, justify="left" if heading in ("metric", "verdict") else "right")
    for change in comparison.changes:
        interval = change.test.interval
        result.add_row(
            change.metric,
            f"{change.before:.3f}",
            f"{change.after:.3f}",
            str(change.n),
            f"{change.test.difference:+.3f}",
            f"{interval.low:+.3f} to {interval.high:+.3f}",
            change.verdict,
        )
    return Group(result, Text(f"right answers: {comparison.verdict}"))


def ablation_tables(ablation: Ablation) -> RenderableType:
    """What each step of retrieval adds in total, then recall and MRR per kind of question."""
    steps = ablation.steps
    result = Table(title="What each step adds")
    for heading in ("retrieval", *COMPARED, "against the row above"):
        result.add_column(heading, justify="left")
    for step in steps:
        figures = step.report.figures()
        cells = (_with_interval(figures.get(metric)) for metric in COMPARED)
        result.add_row(step.variant.name, *cells, _verdicts(step))
    parts: list[RenderableType] = [_heading(steps[-1].report), result]
    parts += [_variants_by_kind(steps, metric) for metric in ("recall@5", "mrr")]
    return Group(*parts)


def _variants_by_kind(steps: Sequence[Step], metric: str) -> Table:
    result = Table(title=f"{metric} by kind of question")
    for heading in ("kind", "n", *(step.variant.name for step in steps)):
        result.add_column(heading, justify="right" if heading == "n" else "left")
    for kind in steps[0].report.kinds:
        figures = [step.report.figures(kind).get(metric) for step in steps]
        if figures[0]:
            result.add_row(kind, str(figures[0].n), *map(_with_interval, figures))
    return result


def _verdicts(step: Step) -> str:
    """The compared figures that moved by more than chance."""
    if step.change is None:
        return ""
    moved = [
        f"{change.metric} {change.test.difference:+.2f}"
        for change in step.change.changes
        if change.metric in COMPARED and change.test.shows_difference
    ]
    return ", ".join(moved) or "no difference shown"


def _heading(report: Report) -> Text:
    subject, right = report.subject, len(report.outcomes) - len(report.misses)
    latency = report.latency_ms()
    parts = [
        f"{right} of {len(report.outcomes)} questions right",
        f"{subject.messages} messages, {subject.corpus}",
        " ".join(filter(None, (subject.answerer, subject.model))),
        *([subject.mode] if subject.mode != "engine" else []),
        f"p50 {latency['p50']:.0f} ms, p95 {latency['p95']:.0f} ms" if latency else "",
        f"suite {subject.suite_hash}, archive {subject.corpus_hash}",
    ]
    return Text("; ".join(part for part in parts if part))


def _by_kind(report: Report) -> Table:
    result = Table(title="By kind of question")
    result.add_column("kind")
    for heading in ("n", "right", *_PER_KIND.values()):
        result.add_column(heading, justify="right")
    for kind in report.kinds:
        result.add_row(kind, *_row(report, kind))
    result.add_section()
    result.add_row("all", *_row(report, ""))
    return result


def _row(report: Report, kind: str) -> list[str]:
    kept = [outcome for outcome in report.outcomes if not kind or outcome.type == kind]
    figures = report.figures(kind)
    right = sum(outcome.is_right for outcome in kept) / len(kept)
    return [str(len(kept)), f"{right:.2f}", *(_number(figures.get(m)) for m in _PER_KIND)]


def _number(figure: Figure | None) -> str:
    return _ABSENT if figure is None else f"{figure.value:.2f}"


def _with_interval(figure: Figure | None) -> str:
    """Value and 95% interval; a narrow terminal breaks the cell at its one space."""
    if figure is None:
        return _ABSENT
    return f"{figure.value:.2f} ({figure.interval.low:.2f}-{figure.interval.high:.2f})"


def _all_metrics(report: Report) -> Table:
    result = Table(title="All questions")
    for heading in ("metric", "value", "95%", "n", "mean share of"):
        result.add_column(heading, justify="right" if heading in ("value", "n") else "left")
    for name, figure in report.figures().items():
        interval = f"{figure.interval.low:.3f} to {figure.interval.high:.3f}"
        result.add_row(name, f"{figure.value:.3f}", interval, str(figure.n), METRICS[name])
    area = report.aurc()
    if area is not None:
        result.add_row("aurc", f"{area:.3f}", "", str(len(report.outcomes)), "risk over coverage")
    return result


def _some(ids: Sequence[str], most: int = 5) -> str:
    rest = len(ids) - most
    return ", ".join(ids[:most]) + (f" and {rest} more" if rest > 0 else "")
