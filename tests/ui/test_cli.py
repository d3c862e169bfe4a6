"""The command line on a real index of the built-in emails: contract, exit codes, short errors."""

import io
import json
import os
import pty
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from importlib import metadata
from pathlib import Path

import pytest

from corpus import finding_aid
from rag.config import load_settings
from rag.question_vectors import Projection
from tests.ui.clean_home import clean_home
from ui.cli import main
from ui.ingesting import is_current

ROOT = Path(__file__).resolve().parents[2]
DIGEST = ROOT / "corpus" / "digest.jsonl"
ANSWERABLE = "How much did Musk want Microsoft to pay to be promoted?"
JsonObject = dict[str, object]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An index of the built-in emails, made by the command itself; no language model."""
    home = tmp_path_factory.mktemp("cli")
    with pytest.MonkeyPatch.context() as patch:
        clean_home(patch, home, tmp_path_factory.getbasetemp())
        report = io.StringIO()
        with redirect_stdout(report):
            assert main(["ingest", str(DIGEST), "--offline", "--json"]) == 0
        (home / "report.json").write_text(report.getvalue())
        yield home / "index"


@pytest.fixture(autouse=True)
def uses_index(index: Path) -> None:
    """Every test here asks that index unless it names another."""


def printed(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(list(words)) == code
    return capsys.readouterr().out


def as_json(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> JsonObject:
    shown = json.loads(printed(capsys, *words, "--json", code=code))
    assert isinstance(shown, dict)
    return shown


def failure(capsys: pytest.CaptureFixture[str], *words: str, code: int) -> str:
    """The one line on stderr of a command that fails; stdout stays empty."""
    assert main(list(words)) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("exhibit: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_ingest_counts_add_up(index: Path) -> None:
    report = json.loads(index.with_name("report.json").read_text())
    assert set(report) == {
        "messages", "indexed", "unchanged", "duplicates", "variants",
        "skipped", "removed", "chunks", "seconds", "corpus",
    }  # fmt: skip
    assert (report["messages"], report["indexed"], report["skipped"]) == (85, 85, [])
    assert report["corpus"] == "restated"


def test_second_ingest_embeds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    report = as_json(capsys, "ingest", str(DIGEST), "--offline")
    assert (report["indexed"], report["unchanged"], report["removed"]) == (0, 85, 0)


def test_ingest_without_source_takes_the_built_in_emails(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["ingest", "--offline", "--index", str(tmp_path / "i")]) == 0
    captured = capsys.readouterr()
    assert "restated" in captured.err
    assert "exhibit corpus fetch" in captured.err


def test_if_needed_leaves_a_usable_index_alone(
    capsys: pytest.CaptureFixture[str], index: Path
) -> None:
    before = (index / "CURRENT").read_text()
    assert printed(capsys, "ingest", "--if-needed", "--offline") == ""
    assert (index / "CURRENT").read_text() == before


def test_an_index_of_another_finding_aid_is_not_current(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings({"index": index}, environ=os.environ)
    assert is_current(settings)
    other = tmp_path / "other.npz"
    kept = Projection.load(finding_aid.PROJECTION)
    Projection(-kept.matrix, kept.weights_hash).save(other)
    monkeypatch.setattr(finding_aid, "PROJECTION", other)
    assert not is_current(settings)


def test_if_needed_makes_a_damaged_index_anew(
    capsys: pytest.CaptureFixture[str], index: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "index"
    shutil.copytree(index, damaged)
    next(damaged.glob("gen-*/mail.sqlite")).write_bytes(b"")
    printed(capsys, "ingest", str(DIGEST), "--if-needed", "--index", str(damaged))
    assert as_json(capsys, "people", "--index", str(damaged))["people"]


def test_ask_answers_with_checked_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    answer = as_json(capsys, "ask", ANSWERABLE)
    assert set(answer) >= {
        "question", "status", "answer", "answerer", "scope", "sentences", "citations",
        "near_misses", "retrieved", "timings_ms", "rewritten_question",
    }  # fmt: skip
    assert answer["status"] == "answered"
    assert answer["citations"]
    for citation in answer["citations"]:
        message = as_json(capsys, "show", citation["message_id"])
        body = str(message["body"])
        assert body[citation["start"] : citation["end"]] == citation["quote"]


def test_ask_on_paper_shows_answer_and_excerpts(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "ask", ANSWERABLE)
    assert "[1]" in text
    assert "(restated)" in text
    assert "\x1b" not in text


def test_what_the_mail_does_not_tell_exits_with_one(capsys: pytest.CaptureFixture[str]) -> None:
    answer = as_json(capsys, "ask", "What is the boiling point of xenon in Reykjavik?", code=1)
    assert (answer["status"], answer["citations"]) == ("not_in_archive", [])


def test_question_is_read_from_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(ANSWERABLE))
    assert as_json(capsys, "ask")["question"] == ANSWERABLE


def test_trace_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", ANSWERABLE, "--trace"]) == 0
    captured = capsys.readouterr()
    for word in ("confidence", "scope", "written by", "by meaning", "by words", "time: total"):
        assert word in captured.err
        assert word not in captured.out


def test_history_gives_a_follow_up_its_context(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    history = tmp_path / "h.json"
    asked = "What did Microsoft offer?"
    told = as_json(capsys, "ask", asked)["answer"]
    turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": told}]
    history.write_text(json.dumps(turns))
    answer = as_json(capsys, "ask", "and when did he say that?", "--history", str(history))
    assert "Microsoft" in str(answer["rewritten_question"])


def test_search_gives_each_message_once_best_first(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, "search", "DeepMind", "-k", "500")
    hits = found["hits"]
    assert isinstance(hits, list)
    ids = [hit["message_id"] for hit in hits]
    assert len(ids) == len(set(ids)) > 3
    assert [hit["rank"] for hit in hits] == list(range(1, len(hits) + 1))
    scores = [hit["score"] for hit in hits]
    assert scores == sorted(scores, reverse=True)


def test_scope_flags_filter(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, "search", "OpenAI", "-k", "50", "--from", "zilis", "--since", "2018")
    hits = found["hits"]
    assert isinstance(hits, list)
    assert hits
    assert {hit["from"] for hit in hits} == {"Shivon Zilis"}
    assert min(hit["date"] for hit in hits) >= "2018"


def test_show_gives_message_thread_and_copies(capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, "search", "ultimatum or walk away", "-k", "1")
    message_id = found["hits"][0]["message_id"]  # type: ignore[index]
    shown = as_json(capsys, "show", message_id)
    whole = as_json(capsys, "show", message_id, "--thread")
    assert message_id in [message["message_id"] for message in whole["messages"]]  # type: ignore[attr-defined]
    assert shown["thread_id"] == whole["thread_id"]
    assert "no other copies" in printed(capsys, "show", message_id, "--variants")


def test_people_and_threads_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    people = as_json(capsys, "people")["people"]
    threads = as_json(capsys, "threads")["threads"]
    assert isinstance(people, list)
    assert isinstance(threads, list)
    assert (people[0]["name"], people[0]["sent"]) == ("Elon Musk", 35)
    assert (len(threads), sum(thread["messages"] for thread in threads)) == (34, 85)
    assert "Sutskever" in printed(capsys, "people")
    assert "2015" in printed(capsys, "threads")


def test_lists_are_tab_separated_for_other_programs(capsys: pytest.CaptureFixture[str]) -> None:
    people = [line.split("\t") for line in printed(capsys, "people").splitlines()]
    assert people[:2] == [
        ["Person", "Sent", "Received", "Addresses"],
        ["Elon Musk", "35", "38", ""],
    ]
    threads = [line.split("\t") for line in printed(capsys, "threads").splitlines()]
    assert {len(fields) for fields in threads} == {5}
    assert threads[1][-1] == "2015-05-25T2110-altman"


def test_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--version") == f"exhibit {metadata.version('exhibit-mail')}\n"


def test_help_of_a_command_shows_examples_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    examples = printed(capsys, "ask", "--help").partition("Examples:\n")[2].splitlines()
    assert [line.strip().partition(" ")[0] for line in examples] == ["exhibit"] * 5


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["bogus"], "No such command"),
        (["ask", "x", "--answerer", "oracle"], "--answerer"),
        (["ask", ""], "no question"),
        (["ask", "x", "--from", "Nobody Whatever"], "nobody here is called"),
        (["ask", "x", "--since", "soon"], "--since"),
        (["ask", "x", "--history", "/none.json"], "/none.json"),
        (["search", "x", "-k", "0"], "-k"),
        (["show", "no-such-message"], "no-such-message"),
        (["ingest", "/no/such/mail"], "/no/such/mail"),
        (["corpus", "import", "/no/such/file"], "/no/such/file"),
        (["chat", "--port", "0"], "--port"),
        (["chat", "--host", "0.0.0.0", "--no-browser"], "--auth"),
    ],
)
def test_bad_usage_is_one_line_and_exits_with_two(
    capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    assert complaint in failure(capsys, *words, code=2)


def test_missing_index_says_what_to_do(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    line = failure(capsys, "ask", "x", "--index", str(tmp_path / "none"), code=3)
    assert "exhibit ingest" in line


def test_ollama_asked_for_but_down_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"OLLAMA_HOST": "http://127.0.0.1:9"}
    run = exhibit("ask", ANSWERABLE, "--answerer", "ollama", environ=environ)
    assert run.returncode in (0, 3)
    assert "127.0.0.1:9" in run.stderr
    assert "Traceback" not in run.stderr


def test_corpus_import_refuses_other_files(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("no mail")
    assert "sha256" in failure(capsys, "corpus", "import", str(other), code=2)


def test_corpus_verify_lists_the_compilations(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "corpus", "verify").count("missing") == 3


def test_traceback_only_when_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXHIBIT_DEBUG", "1")
    assert main(["show", "no-such-message"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_json_of_hostile_words_is_plain_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    shown = printed(capsys, "search", "\x1b[2J\u202e loom", "--json", code=0)
    assert shown.isascii()
    assert "\x1b" not in shown


def test_closed_pipe_is_no_error(index: Path) -> None:
    command = f"{sys.executable} -m ui.cli threads --json --index {index} | head -c 1"
    run = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], cwd=ROOT, capture_output=True, check=False
    )
    assert run.stderr == b""


def test_conversation_on_a_terminal(index: Path) -> None:
    typed = ["/help", ANSWERABLE, "show 1", "show 99", "/quit"]
    shown = on_terminal(["ask", "--index", str(index), "--answerer", "extractive"], typed)
    assert "opens citation" in shown
    assert "Subject" in shown
    assert "no citation '99'" in shown
    assert "Traceback" not in shown


def exhibit(*words: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ui.cli", *words],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def on_terminal(words: list[str], typed: list[str]) -> str:
    """What a terminal shows when `typed` is entered line by line, each after a prompt."""
    control, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", *words],
        cwd=ROOT,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(terminal)
    shown = ""
    for line in typed:
        shown += until_prompt(control)
        os.write(control, f"{line}\n".encode())
    assert process.wait(timeout=60) == 0
    os.close(control)
    return shown


def until_prompt(control: int, timeout_s: float = 60.0) -> str:
    read, end = "", time.monotonic() + timeout_s
    while "\n> " not in read.replace("\r", "") and time.monotonic() < end:
        read += os.read(control, 4096).decode(errors="replace")
    return read
