"""What can be read off a sentence of found mail to judge how well it answers a question. Pure."""

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ingest.model import Email, Person
from ingest.sentences import split_sentences
from rag.model import Hit
from rag.question import Question, expected
from rag.terms import terms

Rarity = Callable[[str], float]

#: A sentence that is searched: offsets into the body and its writer.
Span = tuple[int, int, Person | None]

_TYPE_SIGNS: Mapping[str, re.Pattern[str]] = {
    "amount": re.compile(r"\d"),
    "date": re.compile(
        r"\b(?:\d{4}|\d{1,2}(?:st|nd|rd|th)|Q[1-4]|(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|tomorrow"
        r"|tonight|yesterday|week|month|year|jan|feb|march|april|may|june|july|aug|sep|oct|nov|dec)",
        re.IGNORECASE,
    ),
    "person": re.compile(r"(?<![.!?]\s)(?<!^)\b[A-Z][a-z]+"),
    "place": re.compile(r"\b(?:in|at|to|from|near)\s+(?:the\s+)?[A-Z][a-z]+"),
    "reason": re.compile(
        r"\b(?:because|since|so\s+that|due\s+to|reason|as|therefore|thus|to\s+\w+|for|want\w*|concern\w*)\b",
        re.IGNORECASE,
    ),
}
_CONTENT = re.compile(r"\w")
_NAMES = r"[A-Z][\w.'’-]*(?:(?:,|,?\s+(?:and|&))?\s+[A-Z][\w.'’-]*){0,4}"
#: "Hi Ada," and a last "- Tom & Mary": to whom and by whom, which is told beside each quote.
_SALUTATION = re.compile(rf"(?:(?i:hi|hello|hey|dear)\s+)?{_NAMES}\s*,")
_SIGNED = re.compile(rf"[-–—]+\s*{_NAMES}")
_ADDRESS = re.compile(r"https?://\S+")
#: Content words below which a sentence says next to nothing.
_SHORT = 3


@dataclass(frozen=True, slots=True)
class SentenceSigns:
    """The signs, each in [0, 1] but for cosines, which may be below 0."""

    #: Best cosine of the question with a passage that holds the sentence.
    similarity: float = 0.0
    #: Best cosine of the question with one of the finding aid that points to the sentence.
    pointed: float = 0.0
    #: The same over those that ask for the same kind of thing (a date, a person, a reason).
    pointed_alike: float = 0.0
    #: `pointed` of the sentences beside it.
    pointed_beside: float = 0.0
    #: Share of the question's words, weighted by rarity, that the sentence holds.
    overlap: float = 0.0
    #: Most that the sentence holds together with one question of the finding aid.
    reached: float = 0.0
    #: `overlap` of the sentences beside it.
    overlap_beside: float = 0.0
    #: 1 when the sentence holds the kind of thing asked for.
    expected: float = 0.0
    #: 1 when its writer is one whose words are asked for.
    asked_author: float = 0.0
    #: `reached` of the best sentence of what its message answers, when a reply is asked for.
    asked_reply: float = 0.0
    #: 1 for a sentence of next to no words in a message of several.
    short: float = 0.0


def sentences(email: Email) -> list[Span]:
    """Sentences that are searched, with their author, less bare links, rules and salutations."""
    return [span for span, _ in _sentences(email)]


def _sentences(email: Email) -> list[tuple[Span, frozenset[str]]]:
    """The same, each with its stems."""
    return [
        ((segment.start + start, segment.start + end, segment.author), stems)
        for segment in email.segments
        if segment.is_searched
        for start, end, stems in _read(email.body[segment.start : segment.end])
    ]


@lru_cache(maxsize=4096)
def _read(text: str) -> tuple[tuple[int, int, frozenset[str]], ...]:
    """Start, end and stems of each sentence of a segment."""
    spans = split_sentences(text)
    return tuple(
        (start, end, _stems(text[start:end]))
        for i, (start, end) in enumerate(spans, 1)
        if _says_something(text[start:end], is_last=i == len(spans) > 1)
    )


