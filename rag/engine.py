"""The one way to ask: the command line, the page and the eval suite all call `Engine.ask_stream`.

The engine decides and delegates; it does not parse mail, score sentences or speak to a server.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from ingest.errors import LLMError
from ingest.message_store import Header, PersonSummary, ThreadSummary
from ingest.model import Email
from rag import llm_answer
from rag.cite import SupportCheck
from rag.compose import Composed, quote_answer, stated
from rag.confidence import confidence, model_for, read_signs, unknown_words
from rag.config import Settings
from rag.extract import Candidate, candidates, pick, pick_dated, pick_each
from rag.followup import standalone
from rag.library import Library
from rag.line import Line
from rag.model import Answer, Event, Hit, Progress, Scope, Status, Trace, Turn
from rag.ports import LLM, Embedder, Reranker
from rag.question import (
    Question,
    asked_apart,
    follow_up,
    in_context,
    override,
    understand,
)
from rag.retrieve import Retrieved, merge, retrieve
from rag.rewrite import Rewrite, rewrite
from rag.spelling import mended
from rag.support import support
from rag.survey import survey, survey_answer

#: Question kinds that are answered by looking at every message.
_SURVEYED = frozenset({"count", "list", "first", "last"})


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


@dataclass(slots=True)
class _Log:
    """What one question did, gathered while it is answered."""

    clock: Callable[[], float]
    timings: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    rewritten_by: Literal["", "rules", "model"] = ""
    #: Seconds that a model was waited for in vain.
    waited_s: float = 0.0

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the milliseconds spent inside to `timings[name]`."""
        start = self.clock()
        yield
        spent = (self.clock() - start) * 1000
        self.timings[name] = round(self.timings.get(name, 0.0) + spent, 2)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was understood and found for a question."""

    asked: str
    rewritten: str | None
    question: Question
    retrieved: Retrieved
    ranked: tuple[tuple[Candidate, ...], ...]
    confidence: float = 1.0
    floor: float = 0.0
    unknown: tuple[str, ...] = ()


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
        check: Callable[[], SupportCheck] = lambda: support,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`library`, `embedder`, `reranker` and `check` are opened on first use; `llm(answerer)`
        gives the model for an answerer, None for the extractive one; LLMError when it cannot be
        had.
        """
        self._settings = settings
        self._library = library
        self._embedder = embedder
        self._llm = llm
        self._reranker = reranker
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
        log = _Log(self._clock)
        started = self._clock()
        yield Progress("searching", "searching the archive")
        library = self._library()
        chosen: tuple[LLM | None, str] | None = None
        if history and standalone(question, history, library.names):
            chosen = self._choose(answerer)
        alone = yield from self._alone(library, question, history, chosen, log)
        with log.timed("question"):
            rewritten, understood = self._understand(library, question, alone, scope)
        if understood.kind in _SURVEYED:
            answer = self._survey(library, question, rewritten, understood, log)
            if answer:
                yield self._finished(answer, started)
                return
        found = self._find(library, question, rewritten, understood, log)
        yield Progress("reading", _reading(found))
        if found.confidence < found.floor or not found.retrieved.hits:
            yield self._finished(self._withheld(library, found, log), started)
            return
        llm, why_not = chosen or self._choose(answerer)
        if why_not:
            log.notes.append(why_not)
        answer = yield from self._answer(library, found, llm, self._answerer_name(answerer), log)
        yield self._finished(answer, started)

    def search(self, query: str, k: int = 10, scope: Scope | None = None) -> SearchResult:
        """The `k` best messages for a query, one hit each; the empty result is no error."""
        library = self._library()
        _, understood = self._understand(library, query, None, scope)
        retrieved = merge(self._retrieve(library, understood, _Log(self._clock)))
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
        log: _Log,
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

    def _understand(
        self, library: Library, text: str, alone: Rewrite | None, scope: Scope | None
    ) -> tuple[str | None, Question]:
        spelled = self._mended(library, alone.text if alone else text)
        understood = understand(spelled, library.names)
        if alone and alone.by == "rules":
            understood = follow_up(understood, understand(text, library.names))
        shown = spelled if spelled != text else None
        return shown, override(understood, scope) if scope else understood

    def _mended(self, library: Library, text: str) -> str:
        """`text` without slips of the pen; names of people are matched by `rag.names`."""
        taken = {text[m.start : m.end].lower() for m in library.names.find(text)}
        return mended(
            text,
            is_known=library.is_known,
            is_word=lambda word: word in taken or self._embedder().count_tokens([word])[0] == 1,
            vocabulary=library.vocabulary,
        )

    def _find(
        self,
        library: Library,
        asked: str,
        rewritten: str | None,
        question: Question,
        log: _Log,
    ) -> _Found:
        each = self._retrieve(library, question, log)
        with log.timed("reading"):
            retrieved = merge(each)
            limit = self._settings.retrieval.messages
            ranked = tuple(
                tuple(candidates(part, found, library.rarity, messages=limit))
                for part, found in zip(asked_apart(question), each, strict=True)
            )
            signs = read_signs(question, retrieved, library.is_known)
        set_floor = self._settings.answering.floor
        return _Found(
            asked,
            rewritten,
            question,
            retrieved,
            ranked,
            confidence(signs),
            model_for(signs).floor if set_floor < 0 else set_floor,
            unknown_words(question, library.is_known),
        )

    def _retrieve(self, library: Library, question: Question, log: _Log) -> list[Retrieved]:
        """What was found for the question, then for each of its clauses."""
        searched = [in_context(part, question) for part in asked_apart(question)]
        with log.timed("embedding"):
            library.check_model(self._embedder())
            vectors = self._embedder().embed_queries([part.topic for part in searched])
        with log.timed("retrieval"):
            settings, reranker = self._settings.retrieval, self._reranker()
            return [
                retrieve(part, vector, library, settings, reranker)
                for part, vector in zip(searched, vectors, strict=True)
            ]

    def _survey(
        self,
        library: Library,
        asked: str,
        rewritten: str | None,
        question: Question,
        log: _Log,
    ) -> Answer | None:
        with log.timed("survey"):
            result = survey(question, library.mail)
            if result is None:
                return None
            composed, hits = survey_answer(result)
        found = _Found(asked, rewritten, question, Retrieved(hits), ())
        status: Status = (
            "answered" if result.found or question.kind == "count" else "not_in_archive"
        )
        return self._make(library, found, log, composed, status, answerer="extractive")

    def _answer(
        self,
        library: Library,
        found: _Found,
        llm: LLM | None,
        answerer: str,
        log: _Log,
    ) -> Generator[Event, None, Answer]:
        if llm is not None:
            written = yield from self._written(library, found, llm, log, answerer)
            if written is not None:
                return written
        return self._quoted(library, found, log)

    def _withheld(
        self, library: Library, found: _Found, log: _Log, answerer: str = "extractive"
    ) -> Answer:
        text = "Not in this archive."
        if found.unknown:
            text += f" No message mentions {', '.join(found.unknown)}."
        return self._make(library, found, log, stated(text), "not_in_archive", answerer=answerer)

    def _quoted(self, library: Library, found: _Found, log: _Log) -> Answer:
        most = self._settings.answering.max_sentences
        if found.question.kind == "change":
            picked = pick_dated(found.ranked[0], most=2 * most)
        elif len(found.ranked) > 1:
            picked = pick_each(found.ranked, most=most)
        else:
            picked = pick(found.ranked[0], most=most)
        if not picked:
            return self._withheld(library, found, log)
        return self._make(
            library, found, log, quote_answer(picked), "answered", answerer="extractive"
        )

    def _written(
        self,
        library: Library,
        found: _Found,
        llm: LLM,
        log: _Log,
        answerer: str,
    ) -> Generator[Event, None, Answer | None]:
        """The model's answer, checked; None (with a note) when the quotes must answer instead."""
        yield Progress("waiting", f"waiting for {llm.name}")
        try:
            with log.timed("llm"):
                written = yield from llm_answer.write(
                    found.question,
                    found.retrieved.hits,
                    llm,
                    self._settings,
                    llm_answer.Means(
                        self._line,
                        self._check(),
                        self._embedder(),
                        llm_answer.Patience(
                            self._settings.answering.first_token_timeout_s, log.waited_s
                        ),
                        library.full_names,
                    ),
                )
        except LLMError as error:
            log.notes.append(f"{error} - showing quotes from the mail instead")
            return None
        log.notes.extend(written.notes)
        log.dropped.extend(written.dropped)
        if written.refused:
            return self._withheld(library, found, log, answerer)
        answer = self._make(library, found, log, written.composed, "answered", answerer=answerer)
        trace = replace(
            answer.trace,
            model=llm.name,
            prompt_tokens=written.usage.prompt_tokens,
            answer_tokens=written.usage.answer_tokens,
        )
        return replace(answer, raw_text=written.raw_text, trace=trace)

    def _make(
        self,
        library: Library,
        found: _Found,
        log: _Log,
        composed: Composed,
        status: Status,
        *,
        answerer: str,
    ) -> Answer:
        hits = found.retrieved.hits
        trace = Trace(
            scope=found.question.scope,
            rewritten_question=found.rewritten,
            rewritten_by=log.rewritten_by,
            question_kind=found.question.kind,
            confidence=round(found.confidence, 4),
            floor=found.floor,
            dropped=tuple(log.dropped),
            notes=tuple(log.notes),
            timings_ms=dict(log.timings),
        )
        return Answer(
            question=found.asked,
            text=composed.text,
            raw_text=composed.text,
            status=status,
            sentences=composed.sentences,
            citations=composed.citations,
            hits=hits,
            near_misses=hits[:3] if status == "not_in_archive" else (),
            answerer=answerer,
            settings_hash=f"{self._settings.behaviour_hash()}-{library.stamp_hash}",
            trace=trace,
        )

    def _finished(self, answer: Answer, started: float) -> Answer:
        total = round((self._clock() - started) * 1000, 2)
        timings = {**answer.trace.timings_ms, "total": total}
        return replace(answer, trace=replace(answer.trace, timings_ms=timings))


def _reading(found: _Found) -> str:
    count = len({c.email.id for ranked in found.ranked for c in ranked})
    return f"reading {count} message{'s' * (count != 1)}"
