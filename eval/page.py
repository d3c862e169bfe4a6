"""The report as one HTML file: headline figures, charts, tables, every question that went wrong.

All text is of strangers (mail, models, suites) and is escaped; the page has no script and may
fetch nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from eval.beside import Beside
from eval.judge import Judgement, judge_lines
from eval.outcome import LOWER_IS_BETTER, METRICS, Outcome
from eval.page_charts import charts
from eval.page_questions import questions
from eval.summary import Figure, Report, share_right, summed
from eval.svg import interval

_CSS = (Path(__file__).with_name("assets") / "report.css").read_text(encoding="utf-8")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
#: Tiles at the top: metric -> what it says in a few words.
_TILES = {
    "recall@5": "gold message in the first 5",
    "mrr": "rank of the gold message",
    "correct": "right words, gold cited",
    "citation_recall": "gold messages cited",
    "citation_validity": "citations that check out",
    "attribution": "citations by the one asked about",
    "refusal": "unanswerable, refused",
    "over_refusal": "answerable, refused",
}
#: Columns of the table by kind: metric -> heading.
_PER_KIND = {
    "recall@1": "recall@1",
    "recall@5": "recall@5",
    "mrr": "MRR",
    "ndcg@10": "nDCG@10",
    "correct": "correct",
    "citation_precision": "precision",
    "citation_recall": "cited",
    "refusal": "refused",
    "over_refusal": "over-refused",
}


@dataclass(frozen=True, slots=True)
class Extras:
    """What may stand beside a report."""

    beside: Beside = field(default_factory=Beside)
    judgement: Judgement | None = None


def page(report: Report, extras: Extras, trouble: Sequence[str] = ()) -> str:
    """The whole document; `trouble` are lines that stand in the way of trusting the figures."""
    right = len(report.outcomes) - len(report.misses)
    warned = "".join(f"<p>{escape(line)}</p>" for line in trouble)
    splits = f"<h2>By split</h2>{_splits(report)}" if len(report.splits) > 1 else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Exhibit evaluation</title><style>{_CSS}</style></head><body><main>"
        f"{_head(report)}"
        f'<p class="verdict">{right} of {len(report.outcomes)} questions right</p>'
        '<p class="soft">Right: answered with an accepted string and a citation of a gold message; '
        "refused where the archive does not hold the answer. Bars and brackets are 95% "
        "intervals (bootstrap).</p>"
        f"{f'<div class=trouble>{warned}</div>' if warned else ''}"
        f'<div class="tiles">{_tiles(report)}</div>'
        f"{_beside(report, extras.beside)}{_judge(extras.judgement)}"
        f'<h2>Charts</h2><div class="charts">{charts(report)}</div>'
        f"<h2>By kind of question</h2>{_kinds(report)}"
        f"{splits}<h2>All figures</h2>{_figures(report)}{questions(report)}</main></body></html>"
    )


def _head(report: Report) -> str:
    subject = report.subject
    tokens = ", ".join(f"{n:g} {name}" for name, n in report.tokens().items())
    facts = [
        f"{subject.messages} messages",
        " ".join(filter(None, (subject.answerer, subject.model))),
        f"tokens per question: {tokens}" if tokens else "no language model asked",
        f"suite {subject.suite_hash}",
        f"archive {subject.corpus_hash}",
        f"seed {report.seed}",
    ]
    shown = "".join(f"<span>{escape(fact)}</span>" for fact in facts)
    badge = f'<span class="badge {escape(subject.corpus)}">{escape(subject.corpus)}</span>'
    return f'<header><h1>Exhibit evaluation</h1>{badge}<div class="facts">{shown}</div></header>'


def _tiles(report: Report) -> str:
    figures = report.figures()
    right = share_right(report.outcomes, seed=report.seed)
    tiles = [_tile("right", right, "of all questions")] if right else []
    tiles += [_tile(name, figures[name], what) for name, what in _TILES.items() if name in figures]
    latency = report.latency_ms()
    if latency:
        tiles.append(
            f'<div class="tile"><span>time to the answer</span><b>{latency["p50"]:.0f} ms</b>'
            f'<span class="soft">median; p95 {latency["p95"]:.0f} ms</span></div>'
        )
    return "".join(tiles)


def _tile(name: str, figure: Figure, what: str) -> str:
    low, high = figure.interval.low, figure.interval.high
    less = ", lower is better" if name in LOWER_IS_BETTER else ""
    return (
        f'<div class="tile"><span>{escape(name)}</span><b>{figure.value:.2f}</b>'
        f'<span class="soft">{low:.2f}-{high:.2f}, n {figure.n}</span>'
        f'{interval(low, figure.value, high)}<span class="soft">{escape(what + less)}</span></div>'
    )


def _beside(report: Report, beside: Beside) -> str:
    if not beside.runs:
        return ""
    telling = f"of {len(beside.telling)} changed by the swap" if beside.telling else ""
    heads = ["asked", "all answerable", telling, "refused", "against the mail"]
    rows = [
        [
            _name(row.name),
            _cell(row.holds),
            *([_cell(row.holds_telling)] if telling else []),
            _cell(row.refusal),
            f"<td>{escape(row.verdict)}</td>",
        ]
        for row in beside.rows(report)
    ]
    known = ", ".join(beside.remembered) or "none"
    told = (
        f"<p>Answered from memory instead of the swapped mail: {escape(known)}.</p>"
        if telling
        else ""
    )
    return (
        "<h2>Mail or memory</h2><p class=soft>The share of answers that hold an accepted string "
        "when the same questions are asked in other ways.</p>"
        f"{_table([head for head in heads if head], rows)}{told}"
    )


def _judge(judgement: Judgement | None) -> str:
    if judgement is None:
        return ""
    told = "".join(f"<p>{escape(line)}.</p>" for line in judge_lines(judgement))
    return f"<h2>Judge: {escape(judgement.model)}</h2>{told}"


def _kinds(report: Report) -> str:
    rows = [_kind_row(kind, report.part(kind=kind), report.seed) for kind in report.kinds]
    total = _kind_row("all", report.outcomes, report.seed)
    return _table(("kind", "n", "right", *_PER_KIND.values()), rows, total)


def _kind_row(name: str, part: Sequence[Outcome], seed: int) -> list[str]:
    figures = summed(part, seed=seed)
    values = (figures.get(metric) for metric in _PER_KIND)
    numbers = (f"<td class=n>{figure.value:.2f}</td>" if figure else _empty() for figure in values)
    right = share_right(part, seed=seed)
    return [_name(name), f"<td class=n>{len(part)}</td>", _cell(right), *numbers]


def _splits(report: Report) -> str:
    parts = [report.part(split=split) for split in report.splits]
    figures = [summed(part, seed=report.seed) for part in parts]
    rows = [[_name("right"), *(_cell(share_right(part, seed=report.seed)) for part in parts)]]
    rows += [
        [_name(name), *(_cell(found.get(name)) for found in figures)] for name in report.figures()
    ]
    heads = [f"{s} ({len(part)})" for s, part in zip(report.splits, parts, strict=True)]
    return f'<div class="fit">{_table(("metric", *heads), rows)}</div>'


def _figures(report: Report) -> str:
    rows = []
    for name, figure in report.figures().items():
        low, high = figure.interval.low, figure.interval.high
        rows.append(
            [
                _name(name),
                f"<td class=n>{figure.value:.3f}</td>",
                f"<td class=n>{low:.3f}-{high:.3f}</td>",
                f"<td>{interval(low, figure.value, high)}</td>",
                f"<td class=n>{figure.n}</td>",
                f"<td>{escape(METRICS[name])}</td>",
            ]
        )
    area = report.aurc()
    if area is not None:
        count = f"<td class=n>{len(report.outcomes)}</td>"
        told = "<td>area under the risk-coverage curve (lower is better)</td>"
        value = f"<td class=n>{area:.3f}</td>"
        rows.append([_name("aurc"), value, _empty(), _empty(), count, told])
    return _table(("metric", "value", "95%", "", "n", "mean share of"), rows)


def _name(text: str) -> str:
    return f"<td class=name>{escape(text)}</td>"


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return _empty()
    low, high = figure.interval.low, figure.interval.high
    return f"<td class=n>{figure.value:.2f} <small>{low:.2f}-{high:.2f}</small></td>"


def _empty() -> str:
    return '<td class="n soft">·</td>'


def _table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], total: Sequence[str] | None = None
) -> str:
    """A table of finished cells; the headings are text."""
    words = {"metric", "kind", "asked", "against the mail", "mean share of", ""}
    head = "".join(
        f"<th{'' if text in words else ' class=n'}>{escape(text)}</th>" for text in heads
    )
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    last = f"<tr class=total>{''.join(total)}</tr>" if total else ""
    return (
        f"<div class=scroll tabindex=0><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}{last}</tbody></table></div>"
    )
