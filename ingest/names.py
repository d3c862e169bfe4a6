"""The text of personal names: one spelling per name, and which names can be one person's."""

import re
import unicodedata
from dataclasses import dataclass

_TITLES = frozenset({"mr", "mrs", "ms", "dr", "prof", "sir"})
_SUFFIXES = frozenset(
    {"jr", "sr", "ii", "iii", "iv", "phd", "md", "esq", "inc", "llc", "ltd", "gmbh", "corp", "co"}
)
_ASIDE = re.compile(r"\s*(?:\((?!redacted)[^()]*\)|\[(?!redacted)[^\[\]]*\])\s*$", re.IGNORECASE)
_VIA = re.compile(r"\s+via\s+\S.*$", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
#: Short forms of common English first names; others are learned from shared addresses.
_SHORT_FORMS = """
robert bob rob bobby; william bill will billy; richard rick dick rich; james jim jimmy; john jack;
michael mike; thomas tom; joseph joe; charles charlie chuck; edward ed ted eddie; david dave;
daniel dan danny; matthew matt; anthony tony; kenneth ken; steven steve stephen; gregory greg;
jeffrey jeff; samuel sam; benjamin ben; alexander alex; andrew andy drew; timothy tim; patrick pat;
nicholas nick; christopher chris; elizabeth liz beth betty; katherine kate kathy katie; margaret
peggy maggie; jennifer jen jenny; patricia patty; susan sue; rebecca becky; deborah debbie
"""
_NICKNAMES = {word: group.split()[0] for group in _SHORT_FORMS.split(";") for word in group.split()}


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart. `words` are lower-case without accents, titles and middle initials."""

    words: tuple[str, ...]
    initials: str = ""

    @property
    def is_full(self) -> bool:
        """True for a first and a last name, neither of them an initial."""
        return len(self.words) > 1 and len(self.words[0]) > 1 and len(self.words[-1]) > 1


def clean_name(name: str) -> str:
    """`"Musk, Elon (Tesla)"` as `Elon Musk`: no quotes, asides, titles; first name first."""
    name = " ".join(unicodedata.normalize("NFC", name).split()).strip(" \"'‘’“”,;")
    name = _VIA.sub("", _ASIDE.sub("", name)).strip(" \"'")
    first, comma, rest = name.partition(",")
    is_turned = comma and "," not in rest and rest.strip() and first.strip()
    if is_turned and not _is_suffix(rest) and len(name.split()) <= 5:
        name = f"{rest.strip()} {first.strip()}"
    words = name.split()
    while len(words) > 2 and words[0].lower().rstrip(".") in _TITLES:
        words = words[1:]
    return " ".join(words)


def take_apart(name: str) -> Name:
    """The name's words for comparing; `Elon R. Musk` gives the words of `Elon Musk`."""
    folded = unicodedata.normalize("NFKD", name).casefold().replace("’", "'")
    words = _WORD.findall("".join(c for c in folded if not unicodedata.combining(c)))
    if len(words) > 2 and words[0] in _TITLES:
        words = words[1:]
    while len(words) > 2 and words[-1] in _SUFFIXES:
        words = words[:-1]
    initials = "".join(w for w in words[1:-1] if len(w) == 1)
    middle = [w for w in words[1:-1] if len(w) > 1]
    return Name((*words[:1], *middle, *words[-1:]) if len(words) > 1 else tuple(words), initials)


def can_be_one_person(first: Name, second: Name) -> bool:
    """True when two names seen with one address need not be two people's."""
    if not (first.is_full and second.is_full):
        return True
    a, b = first.words, second.words
    if a[-1] == b[-1]:
        return same_first_name(a[0], b[0])
    # Married names and double names: the first name is the same, or the words are turned round.
    return a[0] == b[0] or set(a) <= set(b) or set(b) <= set(a)


def same_first_name(first: str, second: str) -> bool:
    """True for equal first names, an initial of the other, and short forms (Bob, Robert)."""
    if len(first) == 1 or len(second) == 1:
        return first[0] == second[0]
    return _NICKNAMES.get(first, first) == _NICKNAMES.get(second, second)


def is_well_spelled(name: str) -> bool:
    """True for `Elon Musk`, `Ludwig van Beethoven`; False for `elon musk`, `ELON MUSK`."""
    words = [w for w in name.split() if w[0].isalpha()]
    if len(words) < 2 or name.isupper():
        return False
    cased = [w for w in (words[0], words[-1]) if w.lower() != w.upper()]
    return all(not w[0].islower() for w in cased)


def _is_suffix(text: str) -> bool:
    words = [w.lower().replace(".", "") for w in text.split()]
    return words[0] in _SUFFIXES
