"""A reversible, seeded swap of names, places, amounts and years in text.

Every name and number of an archive gets one stand-in that occurs nowhere in it, so that an answer
with a stand-in can only come from the swapped mail. Counts of one digit, times of day, days of a
month, number words, general abbreviations and names written like common words stay as they are.
"""

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

#: Years repeat their weekdays and leap days after 28, so dates stay valid and in order.
CYCLE = 28

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"
    r"Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
#: Text in which digits are kept: times of day, days beside a month.
_KEPT = (
    rf"\d{{1,2}}:\d{{2}}|(?:{_MONTH}) \d{{1,2}}(?!\d)|(?<!\d)\d{{1,2}}(?:st|nd|rd|th)? {_MONTH}\b"
)
_YEAR = r"(?<!\d)(?:19[5-9]|20[0-9])\d(?!\d)"
# A single digit counts only as an amount: $1B, 9k, 5%.
_NUMBER = (
    r"(?<![\w.,])\d[\d,.]*\d(?!\d)|(?<=[$€£])\d(?![\d.,]*\d)"
    r"|(?<![\w.,])\d(?=%|(?:k|K|m|M|MM|b|B|bn)\b)"
)
_WORD = r"(?<!\w)[A-Z][^\W\d_]+(?!\w)"
_TOKEN = re.compile(
    rf"(?P<kept>{_KEPT})|(?P<year>{_YEAR})|(?P<number>{_NUMBER})|(?P<word>[^\W\d_]+)"
)
_MID_SENTENCE = re.compile(rf"(?:(?<=[\w,;/(][ \u00a0])|(?<=[/(]))({_WORD})")
_LETTERS = re.compile(r"[^\W\d_]+")
#: The parts of a compound such as DeepMind or TeslaAI.
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
#: Words that nobody writes but as a name: AlphaZero, OpenAI.
_CAMEL = re.compile(r"[A-Z][a-z]+[A-Z][A-Za-z]+")
#: Shorter parts of a compound are no proof that it holds a name.
_PART = 4
# Not in addresses: a company's name in small letters there does not make it a common word.
_PLAIN_WORD = re.compile(r"(?<![\w'’./@:_-])[a-z]+(?![\w'’/@:_-]|\.\w)")
_CALENDAR = re.compile(
    rf"(?:{_MONTH}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
)
#: Abbreviations that name no one; others in capitals (MSFT) are taken for names.
_GENERAL = frozenset(
    "AGI AI AM API ASAP BTW CC CEO CFO COO CPU CTO DNA DR ETA EU EUR FAQ FW FWD FYI GDP GPU HD HR"
    " ICO ID IP IPO IT LMK ML NDA OK PC PDF PM PS QA RE RL ROI RSVP SW TBD TL TLDR TPU TV UK UN US"
    " USA USD VC VP".split()
)
_ONSETS = "b br d dr f fl g gr h k kl l m n p pr r s st t tr v w z".split()
_VOWELS = "a e i o u".split()
_CODAS = ["", "l", "n", "r", "s", "th", "x", "m"]


@dataclass(frozen=True, slots=True)
class Swap:
    """Original -> stand-in for words and numbers (as written), and the years added to dates."""

    words: Mapping[str, str]
    numbers: Mapping[str, str]
    years: int

    def text(self, text: str) -> str:
        """The text with every original replaced; `inverse().text` gives it back."""
        return _TOKEN.sub(self._stand_in, text)

    def date(self, when: datetime | None) -> datetime | None:
        """The date, moved by whole cycles of the calendar."""
        return when and when.replace(year=when.year + self.years)

    def inverse(self) -> "Swap":
        """The swap that undoes this one."""
        words = {new: old for old, new in self.words.items()}
        numbers = {new: old for old, new in self.numbers.items()}
        return Swap(words, numbers, -self.years)

    def remaining(self, texts: Iterable[str]) -> list[str]:
        """Originals that still stand in the texts, sorted; empty for texts that were swapped."""
        found: set[str] = set()
        for text in texts:
            for match in _TOKEN.finditer(text):
                known = self.numbers if match.lastgroup == "number" else self.words
                if match.lastgroup in ("number", "word") and match[0] in known:
                    found.add(match[0])
        return sorted(found)

    def _stand_in(self, match: re.Match[str]) -> str:
        token = match[0]
        if match.lastgroup == "year":
            return str(int(token) + self.years)
        if match.lastgroup == "number":
            return self.numbers.get(token, token)
        if match.lastgroup == "word":
            return self.words.get(token, token)
        years = re.compile(_YEAR)
        return years.sub(lambda year: str(int(year[0]) + self.years), token)


