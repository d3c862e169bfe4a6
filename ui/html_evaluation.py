"""The result of an evaluation on the page: a table by kind, and each question that went wrong.

Pure functions, no gradio. Questions and answers are escaped text.
"""

from collections.abc import Iterable, Sequence

from eval.cases import Case
from eval.outcome import Outcome
from eval.report import trouble
from eval.summary import Figure, Report, share_right
from ui.html import safe

_COLUMNS = {
    "recall@5": "recall@5",
    "mrr": "MRR",
    "correct": "correct",
    "citation_validity": "valid citations",
    "refusal": "refused",
}
_ABSENT = "·"
#: Characters of an answer that are shown.
_ANSWER = 240


def evaluation(report: Report, cases: Sequence[Case]) -> str:
    """What came of asking `cases`; each miss has a button that asks it again in a conversation."""
    total = len(report.outcomes)
    right = total - len(report.misses)
    told = "".join(f'<p class="soft">{safe(line)}</p>' for line in trouble(report))
    return (
        '<section class="evaluation"><div role="status">'
        f"<h3>{right} of {total} questions right</h3></div>"
        f"{told}{_table(report)}{_misses(report, cases)}</section>"
    )


def _table(report: Report) -> str:
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("n", "right", *_COLUMNS.values()))
    rows = "".join(_row(report, kind) for kind in (*report.kinds, ""))
    return (
        '<div class="wide" tabindex="0" role="region" aria-label="Figures by kind of question">'
        '<table class="figures"><thead><tr><th scope="col">kind</th>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(report: Report, kind: str) -> str:
    part = report.part(kind=kind)
    figures = report.figures(kind)
    values = [share_right(part), *(figures.get(name) for name in _COLUMNS)]
    cells = "".join(f"<td>{text}</td>" for text in (str(len(part)), *map(_number, values)))
    return f'<tr><th scope="row">{safe(kind) or "all"}</th>{cells}</tr>'


def _number(figure: Figure | None) -> str:
    return _ABSENT if figure is None else f"{figure.value:.2f}"


def _misses(report: Report, cases: Sequence[Case]) -> str:
    if not report.misses:
        return ""
    known = {case.id: case for case in cases}
    items = "".join(_miss(o, known[o.case_id]) for o in report.misses if o.case_id in known)
    return (
        f"<h3>{len(report.misses)} that went wrong</h3>"
        f'<ul class="misses" aria-label="Questions that went wrong">{items}</ul>'
    )


def _miss(outcome: Outcome, case: Case) -> str:
    before = _before(turn.content for turn in case.history if turn.role == "user")
    wanted = ", ".join(case.gold_messages) if case.is_answerable else "not in the archive"
    answer = outcome.error or outcome.answer or outcome.status
    shown = answer if len(answer) <= _ANSWER else answer[: _ANSWER - 1] + "…"
    return (
        f'<li><button data-ask="case:{safe(case.id)}"><b>{before}{safe(case.question)}</b>'
        f'<span class="soft">{safe(case.type)} · wanted: {safe(wanted)}</span>'
        f'<span class="soft">got: {safe(shown)}</span></button></li>'
    )


def _before(questions: Iterable[str]) -> str:
    earlier = " ".join(questions)
    return f"({safe(earlier)}) " if earlier else ""
