"""Copies of one message become one; messages that differ never do."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dedupe import find_copies, is_like_text
from ingest.ids import Namer, clean_id, make_id, surname
from ingest.model import Person
from ingest.outline import Outline

NINE = datetime(2020, 5, 1, 9, 0, 30, tzinfo=UTC)
LONG = (
    "The delivery of the new machines is late by two weeks because the harbour was closed. I have "
    "asked the carrier for a firm date and will write again as soon as there is an answer."
)
FOOTER = "\n--\nThis list is run by the club. To leave it write to the owner of the list."
OTHER = (
    "Lunch on Monday is at the usual place, and everybody who wants to come should tell Maria "
    "before the weekend so that she can book a table that is large enough for all of us this time."
)


class Mail:
    """Outlines with bodies to read."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.outlines: list[Outline] = []

    def add(self, body: str = LONG, **fields: object) -> Outline:
        text = " ".join(body.split())
        base: dict[str, object] = {
            "seq": len(self.bodies),
            "path": 0,
            "place": len(self.bodies),
            "sender": 1,
            "recipients": (2,),
            "sent_at": NINE,
            "date_source": "header",
            "time_known": True,
            "subject": "Machines",
            "digest": blake2b(text.encode(), digest_size=16).digest(),
            "length": len(text),
            "message_id": "a@x",
        }
        self.bodies.append(body)
        self.outlines.append(Outline(**(base | fields)))  # type: ignore[arg-type]
        return self.outlines[-1]

    def groups(self, order: Sequence[int] | None = None) -> list[list[int]]:
        """`seq` of the copies of each message, the kept one first."""
        outlines = [self.outlines[i] for i in order or range(len(self.outlines))]
        volume = Counter(outline.path for outline in outlines)
        found = find_copies(outlines, self.bodies.__getitem__, volume)
        return [[o.seq for o in copies.all] for copies in found]


def count(first: dict[str, object], second: dict[str, object]) -> int:
    mail = Mail()
    mail.add(**{"path": 0} | first)  # type: ignore[arg-type]
    mail.add(**{"path": 1} | second)  # type: ignore[arg-type]
    return len(mail.groups())


LATER = NINE + timedelta(hours=5)
LOCAL = NINE.astimezone(timezone(timedelta(hours=-7))).replace(hour=9, day=1)
NONE: dict[str, object] = {"message_id": None}
MADE: dict[str, object] = {"message_id": "2020-05-01T0900-lee"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),
        ({}, {"body": LONG.replace(" ", "\n")}),
        ({}, {"body": LONG + FOOTER}),
        ({}, {"body": "**" + LONG + "**"}),
        ({}, {"body": ""}),
        ({"body": "Ok"}, {"body": "Ok" + FOOTER}),
        ({}, {"sender": 3}),
        ({}, {"subject": "[list] Machines"}),
        ({}, {"sent_at": NINE + timedelta(minutes=2)}),
        ({}, {"sent_at": LATER, "date_source": "received"}),
        ({}, {"sent_at": None, "date_source": "none"}),
        (NONE, NONE),
        (NONE, {}),
        (NONE | {"body": LONG + FOOTER}, NONE),
        (NONE | {"subject": "Re: Machines"}, NONE | {"body": LONG.upper()}),
        (MADE, MADE | {"body": OTHER, "is_restated": True}),
        (MADE, {"body": LONG + FOOTER}),
        (MADE, {"sent_at": LOCAL, "body": LONG + FOOTER}),
        (MADE, {"message_id": "2020-05-01-lee", "time_known": False, "subject": ""}),
        (NONE | {"sent_at": None}, NONE | {"sent_at": None}),
    ],
)
def test_copies_become_one(first: dict[str, object], second: dict[str, object]) -> None:
    assert count(first, second) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"message_id": "b@x"}),
        ({}, {"body": OTHER}),
        ({"body": "Yes"}, {"body": "No"}),
        ({"body": "👍"}, {"body": "👎"}),
        ({"body": "Server restarted"}, {"body": "Server restarted", "sent_at": LATER}),
        ({}, {"sender": 3, "body": OTHER}),
        ({}, {"sender": 3, "body": LONG + FOOTER}),
        (NONE, NONE | {"body": OTHER}),
        (NONE, NONE | {"sent_at": NINE + timedelta(seconds=90)}),
        (NONE, NONE | {"sender": 3}),
        (NONE, NONE | {"sent_at": None}),
        (NONE, NONE | {"recipients": (7,)}),
        (NONE, NONE | {"body": LONG + FOOTER, "path": 0}),
        (NONE, NONE | {"body": LONG + FOOTER, "subject": "Trucks"}),
        (NONE, NONE | {"body": LONG.replace("two weeks", "2 weeks")}),
        (NONE, NONE | {"body": f"{LONG} {OTHER} {OTHER} {OTHER} {OTHER}"}),
        (NONE | {"body": "Ok"}, NONE | {"body": "Ok then"}),
        (NONE | {"sent_at": None}, NONE | {"sent_at": None, "subject": "Trucks"}),
        (MADE, {"message_id": "2020-05-01T0900-lee-2", "path": 0}),
        (
            MADE | {"body": "Ok"},
            {"message_id": "2020-05-01-lee", "time_known": False, "body": "Ok!"},
        ),
        (MADE, MADE | {"body": OTHER}),
        (MADE, MADE | {"is_restated": True, "sent_at": NINE + timedelta(days=1)}),
    ],
)
def test_messages_that_differ_stay_apart(
    first: dict[str, object], second: dict[str, object]
) -> None:
    assert count(first, second) == 2


