"""Public test sets, on small files of our own in their layouts."""

import json
from pathlib import Path

import pytest

from eval.cases import load_suite
from eval.loaders import load_beir, load_enronqa
from ingest.errors import SuiteError
from ingest.formats.digest import read_digest
from ingest.model import Draft

RULE = "=" * 37
HEAD = "Subject: Gas\nSender: a.berg@example.org\nRecipients: ['o@example.org']"
MAIL = f"{HEAD}\n{RULE}\n\nWe buy gas."
ROW = {
    "path": "berg-a/inbox/1.",
    "user": "berg-a",
    "email": MAIL,
    "questions": ["What do they buy?", "Who buys?"],
    "rephrased_questions": ["What is bought?", "Who is the buyer?"],
    "gold_answers": ["They buy gas.", "Anna Berg."],
}


def lines(path: Path, *rows: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_enronqa_joins_the_rows_of_an_email(tmp_path: Path) -> None:
    other = {**ROW, "questions": ["Again?", "Who buys?"]}
    found = load_enronqa(lines(tmp_path / "enron.jsonl", ROW, other))
    (message,) = found.messages
    assert (message.sender, message.to) == ("a.berg@example.org", ("o@example.org",))
    assert (message.subject, message.body) == ("Gas", "We buy gas.")
    assert [case.question for case in found.cases] == ["What do they buy?", "Who buys?", "Again?"]
    assert {case.gold_messages for case in found.cases} == {("berg-a/inbox/1.",)}


def test_enronqa_keeps_one_user_and_can_ask_rephrased(tmp_path: Path) -> None:
    path = lines(tmp_path / "enron.jsonl", ROW, {**ROW, "user": "lind-o", "path": "x"})
    found = load_enronqa(path, user="berg-a", rephrased=True)
    assert [case.question for case in found.cases] == ROW["rephrased_questions"]
    with pytest.raises(SuiteError, match="no question of user 'nobody'"):
        load_enronqa(path, user="nobody")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"email": None}, "1: column 'email'"),
        ({"questions": "Why?"}, "1: column 'questions'"),
        ({"gold_answers": ["one"]}, "1: 2 questions but 1 gold_answers"),
    ],
)
def test_enronqa_errors_name_line_and_column(
    tmp_path: Path, change: dict[str, object], complaint: str
) -> None:
    with pytest.raises(SuiteError, match=complaint):
        load_enronqa(lines(tmp_path / "enron.jsonl", {**ROW, **change}))


def beir(folder: Path, qrels: str) -> Path:
    lines(folder / "corpus.jsonl", {"_id": "d1", "title": "Gas", "text": "We buy gas."})
    lines(folder / "queries.jsonl", {"_id": "q1", "text": "gas?"}, {"_id": "q2", "text": "oil?"})
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{qrels}")
    return folder


def test_beir_folder_becomes_archive_and_suite(tmp_path: Path) -> None:
    found = load_beir(beir(tmp_path / "set", "q1\td1\t2\nq2\td1\t0\n"))
    archive, suite = found.write(tmp_path / "out")
    (case,) = load_suite(suite)
    assert (case.id, case.gold_messages, case.gold_mode) == ("q1", ("d1",), "all")
    (draft,) = read_digest(archive)
    assert isinstance(draft, Draft)
    assert (draft.message_id, draft.subject, draft.body) == ("d1", "Gas", "We buy gas.")
    assert draft.sent_at is None


def test_beir_errors_name_the_line(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"test\.tsv:2: must be"):
        load_beir(beir(tmp_path / "set", "q1 d1 1\n"))
    with pytest.raises(SuiteError, match=r"cannot read .*dev\.tsv"):
        load_beir(tmp_path / "set", split="dev")