def draw_swap(texts: Iterable[str], names: Iterable[str], *, seed: int = 0) -> Swap:
    """A swap for all texts that will be swapped together; `names` are of people.

    Names of other things are words with a capital in mid-sentence more often than without, and
    compounds such as DeepMind.
    """
    everything = "\n".join(texts)
    people = {part for name in names for part in re.findall(r"[^\W\d_]{2,}", name)}
    plain = Counter(_PLAIN_WORD.findall(everything))
    capital = Counter(_MID_SENTENCE.findall(everything))
    things = [word for word, n in capital.items() if n > plain[word.lower()]]
    written = set(_LETTERS.findall(everything))
    things += [word for word in written if _CAMEL.fullmatch(word)]
    found = {w.lower() for w in (*people, *things) if not _is_general(w)}
    named: Counter[str] = Counter()
    for word, n in capital.items():
        named[word.lower()] += n
    # People may be called Mark or Will: the common word keeps its place in the language.
    common = {word for word in found if plain[word] > named[word]}
    numbers = sorted({m[0] for m in _TOKEN.finditer(everything) if m.lastgroup == "number"})
    # Stand-ins for tests only: nothing here is secret.
    draw = random.Random(seed)  # noqa: S311
    words = _word_map(found, _variants(found, written), {w.lower() for w in written}, draw)
    kept = {word: new for word, new in words.items() if word not in common}
    return Swap(kept, _number_map(numbers, draw), CYCLE)


def _is_general(word: str) -> bool:
    return bool(_CALENDAR.fullmatch(word)) or word.removesuffix("s").upper() in _GENERAL


def _variants(names: set[str], written: Iterable[str]) -> set[str]:
    """Written words that are or hold a name in another form: openAI, Rubiks, TeslaAI."""

    def holds_name(word: str) -> bool:
        parts = {part.lower() for part in _PARTS.findall(word) if len(part) >= _PART}
        plural = word[0].isupper() and word.lower().removesuffix("s") in names
        is_compound = word not in (word.lower(), word.title(), word.upper())
        return word.lower() in names or plural or (is_compound and not parts.isdisjoint(names))

    return {word for word in written if holds_name(word)}


def _word_map(
    names: Iterable[str], variants: set[str], taken: set[str], draw: random.Random
) -> dict[str, str]:
    """Stand-ins per name in the spellings that people use: as written, small, capitals."""
    found: dict[str, str] = {}
    for lower in sorted({*names, *(word.lower() for word in variants)}):
        new = _new_name(taken, draw)
        found |= {lower: new, lower.upper(): new.upper(), lower.capitalize(): new.capitalize()}
    # A spelling such as OpenAI must have a stand-in of its own, or it could not be undone.
    for word in sorted(variants - set(found)):
        found[word] = _new_name(taken, draw).capitalize()
    return found


def _new_name(taken: set[str], draw: random.Random) -> str:
    """A pronounceable name that is not in `taken`, to which it is added."""
    while True:
        syllables = [
            draw.choice(_ONSETS) + draw.choice(_VOWELS) for _ in range(draw.choice((2, 3)))
        ]
        name = "".join(syllables) + draw.choice(_CODAS)
        if name not in taken:
            taken.add(name)
            return name


def _number_map(numbers: Iterable[str], draw: random.Random) -> dict[str, str]:
    originals = set(numbers)
    found: dict[str, str] = {}
    for number in sorted(originals):
        new = number
        for attempt in range(1000):
            # Small numbers may run out of stand-ins of their own length: then one more digit.
            shape = number if attempt < 100 else f"9{number}"
            new = re.sub(r"\d", lambda _: str(draw.randint(1, 9)), shape)
            clashes = new in originals or new in found.values() or re.fullmatch(_YEAR, new)
            if not clashes:
                break
        found[number] = new
    return found
