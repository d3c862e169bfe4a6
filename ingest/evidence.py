"""Proof that names and addresses are one person's, gathered from every mention in an archive.

Says which belong together; what the people are called is decided in `people`.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from ingest.model import REDACTED, Person
from ingest.names import Name, can_be_one_person, clean_name, take_apart

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
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """An identity fixed by the user: it overrides what the archive suggests."""

    name: str
    aliases: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


class Evidence:
    """Which addresses and names belong together, as sets that grow (union-find)."""

    def __init__(self, mentions: Mapping[Person, int], known: Sequence[KnownPerson]) -> None:
        self._parent: dict[str, str] = {}
        self.known = known
        self.known_by_alias: dict[Key, str] = {}
        self._names: dict[str, dict[Name, None]] = defaultdict(dict)
        self._addresses: dict[Key, dict[str, None]] = defaultdict(dict)
        self._initials: dict[Key, set[str]] = defaultdict(set)
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
                return self.root(name_node(name))
            return self.root(name_node(name, name.initials)) if name.initials else None
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

    def _is_ambiguous(self, key: Key) -> bool:
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
                    self._join(f"@{address}", name_node(Name(key)))
                else:
                    self._join_by_initial(key, address)

    def _join_by_initial(self, key: Key, address: str) -> None:
        initials = {n.initials for n in self._names[address] if n.words == key and n.initials}
        if len(initials) == 1:
            self._join(f"@{address}", name_node(Name(key), next(iter(initials))))

    def _join_bare_addresses(self, mentions: Mapping[Person, int]) -> None:
        """`ann.lee@x` that is never seen with a name is Ann Lee, when there is just one."""
        for mention in mentions:
            address = mention.addresses[0] if mention.addresses else ""
            if not address or self._names.get(address) or address in self.shared:
                continue
            key = tuple(re.split("[._]", address.partition("@")[0]))
            known = self.known_by_alias.get(key)
            if len(key) == 2 and (known or (key in self._addresses and key not in self.ambiguous)):
                self._join(f"@{address}", known or name_node(Name(key)))

    def _join(self, first: str, second: str) -> None:
        """Join two nodes; the smaller stands for both, so that the order of mail is no matter."""
        a, b = sorted((self.root(first), self.root(second)))
        self._parent[b] = a


def name_node(name: Name, initials: str = "") -> str:
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
