"""The gate: passes what is good, names what fell, and refuses to measure nothing."""

import json
import subprocess
from pathlib import Path

import pytest

from eval.cases import BUNDLED as SUITE
from eval.cases import load_suite
from eval.gate import BUNDLED, check, main, read_gates
from eval.run import run_suite
from ingest.errors import SuiteError
from tests.eval.little_engine import CASES, LittleEngine, withheld

GATE = """
[mail]
questions = 3
"recall@5" = { min = 0.9, provenance = "by hand" }
refusal = { min = 1.0, provenance = "by hand" }
errors = { max = 0, provenance = "none may fail" }
facts = { figure = "correct", kind = "fact", min = 0.9, provenance = "by hand" }
"""


def gates(folder: Path, text: str = GATE) -> Path:
    path = folder / "gates.toml"
    path.write_text(text)
    return path


def test_a_good_run_passes(tmp_path: Path) -> None:
    assert check(run_suite(LittleEngine(), CASES), gates(tmp_path)) == []


def test_what_fell_is_named_with_its_provenance(tmp_path: Path) -> None:
    report = run_suite(LittleEngine(lambda a: withheld(a.question, "m3")), CASES)
    assert check(report, gates(tmp_path)) == [
        "recall@5 fell to 0.000; at least 0.900 (by hand)",
        "correct (fact) fell to 0.000; at least 0.900 (by hand)",
    ]


def test_a_shortened_run_does_not_pass(tmp_path: Path) -> None:
    found = check(run_suite(LittleEngine(), CASES[:2]), gates(tmp_path))
    assert found == [
        "only 2 questions were asked; the gate needs 3",
        "refusal: no question of this run measures it",
    ]


def test_a_corpus_without_thresholds_does_not_pass(tmp_path: Path) -> None:
    path = gates(tmp_path, GATE.replace("[mail]", "[verbatim]"))
    assert "no thresholds for 'mail'" in check(run_suite(LittleEngine(), CASES), path)[0]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[mail", "cannot read the gates"),
        ("[mail]\nmrr = {min=1, provenance='x'}", "'questions' must be"),
        ("[mail]\nquestions = 3", "has no thresholds"),
        ("[mail]\nquestions = 3\nmrr = {min=1}", "'provenance'"),
        ("[mail]\nquestions = 3\nmmr = {min=1, provenance='x'}", "unknown figure 'mmr'"),
        ("[mail]\nquestions = 3\nmrr = {provenance='x'}", "needs 'min' or 'max'"),
        ("[mail]\nquestions = 3\nmrr = {min='1', provenance='x'}", "are numbers"),
    ],
)
def test_malformed_gates_are_errors(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(SuiteError, match=complaint):
        read_gates(gates(tmp_path, text))


def test_bundled_gates_cover_both_corpora_and_the_whole_suite() -> None:
    found = read_gates(BUNDLED)
    assert set(found) == {"restated", "verbatim"}
    assert {gate.questions for gate in found.values()} == {len(load_suite(SUITE))}


@pytest.mark.parametrize(("verbatim", "gated"), [("", 1), ("some/where/emails.txt", 2)])
def test_the_build_gates_the_digest_and_the_real_emails_where_they_are(
    verbatim: str, gated: int
) -> None:
    root = Path(__file__).resolve().parents[2]
    assert "make gate" in (root / ".ci" / "run").read_text().splitlines()
    planned = subprocess.run(
        ["make", "--dry-run", "gate", f"VERBATIM={verbatim}"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    asked = [line for line in planned.splitlines() if "exhibit eval" in line]
    assert len(asked) == gated
    assert all("--gate --answerer extractive" in line for line in asked)
    assert 'exhibit ingest "corpus/digest.jsonl"' in planned
    assert (f'exhibit ingest "{verbatim}"' in planned) == bool(verbatim)


def test_gates_are_drawn_from_reports_and_pass_on_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = run_suite(LittleEngine(), CASES)
    (tmp_path / "run.json").write_text(json.dumps(report.to_json()))
    assert main([str(tmp_path / "run.json"), "--provenance", "a test"]) == 0
    (tmp_path / "gates.toml").write_text(capsys.readouterr().out)
    (gate,) = read_gates(tmp_path / "gates.toml").values()
    assert gate.questions == len(CASES)
    assert all("a test" in t.provenance or "must hold" in t.provenance for t in gate.thresholds)
    assert check(report, tmp_path / "gates.toml") == []
    assert main([str(tmp_path / "none.json"), "--provenance", "a test"]) == 2
    assert "none.json is no eval report" in capsys.readouterr().err
