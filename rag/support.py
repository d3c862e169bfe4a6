"""Whether the quotes that a sentence cites bear it out. Pure, about a millisecond, English.

It looks for reasons to doubt (a number, date or name that the mail lacks, opposite polarity,
another speaker, roles swapped) and for shared content; it does not understand the text.
"""

import re
from collections.abc import Sequence

from rag.evidence import Shown, is_foreign, shown_in, worst
from rag.facts import Facts, Word, is_numeral, read_facts
from rag.lexicon import (
    BELIEF,
    LIGHT,
    NEG_RAISING,
    NEGATIVE_STEMS,
    NEGATORS,
    OPPOSITES,
    SAYING,
    SYNONYMS,
)
from rag.model import Support
from rag.particulars import bound, dates, names, numbers
from rag.roles import Cast
from rag.speech import roles, speakers
from rag.terms import terms

#: Share of content words found in the quotes. Tuned on tests/data/support.jsonl and on restated
#: mail against its originals; raise SUPPORTED to mark more true sentences as partly supported.
SUPPORTED, PARTLY = 0.55, 0.2
#: Cosine of all-MiniLM-L6-v2 that makes up for words that differ: at SIMILAR for partly, at CLOSE
#: for supported. Over the 189 true and 205 false sentences of tests/data/support*.jsonl, CLOSE at
#: 0.6 grades 156 true ones supported where 148 are without embeddings, and 8 false ones as before;
#: 0.5 lets 10 false ones through, 0.7 keeps 153 true ones. SIMILAR spares one true sentence up to
#: 0.5, none from 0.6 on.
SIMILAR, CLOSE = 0.5, 0.6

_MARKERS = re.compile(r"\s*[\[【［][^\]】］]*[0-9][^\]】］]*[\]】］]")


def support(
    sentence: str,
    evidence: Sequence[str],
    *,
    authors: Sequence[str],
    similarity: float | None,
    context: Sequence[str] = (),
    recipients: Sequence[str] = (),
    people: Sequence[str] = (),
) -> Support:
    """How far `evidence` (quotes, all together) bears `sentence` out.

    `authors` wrote the quotes; `recipients` are whom they wrote to; `context` is text in which
    names and dates may stand too, such as date and subject; `people` are full names that tell
    whose first names stand in the mail. `similarity` is the best cosine of
    sentence and quote in [-1, 1], None when there is no embedder.
    """
    if not any(quote.strip() for quote in evidence):
        return "unsupported"
    said = read_facts(_MARKERS.sub("", sentence))
    shown = shown_in(evidence, authors, context, recipients, people)
    grades = (
        numbers(said, shown),
        dates(said, shown),
        names(said, shown),
        bound(said, shown, evidence),
        _polarity(said, shown),
        _opposites(said, shown),
        speakers(said, shown),
        roles(said, shown),
        _content(said, shown, similarity),
    )
    return worst(grades)


def _polarity(said: Facts, shown: Shown) -> Support:
    """Words denied in one text and affirmed in the other."""
    shared = [w for w in said.words if w.stem in shown.stems and _has_polarity(w)]
    denying = _denying(said.words)
    denied = {word.stem for word in shown.facts.words if word.denied}
    beside = {w.stem for w in shown.facts.words if w.clause in _denying(shown.facts.words)}
    against = [
        w
        for w in shared
        if w.negated not in shown.stems[w.stem]
        # "Nobody told the crew", "the crew was not told": the reach differs, the denial does not.
        and not (not w.negated and w.clause in denying and w.stem in denied)
        and not (w.negated and w.stem in beside)
    ]
    if any(w.denied if w.negated else w.stem in denied for w in against):
        # "Not the release, as Bram suspected" bears out that Bram suspected it.
        return "partly" if any(w.stem in BELIEF for w in said.words) else "unsupported"
    if not denying and _drops_denial(said, shown):
        return "unsupported"
    claims_denial = any(word.text in NEGATORS for word in said.words)
    backed = any(w.negated or w.text in NEGATORS for w in shown.facts.words)
    turned = len(against) > len(shared) / 2
    return "partly" if turned or (claims_denial and not backed) else "supported"


def _drops_denial(said: Facts, shown: Shown) -> bool:
    """True when all of a denied clause of the quotes is said without its denial."""
    stems = {word.stem for word in said.words}
    if not (stems & NEGATIVE_STEMS).issubset(shown.stems):
        return False
    for clause in _denying(shown.facts.words):
        words = [w for w in shown.facts.words if w.clause == clause and terms(w.text)]
        content = {w.stem for w in words if w.text not in NEGATORS and w.stem not in LIGHT}
        if len(content) > 1 and content <= stems:
            return True
    return False


def _denying(words: Sequence[Word]) -> set[int]:
    """The clauses that hold a plain negator."""
    return {word.clause for word in words if word.text in NEGATORS}


def _has_polarity(word: Word) -> bool:
    stem = word.stem
    skipped = stem in LIGHT or stem in NEG_RAISING or stem in NEGATIVE_STEMS
    return not (skipped or word.name or not terms(word.text))


def _opposites(said: Facts, shown: Shown) -> Support:
    for word in said.words:
        if word.stem in shown.stems or word.stem not in OPPOSITES:
            continue
        others = [shown.stems[o] for o in OPPOSITES[word.stem] if o in shown.stems]
        if others and all(word.negated in flags for flags in others):
            return "unsupported"
    return "supported"


def _content(said: Facts, shown: Shown, similarity: float | None) -> Support:
    """How much of what the sentence says stands in the quotes."""
    content = [w for w in said.words if _is_content(w, shown.cast)]
    if is_foreign(said) and not is_foreign(shown.facts):
        return "partly" if said.numbers or any(w.name for w in said.words) else "unsupported"
    if not content:
        has_facts = said.numbers or said.dates or any(w.name for w in said.words)
        return "supported" if has_facts else "partly"
    around = {word.stem for word in shown.around.words}
    coverage = sum(_covered(w.stem, shown.stems, around) for w in content) / len(content)
    alike = similarity or 0.0
    if coverage >= SUPPORTED or (alike >= CLOSE and coverage >= SUPPORTED - 0.15):
        return "supported"
    named = len(said.numbers) + sum(word.name for word in said.words)
    few_words = len(content) <= min(named, 2)
    return "partly" if coverage >= PARTLY or alike >= SIMILAR or few_words else "unsupported"


def _is_content(word: Word, cast: Cast) -> bool:
    is_name = (word.name and not word.opening) or cast.knows(word.text)
    framing = (
        is_numeral(word.text) or word.stem in LIGHT or word.stem in SAYING or word.text in NEGATORS
    )
    return not is_name and not framing and bool(terms(word.text)) and not word.text.isdigit()


def _covered(stem: str, stems: dict[str, set[bool]], around: set[str]) -> float:
    if stem in stems:
        return 1.0
    groups = SYNONYMS.get(stem, frozenset())
    if groups and any(not groups.isdisjoint(SYNONYMS.get(other, frozenset())) for other in stems):
        return 0.9
    if len(stem) >= 5 and any(other[:5] == stem[:5] for other in stems if len(other) >= 5):
        return 0.9
    return 0.7 if stem in around else 0.0
