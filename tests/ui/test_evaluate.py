"""`exhibit eval` on the invented archive: contract, exit codes, short errors."""

import json
from pathlib import Path

import pytest

from eval.cases import load_suite
from tests.eval.mill import SUITE, on_the_command_line
from tests.ollama_double import OllamaDouble
from ui.cli import main


@pytest.fixture
def suite(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> str:
    return str(on_the_command_line(monkeypatch, tmp_path, tmp_path_factory.getbasetemp()))


def test_ablation_asks_only_the_split(suite: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", suite, "--ablate", "--split", "test", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["variants"]
    names = ["dense only", "words only", "hybrid", "+ scope", "+ thread"]
    assert [row["variant"] for row in rows] == names
    assert {row["questions"] for row in rows} == {sum(case.split == "test" for case in SUITE)}


def test_closed_book_stands_beside_the_normal_score(
    suite: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with OllamaDouble(reply=("NOT_IN_ARCHIVE",)) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        words = ["eval", suite, "--answerer", "extractive", "--closed-book", "--full-context"]
        assert main([*words, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    rows = {row["name"]: row for row in shown["beside"]["rows"]}
    assert list(rows) == ["with the mail", "closed-book", "full-context"]
    assert rows["with the mail"]["holds"]["value"] > 0
    assert rows["closed-book"]["holds"]["value"] == 0
    assert shown["beside"]["runs"]["closed-book"]["subject"]["model"].startswith("llama3.2")
    prompts = [json.dumps(r.body) for r in server.requests if r.path == "/api/chat"]
    assert ["crowns" in prompt for prompt in prompts] == [False] * len(SUITE) + [True] * len(SUITE)


def test_swapped_mail_stands_beside_the_normal_score(
    suite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", suite, "--counterfactual", str(tmp_path / "swapped"), "--json"]) == 0
    beside = json.loads(capsys.readouterr().out)["beside"]
    assert beside["telling"] == ["slate", "paddles"]
    assert beside["remembered"] == []
    assert [row["name"] for row in beside["rows"]] == ["with the mail", "counterfactual"]
    swapped = beside["rows"][1]["holds_telling"]
    # Of the follow-up, hashed vectors of invented names find the message, not its sentence.
    assert (swapped["value"], swapped["n"]) == (0.5, 2)
    assert {"archive.jsonl", "suite.jsonl", "map.json"} <= {
        path.name for path in (tmp_path / "swapped").iterdir()
    }


def test_a_baseline_without_a_model_says_how_to_get_one(
    suite: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")
    assert main(["eval", suite, "--closed-book"]) == 3
    assert "ollama serve" in capsys.readouterr().err


def test_a_judge_stands_beside_and_is_checked_against_labels(
    suite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with OllamaDouble(reply=("RIGHT",), models=("referee:latest",)) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        words = ["eval", suite, "--judge", "referee", "--report", str(tmp_path / "report.html")]
        assert main([*words, "--json"]) == 0
    judged = json.loads(capsys.readouterr().out)["judge"]
    assert judged["model"].startswith("referee")
    # A judge that likes everything agrees with half of a balanced set, as chance does.
    assert (judged["agreement"]["share"], judged["agreement"]["kappa"]) == (0.5, 0.0)
    assert "Judge: referee" in (tmp_path / "report.html").read_text()


def test_drafts_need_no_model_unless_one_is_named(
    suite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "made.jsonl"
    assert main(["eval", "--make", str(made), "--limit", "6"]) == 0
    assert {case.type for case in load_suite(made)} <= {
        "made_who", "made_when", "made_number", "made_name", "made_unanswerable",
    }  # fmt: skip
    with OllamaDouble(reply=("no idea",)) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        assert main(["eval", "--make", str(made), "--limit", "6", "--answerer", "ollama"]) == 2
    told = capsys.readouterr().err
    assert "no question and answer in the reply" in told
    assert "no draft of the model passed" in told


def public_set(folder: Path) -> Path:
    """Two documents and two queries in the layout of BEIR, one query without a document."""
    rows = {
        "corpus.jsonl": [
            {"_id": "d1", "title": "Wheel", "text": "The oak paddles of the wheel are rotten."},
            {"_id": "d2", "title": "Roof", "text": "Slate is too heavy for those old beams."},
        ],
        "queries.jsonl": [
            {"_id": "q1", "text": "What is wrong with the oak paddles?"},
            {"_id": "q2", "text": "Who flew to the moon?"},
        ],
    }
    (folder / "qrels").mkdir(parents=True)
    for name, lines in rows.items():
        (folder / name).write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    (folder / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\n")
    return folder


def test_a_public_set_is_indexed_apart_and_asked(
    suite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, folder = public_set(tmp_path / "set"), tmp_path / "out"
    words = ["eval", "--public", str(source), str(folder), "--split", "dev", "--json"]
    assert main(words) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["questions"], shown["subject"]["messages"]) == (1, 2)
    assert shown["total"]["recall@1"]["value"] == 1.0
    assert (folder / "index").is_dir()


def test_a_public_set_with_a_fault_names_the_line(
    suite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "enron.jsonl"
    broken.write_text('{"path": "a/1", "email": 5}\n')
    assert main(["eval", "--public", str(broken), str(tmp_path / "out")]) == 2
    assert "enron.jsonl:1: column 'email'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--gate", "--ablate"], "--ablate and --gate do not go together"),
        (["--report", "no/such/folder/r.html"], "no folder no/such/folder for the report"),
        (["--kind", "facts"], "no question of kind 'facts'; kinds here: fact, followup"),
        (["--split", "train"], "no question is left of 5"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(
    suite: str, capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    assert main(["eval", suite, *words]) == 2
    told = capsys.readouterr()
    assert complaint in told.err
    assert (told.err.count("\n"), told.out) == (1, "")


def test_limit_seed_and_resume(
    suite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["eval", suite, "--limit", "3", "--seed", "1", "--json"]
    assert main([*words, "--resume", str(tmp_path / "run.jsonl")]) == 0
    first = json.loads(capsys.readouterr().out)
    kept = (tmp_path / "run.jsonl").read_text()
    assert main([*words, "--resume", str(tmp_path / "run.jsonl")]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (first["questions"], first["seed"]) == (3, 1)
    assert again["outcomes"] == first["outcomes"]  # the times too: nothing was asked again
    assert (tmp_path / "run.jsonl").read_text() == kept


def test_two_runs_are_compared_and_other_questions_are_refused(
    suite: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, words in {"a": [], "b": [], "c": ["--kind", "fact"]}.items():
        assert main(["eval", suite, *words, "--json"]) == 0
        (tmp_path / name).write_text(capsys.readouterr().out)
    assert main(["eval", "--compare", str(tmp_path / "a"), str(tmp_path / "b")]) == 0
    assert "right answers: no difference shown (0 gained, 0 lost, p = 1.000)" in (
        capsys.readouterr().out
    )
    assert main(["eval", "--compare", str(tmp_path / "a"), str(tmp_path / "c")]) == 2
    assert "these runs are on different suites" in capsys.readouterr().err


def test_the_gate_fails_on_mail_that_it_knows_nothing_about(
    suite: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", suite, "--gate"]) == 1
    assert "gate: failed" in capsys.readouterr().err
