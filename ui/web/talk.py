"""Asking from the page: what a click or Enter means, and the frames drawn while an answer comes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from ingest.errors import ExhibitError, UsageError
from rag.model import Answer, Event, Scope
from ui import html, html_answer
from ui.scope import ScopeFlags, explicit_scope
from ui.web.desk import Desk
from ui.web.runs import Run, Runs, latest_progress, written
from ui.web.session import Exchange, Session, without_chip

#: Seconds between two redraws of an answer being written.
REDRAW_S = 0.08
#: Answers written at the same time up to which that is kept. Beyond, each is redrawn less often:
#: drawing is most of what an answer costs the server.
_UNHURRIED = 4
#: Exchanges of which the HTML is kept, some 10 kB each: a conversation is drawn twice a question.
_DRAWN = 256
#: Longest question in characters.
MAX_QUESTION = 4000
#: Shown when the engine failed in a way nobody foresaw; the thread has printed why.
CUT_SHORT = "the answer broke off; ask again, and see the terminal of `exhibit chat` for the cause"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to ask now: the conversation before it and the scope asked for, if any."""

    question: str
    before: Session
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One redraw. `past` and `session` change only with the first and the last frame."""

    live: str
    session: Session | None = None
    past: str | None = None
    chips: str | None = None
    running: bool = True


class Talk:
    """Answers the questions of all tabs."""

    def __init__(self, desk: Callable[[str], Desk]) -> None:
        """`desk` gives the desk of an archive by its key; it raises UsageError when it is gone."""
        self._desk = desk
        self._runs = Runs()

    def stop(self, tab: str) -> None:
        """End what `tab` is asking."""
        self._runs.stop(tab)

    def typed(self, question: str, session: Session, flags: ScopeFlags) -> Asked:
        """What Enter in the question box asks. Raises UsageError for unusable filters."""
        if len(question) > MAX_QUESTION:
            raise UsageError(f"the question is longer than {MAX_QUESTION} characters; shorten it")
        return Asked(question.strip(), session, self._scope(session, flags))

    def again(self, session: Session, flags: ScopeFlags) -> Asked:
        """The last question once more, with other filters. UsageError when there is none."""
        if not session.exchanges:
            raise UsageError("nothing was asked yet; write a question first")
        last = session.exchanges[-1].question
        return Asked(last, session.without_last(), self._scope(session, flags) or Scope())

    def _scope(self, session: Session, flags: ScopeFlags) -> Scope | None:
        if not flags.any_given:
            return None
        people = self._desk(session.archive).engine.people()
        return explicit_scope(flags, [p.person for p in people])

    async def frames(self, asked: Asked, tab: str) -> AsyncIterator[Frame]:
        """The frames of one answer: first the question, last the checked answer or the trouble."""
        number = len(asked.before.exchanges)
        head = html.asked(asked.question, number)
        yield Frame(
            html.exchange(head, html.waiting("opening the archive", 0, "")),
            session=asked.before,
            past=conversation(asked.before),
            chips="",
        )
        run = self._runs.start(tab, lambda: self._stream(asked))
        exchange = empty = Exchange(asked.question, scope=asked.scope)
        try:
            async for exchange, drawn in _follow(run, empty):
                if exchange.answer is None:
                    yield Frame(html.exchange(head, drawn))
                if exchange.partial:
                    # Drawn at leisure once there are words to read; the first is never held back.
                    await asyncio.sleep(REDRAW_S * max(1.0, self._runs.count / _UNHURRIED))
            if exchange.answer is None and not run.was_stopped:
                exchange = replace(exchange, error=CUT_SHORT)
        except ExhibitError as error:
            exchange = replace(exchange, error=str(error))
        finally:
            run.stop()
            self._runs.finish(tab, run)
        session = asked.before.with_exchange(exchange)
        chips = html_answer.chips(exchange.answer.trace.scope) if exchange.answer else ""
        yield Frame("", session, conversation(session), chips, running=False)

    def _stream(self, asked: Asked) -> Iterator[Event]:
        engine = self._desk(asked.before.archive).engine
        return engine.ask_stream(asked.question, asked.before.history(), asked.scope)


async def _follow(run: Run, exchange: Exchange) -> AsyncIterator[tuple[Exchange, str]]:
    """The exchange as it grows, and how it is shown until the answer is there."""
    stage, since = "opening the archive", time.monotonic()
    async for batch in run.events():
        progress = latest_progress(batch)
        if progress is not None and progress.detail != stage:
            stage, since = progress.detail, time.monotonic()
        elif progress is not None and len(batch) == 1:
            continue
        exchange = replace(exchange, partial=exchange.partial + written(batch))
        for event in batch:
            if isinstance(event, Answer):
                # Drawn nowhere, and half of what a tab would keep of an answer.
                answer = replace(event, hits=())
                exchange = replace(exchange, answer=answer, partial="")
        yield exchange, html.waiting(stage, time.monotonic() - since, exchange.partial)


def clicked(request: str, session: Session) -> Asked:
    """What a `data-ask` button asks: `q:TEXT`, `again:N` or `drop:FIELD:VALUE` (a chip)."""
    kind, _, rest = request.partition(":")
    if kind == "q" and rest.strip():
        return Asked(rest.strip()[:MAX_QUESTION], session)
    if not session.exchanges:
        raise UsageError("that question is of an earlier conversation; ask it again")
    last = session.exchanges[-1]
    if kind == "drop" and last.answer is not None:
        scope = without_chip(last.answer.trace.scope, rest)
        return Asked(last.question, session.without_last(), scope)
    if kind == "again" and rest.isdigit() and int(rest) < len(session.exchanges):
        again = session.exchanges[int(rest)]
        before = session.without_last() if again is last else session
        return Asked(again.question, before, again.scope)
    raise UsageError("that button is of an earlier conversation; ask again")


def conversation(session: Session) -> str:
    """All exchanges as HTML, oldest first."""
    return "".join(
        _exchange(e, number, session.told(number)) for number, e in enumerate(session.exchanges)
    )


@lru_cache(maxsize=_DRAWN)
def _exchange(exchange: Exchange, number: int, told: frozenset[str]) -> str:
    if exchange.answer is not None:
        shown = html_answer.answered(exchange.answer, number, told=told)
    elif exchange.error:
        shown = html.failure(exchange.error) + html.retry(number)
    else:
        shown = html.stopped(exchange.partial) + html.retry(number)
    return html.exchange(html.asked(exchange.question, number), shown)
