"""Who, when, which kind: what the words of a question are taken to mean."""

from datetime import date

import pytest

from ingest.model import Person
from rag.names import NameIndex
from rag.question import parts, understand

NAMES = NameIndex([Person("Ada Lovelace"), Person("Charles Babbage"), Person("Mary Somerville")])
ADA, CHARLES, MARY = "Ada Lovelace", "Charles Babbage", "Mary Somerville"


@pytest.mark.parametrize(
    ("text", "senders", "recipients", "about"),
    [
        ("What did Ada tell Charles about the loom?", (ADA,), (CHARLES,), ()),
        ("How did Babbage respond to Lovelace's notes?", (CHARLES, ADA), (), ()),
        ("according to Mary, who paid?", (MARY,), (), ()),
        ("Who wrote to Babbage in 1842?", (), (CHARLES,), ()),
        ("Why were they angry with Somerville?", (), (), (MARY,)),
    ],
)
def test_roles_follow_the_grammar(
    text: str, senders: tuple[str, ...], recipients: tuple[str, ...], about: tuple[str, ...]
) -> None:
    scope = understand(text, NAMES).scope
    assert (scope.senders, scope.recipients, scope.about) == (senders, recipients, about)
    assert scope.explicit == frozenset()


@pytest.mark.parametrize(
    ("text", "kind", "expects"),
    [
        ("how many emails did Ada send?", "count", "amount"),
        ("every message that mentions looms", "list", "text"),
        ("Ada's first letter", "first", "text"),
        ("when did we last hear from Mary", "last", "date"),
        ("the last mail of Mary", "last", "text"),
        ("how did the price change over time?", "change", "amount"),
        ("How did Charles react to the offer?", "reply", "text"),
        ("When Ada left, who took over?", "fact", "person"),
        ("When did Ada leave?", "fact", "date"),
        ("did Ada leave?", "fact", "yesno"),
        ("why leave", "fact", "reason"),
    ],
)
def test_kind_and_expected_answer(text: str, kind: str, expects: str) -> None:
    understood = understand(text, NAMES)
    assert (understood.kind, understood.expects) == (kind, expects)


def test_typed_fields_filter_and_leave_the_topic() -> None:
    understood = understand('from:ada date:1842-10..1843 to:"Charles Babbage" looms', NAMES)
    assert understood.topic == "looms"
    assert understood.scope.senders == (ADA,)
    assert understood.scope.recipients == (CHARLES,)
    assert understood.scope.explicit == {"senders", "recipients", "since", "until"}


def test_years_of_this_century_are_periods() -> None:
    scope = understand("what did Ada write in March 2018?", NAMES).scope
    assert (scope.since, scope.until) == (date(2018, 3, 1), date(2018, 3, 31))


def test_mail_from_somebody_is_a_filter() -> None:
    assert understand("emails from Ada about looms", NAMES).scope.explicit == {"senders"}


def test_clauses_are_searched_apart() -> None:
    question = "What did Ada propose, and how did Charles take it?"
    assert parts(question) == (question, "What did Ada propose", "how did Charles take it?")


def test_single_question_has_one_part() -> None:
    assert parts("What did Ada propose?") == ("What did Ada propose?",)