def test_message_without_id_never_joins_two_with_ids() -> None:
    mail = Mail()
    mail.add(message_id="a@x"), mail.add(message_id="b@x", path=1)
    mail.add(message_id=None, path=2)
    assert sorted(map(len, mail.groups())) == [1, 2]


def test_fullest_verbatim_copy_is_kept() -> None:
    mail = Mail()
    mail.add(LONG)
    mail.add(OTHER * 9, is_restated=True)
    mail.add(LONG + FOOTER, path=1)
    assert mail.groups() == [[2, 0, 1]]


def test_of_equal_copies_that_of_the_fullest_file_is_kept() -> None:
    mail = Mail()
    mail.add(path=0), mail.add(path=1)
    mail.add(OTHER, path=1, message_id="z@x")
    assert [1, 0] in mail.groups()


def test_thousands_of_texts_under_one_id_take_little_time() -> None:
    mail = Mail()
    for number in range(3_000):
        mail.add(f"{OTHER} {number}" if number % 2 else f"{number}")
    assert len(mail.groups()) > 1_000


def test_similar_reports_with_other_figures_are_two() -> None:
    report = f"Disk {{}} of the server in the cellar is full. {LONG} {OTHER}"
    assert is_like_text(report.format("one"), report.format("two"), has_equal_id=False)
    assert not is_like_text(report.format(1), report.format(2), has_equal_id=False)


fields = st.fixed_dictionaries(
    {
        "body": st.sampled_from([LONG, LONG + FOOTER, OTHER, "Ok", ""]),
        "message_id": st.sampled_from([None, "a@x", "b@x", "2020-05-01-lee"]),
        "path": st.integers(0, 2),
        "sender": st.integers(1, 2),
        "sent_at": st.sampled_from([NINE, LATER, None]),
    }
)


@given(st.lists(fields, max_size=7), st.integers())
def test_order_of_files_is_no_matter(mails: list[dict[str, object]], seed: int) -> None:
    mail = Mail()
    for one in mails:
        mail.add(**one)  # type: ignore[arg-type]
    order = list(range(len(mails)))
    random.Random(seed).shuffle(order)
    assert mail.groups() == mail.groups(order)


@given(st.lists(fields, max_size=7))
def test_every_message_is_in_exactly_one_group(mails: list[dict[str, object]]) -> None:
    mail = Mail()
    for one in mails:
        mail.add(**one)  # type: ignore[arg-type]
    assert sorted(seq for group in mail.groups() for seq in group) == list(range(len(mails)))


def test_ids_are_made_from_local_date_and_surname() -> None:
    at = datetime(2017, 9, 20, 14, 8, tzinfo=timezone(timedelta(hours=-7)))
    ilya = Person("Ilya Sutskever")
    assert make_id(ilya, at, b"1234") == "2017-09-20T1408-sutskever"
    assert make_id(ilya, at, b"1234", time_known=False) == "2017-09-20-sutskever"
    assert make_id(ilya, None, b"1234") == "undated-sutskever-31323334"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("<redacted>", "redacted"),
        ("José Núñez", "nunez"),
        ("bob@x.example", "bob"),
        ("--", "unknown"),
    ],
)
def test_surnames(name: str, slug: str) -> None:
    assert surname(Person(name)) == slug


def test_equal_ids_are_told_apart_and_taken_ones_stay() -> None:
    given: list[str] = []
    namer = Namer(given.__contains__)
    for stem in ("a-2", "a", "a", "a"):
        given.append(namer.name(stem))
    assert given == ["a-2", "a", "a-3", "a-4"]


def test_message_ids_are_cleaned() -> None:
    assert clean_id("<a b\x00@x>\n") == "ab@x"
