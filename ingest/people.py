"""One identity per person across spellings and addresses, built from the archive alone.

Names join only where the mail proves it: a wrong merge is worse than a missed one.
"""

import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from ingest.errors import SourceError
from ingest.evidence import Evidence, Key, KnownPerson, name_node
from ingest.model import Person
from ingest.names import Name, clean_name, is_well_spelled, same_first_name, take_apart


def load_people(path: Path) -> tuple[KnownPerson, ...]:
    """The people of a TOML file: `[[person]]` with `name`, `aliases`, `addresses`. SourceError."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("person", [])
    except (OSError, ValueError) as error:
        raise SourceError(f"cannot read the people file {path}: {error}; correct it") from error
    if not isinstance(entries, list):
        raise SourceError(f"{path}: `person` is no list of tables; write [[person]] before each")
    return tuple(_known_person(path, number, entry) for number, entry in enumerate(entries, 1))


def _known_person(path: Path, number: int, entry: object) -> KnownPerson:
    fields = entry if isinstance(entry, dict) else {}
    name, aliases, addresses = (fields.get(k, []) for k in ("name", "aliases", "addresses"))
    lists = [value for value in (aliases, addresses) if _is_words(value)]
    if not isinstance(name, str) or not name or len(lists) != 2:
        raise SourceError(
            f"{path}: person {number} needs a `name` and lists of words as `aliases` and "
            "`addresses`; correct the entry"
        )
    return KnownPerson(name, tuple(lists[0]), tuple(sorted(a.lower() for a in lists[1])))


def _is_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


class People:
    """The people of an archive. Resolves a mention to its identity, and words to people."""

    def __init__(self, mentions: Mapping[Person, int], known: Sequence[KnownPerson] = ()) -> None:
        """`mentions`: each person as spelled, with how often. `known` overrides the archive."""
        evidence = Evidence(mentions, known)
        self._evidence = evidence
        self._direct: dict[Person, str | None] = {}
        nodes = {m: self._node(m) for m in mentions}
        self._persons = _name_all(evidence, nodes, mentions)
        self._spelled_alone = _spellings_alone(nodes, mentions)
        self._by_name: dict[Key, list[str]] = defaultdict(list)
        self._by_word: dict[str, list[str]] = defaultdict(list)
        for root, person in sorted(self._persons.items(), key=lambda item: item[1].name):
            words = take_apart(_plain(person)).words
            self._by_name[words].append(root)
            for word in dict.fromkeys((*words[:1], *words[-1:])):
                self._by_word[word].append(root)
        for word, root in evidence.short_names():
            if root in self._persons and root not in self._by_word[word]:
                self._by_word[word].append(root)

    def resolve(self, mention: Person, context: Sequence[Person] = ()) -> Person:
        """The identity of a mention; `context` are the other people of the same message.

        A first name or nickname alone joins only when exactly one person fits, first among the
        context, else in the whole archive.
        """
        root = self._node(mention)
        if root is None:
            root = self._in_context(mention, context)
        return self._persons.get(root, mention) if root is not None else self._stranger(mention)

    def match(self, words: str) -> list[Person]:
        """Everyone whom `words` can mean, by name: full, first or last name, alias or address."""
        if "@" in words:
            root = self._evidence.root(f"@{words.strip().lower()}")
            return [self._persons[root]] if root in self._persons else []
        key = take_apart(clean_name(words)).words
        known = self._evidence.known_by_alias.get(key)
        roots = [self._evidence.root(known)] if known else list(self._by_name.get(key, ()))
        if not known and len(key) == 1:
            roots = self._by_word.get(key[0], [])
        elif not roots and key:
            named = ((root, set(take_apart(p.name).words)) for root, p in self._persons.items())
            roots = [root for root, held in named if set(key) <= held]
        found = {self._persons[root] for root in roots if root in self._persons}
        return sorted(found, key=lambda person: (person.name, person.addresses))

    def everyone(self) -> list[Person]:
        """All identities, by name."""
        return sorted(self._persons.values(), key=lambda person: (person.name, person.addresses))

    def aliases(self) -> dict[str, str]:
        """Other spellings that mean exactly one person, in lower case, to the canonical name."""
        spelled: dict[str, set[str]] = defaultdict(set)
        for root, spelling in self._evidence.spellings():
            if root in self._persons:
                spelled[spelling.lower()].add(self._persons[root].name)
        return {
            spelling: next(iter(names))
            for spelling, names in sorted(spelled.items())
            if len(names) == 1 and spelling != next(iter(names)).lower()
        }

    def _node(self, mention: Person) -> str | None:
        """The identity that the mention alone proves; None when others must be looked at."""
        if mention not in self._direct:
            self._direct[mention] = self._evidence.identity(mention)
        return self._direct[mention]

    def _in_context(self, mention: Person, context: Sequence[Person]) -> str | None:
        name = take_apart(clean_name(mention.name))
        if not name.words:
            return None
        near = {root for p in context if p != mention and (root := self._node(p))}
        for circle in (near, self._candidates(name)):
            fitting = {root for root in circle if root in self._persons and self._fits(name, root)}
            if len(fitting) == 1:
                return next(iter(fitting))
            if fitting:
                return None
        return None

    def _candidates(self, name: Name) -> set[str]:
        if name.is_full or not name.words:
            return set()
        return {root for word in name.words for root in self._by_word.get(word, ())}

    def _fits(self, name: Name, root: str) -> bool:
        """True when the name can be short for that of `root`, a person proven otherwise."""
        whole = take_apart(_plain(self._persons[root]))
        person = whole.words
        if name.is_full or not whole.is_full:
            return person == name.words
        if len(name.words) == 1:
            word = name.words[0]
            return (
                same_first_name(word, person[0])
                or word == person[-1]
                or root in self._by_word.get(word, ())
            ) and len(word) > 1
        return name.words[-1] == person[-1] and same_first_name(name.words[0], person[0])

    def _stranger(self, mention: Person) -> Person:
        """The identity of a name that nothing joins to an address or a full name."""
        node = _alone(mention)
        if node not in self._persons:
            spelled = self._spelled_alone.get(node)
            self._persons[node] = Person(_best(spelled) if spelled else mention.name)
            for word in dict.fromkeys(take_apart(mention.name).words):
                self._by_word[word].append(node)
        return self._persons[node]


def _name_all(
    evidence: Evidence, nodes: Mapping[Person, str | None], mentions: Mapping[Person, int]
) -> dict[str, Person]:
    """Each identity with its canonical name, addresses sorted; namesakes are told apart."""
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    addresses: dict[str, set[str]] = defaultdict(set)
    for mention, root in nodes.items():
        if root is None:
            if not take_apart(clean_name(mention.name)).is_full:
                continue
            root = _alone(mention)
        address = mention.addresses[0] if mention.addresses else ""
        if root == evidence.root(f"@{address}"):
            addresses[root].add(address)
        if mention.name != address:
            spelled[root][clean_name(mention.name) or mention.name] += mentions[mention]
        else:
            spelled[root][address] += 0
    for number, person in enumerate(evidence.known):
        root = evidence.root(f"!{number}")
        if root in spelled or root in addresses:
            spelled[root] = Counter({person.name: 1})
            addresses[root].update(person.addresses)
    persons = {
        root: Person(_best(names), tuple(sorted(addresses[root])))
        for root, names in spelled.items()
    }
    return _told_apart(persons)


def _spellings_alone(
    nodes: Mapping[Person, str | None], mentions: Mapping[Person, int]
) -> dict[str, Counter[str]]:
    """How names that prove nothing by themselves are spelled, by what they come to."""
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    for mention, root in nodes.items():
        if root is None:
            spelled[_alone(mention)][clean_name(mention.name) or mention.name] += mentions[mention]
    return spelled


def _alone(mention: Person) -> str:
    """The identity of a name that is joined to nobody's."""
    name = take_apart(clean_name(mention.name))
    return name_node(name) if name.words else f"={mention.name}"


def _best(spellings: Counter[str]) -> str:
    return min(spellings, key=lambda spelling: _rank(spelling, spellings[spelling]))


def _rank(spelling: str, count: int) -> tuple[bool, bool, bool, int, str]:
    """Sorts the best spelling first: a full name in mixed case, then the most frequent."""
    is_full = take_apart(spelling).is_full and "@" not in spelling
    return "@" in spelling, not is_full, not is_well_spelled(spelling), -count, spelling


def _told_apart(persons: Mapping[str, Person]) -> dict[str, Person]:
    counts = Counter(person.name for person in persons.values())
    return {
        root: Person(f"{p.name} ({p.addresses[0]})", p.addresses)
        if counts[p.name] > 1 and p.addresses and p.name != p.addresses[0]
        else p
        for root, p in persons.items()
    }


def _plain(person: Person) -> str:
    """The name without the address that tells namesakes apart."""
    return person.name.partition(" (")[0] if "@" in person.name else person.name
