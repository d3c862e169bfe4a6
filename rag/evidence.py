"""What a sentence is checked against: the quotes it cites and what stands about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.dates import PartialDate
from rag.facts import Facts, Number, Word, read_facts
from rag.model import Support
from rag.roles import NICKNAMES, Cast, Deed, deeds, same_person

#: Words that may stand for somebody or something named elsewhere in the mail.
PRONOUNS = frozenset("he she they him her them his their theirs it its we our us".split())
WE = frozenset("we our us ours".split())

#: The commonest English words.
_GRAMMAR = frozenset(
    """the of to and in a is that for was on with he she they it would as be by at from had has
    not this who what an are were his her their will said""".split()
)
_RANK: dict[Support, int] = {"supported": 0, "partly": 1, "unsupported": 2}


@dataclass(frozen=True, slots=True)
class Shown:
    """The cited words, read once; `around` is what stands about them: people, date, subject."""

    facts: Facts
    around: Facts
    cast: Cast
    authors: tuple[str, ...]
    recipients: tuple[str, ...]
    stems: dict[str, set[bool]]
    texts: frozenset[str]
    #: Words of the quotes with a capital, in order.
    names: tuple[str, ...]
    numbers: tuple[Number, ...]
    dates: tuple[PartialDate, ...]
    deeds: tuple[Deed, ...]
    pronouns: frozenset[str]


def shown_in(
    evidence: Sequence[str],
    authors: Sequence[str],
    context: Sequence[str],
    recipients: Sequence[str],
    people: Sequence[str],
) -> Shown:
    facts = read_facts("\n".join(_ended(quote) for quote in evidence))
    around = read_facts(". ".join([*context, *authors, *recipients]))
    known = tuple(dict.fromkeys([*authors, *recipients, *people]))
    author = authors[0].lower() if len(set(authors)) == 1 else None
    recipient = recipients[0].lower() if len(recipients) == 1 else None
    cast = Cast(known, author, recipient)
    stems: dict[str, set[bool]] = {}
    for word in facts.words:
        stems.setdefault(word.stem, set()).add(word.negated)
    texts = {word.text for word in (*facts.words, *around.words)}
    return Shown(
        facts=facts,
        around=around,
        cast=cast,
        authors=tuple(author.lower() for author in authors),
        recipients=tuple(recipient.lower() for recipient in recipients),
        stems=stems,
        texts=frozenset(texts | _initialisms(facts.words)),
        names=tuple(word.text for word in facts.words if word.name),
        numbers=(*facts.numbers, *around.numbers),
        dates=(*facts.dates, *around.dates),
        deeds=tuple(deeds(facts, cast)),
        pronouns=frozenset(word.text for word in facts.words) & (PRONOUNS | WE),
    )


def _ended(quote: str) -> str:
    quote = quote.strip()
    return quote if quote.endswith((".", "!", "?", ":")) else f"{quote}."


def _initialisms(words: Sequence[Word]) -> set[str]:
    """Initials of two to four neighbouring words: "artificial general intelligence" -> "agi"."""
    first = [word.text[0] for word in words]
    return {"".join(first[i : i + n]) for n in (3, 4) for i in range(len(first) - n + 1)} | {
        one.text[0] + two.text[0] for one, two in pairwise(words) if one.name and two.name
    }


def takes_part(person: str, shown: Shown, *, with_author: bool) -> bool:
    """A person of the header counts as one the quotes speak of: their writer, "you", a name."""
    if is_mentioned(person, shown):
        return True
    addressed = any(same_person(person, other) for other in shown.recipients)
    return (addressed and with_author) or not shown.pronouns.isdisjoint(PRONOUNS)


def is_mentioned(name: str | None, shown: Shown) -> bool:
    if any(same_person(name, author) for author in shown.authors):
        return True
    texts = {word.text for word in shown.facts.words}
    addressed = any(same_person(name, recipient) for recipient in shown.recipients)
    if addressed and not texts.isdisjoint({"you", "your", "yours"}):
        return True
    parts = (name or "").split()
    spellings = {nick for part in parts for nick in NICKNAMES.get(part, {part})}
    known = {other for part in parts for other in shown.cast.other_names(part)}
    return not texts.isdisjoint(spellings | known)


def worst(grades: Iterable[Support]) -> Support:
    """The most doubtful of some grades; "supported" when there are none."""
    return max(grades, key=_RANK.__getitem__, default="supported")


def is_foreign(facts: Facts) -> bool:
    """True for a text of five words or more without one of the commonest English words."""
    return len(facts.words) >= 5 and not any(word.text in _GRAMMAR for word in facts.words)
