"""Finding the people of the archive in a question, by full, last and first name or nearly so."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import DamerauLevenshtein

from ingest.model import Person

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")

#: First names that are everyday words: read as names only when written with a capital.
_ORDINARY = frozenset(
    (
        "will", "may", "mark", "art", "grace", "hope", "bill", "sue", "rich", "grant", "drew",
        "faith", "joy", "rose", "dawn", "chance", "frank", "pat", "rob", "jack", "max", "april",
        "june", "august", "guy", "miles", "chase", "wade", "dean", "earl", "penny", "ray", "gene",
    )
)  # fmt: skip
#: Shortest word that is compared with a misspelt name.
_FUZZY_LENGTH = 5


@dataclass(frozen=True, slots=True)
class Mention:
    """`text[start:end]` names one of `people` (several when a first name is shared)."""

    start: int
    end: int
    people: tuple[str, ...]


class NameIndex:
    """Names of the people of an archive, most frequent first."""

    def __init__(self, people: Sequence[Person], aliases: Mapping[str, str] | None = None) -> None:
        """`people` in order of importance; `aliases` maps other spellings to canonical names."""
        self._full: dict[tuple[str, ...], list[str]] = {}
        for person in people:
            for spelling in _spellings(person):
                self._add(spelling, person.name)
        for alias, name in (aliases or {}).items():
            self._add(_words(alias), name)
        self._longest = max(map(len, self._full), default=0)
        self._singles = [
            key[0] for key in self._full if len(key) == 1 and len(key[0]) >= _FUZZY_LENGTH
        ]

    def find(self, text: str) -> tuple[Mention, ...]:
        """All mentions in `text`, in order, longest spelling first, without overlaps."""
        words = list(_WORD.finditer(text))
        found: list[Mention] = []
        position = 0
        while position < len(words):
            length, names = self._at(words, position)
            if names:
                span = words[position].start(), words[position + length - 1].end()
                found.append(Mention(*span, tuple(names)))
            position += max(length, 1)
        return tuple(found)

    def resolve(self, spelling: str) -> tuple[str, ...]:
        """Canonical names that `spelling` (a name or an address) can mean; empty when none."""
        exact = self._full.get(_words(spelling))
        if exact:
            return tuple(exact)
        mentions = self.find(spelling)
        return mentions[0].people if mentions else ()

    def words_for(self, name: str) -> tuple[str, ...]:
        """Single words, lower case, that mean this person and nobody else; no everyday word."""
        return tuple(
            key[0]
            for key, names in self._full.items()
            if len(key) == 1 and names == [name] and key[0] not in _ORDINARY
        )

    def _add(self, key: tuple[str, ...], name: str) -> None:
        if key and name not in self._full.setdefault(key, []):
            self._full[key].append(name)

    def _at(self, words: Sequence[re.Match[str]], position: int) -> tuple[int, list[str]]:
        for length in range(min(self._longest, len(words) - position), 0, -1):
            key = tuple(w.group().lower() for w in words[position : position + length])
            if key in self._full and not _is_ordinary(words[position].group(), length):
                return length, self._full[key]
        return 1, self._near(words[position].group().lower())

    def _near(self, word: str) -> list[str]:
        """People whose one-word spelling differs from `word` by a slip (or a lost apostrophe)."""
        bare = word.removesuffix("s")
        if (bare,) in self._full and bare not in _ORDINARY:
            return self._full[(bare,)]
        if len(bare) < _FUZZY_LENGTH:
            return []
        limit = 1 if len(bare) < 7 else 2
        near = [
            (DamerauLevenshtein.distance(bare, single, score_cutoff=limit), single)
            for single in self._singles
            if single[0] == bare[0]
        ]
        best = min((pair for pair in near if pair[0] <= limit), default=None)
        return self._full[(best[1],)] if best else []


def _spellings(person: Person) -> Iterable[tuple[str, ...]]:
    words = _words(person.name)
    if not words or person.name.startswith("<"):
        return
    yield words
    if len(words) > 1:
        yield (words[-1],)
        yield (words[0],)
        yield (words[0], words[-1])
    for address in person.addresses:
        yield _words(address)


def _words(text: str) -> tuple[str, ...]:
    return tuple(w.group().lower() for w in _WORD.finditer(text))


def _is_ordinary(word: str, length: int) -> bool:
    return length == 1 and word.islower() and word in _ORDINARY
