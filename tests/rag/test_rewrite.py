"""A follow-up written out by the model, and what of its reply is not believed."""

from collections.abc import Iterator, Sequence
from itertools import count

import pytest

from ingest.errors import LLMError
from ingest.model import Person
from rag.line import Line
from rag.model import Progress, Turn
from rag.names import NameIndex
from rag.ports import Prompt, Usage
from rag.rewrite import Rewrite, doubt, read_rewrite, rewrite

NAMES = NameIndex([Person("Ada Lovelace"), Person("Charles Babbage"), Person("Mary Somerville")])
HISTORY = (
    Turn("user", "What did Ada propose for the loom in 2018?"),
    Turn("assistant", "Ada Lovelace proposed punched cards [1]."),
)
FREE = Line(1, 0)
FOLLOW_UP = "and what did Charles answer to that?"
GOOD = "What did Charles Babbage answer to Ada's proposal of punched cards for the loom?"


class Scripted:
    """A model that writes these pieces, raising those that are errors."""

    name = "scripted"

    def __init__(self, *pieces: str | LLMError) -> None:
        self.pieces = pieces
        self.prompts: list[Prompt] = []

    def context_length(self) -> int:
        return 4096

    def stream(self, prompt: Prompt) -> Iterator[str | Usage]:
        self.prompts.append(prompt)
        for piece in self.pieces:
            if isinstance(piece, LLMError):
                raise piece
            yield piece
        yield Usage(None, None, "stop")


def rewritten(
    llm: Scripted | None,
    question: str = FOLLOW_UP,
    history: Sequence[Turn] = HISTORY,
    line: Line = FREE,
) -> Rewrite | None:
    """What the generator returns; its clock goes on by a second at each look."""
    ticks = count()
    steps = rewrite(
        question, history, NAMES, llm, line, seconds=5, clock=lambda: float(next(ticks))
    )
    while True:
        try:
            assert isinstance(next(steps), Progress)
        except StopIteration as end:
            assert end.value is None or isinstance(end.value, Rewrite)
            return end.value


def test_the_models_question_is_used() -> None:
    assert rewritten(Scripted(GOOD[:20], GOOD[20:])) == Rewrite(GOOD, "model", FOLLOW_UP)


@pytest.mark.parametrize("llm", [None, Scripted("What did Ada say of the submarine?")])
def test_what_a_follow_up_brings_in_is_told(llm: Scripted | None) -> None:
    found = rewritten(llm, "and what did she say of the submarine?")
    assert found is not None
    assert (found.by, found.new) == ("model" if llm else "rules", ("submarine",))


def test_without_a_model_the_rules_write_it() -> None:
    found = rewritten(None)
    assert found is not None
    assert (found.by, found.rejected) == ("rules", "")
    assert found.text.startswith(FOLLOW_UP) and "loom in 2018" in found.text


@pytest.mark.parametrize("history", [(), HISTORY])
def test_what_stands_alone_asks_no_model(history: Sequence[Turn]) -> None:
    llm = Scripted(GOOD)
    assert rewritten(llm, "Where was Charles Babbage in May 2018?", history) is None
    assert llm.prompts == []


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "it is empty"),
        ("NOT_IN_ARCHIVE", "it does not ask"),
        ("Charles answered that the loom was too slow.", "it does not ask"),
        ("What did Charles answer " + "and answer " * 60 + "?", "it is too long"),
        (FOLLOW_UP.capitalize(), "it is the follow-up again"),
        ("What did Charles answer to Mary Somerville?", "brings in Mary Somerville"),
        ("What did Charles answer to Byron about the loom?", "brings in Byron"),
        ("What did Charles answer in 1843?", "brings in 1843"),
        ("How slow was the loom?", "it asks something else"),
    ],
)
def test_a_reply_that_fails_a_check_is_left_to_the_rules(reply: str, reason: str) -> None:
    found = rewritten(Scripted(reply))
    assert found is not None
    assert found.by == "rules" and reason in found.rejected


def test_a_fault_of_the_model_is_left_to_the_rules() -> None:
    found = rewritten(Scripted("What did", LLMError("Ollama reset the connection")))
    assert found is not None
    assert (found.by, found.rejected) == ("rules", "Ollama reset the connection")


def test_a_slow_model_is_not_waited_for() -> None:
    found = rewritten(Scripted(*[""] * 100, GOOD))
    assert found is not None
    assert (found.by, found.rejected) == ("rules", "it took longer than 5 s")


def test_in_a_long_line_the_rules_write_it() -> None:
    line, llm = Line(1, 1), Scripted(GOOD)
    with line.place("scripted"):
        found = rewritten(llm, line=line)
    assert found is not None
    assert (found.by, found.rejected, llm.prompts) == ("rules", "it took longer than 5 s", [])


@pytest.mark.parametrize(
    "raw",
    [GOOD, f'Rewritten question: "{GOOD}"\nExplanation: none', f"\n**{GOOD}**", f"{GOOD} [1]"],
)
def test_label_quotes_and_markers_are_no_part_of_it(raw: str) -> None:
    assert read_rewrite(raw) == GOOD


@pytest.mark.parametrize(
    "written",
    [
        GOOD,
        "What did Babbage answer to Ada Lovelace about the loom in 2018?",
        "Did Charles Babbage answer Ada's proposal for the loom?",
        "Explain what Charles Babbage answered to the punched cards",
    ],
)
def test_words_of_the_conversation_may_be_used(written: str) -> None:
    assert doubt(written, FOLLOW_UP, HISTORY, NAMES) == ""
