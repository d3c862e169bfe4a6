"""Does a text hold an accepted answer? Pure string comparison, with no model involved."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from eval.cases import Case

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛ʼ´`", "'"),
        **dict.fromkeys("“”„‟«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
)
_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*")
_MARKER = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")
_ARTICLES = frozenset({"a", "an", "the"})


def normalise(text: str) -> str:
    """Lower-case, straight quotes and dashes, single spaces; citation markers `[1]` removed."""
    plain = unicodedata.normalize("NFKC", _MARKER.sub("", text).translate(_PLAIN))
    return " ".join(plain.translate(_PLAIN).lower().split())


def holds(text: str, phrase: str) -> bool:
    """True when the normalised text holds the phrase as whole words.

    Look-arounds rather than `\\b`: a phrase may begin with `$` or end with `%`.
    """
    wanted = re.escape(normalise(phrase))
    return bool(wanted) and re.search(rf"(?<!\w){wanted}(?!\w)", normalise(text)) is not None


def contains_gold(case: Case, texts: Iterable[str]) -> bool:
    """True when the texts together hold an accepted answer.

    One of `answer_any` if there are any, one of every group of `must_all`, none of `forbid_any`.
    False for a case that lists no accepted answer. The measure of open-domain QA ("has answer",
    Chen et al. 2017, DrQA), extended by the two other lists.
    """
    if not case.has_accepted_answers:
        return False
    everything = "\n".join(texts)
    groups = [*([case.answer_any] if case.answer_any else []), *case.must_all]
    found = all(any(holds(everything, phrase) for phrase in group) for group in groups)
    return found and not any(holds(everything, phrase) for phrase in case.forbid_any)


def token_f1(text: str, gold: str) -> float:
    """2PR/(P+R) over the bags of words, articles left out (SQuAD; Rajpurkar et al. 2016)."""
    found, wanted = Counter(words(text)), Counter(words(gold))
    common = sum((found & wanted).values())
    if not common:
        return float(not found and not wanted)
    precision, recall = common / sum(found.values()), common / sum(wanted.values())
    return 2 * precision * recall / (precision + recall)


def words(text: str) -> list[str]:
    """Normalised words and numbers without articles, in order."""
    return [word for word in _WORD.findall(normalise(text)) if word not in _ARTICLES]
