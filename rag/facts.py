"""Reads the checkable facts of a sentence: numbers, dates, names, and words with their polarity.

Pure and approximate: it reads English; what it cannot read it leaves out.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

from rag.lexicon import CLAUSE_ENDS, LIGHT, NEG_RAISING, NEGATIVE_STEMS, NEGATORS, OPENERS
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
_MONTHS = {
    name[:length]: number
    for number, name in enumerate(
        (
            "january february march april may june july august september october november december"
        ).split(),
        1,
    )
    for length in (3, 4, len(name))
    if length == len(name) or (length == 3 and name != "may") or name == "september"
}
WEEKDAYS = tuple("monday tuesday wednesday thursday friday saturday sunday".split())
_ISO = re.compile(r"\b((?:19|20)\d\d)-(\d\d)-(\d\d)\b")
_DAY_MONTH = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+([A-Z][a-z]{2,8})\.?,?(?:\s+((?:19|20)\d\d))?\b"
)
_MONTH_DAY = re.compile(
    r"\b([A-Z][a-z]{2,8})\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s+((?:19|20)\d\d))?(?![\d:])"
)
_MONTH_YEAR = re.compile(r"\b([A-Z][a-z]{2,8})\.?,?(?:\s+of)?\s+((?:19|20)\d\d)\b")
_MONTH = re.compile(
    r"\b(?:[Ii]n|[Bb]y|[Ss]ince|[Uu]ntil|[Oo]f|[Ff]or|[Ee]arly|[Ll]ate|[Ll]ast|[Nn]ext|[Mm]id)[ -]"
    r"([A-Z][a-z]{2,8})\b"
)
_YEAR = re.compile(r"(?<![\d$€£.,:])((?:19|20)\d\d)(?![\d,]?\d|%|[a-z])")
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


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as far as the text gives it."""

    year: int | None = None
    month: int | None = None
    day: int | None = None


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
    dates, rest = _take_dates(plain)
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
    plain = re.sub(r"\bno later than\b", "by", plain, flags=re.IGNORECASE)
    plain = re.sub(r"\b(?:rather than|instead of)\b", "not", plain, flags=re.IGNORECASE)
    return re.sub(r"(?<=[A-Z])\.(?=[A-Z]\b)", "", plain)


_PLAIN = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "‑": "-", "−": "-", "–": "-"})


def _take_dates(text: str) -> tuple[tuple[PartialDate, ...], str]:
    """The dates of `text`, and `text` without them."""
    found: list[PartialDate] = []

    def take(match: re.Match[str], year: str | None, month: str | None, day: str | None) -> str:
        number = _month(month)
        if (month and number is None) or (day and not 1 <= int(day) <= 31):
            return match.group()
        found.append(PartialDate(int(year) if year else None, number, int(day) if day else None))
        return " "

    text = _ISO.sub(lambda m: take(m, m[1], m[2], m[3]), text)
    text = _DAY_MONTH.sub(lambda m: take(m, m[3], m[2], m[1]), text)
    text = _MONTH_DAY.sub(lambda m: take(m, m[3], m[1], m[2]), text)
    text = _MONTH_YEAR.sub(lambda m: take(m, m[2], m[1], None), text)
    text = _MONTH.sub(lambda m: take(m, None, m[1], None), text)
    text = _YEAR.sub(lambda m: take(m, m[1], None, None), text)
    return tuple(found), text


def _month(name: str | None) -> int | None:
    if name and name.isdigit():
        return int(name) if 1 <= int(name) <= 12 else None
    return _MONTHS.get(name.lower()) if name else None


def _numbers(tokens: list[str]) -> list[Number]:
    found: list[Number] = []
    position = 0
    while position < len(tokens):
        value, length = _value_at(tokens, position)
        if value is None:
            position += 1
            continue
        spelled = not tokens[position][-1:].isdigit() and tokens[position].lower() in _WORDS
        position += length
        found.append(Number(value, _noun(tokens, position), spelled))
    # "4-5 million", "four to five million": the first of a range shares the scale of the second.
    return [_scaled(number, found[i + 1 : i + 2], tokens) for i, number in enumerate(found)]


def _noun(tokens: list[str], position: int) -> str:
    """Stem of the word after a number, looking past the second number of a range."""
    if tokens[position : position + 1] in (["-"], ["to"], ["or"]):
        value, length = _value_at(tokens, position + 1) if len(tokens) > position + 1 else (None, 1)
        if value is not None:
            position += 1 + length
    noun = next((t for t in tokens[position : position + 1] if t[0].isalpha()), "")
    return stem(noun.lower())


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
    return Number(number.value * scale, after[0].noun, number.spelled) if ranged else number


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
        stem=stem(bare),
        negated=negated,
        name=piece[0].isupper() and lower not in OPENERS,
        opening=opening,
        clause=clause,
        possessive=lower.endswith(("'s", "s'")),
    )
