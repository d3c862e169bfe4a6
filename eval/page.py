"""The report as one HTML file: figures, four charts, and every question that did not end right.

All text is of strangers (mail, models, suites) and is escaped; the page has no script and may
fetch nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from eval.outcome import METRICS, Outcome
from eval.summary import Figure, Report
from eval.svg import Axes, bars, histogram, lines

_CSS = """
:root{color-scheme:light dark;--a:#1f6feb;--b:#d1242f;--g:#8886}
body{font:15px/1.5 system-ui,sans-serif;max-width:68rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:.5rem 0}
td,th{padding:.15rem .6rem;border-bottom:1px solid var(--g);text-align:right}
td:first-child,th:first-child,td:last-child,th:last-child{text-align:left}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(22rem,1fr));gap:1.5rem}
svg{width:100%;font:11px system-ui,sans-serif;fill:currentColor}
.s0{fill:var(--a)}.s1{fill:var(--b)}.t0{fill:var(--a)}.t1{fill:var(--b)}
.l0,.l1,.axis,.mark{fill:none;stroke:var(--a);stroke-width:1.5}.l1{stroke:var(--b)}
.axis{stroke:currentColor;stroke-width:.7}.mark{stroke:currentColor;stroke-dasharray:4}
details{border-bottom:1px solid var(--g);padding:.4rem 0}summary{cursor:pointer}
blockquote{margin:.3rem 0;padding-left:.8rem;border-left:3px solid var(--g);white-space:pre-wrap}
.gold{font-weight:600;color:var(--a)}.bad{color:var(--b)}pre{white-space:pre-wrap}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
#: Ranks drawn in the recall chart.
_RANKS = range(1, 21)


def page(report: Report) -> str:
    """The whole document."""
    subject = report.subject
    facts = {
        "questions": f"{len(report.outcomes)}, of which {len(report.misses)} did not end right",
        "archive": f"{subject.messages} messages, {subject.corpus}, hash {subject.corpus_hash}",
        "suite": f"hash {subject.suite_hash}, seed {report.seed}",
        "answered by": f"{subject.answerer} {subject.model} ({subject.mode})",
        "tokens": ", ".join(f"{name} {n:g}" for name, n in report.tokens().items()) or "none used",
    }
    described = "".join(f"<li>{escape(k)}: {escape(v)}</li>" for k, v in facts.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Exhibit eval report</title><style>{_CSS}</style></head><body>"
        f"<h1>Exhibit eval report</h1><ul>{described}</ul>"
        f"<h2>Figures</h2>{_figures(report)}"
        f"<h2>Charts</h2><div class=charts>{_charts(report)}</div>"
        f"<h2>By kind</h2>{_kinds(report)}"
        f"<h2>Not right ({len(report.misses)})</h2>{_misses(report.misses)}</body></html>"
    )


def _figures(report: Report) -> str:
    rows = [
        (name, f"{f.value:.3f}", _range(f), str(f.n), METRICS[name])
        for name, f in report.figures().items()
    ]
    area = report.aurc()
    if area is not None:
        count = str(len(report.outcomes))
        rows.append(("aurc", f"{area:.3f}", "", count, "risk over coverage (lower is better)"))
    rows += [(f"latency {name}", f"{ms:.0f} ms", "", "", "") for name, ms in _latency(report)]
    return _table(("metric", "value", "95% interval", "n", "mean share of"), rows)


def _latency(report: Report) -> Iterable[tuple[str, float]]:
    return report.latency_ms().items()


def _kinds(report: Report) -> str:
    names = list(report.figures())
    heads = ("kind", *names)
    rows = []
    for kind in report.kinds:
        figures = report.figures(kind)
        rows.append((kind, *(f"{figures[n].value:.2f}" if n in figures else "" for n in names)))
    return f'<div style="overflow-x:auto">{_table(heads, rows)}</div>'


