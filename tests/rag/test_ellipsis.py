"""Follow-ups that name only other people or another time ask the last question again."""

import pytest

from ingest.model import Person
from rag.ellipsis import complete, completed
from rag.model import Turn
from rag.names import NameIndex

NAMES = NameIndex([Person("Ada Lovelace"), Person("Charles Babbage"), Person("Mary Somerville")])
LOOM = "What did Ada tell Charles about the loom in 2018?"
COUNT = "How many emails did Ada send?"


@pytest.mark.parametrize(
    ("question", "before", "whole"),
    [
        ("and Mary?", COUNT, "How many emails did Mary send?"),
        ("What about Charles Babbage?", COUNT, "How many emails did Charles Babbage send?"),
        ("and Mary and Charles", COUNT, "How many emails did Mary and Charles send?"),
        ("in 2018?", COUNT, "How many emails did Ada send in 2018?"),
        ("And before May 2018?", COUNT, "How many emails did Ada send before May 2018?"),
        ("to Charles?", COUNT, "How many emails did Ada send to Charles?"),
        ("and Mary in 2017?", COUNT, "How many emails did Mary send in 2017?"),
        ("and Mary?", LOOM, "What did Mary tell Charles about the loom in 2018?"),
        ("and to Mary?", LOOM, "What did Ada tell Mary about the loom in 2018?"),
        ("2019?", LOOM, "What did Ada tell Charles about the loom in 2019?"),
        ("after March 2019?", LOOM, "What did Ada tell Charles about the loom after March 2019?"),
        ("and Mary?", "Did Ada and Charles agree?", "Did Mary agree?"),
        (
            "Which of them mention looms?", COUNT,
            "How many emails did Ada send which mention looms?",
        ),
    ],
)  # fmt: skip
def test_what_is_named_takes_the_place_of_what_was(question: str, before: str, whole: str) -> None:
    assert complete(question, before, NAMES) == whole


@pytest.mark.parametrize(
    ("question", "before"),
    [
        ("and what did Mary say?", LOOM),
        ("what about the boat?", LOOM),
        ("Mary Somerville", LOOM),
        ("Mary and the boat?", LOOM),
        ("and Mary?", "What does a loom cost?"),
        ("from Mary?", "What does a loom cost?"),
        ("why?", LOOM),
        ("which of them is red?", LOOM),
        ("and Mary?", ""),
    ],
)
def test_what_asks_something_else_is_left_alone(question: str, before: str) -> None:
    assert complete(question, before, NAMES) is None


def test_a_chain_is_written_out_and_thanks_are_left_out() -> None:
    said = Turn("assistant", "2 messages found.")
    history = (
        Turn("user", COUNT), said, Turn("user", "and Mary?"), said,
        Turn("user", "ok, thanks!"), Turn("assistant", "That asks nothing of the mail."),
        Turn("user", "in 2017?"), said,
    )  # fmt: skip
    asked = [turn.content for turn in completed(history, NAMES) if turn.role == "user"]
    assert asked == [
        COUNT, "How many emails did Mary send?", "How many emails did Mary send in 2017?",
    ]  # fmt: skip
    assert len(completed(history, NAMES)) == 6
