"""Finds the sentences of a shown message that a statement rests on. Pure; offsets into the body."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from ingest.model import INDEXED_ROLES, Person
from ingest.sentences import split_sentences
from rag.facts import read_facts
from rag.markers import without_markers
from rag.model import Passage
from rag.terms import terms

#: Sentences of one message that one statement may rest on.
MOST_UNITS = 3
#: Share of the statement's weighted words that a further sentence must add.
_WORTH_ADDING = 0.15
#: Words in quotation marks from which on they must stand in the mail just so.
_QUOTED_WORDS = 4

_QUOTE = re.compile(r"[\"“„«]([^\"“”„«»]{1,2000})[\"”“»]")
_GAP = re.compile(r"\s*(?:\.\.\.|…|\[[^\]]*\])\s*")
_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-"})


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence of a passage that can be quoted: offsets into the body, stems, writer."""

    passage: Passage
    start: int
    end: int
    stems: frozenset[str]
    author: Person | None
    segment: int

    @property
    def text(self) -> str:
        """The sentence as it stands in the mail."""
        return self.passage.email.body[self.start : self.end]


#: One or two neighbouring sentences of one segment.
Span = tuple[Unit, ...]


def units_of(passage: Passage) -> tuple[Unit, ...]:
    """The quotable sentences of a passage; none crosses a segment or leaves the passage."""
    body = passage.email.body
    found: list[Unit] = []
    for index, segment in enumerate(passage.email.segments):
        low, high = max(segment.start, passage.start), min(segment.end, passage.end)
        if segment.role not in INDEXED_ROLES or low >= high:
            continue
        for start, end in split_sentences(body[low:high]):
            stems = _stems(body[low + start : low + end])
            made = Unit(passage, low + start, low + end, stems, segment.author, index)
            found.append(made)
    return tuple(found)


def choose(text: str, pool: Sequence[Unit]) -> list[Span]:
    """The sentences of one passage that cover the text best, neighbours joined in twos.

    Greedy set cover over stems, rare ones counting more; what the claimed speaker wrote and what
    holds a quotation of the text goes first.
    """
    if not pool:
        return []
    wanted = _stems(text)
    weights = {stem: _rarity(stem, pool) for stem in wanted}
    bonus = [_bonus(unit, text, pool) for unit in pool]
    chosen: list[int] = []
    covered: frozenset[str] = frozenset()
    while len(chosen) < MOST_UNITS:
        gains = [
            bonus[i] * sum(weights[stem] for stem in (unit.stems & wanted) - covered)
            for i, unit in enumerate(pool)
        ]
        best = max(range(len(pool)), key=lambda i: (gains[i], -len(pool[i].stems), -i))
        if chosen and (gains[best] < _WORTH_ADDING * sum(weights.values()) or best in chosen):
            break
        chosen.append(best)
        covered |= pool[best].stems
    return _joined([pool[i] for i in sorted(chosen)], pool)


def _stems(text: str) -> frozenset[str]:
    """Stems of the content words; numbers by value, however they are written."""
    values = (f"{number.value:g}" for number in read_facts(text).numbers)
    return frozenset([*terms(text), *values])


def _rarity(stem: str, pool: Sequence[Unit]) -> float:
    holders = sum(stem in unit.stems for unit in pool)
    return (2.0 if stem[0].isdigit() else 1.0) / (1 + log(max(holders, 1)))


def _bonus(unit: Unit, text: str, pool: Sequence[Unit]) -> float:
    """Above 1 for words of the person first named in the text, and for quoted words."""
    named = [(_named_at(u.author, text), u.author) for u in pool]
    first = min(((at, who) for at, who in named if who and at >= 0), key=_first, default=(0, None))
    factor = 1.3 if first[1] is not None and unit.author == first[1] else 1.0
    quotes = [_normal(match[1]) for match in _QUOTE.finditer(text)]
    inside = _normal(unit.text)
    holds = any(quote in inside or (len(inside) > 20 and inside in quote) for quote in quotes)
    return factor * (3.0 if holds else 1.0)


def _first(found: tuple[int, Person]) -> int:
    return found[0]


def _named_at(person: Person | None, text: str) -> int:
    """Where the text first names the person by any part of the name; -1 when it does not."""
    parts = [part for part in person.name.split() if len(part) > 2] if person else []
    found = (re.search(rf"\b{re.escape(part)}\b", text) for part in parts)
    return min((match.start() for match in found if match), default=-1)


def _joined(chosen: Sequence[Unit], pool: Sequence[Unit]) -> list[Span]:
    """Neighbours of one segment become one span of two sentences."""
    order = {unit.start: index for index, unit in enumerate(pool)}
    spans: list[Span] = []
    for unit in chosen:
        last = spans[-1] if spans else ()
        follows = len(last) == 1 and order[last[0].start] + 1 == order[unit.start]
        if follows and last[0].segment == unit.segment:
            spans[-1] = (*last, unit)
        else:
            spans.append((unit,))
    return spans


def quotes_stand(text: str, spans: Sequence[Span]) -> bool:
    """True when what the text puts in quotation marks stands in a cited passage just so."""
    shown = [_normal(span[0].passage.text) for span in spans]
    for match in _QUOTE.finditer(text):
        if len(match[1].split()) < _QUOTED_WORDS:
            continue
        parts = [_normal(part) for part in _GAP.split(match[1]) if part.strip()]
        if not any(all(part in passage for part in parts) for passage in shown):
            return False
    return True


def _normal(text: str) -> str:
    """Lower case, straight quotes, single spaces, no markers, no punctuation at the ends."""
    plain = " ".join(without_markers(text).translate(_PLAIN).split()).lower()
    return plain.strip(" .,;:!?'\"")