def _charts(report: Report) -> str:
    slowest = max((outcome.ms for outcome in report.outcomes), default=0.0) or 1.0
    risks = [(p.coverage, p.risk) for p in report.risk_coverage()]
    answerable = [o.confidence for o in report.outcomes if o.answerable]
    others = [o.confidence for o in report.outcomes if not o.answerable]
    charts = {
        "Share right, by kind": bars(_shares_right(report)),
        "A gold message among the first k": lines(
            {"share of answerable questions": _recall_curve(report.outcomes)},
            Axes("k", "recall", x=(1, _RANKS[-1])),
        ),
        "Confidence, and the floor below which nothing is said": histogram(
            {"answerable": answerable, "not in the archive": others},
            Axes("confidence", "questions"),
            mark=max((o.floor for o in report.outcomes), default=0.0),
        ),
        "Risk if only the most confident are answered": lines(
            {"risk": risks}, Axes("coverage", "risk")
        ),
        "Time to the complete answer": histogram(
            {"questions": [o.ms for o in report.outcomes]},
            Axes("ms", "questions", x=(0.0, slowest)),
        ),
    }
    return "".join(
        f"<figure>{chart}<figcaption>{escape(title)}</figcaption></figure>"
        for title, chart in charts.items()
    )


def _shares_right(report: Report) -> Mapping[str, float]:
    def share(kind: str) -> float:
        kept = [o.is_right for o in report.outcomes if o.type == kind]
        return sum(kept) / len(kept)

    return {kind: share(kind) for kind in report.kinds}


def _recall_curve(outcomes: Sequence[Outcome]) -> list[tuple[float, float]]:
    asked = [outcome for outcome in outcomes if outcome.answerable]
    if not asked:
        return []
    places = [_first_gold(outcome) for outcome in asked]
    return [(float(k), sum(place <= k for place in places) / len(asked)) for k in _RANKS]


def _first_gold(outcome: Outcome) -> int:
    """1-based place of the first gold message; past the last rank drawn when there is none."""
    ranked = enumerate(outcome.hits, 1)
    gold = set(outcome.gold_messages)
    return next((place for place, hit in ranked if hit.message_id in gold), _RANKS[-1] + 1)


def _misses(outcomes: Sequence[Outcome]) -> str:
    return "".join(_miss(outcome) for outcome in outcomes) or "<p>None.</p>"


def _miss(outcome: Outcome) -> str:
    gold = ", ".join(outcome.gold_messages) or "none: not in the archive"
    said = outcome.error or outcome.answer or outcome.status
    values = ", ".join(f"{name} {value:.2f}" for name, value in outcome.values.items())
    facts = [
        f"gold messages: {gold}",
        f"confidence {outcome.confidence:.3f}, floor {outcome.floor:.3f}, {outcome.ms:.0f} ms",
        values,
        *outcome.notes,
    ]
    faults = "".join(f"<p class=bad>{escape(fault)}</p>" for fault in outcome.faults)
    return (
        f"<details><summary><b>{escape(outcome.type)}</b> {escape(outcome.question)} "
        f"<small>{escape(outcome.case_id)}, {escape(outcome.status)}</small></summary>"
        f"<blockquote>{escape(said)}</blockquote>{faults}{_hits(outcome)}"
        f"<ul>{''.join(f'<li>{escape(fact)}</li>' for fact in facts if fact)}</ul></details>"
    )


def _hits(outcome: Outcome) -> str:
    gold = set(outcome.gold_messages)
    cited = {citation.message_id for citation in outcome.citations}
    rows = []
    for rank, hit in enumerate(outcome.hits, 1):
        marks = " ".join(
            name for name, ids in (("gold", gold), ("cited", cited)) if hit.message_id in ids
        )
        who = f"{hit.sender}, {hit.date}: {hit.subject}"
        rows.append((str(rank), f"{hit.score:.4f}", marks, hit.message_id, who))
    return _table(("rank", "score", "", "message", "who, when, subject"), rows) if rows else ""


def _range(figure: Figure) -> str:
    return f"{figure.interval.low:.3f} to {figure.interval.high:.3f}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
