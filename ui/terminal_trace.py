"""How an answer came about, for `exhibit ask --trace`: read, found, written, left out, timed."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rag.model import Answer, Hit, Scope, Trace
from ui.neutral import one_line

#: Passages listed of those found.
_MOST = 20
_ABSENT = "·"


def trace_text(answer: Answer) -> RenderableType:
    """What the question was taken to mean, what was found and read, and how long each step took."""
    table = Table("Trace", "", box=None, pad_edge=False, header_style="bold")
    for label, value in _facts(answer):
        table.add_row(label, Text(one_line(value), overflow="fold"))
    return Group(table, Text(), _found(answer)) if answer.hits else table


def _facts(answer: Answer) -> Iterator[tuple[str, str]]:
    trace = answer.trace
    by = f" (by the {trace.rewritten_by})" if trace.rewritten_by else ""
    yield "kind of question", trace.question_kind
    yield "stand-alone form", (trace.rewritten_question or "as asked") + by
    yield "scope", scope_in_words(trace.scope)
    yield "confidence", f"{trace.confidence:.3f} (floor {trace.floor:.3f})"
    yield "written by", _writer(answer)
    for stage, spent in trace.timings_ms.items():
        yield f"time: {stage}", f"{spent:.1f} ms"
    for dropped in trace.dropped:
        yield "left out", dropped


def scope_in_words(scope: Scope) -> str:
    """Who and when, each either a filter or a guess that only ranks higher."""
    named = {
        "senders": ("from", scope.senders),
        "recipients": ("to", scope.recipients),
        "about": ("about", scope.about),
        "since": ("since", (scope.since.isoformat(),) if scope.since else ()),
        "until": ("until", (scope.until.isoformat(),) if scope.until else ()),
    }
    parts = [
        f"{word} {' or '.join(values)} ({'filter' if name in scope.explicit else 'guess'})"
        for name, (word, values) in named.items()
        if values
    ]
    return "; ".join(parts) or "everyone, at any time"


def _writer(answer: Answer) -> str:
    trace: Trace = answer.trace
    if not trace.model:
        return answer.answerer
    read, written = (_count(n) for n in (trace.prompt_tokens, trace.answer_tokens))
    return f"{answer.answerer} {trace.model}: {read} tokens read, {written} written"


def _found(answer: Answer) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Found", "by meaning", "by words", "score"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("message", overflow="fold")
    for rank, hit in enumerate(answer.hits[:_MOST], 1):
        table.add_row(str(rank), *_ranks(hit), f"{hit.score:.4f}", Text(one_line(_message(hit))))
    if len(answer.hits) > _MOST:
        table.add_row("", "", "", "", f"and {len(answer.hits) - _MOST} more")
    return table


def _ranks(hit: Hit) -> tuple[str, str]:
    return _count(hit.dense_rank), _count(hit.lexical_rank)


def _count(number: int | None) -> str:
    return _ABSENT if number is None else str(number)


def _message(hit: Hit) -> str:
    return f"{hit.email.id}, {hit.email.sender.name}: {hit.email.subject or '(no subject)'}"
