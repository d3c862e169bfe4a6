"""Feedback becomes candidates for a suite."""

import json
from pathlib import Path

import pytest

from eval.feedback import cases_from_feedback
from ingest.errors import SuiteError
from rag.model import Turn

UP = {
    "question": "Why?",
    "verdict": "up",
    "note": "thanks",
    "answer": "For the boat. [1]",
    "citations": ["m1", "m1", "m2"],
}
DOWN = {
    "question": "And then?",
    "verdict": "down",
    "note": "It was 40",
    "history": [{"role": "user", "content": "Why?"}],
}


def feedback(folder: Path, *rows: object) -> Path:
    path = folder / "feedback.jsonl"
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows))
    return path


def test_liked_answers_give_gold_and_disliked_a_task(tmp_path: Path) -> None:
    liked, disliked = cases_from_feedback(feedback(tmp_path, UP, DOWN))
    assert (liked.type, liked.gold_messages) == ("feedback_up", ("m1", "m2"))
    assert liked.answer == "For the boat. [1]"
    assert (disliked.type, disliked.gold_messages) == ("feedback_down", ())
    assert (disliked.answer, disliked.history) == ("It was 40", (Turn("user", "Why?"),))


def test_the_last_verdict_on_a_question_counts(tmp_path: Path) -> None:
    (case,) = cases_from_feedback(feedback(tmp_path, UP, {**UP, "verdict": "down"}))
    assert case.type == "feedback_down"


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("{", "1: not JSON"),
        ({"verdict": "up"}, "'question'"),
        ({"question": "Why?", "verdict": 1}, "'verdict'"),
        ({**UP, "citations": "m1"}, "'citations'"),
        ({**UP, "history": [{}]}, "'history'"),
    ],
)
def test_errors_name_the_line(tmp_path: Path, row: object, complaint: str) -> None:
    with pytest.raises(SuiteError, match=complaint):
        cases_from_feedback(feedback(tmp_path, row))
