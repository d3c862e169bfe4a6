"""Questions that ask several things, taken apart."""

import pytest

from rag.clauses import asked_apart, in_context, parts
from rag.question import understand
from tests.rag.test_question import ADA, CHARLES, MARY, NAMES


def test_clauses_are_searched_apart() -> None:
    question = "What did Ada propose, and how did Charles take it?"
    assert parts(question) == (question, "What did Ada propose", "how did Charles take it?")
    whole, first, second = asked_apart(understand(question, NAMES))
    assert in_context(whole, whole) == whole
    assert in_context(second, whole).topic == f"how did Charles take it? ({question})"
    assert (first.scope.senders, second.scope.senders) == ((ADA,), (CHARLES,))


@pytest.mark.parametrize(
    ("text", "senders", "since"),
    [
        # Who it names itself; the time of the whole.
        ("In 2018, what did Ada propose, and what did Mary want?", [(ADA,), (MARY,)], [2018, 2018]),
        # Its own time.
        ("What did Ada say in 2017, and what did Ada say in 2019?", [(ADA,), (ADA,)], [2017, 2019]),
        # "she" is somebody of the other clauses; "the loom" is nobody.
        (
            "What did Ada propose, and when did she withdraw the offer?",
            [(ADA,), (ADA,)],
            [None, None],
        ),
        ("What did Ada propose, and who bought the loom?", [(ADA,), ()], [None, None]),
        # What was typed as a filter holds for all of it.
        ("from:mary what broke first, and who bought the loom?", [(MARY,), (MARY,)], [None, None]),
    ],
)
def test_a_clause_is_read_by_itself(
    text: str, senders: list[tuple[str, ...]], since: list[int | None]
) -> None:
    _, *clauses = asked_apart(understand(text, NAMES))
    assert [c.scope.senders for c in clauses] == senders
    assert [c.scope.since and c.scope.since.year for c in clauses] == since


def test_a_clause_that_asks_for_a_reply_asks_whom_it_names() -> None:
    whole, first, second = asked_apart(
        understand("What did Ada propose, and how did Charles answer?", NAMES)
    )
    assert (whole.kind, whole.responders) == ("reply", (CHARLES,))
    assert (first.kind, first.responders) == ("fact", ())
    assert (second.kind, second.responders) == ("reply", (CHARLES,))


@pytest.mark.parametrize(
    "clause",
    ["did Charles go along?", "did Charles agree with her?", "where did Charles come down on it?"],
)
def test_a_clause_that_asks_whose_side_somebody_takes_asks_for_a_reply(clause: str) -> None:
    *_, last = asked_apart(understand(f"What did Ada propose, and {clause}", NAMES))
    assert (last.kind, last.responders) == ("reply", (CHARLES,))
    (alone,) = asked_apart(understand("Did Charles agree to buy the loom?", NAMES))
    assert alone.kind == "fact"


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        (
            "Which loom did Ada sell, and to whom did Charles complain?",
            ("Which loom did Ada sell", "to whom did Charles complain?"),
        ),
        (
            "What did Ada want for May 2018, and Charles for the end of 2019?",
            ("What did Ada want for May 2018", "Charles for the end of 2019?"),
        ),
        # What asks nothing is no clause: it stays beside the one that it goes with.
        (
            "In the spring of 2018, what did Ada sell, and who complained of the loom?",
            ("In the spring of 2018, what did Ada sell", "who complained of the loom?"),
        ),
        ("Besides Ada and Mary, which three people bought looms?", ()),
        ("According to Ada's letter, who bought the first loom?", ()),
        ("When Ada asked for a new loom, what did Charles call the moment?", ()),
        ("Where the mill stood, what did Ada and Charles build?", ()),
        ("Charles asked for the looms, what did Ada answer?", ()),
        ("How many looms did Ada buy by May? (her plan of 2018)", ()),
        (
            "When did Ada sell the looms, and did Charles approve of it?",
            ("When did Ada sell the looms", "did Charles approve of it?"),
        ),
        (
            "Should Ada sell the looms? Summarise the advice of Charles.",
            ("Should Ada sell the looms?", "Summarise the advice of Charles."),
        ),
        ("Compare the two prices: what did Ada and Charles want?", ()),
        ("Who paid for the looms, of which Charles sold two?", ()),
        ("Who met Ada in May, and Charles?", ()),
    ],
)
def test_where_a_clause_begins(text: str, clauses: tuple[str, ...]) -> None:
    assert parts(text)[1:] == clauses


def test_single_question_has_one_part() -> None:
    assert parts("What did Ada propose?") == ("What did Ada propose?",)


def test_no_more_than_three_clauses_are_searched() -> None:
    many = "; ".join(f"what is point {n}" for n in range(9))
    assert len(parts(many)) == 4


def test_short_ends_are_no_clauses() -> None:
    assert parts("Compare A; then what did B do?") == ("Compare A; then what did B do?",)


@pytest.mark.parametrize(
    ("asked", "searched"),
    [
        ("How did the plan for the mill evolve over time?", "the plan for the mill ?"),
        ("Trace the loom idea from May to July 2021.", "the loom idea from May to July 2021."),
        ("How did it change over time?", "How did it change over time?"),
    ],
)
def test_a_course_of_events_is_searched_by_what_took_it(asked: str, searched: str) -> None:
    whole = understand(asked, NAMES)
    assert in_context(whole, whole).topic == searched
