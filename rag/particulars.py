"""Whether the numbers, dates and names that a sentence states stand in the quotes it cites."""

from collections.abc import Sequence
from itertools import pairwise

from rag.dates import PartialDate
from rag.evidence import PRONOUNS, Shown, is_foreign, takes_part, worst
from rag.facts import WEEKDAYS, Facts, Number, Word, read_facts
from rag.model import Support
from rag.roles import NICKNAMES, Cast, abbreviates, same_person

_CLOCK = frozenset({"o'clock", "o", "am", "pm"})
#: Endings of words that are no names.
_NO_NAME = ("ing", "ly", "ion", "ment", "ity", "ness", "ance", "ence")


def numbers(said: Facts, shown: Shown) -> Support:
    codes = {*shown.facts.codes, *shown.around.codes}
    if not codes.issuperset(said.codes):
        return "unsupported"
    return worst(_number(number, shown) for number in said.numbers)


def _number(number: Number, shown: Shown) -> Support:
    # What the header says in figures, such as the time of day, bears out no word for a number.
    known = shown.facts.numbers if number.spelled and number.noun not in _CLOCK else shown.numbers
    equal = [other for other in known if _close(number.value, other.value)]
    rivals = [o for o in shown.facts.numbers if number.noun and o.noun == number.noun]
    if number.vague:
        sizes = range(1, 1000)
        return "supported" if any(o.value // number.value in sizes for o in known) else "partly"
    if rivals and not any(_close(number.value, other.value) for other in rivals):
        return "unsupported"
    if equal or any(number.value == date.year for date in shown.dates):
        return "supported"
    return "partly" if number.spelled and number.value <= 10 and not rivals else "unsupported"


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other))


def dates(said: Facts, shown: Shown) -> Support:
    years = {date.year for date in shown.dates if date.year}
    years |= {int(n.value) for n in shown.numbers if 1900 <= n.value <= 2100}
    if not all(_dated(date, shown.dates, years) for date in said.dates):
        return "unsupported"
    # The day on which the mail was sent counts where the quotes name none.
    known = shown.facts.weekdays or shown.around.weekdays
    return "supported" if set(known).issuperset(said.weekdays) else "unsupported"


def _dated(date: PartialDate, known: Sequence[PartialDate], years: set[int]) -> bool:
    if date.month is None:
        return date.year in years if date.year else any(date.day == other.day for other in known)
    return any(_same_day(date, other, known) and _same_year(date, other, years) for other in known)


def _same_day(date: PartialDate, other: PartialDate, known: Sequence[PartialDate]) -> bool:
    if other.month is None:
        # "The 25th" is of the month in which it was written, or of the next.
        near = {month for d in known if d.month for month in (d.month, d.month % 12 + 1)}
        return other.day is not None and other.day == date.day and date.month in near
    return other.month == date.month and (date.day is None or other.day == date.day)


def _same_year(date: PartialDate, other: PartialDate, years: set[int]) -> bool:
    return date.year is None or other.year == date.year or (not other.year and date.year in years)


def names(said: Facts, shown: Shown) -> Support:
    groups = _groups(said.words, shown.cast)
    if is_foreign(said):
        # Other languages write common nouns with capitals too.
        groups = [group for group in groups if shown.cast.knows(group[0].text)]
    people = [shown.cast.who([w.text for w in g]) for g in groups if shown.cast.knows(g[0].text)]
    with_author = any(same_person(p, author) for p in people for author in shown.authors)
    present = all(takes_part(p, shown, with_author=with_author) for p in people)
    return worst([*(_name(group, shown) for group in groups), "supported" if present else "partly"])


def bound(said: Facts, shown: Shown, evidence: Sequence[str]) -> Support:
    """Names and numbers said in one breath must stand together in one of the quotes.

    A number may be told of the wrong one of two companies that a mail names.
    """
    header = (*shown.authors, *shown.recipients)
    words = [w for w in said.words if (w.name and not w.opening) or shown.cast.knows(w.text)]
    third = [
        w
        for w in words
        if not any(same_person(shown.cast.who([w.text]), one) for one in header)
        and w.text in shown.texts
    ]
    if len({w.text for w in third}) + len(said.numbers) < 2 or not third:
        return "supported"
    fits = any(_holds(third, said.numbers, quote) for quote in evidence)
    return "supported" if fits or len(evidence) < 2 else "partly"


def _holds(named: Sequence[Word], values: Sequence[Number], quote: str) -> bool:
    """True when a quote has all of these, or pronouns that may stand for a name."""
    facts = read_facts(quote)
    stems = {word.stem for word in facts.words}
    has_names = all(word.stem in stems for word in named)
    refers = any(word.text in PRONOUNS for word in facts.words)
    has_numbers = all(any(_close(v.value, o.value) for o in facts.numbers) for v in values)
    return has_numbers and (has_names or refers)


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
        or any(abbreviates(other, word.text) for other in shown.names)
    )


def _other_name(found: Word, shown: Shown) -> bool:
    """True when the mail has this part of a name beside another: Sam Teller, Sam Altman."""
    for words in (shown.facts.words, shown.around.words):
        for word, after in pairwise(words):
            together = word.name and after.name and after.clause == word.clause
            if together and found.text in {word.text, after.text}:
                return True
    return False
