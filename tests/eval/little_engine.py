"""Three messages behind the methods that a suite asks, with answers that a test can bend."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from eval.cases import Case
from ingest.errors import UnknownMessage
from ingest.message_store import ThreadSummary
from ingest.model import Chunk, Email, Person, Segment, Span
from rag.engine import Description
from rag.model import Answer, Citation, Hit, Scope, Sentence, Trace, Turn

ANNA, OTTO = Person("Anna Berg"), Person("Otto Lind")


def email(message_id: str, body: str, *, thread: str = "t1", sender: Person = ANNA) -> Email:
    """A message without oddities."""
    return Email(
        id=message_id,
        kind="email",
        sender=sender,
        to=(OTTO,),
        cc=(),
        sent_at=datetime(2021, 5, 3, 9, 30, tzinfo=UTC),
        date_source="header",
        subject="The boat",
        body=body,
        segments=(Segment(0, len(body), sender, "own"),),
        thread_id=thread,
        locator=Span("/mail/boat.mbox", 1, 9),
    )


MAIL = (
    email("m1", "The boat costs 4,200 crowns in all."),
    email("m2", "I would rather have the red canoe.", sender=OTTO),
    email("m3", "Nothing about vessels here, only soup.", thread="t2"),
)
PRICE = Case("price", "What does the boat cost?", "fact", ("m1",), answer_any=("4,200 crowns",))
CANOE = Case("canoe", "What would Otto rather have?", "fact", ("m2",), answer_any=("canoe",))
MOON = Case("moon", "Who walked on the moon?", "unanswerable", ())
CASES = (PRICE, CANOE, MOON)


def hits(*ids: str) -> tuple[Hit, ...]:
    """One hit per id, best first."""
    found = [next(e for e in MAIL if e.id == message_id) for message_id in ids]
    return tuple(
        Hit(Chunk(f"c-{e.id}", e.id, e.thread_id, 0, len(e.body), e.sender), e, 1 / rank)
        for rank, e in enumerate(found, 1)
    )


def quoting(question: str, *ids: str, confidence: float = 0.9) -> Answer:
    """An answer that quotes these messages whole, one sentence each."""
    ranked = hits(*ids)
    citations = tuple(
        Citation(n, h.email, 0, len(h.email.body), h.email.body, h.email.sender)
        for n, h in enumerate(ranked, 1)
    )
    sentences = tuple(
        Sentence(f"{c.email.sender}: “{c.quote}” [{c.n}]", (c.n,), "supported") for c in citations
    )
    text = "\n\n".join(sentence.text for sentence in sentences)
    trace = Trace(
        scope=Scope(senders=(ANNA.name,), since=date(2021, 5, 1)),
        question_kind="fact",
        confidence=confidence,
        floor=0.5,
        timings_ms={"total": 1.0},
    )
    return Answer(
        question, text, text, "answered", sentences, citations, ranked, (), "extractive", "s", trace
    )


def withheld(question: str, *ids: str, confidence: float = 0.1) -> Answer:
    """A refusal that nevertheless retrieved these messages."""
    answer = quoting(question, *ids, confidence=confidence)
    return replace(
        answer, status="not_in_archive", text="Not in the archive.", sentences=(), citations=()
    )


class LittleEngine:
    """Answers from a table; anything else is refused. `bend` may spoil each answer or raise."""

    def __init__(self, bend: Callable[[Answer], Answer] = lambda answer: answer) -> None:
        self._bend = bend
        self.asked: list[str] = []

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The answer of the table."""
        self.asked.append(question)
        if question == PRICE.question:
            return self._bend(quoting(question, "m1"))
        if question == CANOE.question:
            return self._bend(quoting(question, "m1", "m2", confidence=0.7))
        return self._bend(withheld(question, "m3"))

    def message(self, message_id: str) -> Email:
        """As the engine."""
        for found in MAIL:
            if found.id == message_id:
                return found
        raise UnknownMessage(f"no message {message_id}")

    def thread(self, thread_id: str) -> tuple[Email, ...]:
        """As the engine."""
        return tuple(e for e in MAIL if e.thread_id == thread_id)

    def threads(self) -> list[ThreadSummary]:
        """As the engine."""
        return [ThreadSummary(id_, "The boat", None, None, 1, ()) for id_ in ("t1", "t2")]

    def describe(self) -> Description:
        """As the engine."""
        return Description("mail", len(MAIL), len(MAIL), Path("/index"), "extractive", "")
