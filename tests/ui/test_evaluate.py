"""`exhibit eval` on the invented archive: contract, exit codes, short errors."""

import json
from pathlib import Path

import pytest

from tests.eval.mill import SUITE, on_the_command_line
from ui.cli import main


@pytest.fixture
def suite(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> str:
    return str(on_the_command_line(monkeypatch, tmp_path, tmp_path_factory.getbasetemp()))


def test_ablation_asks_only_the_split(suite: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", suite, "--ablate", "--split", "test", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["variants"]
    names = ["dense only", "BM25 only", "hybrid", "+ scope", "+ thread"]
    assert [row["variant"] for row in rows] == names
    assert {row["questions"] for row in rows} == {sum(case.split == "test" for case in SUITE)}
