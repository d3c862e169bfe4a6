"""Conversations as the browser keeps them: plain JSON out, answers over the archive back in.

No message is kept, only where the cited words stand; a citation whose words are gone is dropped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from ingest.errors import UnknownMessage
from ingest.model import Chunk, Email, Person
from rag.model import Answer, Citation, Hit, Scope, Sentence, Status, Trace
from ui.web.session import Exchange, Session

#: Conversations kept, newest first, and bytes that one may have: browsers keep 5 MB in all.
MOST = 30
MOST_BYTES = 100_000

CHANGED = (
    "some mail cited here is no longer in the archive as it was; ask again for fresh citations"
)


@dataclass(frozen=True, slots=True)
class KeptSpan:
    """Words of a message. `n` is the number of the citation, 0 for a near miss."""

    n: int
    message_id: str
    start: int
    end: int
    quote: str
    author: str | None = None


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer without the messages it cites."""

    text: str
    status: Status
    sentences: tuple[Sentence, ...]
    spans: tuple[KeptSpan, ...]
    answerer: str
    settings_hash: str
    scope: Scope
    rewritten: str | None
    model: str
    notes: tuple[str, ...]
    dropped: tuple[str, ...]
    total_ms: float


@dataclass(frozen=True, slots=True)
class KeptExchange:
    """One question and what came of it."""

    question: str
    answer: KeptAnswer | None = None
    error: str = ""
    partial: str = ""
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """One conversation about the archive called `archive`; `at` is ISO 8601 with an offset."""

    id: str
    archive: str
    at: str
    exchanges: tuple[KeptExchange, ...]

    @property
    def title(self) -> str:
        """Its first question."""
        return self.exchanges[0].question if self.exchanges else ""


_ALL = TypeAdapter(list[Kept])


def read_kept(stored: object) -> list[Kept]:
    """The conversations in what the browser sent; none when it is not what was written."""
    try:
        return _ALL.validate_python(stored or [])
    except ValidationError:
        return []


def written(kept: Sequence[Kept]) -> object:
    """JSON for the browser."""
    return _ALL.dump_python(list(kept), mode="json")


def keep(kept: Sequence[Kept], session: Session, archive: str, at: datetime) -> list[Kept]:
    """`kept` with the conversation of `session` in front, in place of its earlier form."""
    if not session.exchanges or not archive:
        return list(kept)
    exchanges = [_exchange(exchange) for exchange in session.exchanges]
    now = Kept(session.id, archive, at.isoformat(timespec="seconds"), tuple(exchanges))
    while len(_ALL.dump_json([now])) > MOST_BYTES and len(now.exchanges) > 1:
        now = replace(now, exchanges=now.exchanges[1:])
    return [now, *(k for k in kept if k.id != session.id)][:MOST]


def restored(kept: Kept, key: str, message: Callable[[str], Email]) -> Session:
    """The conversation again, about the archive `key`, whose messages `message` finds."""
    exchanges = tuple(
        Exchange(
            question=e.question,
            answer=_answer(e.question, e.answer, message) if e.answer else None,
            error=e.error,
            partial=e.partial,
            scope=e.scope,
        )
        for e in kept.exchanges
    )
    return Session(exchanges, key, kept.id)


def _exchange(exchange: Exchange) -> KeptExchange:
    answer = _kept_answer(exchange.answer) if exchange.answer else None
    return KeptExchange(exchange.question, answer, exchange.error, exchange.partial, exchange.scope)


def _kept_answer(answer: Answer) -> KeptAnswer:
    cited = [
        KeptSpan(c.n, c.message_id, c.start, c.end, c.quote, c.author.name if c.author else None)
        for c in answer.citations
    ]
    missed = [
        KeptSpan(0, hit.email.id, hit.chunk.start, hit.chunk.end, hit.text)
        for hit in answer.near_misses
    ]
    trace = answer.trace
    return KeptAnswer(
        text=answer.text,
        status=answer.status,
        sentences=answer.sentences,
        spans=(*cited, *missed),
        answerer=answer.answerer,
        settings_hash=answer.settings_hash,
        scope=trace.scope,
        rewritten=trace.rewritten_question,
        model=trace.model,
        notes=trace.notes,
        dropped=trace.dropped,
        total_ms=trace.timings_ms.get("total", 0.0),
    )


def _answer(question: str, kept: KeptAnswer, message: Callable[[str], Email]) -> Answer:
    found = [(span, email) for span in kept.spans if (email := _holder(span, message))]
    notes = kept.notes if len(found) == len(kept.spans) else (*kept.notes, CHANGED)
    return Answer(
        question=question,
        text=kept.text,
        raw_text=kept.text,
        status=kept.status,
        sentences=kept.sentences,
        citations=tuple(_citation(span, email) for span, email in found if span.n),
        hits=(),
        near_misses=tuple(_miss(span, email) for span, email in found if not span.n),
        answerer=kept.answerer,
        settings_hash=kept.settings_hash,
        trace=Trace(
            scope=kept.scope,
            rewritten_question=kept.rewritten,
            model=kept.model,
            notes=tuple(dict.fromkeys(notes)),
            dropped=kept.dropped,
            timings_ms={"total": kept.total_ms},
        ),
    )


def _holder(span: KeptSpan, message: Callable[[str], Email]) -> Email | None:
    """The message, if the words still stand in it where they stood."""
    try:
        email = message(span.message_id)
    except UnknownMessage:
        return None
    return email if span.quote and email.body[span.start : span.end] == span.quote else None


def _citation(span: KeptSpan, email: Email) -> Citation:
    writers = [email.sender, *(s.author for s in email.segments if s.author)]
    author = next((p for p in writers if p.name == span.author), None)
    if author is None and span.author:
        author = Person(span.author)
    return Citation(span.n, email, span.start, span.end, span.quote, author)


def _miss(span: KeptSpan, email: Email) -> Hit:
    chunk = Chunk("", email.id, email.thread_id, span.start, span.end, email.sender)
    return Hit(chunk, email, 0.0)
