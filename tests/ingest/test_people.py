"""One identity per person; people whom the mail does not prove to be one stay apart."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import SourceError
from ingest.evidence import KnownPerson
from ingest.model import REDACTED, Person
from ingest.names import clean_name
from ingest.people import People, load_people


def mention(text: str) -> Person:
    """`Ann Lee <a@x>`, `<a@x>` or `Ann Lee`."""
    name, _, address = text.partition(" <") if not text.startswith("<") else ("", "", text[1:])
    address = address.rstrip(">")
    return Person(name or address, (address,) if address else ())


def people(*texts: str, known: Sequence[KnownPerson] = ()) -> People:
    mentions: dict[Person, int] = {}
    for text in texts:
        mentions[mention(text)] = mentions.get(mention(text), 0) + 1
    return People(mentions, known)


def name(found: People, text: str, *context: str) -> str:
    return found.resolve(mention(text), [mention(c) for c in context]).name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Musk, Elon", "Elon Musk"),
        ("Musk, Elon R.", "Elon R. Musk"),
        ("'Elon Musk'", "Elon Musk"),
        ("Dr. Ann Marie Lee", "Ann Marie Lee"),
        ("Ann Lee (Acme)", "Ann Lee"),
        ("Ann Lee via Docs", "Ann Lee"),
        ("Sammy Davis, Jr.", "Sammy Davis, Jr."),
        ("  Ann   Lee ", "Ann Lee"),
        ("Acme, Inc.", "Acme, Inc."),
    ],
)
def test_names_get_one_spelling(text: str, expected: str) -> None:
    assert clean_name(text) == expected


@pytest.mark.parametrize(
    "spelling", ["Musk, Elon", "elon musk", "Elon R. Musk", "ELON MUSK", "Élon Musk"]
)
def test_spellings_of_one_name_are_one_person(spelling: str) -> None:
    found = people("Elon Musk <em@x.example>", "Elon Musk", spelling)
    assert found.resolve(mention(spelling)) == Person("Elon Musk", ("em@x.example",))


def test_one_name_at_two_addresses_is_one_person() -> None:
    found = people("Ann Lee <ann@a.example>", "Lee, Ann <al@b.example>")
    assert found.everyone() == [Person("Ann Lee", ("al@b.example", "ann@a.example"))]


def test_one_address_with_two_spellings_is_one_person() -> None:
    found = people("Bob Ray <b@x.example>", "Bob Ray <b@x.example>", "Robert Ray <b@x.example>")
    assert name(found, "Robert Ray") == "Bob Ray"


def test_address_shared_by_two_people_joins_nobody() -> None:
    found = people("Ann Lee <desk@x.example>", "Bob Ray <desk@x.example>", "<desk@x.example>")
    assert name(found, "Ann Lee <desk@x.example>") == "Ann Lee"
    assert name(found, "Bob Ray <desk@x.example>") == "Bob Ray"
    assert name(found, "<desk@x.example>") == "desk@x.example"


def test_couple_with_one_address_stays_two() -> None:
    found = people("John Smith <smith@x.example>", "Mary Smith <smith@x.example>")
    assert name(found, "John Smith") != name(found, "Mary Smith")


def test_machine_address_is_not_the_person_it_writes_for() -> None:
    found = people(
        "Ann Lee <no-reply@x.example>", "Ann Lee <ann@x.example>", "<no-reply@x.example>"
    )
    assert name(found, "<no-reply@x.example>") == "no-reply@x.example"
    assert found.resolve(mention("Ann Lee <no-reply@x.example>")).addresses == ("ann@x.example",)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("John Smith <john.smith@x.example>", "John Smith <john.smith2@x.example>"),
        ("John A. Smith <ja@x.example>", "John B. Smith <jb@x.example>"),
        ("John A. Smith", "John B. Smith"),
    ],
)
def test_namesakes_stay_apart(first: str, second: str) -> None:
    found = people(first, second, "John Smith")
    assert len({name(found, text) for text in (first, second, "John Smith")}) == 3


def test_namesake_is_told_by_who_else_is_in_the_mail() -> None:
    first, second = "John Smith <john.smith@x.example>", "John Smith <john.smith2@x.example>"
    found = people(first, second, "John Smith")
    assert name(found, "John Smith", second) == "John Smith (john.smith2@x.example)"


def test_first_name_joins_the_one_it_fits_in_the_mail() -> None:
    found = people("Sam Altman", "Sam Teller", "Elon Musk", "Sam")
    assert name(found, "Sam", "Sam Teller", "Elon Musk") == "Sam Teller"
    assert name(found, "Sam", "Sam Altman", "Sam Teller") == "Sam"
    assert name(found, "Sam") == "Sam"


def test_first_name_joins_the_only_one_of_the_archive() -> None:
    assert name(people("Ilya Sutskever", "Greg Brockman", "Ilya"), "Ilya") == "Ilya Sutskever"


def test_nickname_is_learned_from_an_address() -> None:
    found = people("Greg Brockman <gdb@x.example>", "gdb <gdb@x.example>", "gdb")
    assert name(found, "gdb") == "Greg Brockman"
    assert found.aliases() == {"gdb": "Greg Brockman"}


def test_name_of_one_word_joins_its_address() -> None:
    assert people("王小明 <w@x.example>", "王小明").everyone() == [
        Person("王小明", ("w@x.example",))
    ]


def test_names_that_fit_nobody_get_one_spelling() -> None:
    found = people("bob", "Bob", "Bob", "!!!", "?")
    assert [name(found, text) for text in ("bob", "Bob", "!!!", "?")] == ["Bob", "Bob", "!!!", "?"]


def test_address_of_first_and_last_name_joins_that_name() -> None:
    found = people("Ann Lee", "<ann.lee@x.example>")
    assert name(found, "<ann.lee@x.example>") == "Ann Lee"


def test_redacted_people_are_nobody() -> None:
    found = People({REDACTED: 3, Person("Ann Lee"): 1})
    assert found.resolve(REDACTED) == REDACTED


def test_most_frequent_full_spelling_is_the_name() -> None:
    spelled = (
        ["ann lee <a@x.example>"] * 5 + ["Ann Lee <a@x.example>"] * 2 + ["Ann <a@x.example>"] * 9
    )
    assert people(*spelled).everyone() == [Person("Ann Lee", ("a@x.example",))]


def test_questions_match_full_last_and_first_names() -> None:
    found = people("Sam Altman <sam@x.example>", "Sam Teller", "Elon Musk")
    assert [p.name for p in found.match("sam")] == ["Sam Altman", "Sam Teller"]
    assert [p.name for p in found.match("Musk")] == ["Elon Musk"]
    assert [p.name for p in found.match("teller, sam")] == ["Sam Teller"]
    assert [p.name for p in found.match("SAM@x.example")] == ["Sam Altman"]
    assert found.match("nobody") == found.match("") == found.match("@") == []


def test_people_file_overrides_the_archive(tmp_path: Path) -> None:
    file = tmp_path / "people.toml"
    file.write_text(
        '[[person]]\nname = "Ann Lee"\naliases = ["Nan", "A. Lee-Ray"]\n'
        'addresses = ["N@X.example"]\n'
    )
    found = people("n@x <n@x.example>", "Nan", "A. Lee-Ray", known=load_people(file))
    expected = Person("Ann Lee", ("n@x.example",))
    assert {found.resolve(mention(t)) for t in ("<n@x.example>", "Nan", "A. Lee-Ray")} == {expected}
    assert found.match("nan") == [expected]
    assert found.aliases()["nan"] == "Ann Lee"


@pytest.mark.parametrize(
    "text",
    ["[[person]]\n", "person = 3", "[[person]]\nname = 1", '[[person]]\nname="A"\naliases=3', "?"],
)
def test_malformed_people_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "people.toml"
    file.write_text(text)
    with pytest.raises(SourceError, match=r"people\.toml"):
        load_people(file)


texts = st.sampled_from(
    ["Ann Lee <a@x>", "Lee, Ann", "Ann <a@x>", "Bob Ray <a@x>", "<b@x>", "Ann Lee <b@x>", "Ann",
     "Ann B. Lee", "Ann C. Lee <c@x>", "ann.lee <ann.lee@x>", "<ann.lee@x>", "Nan <b@x>", "Nan"]
)  # fmt: skip


@given(st.lists(texts), st.randoms())
def test_identities_do_not_depend_on_the_order_of_mail(order: list[str], random: object) -> None:
    shuffled = sorted(order, key=lambda _: random.random())  # type: ignore[attr-defined]
    first, second = people(*order), people(*shuffled)
    for text in order:
        assert first.resolve(mention(text)) == second.resolve(mention(text))


@pytest.mark.parametrize("text", ["((((", '"\\', "?!"])
def test_a_mention_without_a_letter_is_nobody_else(text: str) -> None:
    found = people("Ann Lee <ann@x.example>", text)
    assert "Ann" not in name(found, text, "Ann Lee <ann@x.example>")
