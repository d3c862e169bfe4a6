"""From a model's answer to checked citations: markers are resolved, quotes found, claims graded.

A citation is a whole sentence or two of a shown message; `body[start:end] == quote` by type.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ingest.model import Email
from rag.markers import Statement, statements, with_markers
from rag.model import Citation, Passage, Sentence, Support
from rag.spans import Span, Unit, choose, quotes_stand, units_of
from rag.support import support
from rag.terms import terms

_THIRD = re.compile(
    r"\b(?:he|she|they|him|her|them|his|their|it|its|this|that|those)\b", re.IGNORECASE
)
_WE = re.compile(r"\b(?:we|our|us|ours)\b", re.IGNORECASE)
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][A-Za-z]*[A-Z]?[\w.]*")


class SupportCheck(Protocol):
    """Grades a sentence against quotes: `rag.support.support` or an entailment model."""

    def __call__(
        self,
        sentence: str,
        evidence: Sequence[str],
        *,
        authors: Sequence[str],
        similarity: float | None,
        context: Sequence[str],
        recipients: Sequence[str],
        people: Sequence[str],
    ) -> Support:
        """How far the quotes bear the sentence out."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A checked answer. Sentence texts and `text` carry `[n]`, all of which are citations.

    `dropped` says in one line each which markers were taken out and why.
    """

    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    text: str
    dropped: tuple[str, ...]


def resolve(
    raw_text: str,
    passages: Mapping[int, Passage],
    *,
    check: SupportCheck = support,
    similarity: Callable[[str, str], float] | None = None,
    people: Sequence[str] = (),
) -> Resolved:
    """The sentences of an answer with their verified citations, numbered in order of first use.

    `passages` are those that the model was shown, by number. `similarity` gives the cosine of two
    texts; `people` are full names of the archive besides those of the passages. A sentence that
    cites nothing may rest on the citation after it in its paragraph, or on any passage that fully
    supports it; one that cites only what does not exist is unsupported.
    """
    units = {n: units_of(passage) for n, passage in passages.items()}
    named = _unique([*people, *(name for p in passages.values() for name in _people(p.email))])
    judge = _Judge(units, check, similarity, tuple(named))
    book = _Book()
    dropped: list[str] = []
    sentences: list[Sentence] = []
    text = ""
    for statement in statements(raw_text, passages.keys()):
        dropped.extend(f"[{n}] was removed: no such passage was shown" for n in statement.unknown)
        chosen, grade = judge.judge(statement)
        numbers = tuple(dict.fromkeys(book.number(span) for span in chosen))
        marked = with_markers(statement.text, numbers)
        sentences.append(Sentence(marked, numbers, grade))
        text += statement.gap + marked
    return Resolved(tuple(sentences), tuple(book.citations), text.strip(), tuple(dropped))


class _Book:
    """Numbers spans in order of first use; a span that comes again keeps its number."""

    def __init__(self) -> None:
        self.citations: list[Citation] = []
        self._numbers: dict[tuple[str, int, int], int] = {}

    def number(self, units: Span) -> int:
        first, last = units[0], units[-1]
        email = first.passage.email
        key = (email.id, first.start, last.end)
        if key not in self._numbers:
            self._numbers[key] = len(self.citations) + 1
            quote = email.body[first.start : last.end]
            made = Citation(self._numbers[key], email, first.start, last.end, quote, first.author)
            self.citations.append(made)
        return self._numbers[key]


@dataclass(frozen=True, slots=True)
class _Judge:
    """Finds the spans that a statement rests on and grades it against them."""

    units: Mapping[int, Sequence[Unit]]
    check: SupportCheck
    similarity: Callable[[str, str], float] | None
    people: tuple[str, ...]

    def judge(self, statement: Statement) -> tuple[list[Span], Support]:
        """The spans, and how well they bear the statement."""
        if statement.cited:
            chosen = [s for n in statement.cited for s in choose(statement.text, self.units[n])]
            grade = self._grade(statement.text, chosen)
            return chosen, "partly" if statement.unknown and grade == "supported" else grade
        if not statement.unknown:
            found = self._anywhere(statement.text)
            if found and self._grade(statement.text, found) == "supported":
                return found, "supported"
        return [], "unsupported"

    def _anywhere(self, text: str) -> list[Span]:
        """The best spans of the passage that shares most words with the text."""
        stems = frozenset(terms(text))
        pools = [pool for _, pool in sorted(self.units.items()) if pool]
        best = max(pools, key=lambda pool: max(len(stems & u.stems) for u in pool), default=None)
        return choose(text, best) if best else []

    def _grade(self, text: str, spans: Sequence[Span]) -> Support:
        quotes = [" ".join(unit.text for unit in span) for span in spans]
        if not quotes or not quotes_stand(text, spans):
            return "unsupported"
        emails = list({span[0].passage.email.id: span[0].passage.email for span in spans}.values())
        near = max(self.similarity(text, q) for q in quotes) if self.similarity else None
        return self.check(
            text,
            quotes,
            authors=_unique(writer.name for span in spans if (writer := span[0].author)),
            similarity=near,
            context=[
                *(line for email in emails for line in _context(email)),
                *(line for span in spans for line in _antecedents(span)),
            ],
            recipients=_unique(person.name for email in emails for person in email.recipients),
            people=self.people,
        )


def _people(email: Email) -> list[str]:
    """Everyone the message names in its header or as a writer."""
    writers = (segment.author for segment in email.segments)
    everyone = (email.sender, *email.recipients, *writers)
    return [person.name for person in everyone if person]


def _antecedents(span: Span) -> list[str]:
    """What "they" and "we" in a span may stand for: the sentences before it, names in the mail."""
    unit, quote = span[0], " ".join(unit.text for unit in span)
    found: list[str] = []
    if _THIRD.search(quote):
        segment = unit.passage.email.segments[unit.segment]
        body = unit.passage.email.body[max(segment.start, unit.start - 300) : unit.start]
        found.extend(_unique(_NAME.findall(body)))
    if _WE.search(quote):
        found.extend(_unique(_NAME.findall(unit.passage.text)))
    return found


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _context(email: Email) -> list[str]:
    """What the header says, in the words an answer may use: date, time, people, subject."""
    lines = [email.sender.name, *(person.name for person in email.recipients), email.subject]
    if email.sent_at:
        when = email.sent_at
        lines.append(f"{when.day} {when:%B %Y}, {when:%A}")
    if email.sent_at and email.time_known:
        lines.append(f"{email.sent_at.hour % 12 or 12}:{email.sent_at:%M}, {email.sent_at:%H:%M}")
    return lines
