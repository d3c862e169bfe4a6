"""The line in front of a language model: in order, bounded, and everybody is told their place."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from ingest.errors import LLMError
from rag.engine import Engine
from rag.line import Line
from rag.model import Answer, Progress
from rag.ports import Prompt, Usage
from tests.rag.small_archive import engine_in, settings_for

BAND = "Why should we not hire a brass band?"
SAID = "Walter Croft wrote that a brass band frightens the geese [1]."


def test_who_came_first_is_served_first() -> None:
    line = Line(2, 3)
    with ExitStack() as stack:
        leaving = [stack.enter_context(ExitStack()) for _ in range(5)]
        places = [own.enter_context(line.place("m")) for own in leaving]
        for gone in range(4):
            staying = places[gone:]
            assert [place.ahead for place in staying] == list(range(5 - gone))
            assert [place.is_served(0) for place in staying] == [n < 2 for n in range(5 - gone)]
            leaving[gone].close()


def test_a_full_line_is_told_and_a_freed_place_is_taken() -> None:
    line = Line(1, 1)
    with line.place("m"):
        with line.place("m"), pytest.raises(LLMError, match="2 questions wait for m"):
            line.place("m").__enter__()
        with line.place("m") as place:
            assert place.ahead == 1


class Held:
    """A model that writes once it is let go."""

    name = "held"

    def __init__(self) -> None:
        self.go = Event()

    def context_length(self) -> int:
        return 8192

    def stream(self, prompt: Prompt) -> Iterator[str | Usage]:
        while not self.go.wait(0.02):
            yield ""
        yield SAID
        yield Usage(1500, 9, "stop")


@pytest.fixture
def model() -> Iterator[Held]:
    held = Held()
    yield held
    held.go.set()


def engine_with(base: Path, model: Held, *, at_once: int, waiting: int) -> Engine:
    plain = settings_for(base)
    answering = replace(plain.answering, llm_at_once=at_once, llm_waiting=waiting)
    settings = replace(plain, answerer="auto", answering=answering)
    return engine_in(base, settings, llm=lambda _answerer: model)


@pytest.mark.parametrize("at_once", [1, 2], ids=["one at a time", "the server has a line itself"])
def test_a_waiting_question_is_told_its_place_and_one_too_many_gets_quotes(
    tmp_path_factory: pytest.TempPathFactory, model: Held, at_once: int
) -> None:
    base = tmp_path_factory.getbasetemp()
    engine = engine_with(base, model, at_once=at_once, waiting=2 - at_once)
    first, second = engine.ask_stream(BAND), engine.ask_stream(BAND)
    waited = next(e for e in first if isinstance(e, Progress) and "held 0 s" in e.detail)
    assert waited.detail == "waiting for held 0 s"
    told = next(e for e in second if isinstance(e, Progress) and "before" in e.detail)
    assert told.detail.endswith(", 1 asked before you")
    third = engine.ask(BAND)
    assert (third.answerer, third.status) == ("extractive", "answered")
    assert third.trace.notes == (
        "2 questions wait for held: ask again later - showing quotes from the mail instead",
    )
    model.go.set()
    with ThreadPoolExecutor(2) as pool:
        *_, one = pool.submit(list, first).result()
        *_, two = pool.submit(list, second).result()
    assert isinstance(one, Answer) and isinstance(two, Answer)
    assert (one.answerer, two.answerer) == ("ollama", "ollama")


def test_a_question_given_up_while_waiting_leaves_the_line(
    tmp_path_factory: pytest.TempPathFactory, model: Held
) -> None:
    engine = engine_with(tmp_path_factory.getbasetemp(), model, at_once=1, waiting=1)
    first, second = engine.ask_stream(BAND), engine.ask_stream(BAND)
    next(e for e in first if isinstance(e, Progress) and "held 0 s" in e.detail)
    next(e for e in second if isinstance(e, Progress) and "before" in e.detail)
    second.close()  # type: ignore[attr-defined]
    model.go.set()
    third = engine.ask_stream(BAND)
    next(e for e in third if isinstance(e, Progress) and "before" in e.detail)
    *_, answer = first
    assert isinstance(answer, Answer)
    *_, answer = third
    assert answer.answerer == "ollama"  # type: ignore[union-attr]
