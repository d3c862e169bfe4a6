"""People of the archive in the words of a question."""

import pytest

from ingest.model import REDACTED, Person
from rag.names import NameIndex

PEOPLE = [
    Person("Ada Lovelace", ("ada@engine.example",)),
    Person("Charles Babbage"),
    Person("Ada Byron"),
    Person("Will Hope"),
    REDACTED,
]


@pytest.fixture
def names() -> NameIndex:
    return NameIndex(PEOPLE, {"chuck": "Charles Babbage"})


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("what did Babbage say", ("Charles Babbage",)),
        ("what did charles babbage say", ("Charles Babbage",)),
        ("babbages plan", ("Charles Babbage",)),
        ("what did babage say", ("Charles Babbage",)),
        ("ask Ada", ("Ada Lovelace", "Ada Byron")),
        ("chuck's letter", ("Charles Babbage",)),
        ("Will Hope", ("Will Hope",)),
        ("Hope wrote", ("Will Hope",)),
    ],
)
def test_mention_is_found(names: NameIndex, text: str, people: tuple[str, ...]) -> None:
    assert [mention.people for mention in names.find(text)] == [people]


@pytest.mark.parametrize("text", ["will they hope to sell it", "a cabbage patch", "redacted", ""])
def test_ordinary_words_are_not_people(names: NameIndex, text: str) -> None:
    assert names.find(text) == ()


def test_address_resolves_to_its_person(names: NameIndex) -> None:
    assert names.resolve("ada@engine.example") == ("Ada Lovelace",)


def test_unknown_name_resolves_to_nobody(names: NameIndex) -> None:
    assert names.resolve("Zoe") == ()
