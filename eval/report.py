"""A report for people: tables for the terminal, and the door to the HTML page."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from eval.ablation import COMPARED, Ablation, Step
from eval.beside import Beside
from eval.compare import Comparison
from eval.judge import Judgement, judge_lines
from eval.outcome import METRICS, Outcome
from eval.page import Extras, page
from eval.summary import Figure, Report, share_right, summed

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
    """Per kind, every metric with its interval, and each split where there are several."""
    parts: list[RenderableType] = [_heading(report), _by_kind(report), _all_metrics(report)]
    if len(report.splits) > 1:
        parts.append(_by_split(report))
    return Group(*parts)


def html(report: Report, extras: Extras | None = None) -> str:
    """The report as one self-contained page: no script, no address outside it."""
    return page(report, extras or Extras(), trouble(report))


def trouble(report: Report) -> list[str]:
    """What stands in the way of trusting the numbers, one line each."""
    lines = [f"{o.case_id}: asking failed: {o.error}" for o in report.errors]
    invalid = [o for o in report.outcomes if o.faults]
    lines += [f"{o.case_id}: {o.faults[0]}" for o in invalid]
    if noted := [o for o in report.outcomes if o.notes]:
        told = f"{len(noted)} of {len(report.outcomes)} answers came with a remark"
        lines.append(f"{told}; the first, {noted[0].case_id}: {noted[0].notes[0]}")
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


def beside_table(beside: Beside, normal: Report) -> RenderableType:
    """Mail or memory: the share of answers that hold an accepted string, asked in several ways."""
    result = Table(title="Mail or memory: answers that hold an accepted string")
    telling = f"of {len(beside.telling)} changed by the swap"
    heads = ("asked", "all answerable", *([telling] if beside.telling else []), "refused")
    for heading in (*heads, "against the mail"):
        result.add_column(heading)
    for row in beside.rows(normal):
        figures = (row.holds, *([row.holds_telling] if beside.telling else []), row.refusal)
        result.add_row(row.name, *map(_with_interval, figures), row.verdict)
    if not beside.telling:
        return result
    ids = f": {_some(beside.remembered)}" if beside.remembered else ""
    known = f"answered from memory instead of the swapped mail: {len(beside.remembered)}{ids}"
    return Group(result, Text(known))


def judge_text(judgement: Judgement) -> RenderableType:
    """The judge's figure beside the mechanical one, and how far the judge can be believed."""
    return Group(Text(f"Judge: {judgement.model}"), *map(Text, judge_lines(judgement)))


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
    for heading in ("n", "right (95%)", *_PER_KIND.values()):
        result.add_column(heading, justify="right")
    for kind in report.kinds:
        result.add_row(kind, *_row(report, report.part(kind=kind)))
    result.add_section()
    result.add_row("all", *_row(report, report.outcomes))
    return result


def _row(report: Report, part: Sequence[Outcome]) -> list[str]:
    figures = summed(part, seed=report.seed)
    right = share_right(part, seed=report.seed)
    return [str(len(part)), _with_interval(right), *(_number(figures.get(m)) for m in _PER_KIND)]


def _number(figure: Figure | None) -> str:
    return _ABSENT if figure is None else f"{figure.value:.2f}"


def _with_interval(figure: Figure | None, digits: int = 2) -> str:
    """Value and 95% interval; a narrow terminal breaks the cell at its one space."""
    if figure is None:
        return _ABSENT
    low, high = figure.interval.low, figure.interval.high
    return f"{figure.value:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def _all_metrics(report: Report) -> Table:
    result = Table(title="All questions")
    for heading in ("metric", "value (95%)", "n", "mean share of"):
        result.add_column(heading, justify="right" if heading == "n" else "left")
    right = share_right(report.outcomes, seed=report.seed)
    count = str(len(report.outcomes))
    result.add_row("right", _with_interval(right, 3), count, "questions that ended right")
    for name, figure in report.figures().items():
        result.add_row(name, _with_interval(figure, 3), str(figure.n), METRICS[name])
    area = report.aurc()
    if area is not None:
        result.add_row("aurc", f"{area:.3f}", count, "risk over coverage (lower is better)")
    return result


def _by_split(report: Report) -> Table:
    result = Table(title="By split")
    for heading in ("metric", *report.splits):
        result.add_column(heading)
    figures = [report.figures(split=split) for split in report.splits]
    parts = [report.part(split=split) for split in report.splits]
    rights = (share_right(part, seed=report.seed) for part in parts)
    result.add_row("questions", *(str(len(part)) for part in parts))
    result.add_row("right", *(_with_interval(right, 3) for right in rights))
    for name in report.figures():
        result.add_row(name, *(_with_interval(found.get(name), 3) for found in figures))
    return result


def _some(ids: Sequence[str], most: int = 5) -> str:
    rest = len(ids) - most
    return ", ".join(ids[:most]) + (f" and {rest} more" if rest > 0 else "")
