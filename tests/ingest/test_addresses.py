"""Address fields: everybody named is found, whatever the syntax; nobody is invented."""

from email.utils import formataddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.addresses import find_address, parse_people, people_in
from ingest.model import REDACTED, Person

A, B = "ann@example.org", "bob@example.org"

FIELDS = {
    "plain list": (f"Ann Lee <{A}>, Bob <{B}>", [("Ann Lee", A), ("Bob", B)]),
    "bare addresses": (f"{A}, {B}", [(A, A), (B, B)]),
    "address in upper case": ("Ann <ANN@Example.org>", [("Ann", A)]),
    "comma in quotes": (f'"Lee, Ann" <{A}>, {B}', [("Lee, Ann", A), (B, B)]),
    "comma without quotes": (f"Lee, Ann <{A}>", [("Lee, Ann", A)]),
    "comma in an encoded word": (f"=?utf-8?q?Lee=2C_Ann?= <{A}>", [("Lee, Ann", A)]),
    "encoded name": (f"=?iso-8859-1?q?J=F6rg?= <{A}>", [("Jörg", A)]),
    "encoded name in quotes": (f'"=?utf-8?b?SsO2cmc=?=" <{A}>', [("Jörg", A)]),
    "name in a comment": (f"{A} (Ann Lee)", [("Ann Lee", A)]),
    "nested comment": (f"{A} (Ann (the (gardener)))", [("Ann the gardener", A)]),
    "escaped quote": (f'"Ann \\"A\\" Lee" <{A}>', [('Ann "A" Lee', A)]),
    "single quotes": (f"'Ann Lee' <{A}>", [("Ann Lee", A)]),
    "semicolons": (f"{A}; {B}", [(A, A), (B, B)]),
    "group": (f"Gardeners: {A}, Bob <{B}>;", [(A, A), ("Bob", B)]),
    "empty group": ("undisclosed-recipients:;", []),
    "no address": ("Ann Lee", [("Ann Lee", "")]),
    "two names without address": ("Ann Lee, Bob Hart", [("Ann Lee", ""), ("Bob Hart", "")]),
    "unclosed quote": (f'"Ann <{A}>, {B}', [("Ann", A), (B, B)]),
    "unclosed angle": (f"Ann <{A}, Bob <{B}>", [("Ann", A), ("Bob", B)]),
    "doubled angles": (f"<<{A}>>", [(A, A)]),
    "missing comma": (f"Ann <{A}> Bob <{B}>", [("Ann", A), ("Bob", B)]),
    "bracket inside angles": ("<[x@example.org]>", [("x@example.org", "x@example.org")]),
    "mailto of Outlook": (f"Ann Lee [mailto:{A}]", [("Ann Lee", A)]),
    "directory name instead of an address": ("Ann Lee </O=ACME/CN=ALEE>", [("Ann Lee", "")]),
    "address as display name": (f'"{A}" <{A}>', [(A, A)]),
    "empty entries": (f",, {A},,", [(A, A)]),
    "lone quote": ('To: "', []),
    "lone at sign": ("@", [("@", "")]),
    "spaces inside angles": (f"Ann < {A} >", [("Ann", A)]),
    "eight-bit name": (f"Jörg <{A}>", [("Jörg", A)]),
}


@pytest.mark.parametrize("rule", FIELDS)
def test_address_field(rule: str) -> None:
    field, expected = FIELDS[rule]
    assert [(p.name, "".join(p.addresses)) for p in people_in(field)] == expected


@pytest.mark.parametrize("written", ["<redacted>", "[redacted]", "Redacted", '"[Redacted]"'])
def test_redacted_people_stay_redacted(written: str) -> None:
    assert list(people_in(written)) == [REDACTED]


def test_people_beyond_the_limit_are_reported() -> None:
    field = ", ".join(f"p{n}@example.org" for n in range(20)).encode()
    people, more = parse_people([field], 5)
    assert (len(people), more) == (5, True)
    assert parse_people([field], 20)[1] is False


def test_eight_bit_field_is_decoded() -> None:
    people, _ = parse_people(["Jörg <j@example.org>".encode("latin-1")], 5)
    assert people[0].name == "Jörg"


@pytest.mark.parametrize("text", ["@", "a@", "@b", "a b", ""])
def test_find_address_wants_both_sides(text: str) -> None:
    assert find_address(text) == ""


words = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_characters='"\\@<>()[]=?')
)


@given(st.lists(words.map(str.strip).filter(lambda w: w.isalpha()), min_size=1, max_size=5))
def test_names_survive_the_standard_librarys_spelling(names: list[str]) -> None:
    field = ", ".join(
        formataddr((name, f"p{n}@example.org"), charset="utf-8") for n, name in enumerate(names)
    )
    found = list(people_in(field))
    redacted = [name for name in names if name.lower() == "redacted"]
    assert redacted or [person.name for person in found] == names
    assert [person.addresses for person in found] == [
        (f"p{n}@example.org",) for n in range(len(names))
    ] or redacted


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ann Lee/ATTIC/HOME@HOME", "Ann Lee"),
        ("Ann Lee@HOME", "Ann Lee"),
        ("Ann van der Lee@HOME@HOUSE", "Ann van der Lee"),
        ("CN=Ann Lee/OU=ATTIC/O=HOME@HOME", "Ann Lee"),
        ("Jean-Luc O'Neil/NA/Home@Home", "Jean-Luc O'Neil"),
    ],
)
def test_addresses_of_lotus_notes_are_names(text: str, name: str) -> None:
    assert list(people_in(text)) == [Person(name)]


def test_what_only_looks_like_notes_keeps_its_address() -> None:
    assert list(people_in("Ann Lee ann@home.example, bob@attic")) == [
        Person("Ann Lee", ("ann@home.example",)),
        Person("bob@attic", ("bob@attic",)),
    ]
