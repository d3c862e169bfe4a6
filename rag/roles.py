"""Who does what to whom in a text: subject, verb, object, as far as word order tells."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from rag.facts import Facts, Word
from rag.lexicon import LIGHT, NEGATORS, SAYING
from rag.terms import terms

_AUXILIARIES = frozenset(
    """will would shall should can could may might must had has have did does do was were is are be
    been being am also then later never not only just again already still even himself herself
    first finally soon really now ever previously initially explicitly repeatedly ll d ve""".split()
)
_BE = frozenset("was were is are be been being am got".split())
_FIRST = frozenset("i me my mine myself".split())
_SECOND = frozenset("you your yours yourself".split())
_DETERMINERS = frozenset("the a an this that its their our every each".split())
_POSTS = frozenset(
    "ceo cto cfo coo chair chairman chairwoman president director treasurer secretary".split()
)
_PREPOSITIONS = frozenset("in at of from with by for on near about to than".split())
_OTHERS = frozenset("he she they him her them it we us who".split())
_NICKNAMES = (
    "sam samuel samantha|greg gregory|bill will william|bob rob robert|mike michael|dave david|"
    "tom thomas|jim james|liz elizabeth beth|kate katherine catherine|tim timothy|dan daniel|"
    "ben benjamin|chris christopher|alex alexander alexandra|matt matthew|steve steven stephen|"
    "tony anthony|nick nicholas|ed edward|joe joseph|rich rick richard|andy andrew|sue susan|"
    "jen jennifer|becky rebecca|maggie margaret|pat patrick patricia|ron ronald|ken kenneth"
)
NICKNAMES = {
    name: frozenset(group.split()) for group in _NICKNAMES.split("|") for name in group.split()
}
#: Words between a subject and its verb, and between a verb and its object.
_NEAR = 4


@dataclass(frozen=True, slots=True)
class Cast:
    """The people around a text. `author` and `recipient` are what "I" and "you" mean."""

    people: tuple[str, ...] = ()
    author: str | None = None
    recipient: str | None = None
    _by_token: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for person in self.people:
            for token in person.lower().split():
                for spelling in NICKNAMES.get(token, frozenset({token})):
                    self._by_token.setdefault(spelling, set()).add(person.lower())

    def who(self, tokens: Sequence[str]) -> str:
        """The person that name words mean; the words themselves when that is not clear."""
        found = [self._by_token.get(token, set()) for token in tokens]
        same = set.intersection(*found) if found and all(found) else set()
        return next(iter(same)) if len(same) == 1 else " ".join(tokens)

    def other_names(self, token: str) -> frozenset[str]:
        """All parts of the names of those whom `token` may name."""
        people = self._by_token.get(token, set())
        return frozenset(part for person in people for part in person.split())

    def knows(self, token: str) -> bool:
        """True for any part of the name of one of the people."""
        return token in self._by_token


@dataclass(frozen=True, slots=True)
class Deed:
    """`subject` does `verb` (a stem) to `target`. Unknown parts are None."""

    subject: str | None
    verb: str
    target: str | None


def deeds(facts: Facts, cast: Cast) -> list[Deed]:
    """The deeds of a text whose subject is a name or a pronoun, in order."""
    words = facts.words
    found = []
    position = 0
    while position < len(words):
        tokens, length = _person_at(words, position, cast)
        if tokens:
            found.extend(_deed(words, position, length, cast))
        position += max(length, 1)
    return found


def owners(facts: Facts, cast: Cast) -> list[Deed]:
    """Whose something is: "Musk's decision", "your decision"; `verb` is the stem of the thing."""
    found = []
    for word, after in pairwise(facts.words):
        owns = word.possessive or word.text in {"my", "your"}
        if owns and after.clause == word.clause and (word.name or not word.possessive):
            found.append(Deed(_person([word.text], cast), after.stem, None))
    return found


def directions(facts: Facts) -> set[tuple[str, str]]:
    """("from", name) and ("to", name): what moves where."""
    return {
        (word.text, after.text)
        for word, after in pairwise(facts.words)
        if word.text in {"from", "to"} and after.name and after.clause == word.clause
    }


def same_person(one: str | None, other: str | None) -> bool:
    """True when two names can mean one person: equal, or one a part of the other."""
    if not one or not other:
        return False
    ones, others = set(one.split()), set(other.split())
    wider = ones | {nick for token in ones for nick in NICKNAMES.get(token, ())}
    if ones == others or others <= wider or ones <= others:
        return True
    return abbreviates(one, other) or abbreviates(other, one)


def abbreviates(short: str, name: str) -> bool:
    """True for "msft" and "microsoft": first and last letter, and consonants in order between."""
    if not 3 <= len(short) < len(name) or (short[0], short[-1]) != (name[0], name[-1]):
        return False
    letters = iter(name)
    return not set(short) & set("aeiou") and all(letter in letters for letter in short)


def _person_at(words: Sequence[Word], position: int, cast: Cast) -> tuple[list[str], int]:
    """The name or pronoun that begins at `position`, and its length in words."""
    word = words[position]
    if word.text in _FIRST | _SECOND | _OTHERS:
        return [word.text], 1
    length = 0
    while position + length < len(words) and words[position + length].clause == word.clause:
        after = words[position + length]
        if not (after.name or cast.knows(after.text)):
            break
        length += 1
    return [w.text for w in words[position : position + length]], length


def _person(tokens: list[str], cast: Cast) -> str | None:
    if tokens[0] in _FIRST:
        return cast.author
    if tokens[0] in _SECOND:
        return cast.recipient
    return None if tokens[0] in _OTHERS else cast.who(tokens)


def _deed(words: Sequence[Word], position: int, length: int, cast: Cast) -> list[Deed]:
    last = words[position + length - 1]
    before = words[position - 1] if position else None
    is_thing = before is not None and (
        before.text in _DETERMINERS
        or (before.text in _PREPOSITIONS and before.clause == words[position].clause)
    )
    verb_at = None if last.possessive or is_thing else _verb_after(words, position + length)
    if verb_at is None:
        return []
    tokens = [w.text for w in words[position : position + length]]
    subject = _person(tokens, cast)
    verb = words[verb_at]
    target, by = _target_after(words, verb_at, cast)
    is_participle = verb.stem in SAYING | _VERBS and verb.text.endswith(("ed", "en", "ld"))
    was = any(w.text in _BE for w in words[position + length : verb_at])
    if was and (by or is_participle):
        return [Deed(target if by else None, verb.stem, subject)]
    return [Deed(subject, verb.stem, target), *_complement(words, verb_at, subject, cast)]


def _complement(words: Sequence[Word], verb: int, subject: str | None, cast: Cast) -> list[Deed]:
    """What the subject of "admits having lost" or "agrees to pay" does besides."""
    after = words[verb + 1 : verb + 3]
    if len(after) < 2 or after[0].text not in {"having", "to"} or after[1].name:
        return []
    if after[0].clause != words[verb].clause or not terms(after[1].text):
        return []
    target, _ = _target_after(words, verb + 2, cast)
    return [Deed(subject, after[1].stem, target)]


def posts(facts: Facts, cast: Cast) -> list[Deed]:
    """Who holds a post: "Altman its CEO", "chairman Greg Brockman"; `verb` is the post."""
    words = facts.words
    found = []
    for at, word in enumerate(words):
        if word.text not in _POSTS:
            continue
        named = [
            (abs(i - at), i)
            for i in range(max(at - _NEAR, 0), min(at + _NEAR, len(words)))
            if words[i].clause == word.clause
            and (words[i].name or cast.knows(words[i].text))
            and words[i].text not in _POSTS
        ]
        if named:
            found.append(Deed(cast.who([words[min(named)[1]].text]), word.text, None))
    return found


def _verb_after(words: Sequence[Word], start: int) -> int | None:
    """The first word after a subject that can be its verb."""
    for index in range(start, min(start + _NEAR, len(words))):
        word = words[index]
        if word.clause != words[start - 1].clause:
            return None
        if word.text in _AUXILIARIES or word.text in NEGATORS or word.text.endswith("ly"):
            continue
        is_verb = terms(word.text) and word.stem not in LIGHT - _VERBS and not word.name
        return index if is_verb or word.stem in _VERBS else None
    return None


#: Light verbs that still tell who does something.
_VERBS = frozenset("give take get send want need say write tell know let make show".split())


def _target_after(words: Sequence[Word], verb: int, cast: Cast) -> tuple[str | None, bool]:
    """The first person after the verb in its clause, and whether "by" stands before it."""
    by = False
    for index in range(verb + 1, min(verb + 2 + _NEAR, len(words))):
        if words[index].clause != words[verb].clause:
            break
        by = by or words[index].text == "by"
        tokens, _ = _person_at(words, index, cast)
        if tokens:
            return _person(tokens, cast), by
    return None, False
