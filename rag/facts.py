"""Reads the checkable facts of a sentence: numbers, dates, names, and words with their polarity.

Pure and approximate: it reads English; what it cannot read it leaves out.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

from rag.dates import PartialDate, take_dates
from rag.lexicon import (
    CLAUSE_ENDS,
    IRREGULAR,
    LIGHT,
    NEG_RAISING,
    NEGATIVE_STEMS,
    NEGATORS,
    OPENERS,
    PHRASES,
)
from rag.terms import stem, terms

_TOKEN = re.compile(
    r"[$€£]?\d+(?:,\d{3})*(?:\.\d+)?(?:[a-z]+|%|\+)?|[^\W\d_]+(?:['-][^\W_]+)*(?:(?<=s)')?|[.,;:!?()—–\-/]",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"([$€£]?)(\d+(?:,\d{3})*(?:\.\d+)?)([a-z%+]*)", re.IGNORECASE)
_SCALES = {
    "k": 1e3, "thousand": 1e3, "thousands": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "million": 1e6,
    "millions": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9, "billions": 1e9, "t": 1e12,
    "trillion": 1e12, "hundred": 1e2, "hundreds": 1e2, "dozen": 12.0, "dozens": 12.0,
}  # fmt: skip
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = {word: float(n) for n, word in enumerate(_UNITS)} | {
    word: 10.0 * n for n, word in enumerate(_TENS, 2)
}
WEEKDAYS = tuple("monday tuesday wednesday thursday friday saturday sunday".split())
_CODE = re.compile(r"\b(?=\w*\d)(?=\w*[a-z])\w+\b")
#: A number with its scale, ordinal ending, unit or plural: read by value instead.
_PLAIN_CODE = re.compile(
    r"\d[\d,.]*(?:k|m|mm|mn|b|bn|t|x|s|st|nd|rd|th|am|pm|h|hr|hrs|min|yr|yrs|y|d|w|mo|gb|mb|tb)"
)
#: How many content words a negator reaches.
_REACH = 5


@dataclass(frozen=True, slots=True)
class Number:
    """A value and the stem of the word after it ("" at the end of a clause)."""

    value: float
    noun: str
    spelled: bool = False
    #: True for "millions" and "several billion", which give a size and no count.
    vague: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One word: lower case, its stem, and whether an odd number of negators reaches it."""

    text: str
    stem: str
    negated: bool
    name: bool
    #: True for a capital at the start of a sentence, which may or may not be a name.
    opening: bool
    #: Number of the clause it stands in.
    clause: int
    possessive: bool = False
    #: True for the very word that a plain "not", "no" or "never" denies.
    denied: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What can be checked in a text, in order of appearance."""

    words: tuple[Word, ...]
    numbers: tuple[Number, ...]
    dates: tuple[PartialDate, ...]
    weekdays: tuple[str, ...]
    #: Words of letters and digits, such as "q3", "gpt2", "5v5".
    codes: tuple[str, ...]


@lru_cache(maxsize=4096)
def read_facts(text: str) -> Facts:
    """The facts of one or a few sentences."""
    plain = normalise(text)
    dates, rest = take_dates(plain)
    tokens = [match.group() for match in _TOKEN.finditer(rest)]
    words = _words(tokens)
    lower = {word.text for word in words}
    weekdays = tuple(day for day in WEEKDAYS if day in lower)
    codes = tuple(code for code in _CODE.findall(rest.lower()) if not _PLAIN_CODE.fullmatch(code))
    return Facts(words, tuple(_numbers(tokens)), dates, weekdays, codes)


def normalise(text: str) -> str:
    """Straight quotes and apostrophes, compatible characters, contracted "not" spelled out."""
    plain = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    plain = re.sub(r"\bcan't\b|\bcannot\b", "can not", plain, flags=re.IGNORECASE)
    plain = re.sub(r"\bwon't\b", "will not", plain, flags=re.IGNORECASE)
    plain = re.sub(r"n't\b", " not", plain)
    plain = re.sub(r"\bnot only\b", "", plain, flags=re.IGNORECASE)
    for pattern, meaning in PHRASES:
        plain = pattern.sub(meaning, plain)
    return re.sub(r"(?<=[A-Z])\.(?=[A-Z]\b)", "", plain)


_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "‑": "-", "−": "-", "–": "-"})


def _numbers(tokens: list[str]) -> list[Number]:
    found: list[Number] = []
    position = 0
    while position < len(tokens):
        value, length = _value_at(tokens, position)
        if value is None:
            position += 1
            continue
        word = tokens[position].lower()
        position += length
        noun = _noun(tokens, position)
        found.append(Number(value, noun, word in _WORDS, vague=word in _SCALES and length == 1))
    # "4-5 million", "four to five million": the first of a range shares the scale of the second.
    return [_scaled(number, found[i + 1 : i + 2], tokens) for i, number in enumerate(found)]


def _noun(tokens: list[str], position: int) -> str:
    """Stem of the word after a number, looking past the second number of a range."""
    if tokens[position : position + 1] in (["-"], ["to"], ["or"]):
        value, length = _value_at(tokens, position + 1) if len(tokens) > position + 1 else (None, 1)
        if value is not None:
            position += 1 + length
    noun = next((t for t in tokens[position : position + 1] if t[0].isalpha()), "")
    return stem(noun.lower()) if terms(noun) or noun.lower() in {"to", "or"} else ""


def _scaled(number: Number, after: list[Number], tokens: list[str]) -> Number:
    if (
        number.noun not in {"", "to", "or", *(n.noun for n in after)}
        or not after
        or after[0].value < 1e3 * number.value
    ):
        return number
    lower = [token.lower() for token in tokens]
    scale = next((s for w, s in _SCALES.items() if w in lower and after[0].value >= s >= 1e3), 1.0)
    ranged = number.noun in {"to", "or"} or "-" in tokens
    return replace(number, value=number.value * scale, noun=after[0].noun) if ranged else number


def _value_at(tokens: list[str], position: int) -> tuple[float | None, int]:
    """The number that begins at `position` and how many tokens it takes."""
    token = tokens[position]
    match = _NUMBER.fullmatch(token)
    if match:
        value = float(match[2].replace(",", ""))
        suffix = match[3].lower().rstrip("+")
        if suffix in _SCALES and suffix not in {"t"}:
            return value * _SCALES[suffix], 1
        return _with_scale(value, tokens, position, 1)
    spelled = _spelled(token.lower())
    if spelled is not None:
        alone = token.lower() in {"one", "zero"}
        value, length = _with_scale(spelled, tokens, position, 1)
        return (None, 1) if alone and length == 1 else (value, length)
    token = token.rpartition("-")[2]
    if token.lower() in {"hundreds", "thousands", "millions", "billions", "dozens", "dozen"}:
        return _SCALES[token.lower()], 1
    if token.lower() in {"million", "billion", "thousand", "hundred"}:
        return _SCALES[token.lower()], 1
    return None, 1


def _with_scale(value: float, tokens: list[str], position: int, length: int) -> tuple[float, int]:
    following = tokens[position + length].lower() if position + length < len(tokens) else ""
    if following in _SCALES and len(following) > 2:
        return value * _SCALES[following], length + 1
    if following in _WORDS and value in range(20, 100, 10) and _WORDS[following] < 10:
        return value + _WORDS[following], length + 1
    return value, length


def is_numeral(word: str) -> bool:
    """True for a lower-case word that gives a number or its size."""
    return word in _WORDS or word.rpartition("-")[2] in _SCALES


def _spelled(word: str) -> float | None:
    if word in _WORDS:
        return _WORDS[word]
    tens, _, unit = word.partition("-")
    if tens in _TENS and unit in _UNITS[1:10]:
        return _WORDS[tens] + _WORDS[unit]
    return None


def _words(tokens: list[str]) -> tuple[Word, ...]:
    """The words with their clause and polarity; a negator reaches the next few content words."""
    words: list[Word] = []
    reach = clause = 0
    negated, opening, plain = False, True, False
    for piece in tokens:
        lower = piece.lower()
        if lower in CLAUSE_ENDS and not _goes_on(lower, reach):
            clause += 1
            negated, reach, plain = False, 0, False
            opening = piece in ".!?:"
        if not piece[0].isalpha():
            continue
        word = _word(piece, clause, negated=negated, opening=opening)
        counts = bool(terms(lower)) and word.stem not in NEG_RAISING | LIGHT
        words.append(replace(word, denied=plain and counts))
        opening, plain = False, plain and not counts
        if lower in NEGATORS or word.stem in NEGATIVE_STEMS:
            negated, reach, plain = not negated, _REACH, lower in NEGATORS
        elif counts:
            reach -= 1
            negated = negated and reach > 0
    return tuple(words)


def _goes_on(boundary: str, reach: int) -> bool:
    """True where a negator reaches over a conjunction: "not because", "don't think that"."""
    return reach == _REACH and boundary.isalpha()


def _word(piece: str, clause: int, *, negated: bool, opening: bool) -> Word:
    lower = piece.lower()
    bare = lower.removesuffix("'s").removesuffix("'")
    return Word(
        text=bare,
        stem=stem(IRREGULAR.get(bare, bare)),
        negated=negated,
        name=piece[0].isupper() and lower not in OPENERS and _spelled(lower) is None,
        opening=opening,
        clause=clause,
        possessive=lower.endswith(("'s", "s'")),
    )
