"""The one way to ask: the command line, the page and the eval suite all call `Engine.ask_stream`.

The engine decides and delegates; it does not parse mail, score sentences or speak to a server.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.errors import LLMError
from ingest.message_store import Header, PersonSummary, ThreadSummary
from ingest.model import Email
from rag import llm_answer
from rag.answers import Desk
from rag.cite import SupportCheck
from rag.config import Settings
from rag.finding import Finder, Found
from rag.followup import says_enough, standalone
from rag.library import Library
from rag.line import Line
from rag.log import Log
from rag.model import Answer, Event, Hit, Progress, Scope, Turn
from rag.ports import LLM, AnswerSelector, Embedder, Reranker
from rag.question import asks_nothing
from rag.retrieve import merge
from rag.rewrite import Rewrite, rewrite
from rag.support import support


@dataclass(frozen=True, slots=True)
class Description:
    """What is in use, for the status line."""

    corpus: str
    messages: int
    chunks: int
    index: Path
    answerer: str
    model: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One hit per message, best first."""

    query: str
    scope: Scope
    hits: tuple[Hit, ...]


class Engine:
    """Answers questions over one index. Built by `rag.build.build_engine`; safe to share."""

    def __init__(
        self,
        settings: Settings,
        *,
        library: Callable[[], Library],
        embedder: Callable[[], Embedder],
        llm: Callable[[str], LLM | None],
        reranker: Callable[[], Reranker | None] = lambda: None,
        selector: Callable[[], tuple[AnswerSelector | None, str]] = lambda: (None, ""),
        check: Callable[[], SupportCheck] = lambda: support,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`library`, `embedder`, `reranker`, `selector` and `check` are opened on first use;
        `llm(answerer)` gives the model for an answerer, None for the extractive one; LLMError when
        it cannot be had.
        """
        self._settings = settings
        self._library = library
        self._embedder = embedder
        self._llm = llm
        self._finder = Finder(settings, embedder, reranker, selector)
        self._check = check
        self._clock = clock
        self._line = Line(settings.answering.llm_at_once, settings.answering.llm_waiting)

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        scope: Scope | None = None,
        *,
        answerer: str | None = None,
    ) -> Answer:
        """The answer, after draining `ask_stream`."""
        last: Event | None = None
        for event in self.ask_stream(question, history, scope, answerer=answerer):
            last = event
        assert isinstance(last, Answer), "ask_stream ends with an Answer"  # noqa: S101
        return last

    def ask_stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        scope: Scope | None = None,
        *,
        answerer: str | None = None,
    ) -> Iterator[Event]:
        """Progress and tokens, then exactly one Answer, last. Closing the iterator cancels.

        `scope` overrides what the question's words say; fields named in its `explicit` filter.
        """
        log = Log(self._clock)
        started = self._clock()
        yield Progress("searching", "searching the archive")
        library = self._library()
        desk = Desk(self._settings, library, log)
        if asks_nothing(question):
            yield self._finished(desk.unasked(question), started)
            return
        chosen: tuple[LLM | None, str] | None = None
        if history and standalone(question, history, library.names):
            chosen = self._choose(answerer)
        alone = yield from self._alone(library, question, history, chosen, log)
        with log.timed("question"):
            rewritten, understood = self._finder.understand(library, question, alone, scope)
        answer = desk.surveyed(question, rewritten, understood)
        if answer is None:
            found = self._finder.find(library, question, rewritten, understood, log)
            if alone and not found.is_sure and says_enough(question):
                found = self._by_itself(library, found, scope, log)
            yield Progress("reading", _reading(found))
            if found.is_sure:
                llm, why_not = chosen or self._choose(answerer)
                log.notes.extend([why_not] if why_not else [])
                answer = yield from self._answer(desk, found, llm, self._answerer_name(answerer))
            else:
                answer = desk.unwritten(found)
        yield self._finished(answer, started)

    def search(self, query: str, k: int = 10, scope: Scope | None = None) -> SearchResult:
        """The `k` best messages for a query, one hit each; the empty result is no error."""
        library = self._library()
        _, understood = self._finder.understand(library, query, None, scope)
        retrieved = merge(self._finder.retrieve(library, understood, Log(self._clock)))
        return SearchResult(query, understood.scope, retrieved.hits[:k])

    def message(self, message_id: str) -> Email:
        """The message with this id; raises UnknownMessage."""
        return self._library().mail.get(message_id)

    def thread(self, thread_id: str) -> tuple[Email, ...]:
        """The messages of a thread in reading order; empty when there is none."""
        return tuple(self._library().thread(thread_id))

    def headers(self) -> tuple[Header, ...]:
        """Every message without its body; the same tuple as long as the archive is unchanged."""
        return self._library().headers

    def threads(self) -> list[ThreadSummary]:
        """All threads, by their first message."""
        return self._library().mail.threads()

    def people(self) -> list[PersonSummary]:
        """All people with how many messages they sent and received."""
        return self._library().mail.people()

    def describe(self) -> Description:
        """What is in use; asks the language model server whether it is there."""
        library = self._library()
        llm, note = self._choose(None)
        return Description(
            corpus=library.corpus,
            messages=len(library.mail),
            chunks=library.chunk_count,
            index=self._settings.index,
            answerer="extractive" if llm is None else self._answerer_name(),
            model=llm.name if llm else "",
            note=note,
        )

    def _answerer_name(self, answerer: str | None = None) -> str:
        return "openai" if (answerer or self._settings.answerer) == "openai" else "ollama"

    def _choose(self, answerer: str | None) -> tuple[LLM | None, str]:
        """The language model to use, and why there is none when one was hoped for."""
        try:
            return self._llm(answerer or self._settings.answerer), ""
        except LLMError as error:
            return None, f"{error}; until then the mail is quoted"

    def _alone(
        self,
        library: Library,
        question: str,
        history: Sequence[Turn],
        chosen: tuple[LLM | None, str] | None,
        log: Log,
    ) -> Generator[Event, None, Rewrite | None]:
        """The stand-alone form of a follow-up, by the model when there is one."""
        if not history:
            return None
        limits = self._settings.answering
        seconds = min(limits.rewrite_timeout_s, limits.first_token_timeout_s)
        llm = chosen[0] if chosen else None
        with log.timed("rewrite"):
            alone = yield from rewrite(
                question, history, library.names, llm, self._line, seconds=seconds
            )
        if alone and alone.rejected:
            log.dropped.append(f"the model's form of the follow-up was not used: {alone.rejected}")
        log.rewritten_by = alone.by if alone else ""
        if alone and alone.waited_in_vain:
            log.waited_s = log.timings["rewrite"] / 1000
        return alone

    def _by_itself(self, library: Library, found: Found, scope: Scope | None, log: Log) -> Found:
        """What answers a follow-up as it was asked; what was found for the whole, if nothing."""
        rewritten, understood = self._finder.understand(library, found.asked, None, scope)
        again = self._finder.find(library, found.asked, rewritten, understood, log)
        if not again.is_sure:
            return found
        log.rewritten_by = ""
        return again

    def _answer(
        self, desk: Desk, found: Found, llm: LLM | None, answerer: str
    ) -> Generator[Event, None, Answer]:
        if llm is not None:
            written = yield from self._written(desk, found, llm, answerer)
            if written is not None:
                return written
        return desk.unwritten(found)

    def _written(
        self, desk: Desk, found: Found, llm: LLM, answerer: str
    ) -> Generator[Event, None, Answer | None]:
        """The model's answer, checked; None (with a note) when the quotes must answer instead."""
        yield Progress("waiting", f"waiting for {llm.name}")
        try:
            with desk.log.timed("llm"):
                written = yield from llm_answer.write(
                    found.question,
                    found.retrieved,
                    llm,
                    self._settings,
                    self._means(desk),
                )
        except LLMError as error:
            desk.log.notes.append(f"{error} - showing quotes from the mail instead")
            return None
        desk.log.notes.extend(written.notes)
        desk.log.dropped.extend(written.dropped)
        if written.refused:
            return desk.introduced(found) or desk.withheld(found, answerer)
        answer = desk.answer(found, written.composed, answerer=answerer)
        trace = replace(
            answer.trace,
            model=llm.name,
            prompt_tokens=written.usage.prompt_tokens,
            answer_tokens=written.usage.answer_tokens,
        )
        return replace(answer, raw_text=written.raw_text, trace=trace)

    def _means(self, desk: Desk) -> llm_answer.Means:
        patience = llm_answer.Patience(
            self._settings.answering.first_token_timeout_s, desk.log.waited_s
        )
        return llm_answer.Means(
            self._line, self._check(), self._embedder(), patience, desk.library.full_names
        )

    def _finished(self, answer: Answer, started: float) -> Answer:
        total = round((self._clock() - started) * 1000, 2)
        timings = {**answer.trace.timings_ms, "total": total}
        return replace(answer, trace=replace(answer.trace, timings_ms=timings))


def _reading(found: Found) -> str:
    count = len({c.email.id for ranked in found.ranked for c in ranked})
    return f"reading {count} message{'s' * (count != 1)}"
