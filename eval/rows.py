"""What the report shows of an answer: messages, citations and trace as plain data (JSON and back).

Text of mail is kept short: a report is read by people, and a run of many questions must stay small.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ingest.model import Email
from rag.model import Answer, Citation, Hit, Scope, Trace

#: Messages of the ranking that an outcome keeps, and how many of them with their passage.
_KEPT, _WITH_TEXT = 20, 5
#: Characters of a gold message that are kept.
_OPENING = 600


@dataclass(frozen=True, slots=True)
class HitRow:
    """A retrieved message with its best passage; `text` is empty past the first few."""

    message_id: str
    thread_id: str
    sender: str
    date: str
    subject: str
    score: float
    dense_rank: int | None = None
    lexical_rank: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class GoldRow:
    """A message that answers; the opening of its text."""

    message_id: str
    thread_id: str
    sender: str
    date: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class CitedRow:
    """A citation."""

    n: int
    message_id: str
    author: str
    quote: str


@dataclass(frozen=True, slots=True)
class TraceRow:
    """What the question was taken to mean and where the time went."""

    kind: str = ""
    rewritten: str = ""
    scope: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=dict)


def hit_rows(hits: Iterable[Hit]) -> tuple[HitRow, ...]:
    """The first messages of the ranking, each once."""
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(hit.email.id, hit)
    return tuple(_hit_row(rank, hit) for rank, hit in enumerate(list(best.values())[:_KEPT], 1))


def gold_row(email: Email) -> GoldRow:
    """A gold message."""
    text = email.body[:_OPENING]
    more = "…" if len(email.body) > _OPENING else ""
    who, day = email.sender.name, _day(email)
    return GoldRow(email.id, email.thread_id, who, day, email.subject, f"{text}{more}")


def cited_rows(citations: Iterable[Citation]) -> tuple[CitedRow, ...]:
    """The citations in order."""
    return tuple(
        CitedRow(c.n, c.message_id, c.author.name if c.author else "", c.quote) for c in citations
    )


def trace_row(answer: Answer) -> TraceRow:
    """The trace as people read it."""
    trace: Trace = answer.trace
    rewritten = trace.rewritten_question or ""
    return TraceRow(trace.question_kind, rewritten, _in_words(trace.scope), dict(trace.timings_ms))


def _hit_row(rank: int, hit: Hit) -> HitRow:
    email = hit.email
    return HitRow(
        email.id,
        email.thread_id,
        email.sender.name,
        _day(email),
        email.subject,
        round(hit.score, 5),
        hit.dense_rank,
        hit.lexical_rank,
        hit.text if rank <= _WITH_TEXT else "",
    )


def _day(email: Email) -> str:
    return email.sent_at.date().isoformat() if email.sent_at else ""


def _in_words(scope: Scope) -> str:
    """ "from A or B; to C; about D; since 2017-09-01; until 2017-09-30"."""
    people = {"from": scope.senders, "to": scope.recipients, "about": scope.about}
    days = {"since": scope.since, "until": scope.until}
    parts = [f"{label} {' or '.join(names)}" for label, names in people.items() if names]
    parts += [f"{label} {day.isoformat()}" for label, day in days.items() if day]
    return "; ".join(parts)
