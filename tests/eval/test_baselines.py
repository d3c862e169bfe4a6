"""Closed book and full context: what the model says alone, measured by its words only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.baselines import closed_book, full_context, run_alone
from ingest.errors import SuiteError, UsageError
from rag.ports import Prompt, Usage
from tests.eval.little_engine import CASES, LittleEngine


class Scripted:
    """Knows one thing by heart, and whatever stands in its prompt."""

    name = "scripted"

    def __init__(self, context: int = 4096) -> None:
        self.prompts: list[Prompt] = []
        self._context = context

    def context_length(self) -> int:
        return self._context

    def stream(self, prompt: Prompt) -> Iterator[str | Usage]:
        self.prompts.append(prompt)
        if "would Otto rather" in prompt.user:
            yield "A red "
            yield "canoe."
        elif "4,200 crowns" in prompt.user and prompt.user.endswith("boat cost?"):
            yield "4,200 crowns."
        else:
            yield "NOT_IN_ARCHIVE"
        yield Usage(10, 2, "stop")


def test_closed_book_shows_no_mail_and_scores_memory() -> None:
    llm = Scripted()
    report = run_alone(closed_book(LittleEngine(), llm), CASES)
    assert not any("crowns" in prompt.user for prompt in llm.prompts)
    figures = report.figures()
    assert set(figures) == {"contains_gold", "correct", "refusal", "over_refusal"}
    assert figures["contains_gold"].value == 0.5
    assert [outcome.is_right for outcome in report.outcomes] == [False, True, True]
    assert (report.subject.mode, report.tokens()) == ("closed-book", {"prompt": 10, "answer": 2})


def test_full_context_shows_everything() -> None:
    report = run_alone(full_context(LittleEngine(), Scripted()), CASES)
    assert all(outcome.is_right for outcome in report.outcomes)


def test_full_context_that_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="scripted reads 300"):
        full_context(LittleEngine(), Scripted(context=300))


def test_a_baseline_can_be_resumed_and_is_not_taken_for_another(tmp_path: Path) -> None:
    kept = tmp_path / "alone.jsonl"
    first = run_alone(closed_book(LittleEngine(), Scripted()), CASES, resume_file=kept)
    llm = Scripted()
    again = run_alone(closed_book(LittleEngine(), llm), CASES, resume_file=kept)
    assert (again.outcomes, llm.prompts) == (first.outcomes, [])
    with pytest.raises(SuiteError, match="another suite, archive or answerer"):
        run_alone(full_context(LittleEngine(), Scripted()), CASES, resume_file=kept)
