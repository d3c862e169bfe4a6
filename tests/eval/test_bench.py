"""The bench runs and gives figures; how large they are is not for a test."""

import json
import mailbox
from pathlib import Path

import pytest

import rag.build
from eval.bench import main
from eval.bench_parts import LETTER, asking, write_mbox
from rag.adapters.hashing_embedder import HashingEmbedder
from tests.ui.clean_home import clean_home


def test_a_tiny_run_gives_the_figures_of_reading(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--megabytes", "0.1", "--parts", "parsing", "archiving", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["machine"]["cores"] >= 1
    assert len(found["figures"]) == 5
    assert min(found["figures"].values()) > 0


def test_questions_are_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clean_home(monkeypatch, tmp_path, tmp_path)
    monkeypatch.setattr(rag.build, "open_embedder", lambda settings: HashingEmbedder())
    figures = asking(0)
    assert 0 < figures["answer p50, ms"] <= figures["answer p95, ms"]


def test_generated_mail_has_the_size_and_number_asked_for(tmp_path: Path) -> None:
    size = write_mbox(tmp_path / "some.mbox", 20, LETTER)
    assert 20 * LETTER <= size <= 21 * LETTER
    written = mailbox.mbox(tmp_path / "some.mbox")
    texts = {message.get_payload() for message in written}
    written.close()
    assert len(texts) == 20
