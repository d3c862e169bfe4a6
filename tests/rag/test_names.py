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


def test_mentions_are_where_they_stand(names: NameIndex) -> None:
    text = "Did Ada Lovelace write to chuck?"
    spans = [text[mention.start : mention.end] for mention in names.find(text)]
    assert spans == ["Ada Lovelace", "chuck"]


def test_a_first_name_that_is_shared_means_all_who_have_it(names: NameIndex) -> None:
    assert names.resolve("Ada") == ("Ada Lovelace", "Ada Byron")
    assert names.resolve("ada byron") == ("Ada Byron",)


@pytest.mark.parametrize("text", ["the lovely lace", "babble", "bagage"])
def test_words_that_are_merely_like_a_name_are_not_people(names: NameIndex, text: str) -> None:
    assert names.find(text) == ()


def test_an_archive_without_people_names_nobody() -> None:
    assert NameIndex([]).find("Ada Lovelace") == ()
    assert NameIndex([REDACTED]).resolve("<redacted>") == ()
