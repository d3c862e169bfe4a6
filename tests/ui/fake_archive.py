"""A small hand-made archive behind the engine's methods, for tests of the page and its HTML."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from ingest.errors import UnknownMessage
from ingest.message_store import Header, PersonSummary, ThreadSummary
from ingest.model import Chunk, Email, Person, Segment, Span
from rag.engine import Description, Engine, SearchResult
from rag.model import (
    Answer,
    Citation,
    Event,
    Hit,
    Progress,
    Scope,
    Sentence,
    Token,
    Trace,
    Turn,
)
from ui.web.desk import Desk

ANNA = Person("Anna Berg", ("anna@example.org",))
OTTO = Person("Otto Lind", ("otto@example.org",))


def email(
    message_id: str,
    body: str,
    *,
    sender: Person = ANNA,
    subject: str = "The boat",
    segments: tuple[Segment, ...] = (),
    parent_id: str | None = None,
) -> Email:
    """A message of the thread `t1`, sent on 3 May 2021."""
    return Email(
        id=message_id,
        kind="email",
        sender=sender,
        to=(OTTO,),
        cc=(),
        sent_at=datetime(2021, 5, 3, 9, 30, tzinfo=UTC),
        date_source="header",
        subject=subject,
        body=body,
        segments=segments or (Segment(0, len(body), sender, "own"),),
        thread_id="t1",
        locator=Span("/mail/boat.mbox", 1, 9),
        parent_id=parent_id,
    )


BOAT = email("m1", "Hello Otto.\n\n" + "Filler line.\n" * 60 + "The boat costs 4,200 crowns.\nAnna")
QUOTE = "The boat costs 4,200 crowns."
REPLY_TEXT = "Too much for me.\n\n> The boat costs 4,200 crowns.\n"
REPLY = email(
    "m2",
    REPLY_TEXT,
    sender=OTTO,
    subject="Re: The boat",
    parent_id="m1",
    segments=(
        Segment(0, 18, OTTO, "own"),
        Segment(18, len(REPLY_TEXT), ANNA, "quoted", origin_id="m1"),
    ),
)


def citation(n: int, message: Email, quote: str) -> Citation:
    """Citation `n` of the first place where `quote` stands in `message`."""
    start = message.body.index(quote)
    return Citation(n, message, start, start + len(quote), quote, message.sender)


def answer(
    question: str, sentences: Sequence[Sentence], citations: Sequence[Citation], **trace: object
) -> Answer:
    """An answer as the engine would give it."""
    text = "\n\n".join(s.text for s in sentences)
    made = Trace(**{"timings_ms": {"total": 12.0}, **trace})  # type: ignore[arg-type]
    return Answer(
        question=question,
        text=text,
        raw_text=text,
        status="answered",
        sentences=tuple(sentences),
        citations=tuple(citations),
        hits=(),
        near_misses=(),
        answerer="extractive",
        settings_hash="0",
        trace=made,
    )


class FakeEngine:
    """Answers any question about the boat; "dragons" are not in the archive."""

    def __init__(self, emails: Sequence[Email] = (BOAT, REPLY), *, pause_s: float = 0.0) -> None:
        self.emails = list(emails)
        self.pause_s = pause_s
        self.closed = 0
        self.asked: list[tuple[str, tuple[Turn, ...], Scope | None]] = []
        self.prepared: Answer | None = None

    def ask_stream(
        self, question: str, history: Sequence[Turn] = (), scope: Scope | None = None
    ) -> Iterator[Event]:
        self.asked.append((question, tuple(history), scope))
        try:
            yield Progress("searching", "searching the archive")
            for word in ("The ", "boat "):
                time.sleep(self.pause_s)
                yield Token(word)
            yield self._answer(question, scope)
        finally:
            self.closed += 1

    def ask(
        self, question: str, history: Sequence[Turn] = (), scope: Scope | None = None
    ) -> Answer:
        *_, last = self.ask_stream(question, history, scope)
        assert isinstance(last, Answer)
        return last

    def _answer(self, question: str, scope: Scope | None) -> Answer:
        if self.prepared is not None:
            return self.prepared
        if "dragon" in question:
            return not_found(question, self.emails[0])
        sentence = Sentence("Anna Berg to Otto Lind: “4,200 crowns” [1]", (1,), "supported")
        cited = [citation(1, BOAT, QUOTE)]
        return answer(question, [sentence], cited, scope=scope or Scope(senders=("Anna Berg",)))

    def search(self, query: str, k: int = 10, scope: Scope | None = None) -> SearchResult:
        hits = tuple(hit(e) for e in self.emails[:k])
        return SearchResult(query, scope or Scope(), hits)

    def message(self, message_id: str) -> Email:
        for message in self.emails:
            if message.id == message_id:
                return message
        raise UnknownMessage(f"no message {message_id!r}; see `exhibit threads`")

    def thread(self, thread_id: str) -> tuple[Email, ...]:
        return tuple(e for e in self.emails if e.thread_id == thread_id)

    def headers(self) -> tuple[Header, ...]:
        return tuple(
            Header(e.id, e.thread_id, e.sender, e.recipients, e.sent_at, e.subject)
            for e in self.emails
        )

    def threads(self) -> list[ThreadSummary]:
        first = self.emails[0]
        return [
            ThreadSummary(
                id="t1",
                subject=first.subject,
                first=first.sent_at,
                last=first.sent_at,
                count=len(self.emails),
                people=(ANNA, OTTO),
            )
        ]

    def people(self) -> list[PersonSummary]:
        return [PersonSummary(ANNA, 1, 1), PersonSummary(OTTO, 1, 1)]

    def describe(self) -> Description:
        return Description("mail", len(self.emails), 4, Path("/index"), "extractive", "")


def desk(engine: FakeEngine) -> Desk:
    """The page's desk over a fake engine, which has the methods that the page calls."""
    return Desk(lambda: cast(Engine, engine))


def hit(message: Email) -> Hit:
    """A hit on the first line of a message."""
    end = len(message.body.partition("\n")[0])
    return Hit(Chunk("c", message.id, message.thread_id, 0, end, message.sender), message, 0.5)


def not_found(question: str, nearest: Email) -> Answer:
    """An abstention with one near miss."""
    said = answer(question, [Sentence("Not in this archive.", (), "supported")], [])
    return replace(said, status="not_in_archive", near_misses=(hit(nearest),))