def _says_something(sentence: str, *, is_last: bool) -> bool:
    if _SALUTATION.fullmatch(sentence) or (is_last and _SIGNED.fullmatch(sentence)):
        return False
    return bool(_CONTENT.search(_ADDRESS.sub("", sentence)))


def signs_of(
    question: Question,
    email: Email,
    passages: Sequence[Hit],
    rarity: Mapping[str, float],
) -> list[tuple[Span, SentenceSigns]]:
    """The sentences of a message, in order, with their signs.

    `passages` of the message were found; `rarity` weighs each stem of the question.
    """
    found = _sentences(email)
    spans, held = [span for span, _ in found], [stems for _, stems in found]
    total = sum(rarity.values()) or 1.0
    asked = _Asked(question, {stem: weight / total for stem, weight in rarity.items()})
    asked_in = [asked.stems_in(stems) for stems in held]
    overlaps = [asked.share(stems) for stems in asked_in]
    near = _nearest_to_each(asked, spans, asked_in, passages)
    return [
        (
            span,
            SentenceSigns(
                similarity=near.similarity[i],
                pointed=near.pointed[i],
                pointed_alike=near.pointed_alike[i],
                pointed_beside=_beside(near.pointed, i),
                overlap=overlaps[i],
                reached=max(near.reached[i], overlaps[i]),
                overlap_beside=_beside(overlaps, i),
                expected=asked.is_expected_in(email.body[span[0] : span[1]]),
                asked_author=asked.is_asked(span[2]),
                short=float(len(held[i]) < _SHORT < len(spans)),
            ),
        )
        for i, span in enumerate(spans)
    ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as sentences are held against it."""

    question: Question
    #: What each stem is of the question, by rarity; 1 together.
    shares: Mapping[str, float]

    def stems_in(self, held: frozenset[str]) -> frozenset[str]:
        """The stems of the question that stand in these."""
        return held.intersection(self.shares)

    def share(self, stems: Collection[str]) -> float:
        """Share of the question that these of its stems are, by rarity."""
        return sum(w for stem, w in self.shares.items() if stem in stems)

    def is_expected_in(self, text: str) -> float:
        sign = _TYPE_SIGNS.get(self.question.expects)
        return float(bool(sign and sign.search(text)))

    def is_asked(self, author: Person | None) -> float:
        wanted = self.question.responders or self.question.scope.senders
        return float(author is not None and author.name in wanted)


@dataclass(frozen=True, slots=True)
class _Near:
    """Signs of each sentence that come from the passages that hold it."""

    similarity: list[float]
    pointed: list[float]
    pointed_alike: list[float]
    reached: list[float]


def _nearest_to_each(
    asked: _Asked, spans: Sequence[Span], held: Sequence[frozenset[str]], passages: Sequence[Hit]
) -> _Near:
    """`held`: the stems of the question in each sentence."""
    near = _Near(*([0.0] * len(spans) for _ in range(4)))
    for hit in passages:
        cosine, hint = hit.similarity or 0.0, hit.chunk.hint
        is_alike = bool(hint) and expected(hint) == asked.question.expects
        pointing = asked.stems_in(_stems(hint))
        for i in _held_by(hit, spans):
            if not hint:
                near.similarity[i] = max(near.similarity[i], cosine)
                continue
            near.pointed[i] = max(near.pointed[i], cosine)
            near.reached[i] = max(near.reached[i], asked.share(held[i] | pointing))
            if is_alike:
                near.pointed_alike[i] = max(near.pointed_alike[i], cosine)
    return near


def _held_by(hit: Hit, spans: Sequence[Span]) -> Iterator[int]:
    """Which sentences, in ascending order, share a character with the passage."""
    i = bisect_right(spans, hit.chunk.start, key=lambda span: span[1])
    while i < len(spans) and spans[i][0] < hit.chunk.end:
        yield i
        i += 1


@lru_cache(maxsize=32768)
def _stems(text: str) -> frozenset[str]:
    return frozenset(terms(text))


def _beside(values: Sequence[float], i: int) -> float:
    return max([*values[max(0, i - 1) : i], *values[i + 1 : i + 2]], default=0.0)
