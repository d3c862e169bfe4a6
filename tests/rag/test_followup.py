"""Follow-ups become questions that stand alone."""

import pytest

from ingest.model import Person
from rag.followup import brought_in, says_enough, standalone
from rag.model import WITHHELD, Turn
from rag.names import NameIndex

NAMES = NameIndex([Person("Ada Lovelace"), Person("Charles Babbage")])
HISTORY = (
    Turn("user", "What did Ada propose for the loom in 2018?"),
    Turn("assistant", "She proposed punched cards [1]. It was cheap."),
)


@pytest.mark.parametrize("text", ["why?", "and what did Charles say to that?", "did he agree?"])
def test_follow_up_carries_topic_person_and_time(text: str) -> None:
    rewritten = standalone(text, HISTORY, NAMES)
    assert rewritten is not None
    assert rewritten.startswith(text)
    assert "Ada propose for the loom in 2018" in rewritten
    assert "[1]" not in rewritten


@pytest.mark.parametrize(
    "text", ["How did Charles react?", "Did Ada reply?", "What happened next?"]
)
def test_a_reply_to_nothing_named_and_what_is_next_lean_on_what_was_asked(text: str) -> None:
    assert "loom in 2018" in (standalone(text, HISTORY, NAMES) or "")


@pytest.mark.parametrize(
    "text", ["How did Charles react to the steam engine?", "What is planned for next week?"]
)
def test_what_names_its_subject_leans_on_nothing(text: str) -> None:
    assert standalone(text, HISTORY, NAMES) is None


@pytest.mark.parametrize("text", ["Why did Charles agree?", "so the cards were made of paper?"])
def test_a_reason_or_conclusion_about_what_was_said_leans_on_it(text: str) -> None:
    assert "loom in 2018" in (standalone(text, HISTORY, NAMES) or "")


@pytest.mark.parametrize("text", ["why did mary somerville resign", "How come Ada sold a yacht?"])
def test_a_reason_for_something_else_leans_on_nothing(text: str) -> None:
    assert standalone(text, HISTORY, NAMES) is None


def test_a_reason_that_is_asked_on_reaches_back_to_its_topic() -> None:
    history = (*HISTORY, Turn("user", "why the cards?"), Turn("assistant", "Wood is dear [2]."))
    assert "loom in 2018" in (standalone("and then?", history, NAMES) or "")


def test_question_that_stands_alone_is_left_alone() -> None:
    assert standalone("Where was Charles Babbage in May 2018?", HISTORY, NAMES) is None


def test_without_history_nothing_is_rewritten() -> None:
    assert standalone("why?", (), NAMES) is None


@pytest.mark.parametrize("text", ["ADA?", "in 2019?", "Mary Somerville and Charles"])
def test_a_name_or_year_alone_stands_alone(text: str) -> None:
    assert standalone(text, HISTORY, NAMES) is None


def test_an_answer_that_begins_with_yes_is_carried_by_what_follows() -> None:
    history = (HISTORY[0], Turn("assistant", "Yes. Ada paid Charles 40 pounds. He took them."))
    rewritten = standalone("and what did Charles say to that?", history, NAMES) or ""
    assert rewritten.endswith("Ada paid Charles 40 pounds.)")


def test_of_a_quote_its_writer_and_its_date_are_carried() -> None:
    told = "Ada to Charles, 2 May 2018:\n“Cards are cheap.” [1]\n\nMary to Ada:\n“I agree.” [2]"
    history = (HISTORY[0], Turn("assistant", told))
    rewritten = standalone("why?", history, NAMES)
    assert rewritten == f"why? (following: {HISTORY[0].content} Ada to Charles, 2 May 2018)"


def test_a_chain_of_follow_ups_reaches_back_to_its_topic() -> None:
    history = (*HISTORY, Turn("user", "why?"), Turn("assistant", "Looms were slow [2]. True."))
    rewritten = standalone("and then?", history, NAMES)
    assert rewritten == (
        "and then? (following: What did Ada propose for the loom in 2018? why? Looms were slow.)"
    )


def test_a_new_topic_is_not_reached_past() -> None:
    history = (*HISTORY, Turn("user", "Where was Charles Babbage born?"))
    rewritten = standalone("and why?", history, NAMES)
    assert rewritten is not None and "loom" not in rewritten


def test_only_the_beginning_of_a_long_answer_is_carried() -> None:
    history = (HISTORY[0], Turn("assistant", "word " * 5000))
    assert len(standalone("why?", history, NAMES) or "") < 500


def test_a_long_answer_is_cut_between_words() -> None:
    history = (HISTORY[0], Turn("assistant", f"{'word ' * 47}Sam Teller agreed with all of it."))
    rewritten = standalone("why?", history, NAMES) or ""
    assert rewritten.endswith("word Sam)")


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("what about the submarine?", ("submarine",)),
        ("and what did Charles say about football in 2019?", ("football",)),
        ("did she also bring a violin, and his dog?", ("violin", "dog")),
        ("what about the cards?", ()),
        ("why was it so bad?", ()),
        ("can you elaborate, with an example?", ()),
        ("how did Charles retort?", ()),
    ],
)
def test_a_follow_up_brings_in_the_things_that_nobody_named_before(
    text: str, new: tuple[str, ...]
) -> None:
    assert brought_in(text, HISTORY, NAMES) == new


def test_that_nothing_was_found_is_not_carried_over() -> None:
    history = (Turn("user", "Did Ada sell the yacht?"), Turn("assistant", WITHHELD))
    assert standalone("and Charles?", history, NAMES) == (
        "and Charles? (following: Did Ada sell the yacht?)"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("And what did Charles say about looms?", True),
        ("and Charles?", False),
        ("And what did he say about looms in Paris?", False),
    ],
)
def test_what_points_back_or_says_too_little_is_not_asked_by_itself(
    text: str, expected: bool
) -> None:
    assert says_enough(text) is expected


def test_what_the_archive_did_not_tell_is_new_again() -> None:
    refused = (
        *HISTORY,
        Turn("user", "and the submarine?"),
        Turn("assistant", f"{WITHHELD} No message mentions submarine."),
    )
    assert brought_in("who steered the submarine?", refused, NAMES) == ("submarine",)
