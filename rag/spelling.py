"""Mending slips of the pen in a question, from the words of the archive; real words stay.

A word is a slip when the archive does not have it and the embedding model's vocabulary does not
either: "microsft" is mended, "firing" is not, though the archive may only know "hiring".
"""

import re
from collections.abc import Callable, Sequence

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from rag.terms import terms

_WORD = re.compile(r"[^\W\d_]{4,}")
#: Letters from which on two slips are forgiven.
_LONG = 9


def mended(
    text: str,
    *,
    is_known: Callable[[str], bool],
    is_word: Callable[[str], bool],
    vocabulary: Sequence[str],
) -> str:
    """`text` with each slip replaced by the nearest word of `vocabulary` that begins alike.

    `is_known` is asked about stems, `is_word` about lower-case words. A word with a capital may be
    a name that the archive lacks ("ChatGPT" is no "chatbot"): it has one slip at most. Of words as
    near the first in `vocabulary` is meant.
    """

    def mend(match: re.Match[str]) -> str:
        word = match.group()
        lower = word.lower()
        if any(is_known(stem) for stem in terms(lower)) or not terms(lower) or is_word(lower):
            return word
        slips = 2 if len(lower) >= _LONG and word == lower else 1
        return _nearest(lower, vocabulary, slips) or word

    return _WORD.sub(mend, text)


def _nearest(word: str, vocabulary: Sequence[str], slips: int) -> str | None:
    found = extract(word, vocabulary, scorer=OSA.distance, score_cutoff=slips, limit=8)
    alike = [(distance, place) for other, distance, place in found if other[0] == word[0]]
    return vocabulary[min(alike)[1]] if alike else None
