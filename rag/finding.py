"""From the words of a question to the sentences that may answer it, and how sure that is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from rag.clauses import asked_apart, in_context
from rag.confidence import confidence, model_for, read_signs, unknown_words
from rag.config import Settings
from rag.extract import Candidate, candidates
from rag.library import Library
from rag.log import Log
from rag.model import Scope
from rag.ports import AnswerSelector, Embedder, Reranker
from rag.question import Question, follow_up, override, understand
from rag.retrieve import Retrieved, merge, retrieve
from rag.rewrite import Rewrite
from rag.selection import AIDED, BARE, selected
from rag.spelling import mended
from rag.terms import terms

#: How near a follow-up by itself must be to a passage, as cosine, to ask about the archive when it
#: brings in a word that stands nowhere; with a finding aid and without. Of 48 invented ones about
#: something foreign ("what about the lighthouse?") 36 and 28 are refused, of 64 that go on in other
#: words ("was money the obstacle?") none; at 0.5 and 0.3 it was 40 and 36, and 12 and 4.
NEAR_AIDED, NEAR_BARE = 0.45, 0.25


@dataclass(frozen=True, slots=True)
class Found:
    """What was understood and found for a question.

    `ranked` has the sentences for the whole question, then for each of its clauses, best first.
    """

    asked: str
    #: The question as it was read, where that differs from `asked`.
    rewritten: str | None
    question: Question
    retrieved: Retrieved
    ranked: tuple[tuple[Candidate, ...], ...] = ()
    confidence: float = 1.0
    floor: float = 0.0
    #: Names in the question that stand nowhere in the archive.
    unknown: tuple[str, ...] = ()

    @property
    def is_sure(self) -> bool:
        """True when something was found that may well answer."""
        return bool(self.retrieved.hits) and self.confidence >= self.floor


class Finder:
    """Understands questions and searches a library for them."""

    def __init__(
        self,
        settings: Settings,
        embedder: Callable[[], Embedder],
        reranker: Callable[[], Reranker | None],
        selector: Callable[[], tuple[AnswerSelector | None, str]],
    ) -> None:
        """`embedder`, `reranker` and `selector` (and why there is none) are opened on first use."""
        self._settings = settings
        self._embedder = embedder
        self._reranker = reranker
        self._selector = selector

    def understand(
        self, library: Library, text: str, alone: Rewrite | None, scope: Scope | None
    ) -> tuple[str | None, Question]:
        """How the question is read, where that differs from `text`, and what it asks.

        `alone` is the stand-alone form of a follow-up; `scope` goes over what the words say.
        """
        spelled = self._mended(library, alone.text if alone else text)
        understood = understand(spelled, library.names)
        if alone and alone.by == "rules":
            understood = follow_up(understood, understand(alone.asked, library.names))
        if alone:
            # A word that was misspelt stands in the archive.
            kept = set(terms(spelled))
            new = tuple(word for word in alone.new if kept.issuperset(terms(word)))
            understood = replace(understood, new=new)
        shown = spelled if spelled != text else None
        return shown, override(understood, scope) if scope else understood

    def find(
        self, library: Library, asked: str, rewritten: str | None, question: Question, log: Log
    ) -> Found:
        """The messages and sentences for a question that was understood."""
        each, parts = self.retrieve(library, question, log), asked_apart(question)
        with log.timed("reading"):
            retrieved = merge(each)
            limit = self._settings.retrieval.messages
            ranked = tuple(
                tuple(candidates(part, found, library.rarity, messages=limit))
                for part, found in zip(parts, each, strict=True)
            )
        with log.timed("selecting"):
            ranked = self._selected(parts, ranked, retrieved, log)
            signs = [
                read_signs(part, found, sentences, library.is_known)
                for part, found, sentences in zip(
                    parts, [retrieved, *each[1:]], ranked, strict=True
                )
            ]
            # Of several things asked at once no sentence and no question of an aid asks all.
            whole, *clauses = map(confidence, signs)
            sure = max(whole, fmean(clauses or [whole]))
            near = NEAR_AIDED if retrieved.is_aided else NEAR_BARE
            foreign = self._foreign(library, asked, question, near)
        if foreign:
            log.notes.append(f"nothing that was found is about {', '.join(foreign)}")
        set_floor = self._settings.answering.floor
        return Found(
            asked,
            rewritten,
            question,
            retrieved,
            ranked,
            0.0 if foreign else sure,
            model_for(signs[0]).floor if set_floor < 0 else set_floor,
            tuple(dict.fromkeys([*unknown_words(question, library.is_known), *foreign])),
        )

    def _selected(
        self,
        parts: Sequence[Question],
        ranked: tuple[tuple[Candidate, ...], ...],
        retrieved: Retrieved,
        log: Log,
    ) -> tuple[tuple[Candidate, ...], ...]:
        """The sentences for each clause, or for the question, read beside it by the selector.

        Of a change no sentence tells more than a part: those are not read.
        """
        selector, why_not = self._selector()
        log.notes.extend([why_not] if why_not else [])
        if selector is None or parts[0].kind == "change":
            return ranked
        reading = AIDED if retrieved.is_aided else BARE
        unread = parts[0] if len(parts) > 1 else None
        return tuple(
            found if part is unread else selected(part, found, selector, reading)
            for part, found in zip(parts, ranked, strict=True)
        )

    def _foreign(
        self, library: Library, asked: str, question: Question, near: float
    ) -> tuple[str, ...]:
        """The words of a follow-up that ask about something the archive does not tell of.

        What was found for it may be all about what was asked before.
        """
        unknown = tuple(
            word for word in question.new if not all(map(library.is_known, terms(word)))
        )
        if not unknown:
            return ()
        (vector,) = self._embedder().embed_queries([asked])
        nearest = library.dense(vector, 1, question.scope)
        return () if nearest and nearest[0].similarity >= near else unknown

    def retrieve(self, library: Library, question: Question, log: Log) -> list[Retrieved]:
        """What was found for the question, then for each of its clauses."""
        searched = [in_context(part, question) for part in asked_apart(question)]
        with log.timed("embedding"):
            library.check_model(self._embedder())
            topics = [part.topic for part in searched]
            vectors = library.projected(self._embedder().embed_queries(topics))
        with log.timed("retrieval"):
            settings, reranker = self._settings.retrieval, self._reranker()
            return [
                retrieve(part, vector, library, settings, reranker)
                for part, vector in zip(searched, vectors, strict=True)
            ]

    def _mended(self, library: Library, text: str) -> str:
        """`text` without slips of the pen; names of people are matched by `rag.names`."""
        taken = {text[m.start : m.end].lower() for m in library.names.find(text)}
        return mended(
            text,
            is_known=library.is_known,
            is_word=lambda word: word in taken or self._embedder().count_tokens([word])[0] == 1,
            vocabulary=library.vocabulary,
        )
