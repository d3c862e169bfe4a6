"""One identity per person across spellings and addresses, built from the archive alone.

Names join only where the mail proves it: a wrong merge is worse than a missed one.
"""

import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from ingest.errors import SourceError
from ingest.model import REDACTED, Person
from ingest.names import (
    Name,
    can_be_one_person,
    clean_name,
    is_well_spelled,
    same_first_name,
    take_apart,
)

#: Addresses that programs write from, in the name of many people.
_MACHINE = re.compile(
    r"(?:.*no-?reply|.*do-?not-?reply|postmaster|mailer-daemon|.*notifications?|notify|invitations?|"
    r"announce|lists?|everyone|all)(?:[-+.].*)?@"
)
#: Addresses of an office: of one person as long as one name uses them.
_OFFICE = re.compile(
    r"(?:info|admin|administrator|support|help|helpdesk|office|team|sales|contact|webmaster|press|"
    r"hello|jobs|hr|billing|news|newsletter|updates?|staff)(?:[-+.].*)?@"
)
_NUMBERED = re.compile(r"^(.*?)[._-]?\d{1,3}@(.+)$")
_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """An identity fixed by the user: it overrides what the archive suggests."""

    name: str
    aliases: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


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
        evidence = _Evidence(mentions, known)
        self._evidence = evidence
        self._direct: dict[Person, str | None] = {}
        self._persons = _name_all(evidence, {m: self._node(m) for m in mentions}, mentions)
        self._by_name: dict[_Key, list[str]] = defaultdict(list)
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
        person = take_apart(_plain(self._persons[root])).words
        if name.is_full:
            return person == name.words
        if len(person) < 2:
            return False
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
        name = clean_name(mention.name) or mention.name
        words = take_apart(name)
        node = _name_node(words)
        if node not in self._persons:
            self._persons[node] = Person(name)
            for word in dict.fromkeys(words.words):
                self._by_word[word].append(node)
        return self._persons[node]


