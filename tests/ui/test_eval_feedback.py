"""Thumbs of the page, kept by it, become a suite through `exhibit eval --from-feedback`."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eval.cases import load_suite
from tests.ui.clean_home import clean_home
from tests.ui.fake_archive import FakeEngine
from ui.cli import main
from ui.web.feedback import feedback_file, feedback_row, keep
from ui.web.session import Exchange, Session

ASKED = "What does the boat cost?"


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where an index would be; `exhibit eval --from-feedback` needs none."""
    clean_home(monkeypatch, tmp_path, tmp_path)
    return tmp_path / "index"


@pytest.fixture
def kept(index: Path) -> Path:
    """One liked and one disliked answer, kept as the page keeps them."""
    engine = FakeEngine()
    asked = (Exchange(ASKED, engine.ask(ASKED)), Exchange("And the sail?", engine.ask("sail")))
    for rating, note in (("up:0", "thanks"), ("down:1", "It was 90 crowns")):
        row = feedback_row(Session(asked), rating, note, datetime(2026, 11, 24, tzinfo=UTC))
        keep(row, feedback_file(index))
    return feedback_file(index)


def test_feedback_becomes_a_suite_that_eval_reads(kept: Path, tmp_path: Path) -> None:
    suite = tmp_path / "mine.jsonl"
    assert main(["eval", "--from-feedback", "--make", str(suite)]) == 0
    liked, disliked = load_suite(suite)
    assert (liked.question, liked.gold_messages) == (ASKED, ("m1",))
    assert (disliked.question, disliked.gold_messages) == ("And the sail?", ())
    assert disliked.answer == "It was 90 crowns"
    assert [turn.role for turn in disliked.history] == ["user", "assistant"]


def test_named_feedback_is_printed_as_json_lines(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = kept.rename(tmp_path / "of-a-friend.jsonl")
    assert main(["eval", "--from-feedback", str(elsewhere)]) == 0
    captured = capsys.readouterr()
    types = [json.loads(line)["type"] for line in captured.out.splitlines()]
    assert types == ["feedback_up", "feedback_down"]
    assert "1 liked" in captured.err


def test_no_feedback_yet_says_where_it_comes_from(
    index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "--from-feedback"]) == 2
    assert "press a thumb" in capsys.readouterr().err


def test_unwritable_suite_is_told(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "--from-feedback", "--make", str(tmp_path / "no" / "x.jsonl")]) == 2
    assert "name another" in capsys.readouterr().err
