"""Content words of a text: lower case, without stop words, stemmed (Snowball English, Porter 2)."""

import re
from collections.abc import Iterable
from functools import lru_cache
from threading import Lock

import snowballstemmer

_WORD = re.compile(r"\d+(?:[.,:/]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?")

#: Function words and words that only frame a question.
_STOP = frozenset(
    """a about above after again against all also am an and any anybody anyone anything are as at
    be because been before being below between both but by can could did do does doing down
    during each either else ever every exactly few for from further get give gave given go
    got had has have having he her here hers him his how i if in into is it its itself just
    know let like made make many may me might mine more most much must my name no nor not of
    off on once one ones only or other our out over own per please same say said says she
    should show so some such tell than that the their them then there these they this those
    through to told too under until up upon us very was we were what when where which while
    who whom whose why will with would write wrote you your email emails mail mails message
    messages archive d ll m re s t ve""".split()
)
_stemmer = snowballstemmer.stemmer("english")
#: The stemmer keeps the word it is at: two threads at once would get each other's letters.
_stemming = Lock()


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The stem of one lower-case word."""
    with _stemming:
        return str(_stemmer.stemWord(word))


def terms(text: str) -> list[str]:
    """Stems of the content words and numbers of `text`, in order, with repeats."""
    words = (match.group().lower().replace("’", "'") for match in _WORD.finditer(text))
    bare = (word.removesuffix("'s") for word in words)
    return [stem(word) for word in bare if word not in _STOP]


def without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """`text` with a space in place of each of these parts, (start, end), none in another."""
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + " " + text[end:]
    return text