class _Evidence:
    """Which addresses and names belong together, as sets that grow (union-find)."""

    def __init__(self, mentions: Mapping[Person, int], known: Sequence[KnownPerson]) -> None:
        self._parent: dict[str, str] = {}
        self.known = known
        self.known_by_alias: dict[_Key, str] = {}
        self._names: dict[str, dict[Name, None]] = defaultdict(dict)
        self._addresses: dict[_Key, dict[str, None]] = defaultdict(dict)
        self._initials: dict[_Key, set[str]] = defaultdict(set)
        self._spelled: dict[str, set[str]] = defaultdict(set)
        self._collect(mentions)
        self.shared = {a for a, names in self._names.items() if _is_shared(a, names)}
        self._join_known()
        self.ambiguous = {key for key in self._addresses if self._is_ambiguous(key)}
        self._join_names()
        self._join_bare_addresses(mentions)

    def root(self, node: str) -> str:
        """The node that stands for all that are joined with `node`."""
        while (above := self._parent.get(node, node)) != node:
            self._parent[node] = self._parent.get(above, above)
            node = above
        return node

    def identity(self, mention: Person) -> str | None:
        """The node of a mention's person; None when its name is short or shared by namesakes."""
        address = mention.addresses[0] if mention.addresses else ""
        if address and address not in self.shared:
            return self.root(f"@{address}")
        if mention == REDACTED or mention.name.startswith("<"):
            return f"={mention.name}"
        name = take_apart(clean_name(mention.name))
        known = self.known_by_alias.get(name.words)
        if known is not None:
            return self.root(known)
        if name.is_full and mention.name != address:
            if name.words not in self.ambiguous:
                return self.root(_name_node(name))
            return self.root(_name_node(name, name.initials)) if name.initials else None
        return self.root(f"@{address}") if address else None

    def spellings(self) -> Iterable[tuple[str, str]]:
        """(identity, spelling) of every name seen with an address of one person, and of aliases."""
        for address, spelled in sorted(self._spelled.items()):
            if address not in self.shared:
                yield from ((self.root(f"@{address}"), name) for name in sorted(spelled))
        for number, person in enumerate(self.known):
            yield from ((self.root(f"!{number}"), alias) for alias in person.aliases)

    def short_names(self) -> Iterable[tuple[str, str]]:
        """(word, identity) of nicknames: one-word names seen with a person's own address."""
        for root, spelling in self.spellings():
            words = take_apart(spelling).words
            if len(words) == 1:
                yield words[0], root

    def _collect(self, mentions: Mapping[Person, int]) -> None:
        for mention in mentions:
            address = mention.addresses[0] if mention.addresses else ""
            spelling = clean_name(mention.name)
            if mention == REDACTED or mention.name.startswith("<") or mention.name == address:
                self._names.setdefault(address, {})
                continue
            name = take_apart(spelling)
            if name.is_full:
                self._addresses[name.words].setdefault(address)
                if name.initials:
                    self._initials[name.words].add(name.initials)
            if address:
                self._names[address].setdefault(name)
                self._spelled[address].add(spelling)
        self._addresses = {key: self._addresses[key] for key in sorted(self._addresses)}

    def _join_known(self) -> None:
        for number, person in enumerate(self.known):
            node = f"!{number}"
            self.shared -= set(person.addresses)
            for address in person.addresses:
                self._join(f"@{address}", node)
            for spelling in (person.name, *person.aliases):
                self.known_by_alias.setdefault(take_apart(clean_name(spelling)).words, node)

    def _is_ambiguous(self, key: _Key) -> bool:
        """True when the archive shows two people of that name."""
        if key in self.known_by_alias:
            return False
        if any(a[:1] != b[:1] for a, b in combinations(self._initials.get(key, ()), 2)):
            return True
        own = [a for a in self._addresses[key] if a and a not in self.shared]
        return any(_are_numbered(a, b) for a, b in combinations(own[:50], 2))

    def _join_names(self) -> None:
        for address, names in self._names.items():
            aliases = {self.known_by_alias.get(name.words) for name in names} - {None}
            if len(aliases) == 1 and address not in self.shared:
                self._join(f"@{address}", str(aliases.pop()))
        for key, addresses in self._addresses.items():
            if key in self.known_by_alias:
                continue
            for address in addresses:
                if not address or address in self.shared:
                    continue
                if key not in self.ambiguous:
                    self._join(f"@{address}", _name_node(Name(key)))
                else:
                    self._join_by_initial(key, address)

    def _join_by_initial(self, key: _Key, address: str) -> None:
        initials = {n.initials for n in self._names[address] if n.words == key and n.initials}
        if len(initials) == 1:
            self._join(f"@{address}", _name_node(Name(key), next(iter(initials))))

    def _join_bare_addresses(self, mentions: Mapping[Person, int]) -> None:
        """`ann.lee@x` that is never seen with a name is Ann Lee, when there is just one."""
        for mention in mentions:
            address = mention.addresses[0] if mention.addresses else ""
            if not address or self._names.get(address) or address in self.shared:
                continue
            key = tuple(re.split("[._]", address.partition("@")[0]))
            known = self.known_by_alias.get(key)
            if len(key) == 2 and (known or (key in self._addresses and key not in self.ambiguous)):
                self._join(f"@{address}", known or _name_node(Name(key)))

    def _join(self, first: str, second: str) -> None:
        """Join two nodes; the smaller stands for both, so that the order of mail is no matter."""
        a, b = sorted((self.root(first), self.root(second)))
        self._parent[b] = a


def _name_node(name: Name, initials: str = "") -> str:
    return f"n:{' '.join(name.words)}|{initials}"


def _is_shared(address: str, names: Iterable[Name]) -> bool:
    full = [name for name in names if name.is_full][:50]
    if not address or _MACHINE.match(address):
        return True
    if _OFFICE.match(address) and len({name.words for name in full}) > 1:
        return True
    return any(not can_be_one_person(a, b) for a, b in combinations(full, 2))


def _are_numbered(first: str, second: str) -> bool:
    """True for john.smith@x and john.smith2@x: a company's two people of one name."""
    a, b = _NUMBERED.match(first), _NUMBERED.match(second)
    bare = [f"{m[1]}@{m[2]}" if m else address for m, address in ((a, first), (b, second))]
    return bool(a or b) and bare[0] == bare[1]


def _name_all(
    evidence: _Evidence, nodes: Mapping[Person, str | None], mentions: Mapping[Person, int]
) -> dict[str, Person]:
    """Each identity with its canonical name, addresses sorted; namesakes are told apart."""
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    addresses: dict[str, set[str]] = defaultdict(set)
    for mention, root in nodes.items():
        if root is None:
            root = _name_node(take_apart(clean_name(mention.name)))
            if take_apart(clean_name(mention.name)).is_full is False:
                continue
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
