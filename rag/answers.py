"""Answers made of what was found: quotes, surveys, "Not in this archive", each with its trace."""

from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from rag.compose import Composed, headed, quote_answer, stated
from rag.config import Settings
from rag.extract import pick, pick_dated, pick_each
from rag.finding import Found
from rag.introduction import (
    asked_who,
    introduction,
    is_by_another,
    message_of,
    named_by_others,
)
from rag.library import Library
from rag.log import Log
from rag.model import WITHHELD, Answer, Scope, Status, Trace
from rag.question import Question
from rag.retrieve import Retrieved, in_period
from rag.survey import Survey, entries, survey, survey_answer

#: Question kinds that are answered by looking at every message.
_SURVEYED = frozenset({"count", "list", "first", "last"})
_UNASKED = "That asks nothing of the mail: ask who wrote something, when, why or how often."


@dataclass(frozen=True, slots=True)
class Desk:
    """What every answer to a question is made with."""

    settings: Settings
    library: Library
    log: Log

    def surveyed(self, asked: str, rewritten: str | None, question: Question) -> Answer | None:
        """The answer of a look at every message; None for questions that need none."""
        if question.kind not in _SURVEYED:
            return None
        with self.log.timed("survey"):
            result = survey(question, self.library, self.library.names)
            if result is None or self._asks_for_more(result):
                return None
            composed, hits = survey_answer(result, self.library)
        is_answer = bool(result.found) or question.kind == "count"
        found = Found(asked, rewritten, question, Retrieved(hits))
        return self.answer(found, composed, "answered" if is_answer else "not_in_archive")

    def _asks_for_more(self, result: Survey) -> bool:
        """True when no message holds all the words, but each stands somewhere: no word to look up.

        A count of none is an answer all the same.
        """
        words = result.stems
        known = bool(words) and all(self.library.is_known(stem) for stem in words)
        return not result.found and known and result.question.kind != "count"

    def unwritten(self, found: Found) -> Answer:
        """The answer without a language model."""
        return self.introduced(found) or (
            self.quoted(found) if found.is_sure else self.withheld(found)
        )

    def quoted(self, found: Found) -> Answer:
        """The sentences of the mail that answer best."""
        most = self.settings.answering.max_sentences
        if found.question.kind == "change":
            ranked, scope = found.ranked[0], found.question.scope
            in_time = [c for c in ranked if in_period(c.email, scope)]
            picked = pick_dated(in_time or ranked, most=2 * most, middle=_middle(scope))
        elif len(found.ranked) > 1:
            picked = pick_each(found.ranked, most=most)
        else:
            picked = pick(found.ranked[0], most=most)
        return self.answer(found, quote_answer(picked)) if picked else self.withheld(found)

    def introduced(self, found: Found) -> Answer | None:
        """Who the person is that is asked for: what their mail tells, and what others wrote that
        was found for it or names them. None for other questions.
        """
        most, library = self.settings.answering.max_sentences, self.library
        names = [name for name in asked_who(found.question) if name in library.full_names]
        if not names:
            return None
        best = pick(found.ranked[0], most=most) if found.is_sure else []
        picked = [candidate for candidate in best if is_by_another(candidate.author, names)]
        if not picked:
            emails = [hit.email for hit in found.retrieved.hits]
            picked = list(islice(named_by_others(names, emails, library.names), most))
        if not picked:
            first = library.emails(message_of(name, library.headers) for name in names)
            picked = [c for email in first.values() for c in entries(email, frozenset(), 1)]
        line = " ".join(introduction(name, library.headers) for name in names)
        return self.answer(replace(found, confidence=1.0), headed(line, quote_answer(picked)))

    def unasked(self, asked: str) -> Answer:
        """What is said to thanks and greetings."""
        question = Question(asked, asked, "fact", "text", Scope())
        found = Found(asked, None, question, Retrieved(()), confidence=0.0)
        return self.answer(found, stated(_UNASKED), "not_in_archive")

    def withheld(self, found: Found, answerer: str = "extractive") -> Answer:
        """That the archive does not answer, with the nearest messages."""
        text = WITHHELD
        if found.unknown:
            text += f" No message mentions {', '.join(found.unknown)}."
        return self.answer(found, stated(text), "not_in_archive", answerer)

    def answer(
        self,
        found: Found,
        composed: Composed,
        status: Status = "answered",
        answerer: str = "extractive",
    ) -> Answer:
        """An answer that says what was composed, with all that was done for it so far."""
        hits = found.retrieved.hits
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
            settings_hash=f"{self.settings.behaviour_hash()}-{self.library.stamp_hash}",
            trace=self._trace(found),
        )

    def _trace(self, found: Found) -> Trace:
        return Trace(
            scope=found.question.scope,
            rewritten_question=found.rewritten,
            rewritten_by=self.log.rewritten_by,
            question_kind=found.question.kind,
            confidence=round(found.confidence, 4),
            floor=found.floor,
            dropped=tuple(self.log.dropped),
            notes=tuple(self.log.notes),
            timings_ms=dict(self.log.timings),
        )


def _middle(scope: Scope) -> date | None:
    """The day in the middle of a period that has two ends."""
    if not (scope.since and scope.until):
        return None
    return scope.since + (scope.until - scope.since) / 2
