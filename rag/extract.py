"""Answering without a language model: the one to three sentences of the mail that answer best.

Sentences are scored by a fixed linear model over signs that can be read off question and mail; it
names no question.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import takewhile

from ingest.chunk import heading
from ingest.model import Email, Person
from rag.question import Question
from rag.retrieve import Retrieved
from rag.signs import Rarity, SentenceSigns, signs_of
from rag.terms import terms
from rag.weighing import weighted_sum


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of the signs of a sentence; `message` weighs the score of its message.

    Fitted as eval/README.md tells ("Where the weights come from"), but for `message` (3.3 there),
    raised on the dev split for more right citations, and `asked_reply`: a reply counts as if it
    held the words of what it answers, so it weighs as much as `overlap` and `reached` together.
    """

    message: float = 6.0
    similarity: float = 3.2
    pointed: float = 5.5
    pointed_alike: float = 3.4
    pointed_beside: float = 1.1
    overlap: float = 0.9
    reached: float = 6.4
    overlap_beside: float = 0.0
    expected: float = 0.3
    asked_author: float = 1.0
    asked_reply: float = 8.0
    short: float = 0.2


WEIGHTS = Weights()
_SIGNS = tuple(SentenceSigns.__slots__)

#: A sentence this much below the best one gets no quote of its own.
MARGIN = 1.5
#: A sentence this much below the best one makes no quote longer. On the dev split as many answers
#: are right with 2 to 6.
MARGIN_BESIDE = 4.0
#: What is this much below the best sentence is no part of a course of events. Of eight such
#: questions asked over both texts it keeps all of 36 right messages and 37 of 92 others.
MARGIN_DATED = 4.5
#: Sentences side by side that tell of one date.
_DATED_SENTENCES = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of the mail with the signs it is judged by; offsets into `email.body`."""

    email: Email
    start: int
    end: int
    author: Person | None
    #: Score of the whole message (see `rag.retrieve`).
    message: float = 0.0
    signs: SentenceSigns = field(default_factory=SentenceSigns)
    #: Log-odds, within -6 and 6, that it answers the question by itself; None if nobody read it.
    answers: float | None = None
    #: What the score is raised by for that.
    raised: float = 0.0

    @property
    def text(self) -> str:
        """The sentence as it stands in the message."""
        return self.email.body[self.start : self.end]

    @property
    def heading(self) -> str:
        """Who wrote it to whom, when and about what, as passages are indexed with it."""
        holder = (s for s in self.email.segments if s.start <= self.start < s.end)
        role = next((segment.role for segment in holder), "own")
        return heading(self.email, self.author, role)

    def is_beside(self, other: "Candidate") -> bool:
        """True when nothing stands between this sentence and the other, of the same writer."""
        first, second = (self, other) if self.start <= other.start else (other, self)
        return (
            self.email.id == other.email.id
            and self.author == other.author
            and first.end <= second.start
            and not self.email.body[first.end : second.start].strip()
        )

    @property
    def score(self) -> float:
        """Weighted sum of the signs."""
        own = weighted_sum(self.signs, WEIGHTS, _SIGNS)
        return WEIGHTS.message * self.message + own + self.raised


def candidates(
    question: Question, retrieved: Retrieved, rarity: Rarity, *, messages: int
) -> list[Candidate]:
    """The sentences of the best messages, best first; ties by message order and offset."""
    weighted = {stem: rarity(stem) for stem in dict.fromkeys(terms(question.topic))}
    found = {
        hit.email.id: [
            Candidate(hit.email, *span, hit.score, signs)
            for span, signs in signs_of(
                question, hit.email, retrieved.passages.get(hit.email.id, (hit,)), weighted
            )
        ]
        for hit in retrieved.hits[:messages]
    }
    for reply, answered in retrieved.replies.items():
        best = max((c.signs.reached for c in found.get(answered, ())), default=0.0)
        replied = (
            replace(c, signs=replace(c.signs, asked_reply=best)) for c in found.get(reply, ())
        )
        found[reply] = list(replied)
    return sorted((c for each in found.values() for c in each), key=lambda c: -c.score)


def pick(ranked: Sequence[Candidate], *, most: int) -> list[Candidate]:
    """The sentences of up to `most` quotes that say different things and are near the best one.

    Best first. A sentence right beside one that is quoted makes that quote longer instead of being
    one more; there are at most twice as many sentences as quotes.
    """
    return _more([], ranked, most=most)


def pick_each(ranked: Sequence[Sequence[Candidate]], *, most: int) -> list[Candidate]:
    """The best sentence for each clause, then more for the whole question (`ranked[0]`)."""
    whole, *clauses = ranked
    chosen: list[Candidate] = []
    for found in clauses[:most]:
        chosen += _more(chosen, found, most=most)[len(chosen) :][:1]
    return _more(chosen, whole, most=most)


def _more(
    chosen: Sequence[Candidate], ranked: Sequence[Candidate], *, most: int
) -> list[Candidate]:
    """`chosen`, then what `ranked` adds to it."""
    found = list(chosen)
    best = ranked[0].score if ranked else 0.0
    for candidate in ranked:
        behind = best - candidate.score
        if behind > MARGIN_BESIDE or len(found) == 2 * most:
            break
        quotes = len(joined([*found, candidate]))
        is_new = quotes > len(joined(found))
        fits = quotes <= most and not (is_new and behind > MARGIN)
        if fits and not _is_taken(candidate, found):
            found.append(candidate)
    return found


def joined(picked: Sequence[Candidate]) -> list[list[Candidate]]:
    """Sentences that stand side by side together, each group in the order of its first."""
    groups: list[list[Candidate]] = []
    for candidate in picked:
        beside = [g for g in groups if any(candidate.is_beside(other) for other in g)]
        if not beside:
            groups.append([candidate])
            continue
        for other in beside[1:]:
            beside[0].extend(other)
            groups.remove(other)
        beside[0].append(candidate)
    return groups


def pick_dated(
    ranked: Sequence[Candidate], *, most: int, middle: date | None = None
) -> list[Candidate]:
    """A quote of each of the best messages that are near the best one, in time order.

    With `middle`, at least one of up to that day and one of after it, where there are any.
    """
    quotes: dict[str, list[Candidate]] = {}
    sides = _sides(ranked, middle) if middle else []
    near = takewhile(lambda c: ranked[0].score - c.score <= MARGIN_DATED, ranked)
    for candidate in [*sides, *near]:
        quote = quotes.setdefault(candidate.email.id, [])
        is_beside = not quote or any(candidate.is_beside(other) for other in quote)
        if is_beside and len(quote) < _DATED_SENTENCES:
            quote.append(candidate)
    dated = [q for q in list(quotes.values())[:most] if q[0].email.sent_at]
    return [c for q in sorted(dated, key=lambda q: (q[0].email.sent_at, q[0].email.id)) for c in q]


def _sides(ranked: Sequence[Candidate], middle: date) -> list[Candidate]:
    """The best sentence of up to that day and of after it, best first."""
    dated = [(c, c.email.sent_at.date() > middle) for c in ranked if c.email.sent_at]
    firsts = [next((c for c, later in dated if later is side), None) for side in (False, True)]
    return sorted((c for c in firsts if c), key=lambda c: -c.score)


def _is_taken(candidate: Candidate, chosen: Sequence[Candidate]) -> bool:
    return any(_same_words(candidate, other) for other in chosen)


def _same_words(one: Candidate, other: Candidate) -> bool:
    if one.email.id == other.email.id and one.start < other.end and other.start < one.end:
        return True
    a, b = set(terms(one.text)), set(terms(other.text))
    return bool(a and b) and len(a & b) / min(len(a), len(b)) > 0.9
