"""Whether the quotes that a sentence cites bear it out. Pure, about a millisecond, English.

It looks for reasons to doubt (a number, date or name that the mail lacks, opposite polarity,
another speaker, roles swapped) and for shared content; it does not understand the text.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from rag.evidence import WE, Shown, is_mentioned, shown_in, takes_part
from rag.facts import WEEKDAYS, Facts, Number, PartialDate, Word, read_facts
from rag.lexicon import (
    COMMUNICATIONS,
    LIGHT,
    NEG_RAISING,
    NEGATIVE_STEMS,
    NEGATORS,
    OPPOSITES,
    SAYING,
    SYNONYMS,
)
from rag.model import Support
from rag.roles import NICKNAMES, Cast, Deed, deeds, owners, same_person
from rag.terms import terms

#: Share of content words found in the quotes. Tuned on tests/data/support.jsonl and on restated
#: mail against its originals; raise SUPPORTED to mark more true sentences as partly supported.
SUPPORTED, PARTLY = 0.55, 0.2
#: Cosine of MiniLM embeddings that makes up for words that differ.
SIMILAR, CLOSE = 0.5, 0.7

_MARKERS = re.compile(r"\s*[\[【［][^\]】］]*[0-9][^\]】］]*[\]】］]")
_RANK: dict[Support, int] = {"supported": 0, "partly": 1, "unsupported": 2}
_GRAMMAR = frozenset(
    """the of to and in a is that for was on with he she they it would as be by at from had has
    not this who what an are were his her their will said""".split()
)
_SAYS = frozenset("say said write wrote add ask note argu explain report warn repli answer".split())
_NO_NAME = ("ing", "ly", "ion", "ment", "ity", "ness", "ance", "ence")


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
        _numbers(said, shown),
        _dates(said, shown),
        _names(said, shown),
        _polarity(said, shown),
        _opposites(said, shown),
        _speakers(said, shown),
        _roles(said, shown),
        _content(said, shown, similarity),
    )
    return worst(grades)


def worst(grades: Iterable[Support]) -> Support:
    """The most doubtful of some grades; "supported" when there are none."""
    return max(grades, key=_RANK.__getitem__, default="supported")


def _numbers(said: Facts, shown: Shown) -> Support:
    codes = {*shown.facts.codes, *shown.around.codes}
    if not codes.issuperset(said.codes):
        return "unsupported"
    return worst(_number(number, shown) for number in said.numbers)


def _number(number: Number, shown: Shown) -> Support:
    equal = [other for other in shown.numbers if _close(number.value, other.value)]
    rivals = [o for o in shown.facts.numbers if number.noun and o.noun == number.noun]
    if rivals and not any(_close(number.value, other.value) for other in rivals):
        return "unsupported"
    if equal or any(number.value == date.year for date in shown.dates):
        return "supported"
    return "partly" if number.spelled and number.value <= 10 and not rivals else "unsupported"


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other))


def _dates(said: Facts, shown: Shown) -> Support:
    years = {date.year for date in shown.dates if date.year}
    years |= {int(n.value) for n in shown.numbers if 1900 <= n.value <= 2100}
    if not all(_dated(date, shown.dates, years) for date in said.dates):
        return "unsupported"
    known = {*shown.facts.weekdays, *shown.around.weekdays}
    return "supported" if known.issuperset(said.weekdays) else "unsupported"


def _dated(date: PartialDate, known: Sequence[PartialDate], years: set[int]) -> bool:
    if date.month is None:
        return date.year in years
    return any(
        other.month == date.month
        and (date.day is None or other.day == date.day)
        and (
            date.year is None or other.year == date.year or (not other.year and date.year in years)
        )
        for other in known
    )


def _names(said: Facts, shown: Shown) -> Support:
    groups = _groups(said.words, shown.cast)
    if _is_foreign(said):
        # Other languages write common nouns with capitals too.
        groups = [group for group in groups if shown.cast.knows(group[0].text)]
    people = [shown.cast.who([w.text for w in g]) for g in groups if shown.cast.knows(g[0].text)]
    with_author = any(same_person(p, author) for p in people for author in shown.authors)
    present = all(takes_part(p, shown, with_author=with_author) for p in people)
    return worst([*(_name(group, shown) for group in groups), "supported" if present else "partly"])


def _groups(words: Sequence[Word], cast: Cast) -> list[list[Word]]:
    """Neighbouring name words of one clause."""
    groups: list[list[Word]] = []
    last = -2
    for index, word in enumerate(words):
        if not (word.name or cast.knows(word.text)) or word.text in WEEKDAYS:
            continue
        joined = last == index - 1 and words[last].clause == word.clause
        groups[-1].append(word) if joined else groups.append([word])
        last = index
    return groups


def _name(group: Sequence[Word], shown: Shown) -> Support:
    initials = "".join(word.text[0] for word in group)
    missing = [word for word in group if not _is_named(word, shown)]
    if not missing or (len(group) > 1 and initials in shown.texts):
        return "supported"
    if len(missing) < len(group):
        found = next(word for word in group if word not in missing)
        return "unsupported" if _other_name(found, shown) else "supported"
    may_be_no_name = all(word.opening for word in group) and not shown.cast.knows(group[0].text)
    if may_be_no_name and group[0].text.endswith(_NO_NAME):
        return "supported"
    return "partly" if may_be_no_name or shown.pronouns else "unsupported"


def _is_named(word: Word, shown: Shown) -> bool:
    spellings = NICKNAMES.get(word.text, frozenset({word.text})) | shown.cast.other_names(word.text)
    parts = word.text.split("-")
    return (
        not spellings.isdisjoint(shown.texts)
        or word.stem in shown.stems
        or (len(parts) > 1 and all(part in shown.texts for part in parts))
    )


def _other_name(found: Word, shown: Shown) -> bool:
    """True when the mail goes on differently after this part of a name: Sam Teller, Sam Altman."""
    for words in (shown.facts.words, shown.around.words):
        for word, after in pairwise(words):
            if word.text == found.text and after.name and after.clause == word.clause:
                return True
    return False


def _polarity(said: Facts, shown: Shown) -> Support:
    """Words denied in one text and affirmed in the other."""
    shared = [w for w in said.words if w.stem in shown.stems and _has_polarity(w)]
    denying = _denying(said.words)
    denied = {word.stem for word in shown.facts.words if word.denied}
    against = [
        w
        for w in shared
        if w.negated not in shown.stems[w.stem]
        # "Nobody told the crew", "the crew was not told": the reach differs, the denial does not.
        and not (not w.negated and w.clause in denying and w.stem in denied)
    ]
    if any(w.denied if w.negated else w.stem in denied for w in against):
        return "unsupported"
    claims_denial = any(word.text in NEGATORS for word in said.words)
    backed = any(w.negated or w.text in NEGATORS for w in shown.facts.words)
    return "partly" if against or (claims_denial and not backed) else "supported"


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


def _speakers(said: Facts, shown: Shown) -> Support:
    """A person said to speak must have written the quotes, or be reported in them."""
    if not shown.authors:
        return "supported"
    return worst(_speaker(name, shown) for name in _said_to_speak(said, shown.cast))


def _said_to_speak(said: Facts, cast: Cast) -> list[str]:
    found = [d.subject for d in deeds(said, cast) if d.subject and d.verb in SAYING]
    words = [word.text for word in said.words]
    for word, after in pairwise(said.words):
        if word.possessive and cast.knows(word.text) and after.stem in COMMUNICATIONS:
            found.append(cast.who([word.text]))
        if word.stem in _SAYS and cast.knows(after.text) and word.clause == after.clause:
            found.extend(_inverted(word, after, said, cast))
    if words[:2] == ["according", "to"] and len(words) > 2:
        found.append(cast.who(words[2:3]))
    return found


def _inverted(verb: Word, name: Word, said: Facts, cast: Cast) -> list[str]:
    """The speaker in ", says Brockman": the verb opens its clause."""
    opens = next(word for word in said.words if word.clause == verb.clause) is verb
    return [cast.who([name.text])] if opens else []


def _speaker(name: str, shown: Shown) -> Support:
    if any(same_person(name, author) for author in shown.authors):
        return "supported"
    if shown.pronouns & WE and not any(shown.cast.knows(part) for part in name.split()):
        return "supported"
    named = (*shown.facts.words, *shown.around.words) if shown.pronouns else shown.facts.words
    reported = any(same_person(name, shown.cast.who([w.text])) for w in named)
    return "partly" if reported else "unsupported"


def _roles(said: Facts, shown: Shown) -> Support:
    done = [_role(deed, shown) for deed in deeds(said, shown.cast) if deed.subject]
    owned = [_owner(deed, shown) for deed in owners(said, shown.cast) if deed.subject]
    return worst([*done, *owned])


def _owner(deed: Deed, shown: Shown) -> Support:
    same = [o for o in owners(shown.facts, shown.cast) if o.verb == deed.verb and o.subject]
    fits = not same or any(same_person(deed.subject, other.subject) for other in same)
    return "supported" if fits else "partly"


def _role(deed: Deed, shown: Shown) -> Support:
    same = [other for other in shown.deeds if other.verb == deed.verb and other.subject]
    if any(same_person(deed.subject, other.subject) for other in same):
        return "supported"
    swapped = [other for other in same if same_person(deed.subject, other.target)]
    if swapped:
        return "unsupported"
    if same and deed.verb not in SAYING:
        return "partly"
    is_known = any(shown.cast.knows(part) for part in (deed.subject or "").split())
    return "partly" if is_known and not is_mentioned(deed.subject, shown) else "supported"


def _content(said: Facts, shown: Shown, similarity: float | None) -> Support:
    """How much of what the sentence says stands in the quotes."""
    content = [w for w in said.words if _is_content(w, shown.cast)]
    if _is_foreign(said) and not _is_foreign(shown.facts):
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
    framing = word.stem in LIGHT or word.stem in SAYING or word.text in NEGATORS
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


def _is_foreign(facts: Facts) -> bool:
    """True for a text of five words or more without one of the commonest English words."""
    return len(facts.words) >= 5 and not any(word.text in _GRAMMAR for word in facts.words)
