"""Feedback is kept beside the index as lines that the eval suite can read."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from eval.feedback import cases_from_feedback
from ingest.errors import EnvironmentTrouble, UsageError
from rag.model import Sentence
from tests.ui.fake_archive import BOAT, QUOTE, answer, citation
from ui.web.feedback import feedback_file, feedback_row, keep
from ui.web.session import Exchange, Session

SAID = answer("q", [Sentence("Dear [1].", (1,), "supported")], [citation(1, BOAT, QUOTE)])
SESSION = Session((Exchange("first", SAID), Exchange("second", SAID), Exchange("x", error="no")))
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_kept_feedback_becomes_an_eval_candidate(tmp_path: Path) -> None:
    path = feedback_file(tmp_path / "index")
    keep(feedback_row(SESSION, "up:1", "fine", NOON), path)
    (case,) = cases_from_feedback(path)
    assert (case.question, case.gold_messages) == ("second", ("m1",))
    assert [turn.content for turn in case.history] == ["first", "Dear [1]."]


def test_feedback_is_the_owners_alone(tmp_path: Path) -> None:
    path = feedback_file(tmp_path / "index")
    keep({"question": "q"}, path)
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("rating", ["up:2", "up:9", "sideways:0", "up:x", ""])
def test_stale_feedback_is_told(rating: str) -> None:
    with pytest.raises(UsageError):
        feedback_row(SESSION, rating, "", NOON)


def test_unwritable_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentTrouble, match="gone"):
        keep({}, tmp_path / "gone" / "feedback.jsonl")
