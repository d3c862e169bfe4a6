"""One household for all tests here: its commands are run once, then its page is served."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.security.household import MAIL_CANARIES, QUESTION_CANARIES, Household, made


@dataclass(frozen=True, slots=True)
class Lived:
    """What the commands printed: (words, exit code, stdout, stderr) of each."""

    house: Household
    printed: tuple[tuple[list[str], int, bytes, bytes], ...]


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """A household in which every command has been used, also wrongly."""
    house = made(tmp_path_factory.mktemp("household"))
    commands = [[str(word) for word in words] for words in _commands(house)]
    results = house.run(*commands)
    rows = [(c, *result) for c, result in zip(commands, results, strict=True)]
    return Lived(house, tuple(rows))


@pytest.fixture(scope="session")
def page_url(lived: Lived) -> Iterator[str]:
    """The page of the household, as `exhibit chat` serves it."""
    with lived.house.served() as url:
        yield url


def _commands(house: Household) -> list[list[object]]:
    suite, report = house.out / "suite.jsonl", house.home / "report.html"
    history = house.out / "history.json"
    suite.write_text(json.dumps(_case()) + "\n", encoding="utf-8")
    turn = {"role": "user", "content": f"the harbour {QUESTION_CANARIES[4]}"}
    history.write_text(json.dumps([turn]), encoding="utf-8")
    escaped = f"harbour \x1b[2J\u202e {QUESTION_CANARIES[2]}"
    shown = f"0.{MAIL_CANARIES[0]}@example.org"
    return [
        ["ingest", house.mailbox],
        ["ingest", house.mailbox, "--json"],
        ["ask", "What does the harbour cost?", "--trace"],
        ["ask", "What does the harbour cost?", "--json", "--trace"],
        ["ask", escaped, "--trace", "--history", history],
        ["ask", f"Who wrote {QUESTION_CANARIES[1]}?", "--from", "Mallory\x1b[2J"],
        ["search", "harbour report", "-k", "200"],
        ["search", "harbour report", "--json"],
        ["search", escaped],
        ["people"], ["people", "--json"],
        ["threads"], ["threads", "--json"],
        ["show", shown, "--thread", "--variants"], ["show", shown, "--json"],
        ["show", "no\x1b[2J\u202esuch"],
        ["eval", suite, "--report", report],
        ["eval", suite, "--json"],
        ["doctor"], ["doctor", "--json"],
        ["ingest", house.home / "no\x1b[2J\rsuch.mbox"],
        ["forget", "no\x1b]0;such\x07"],
        ["ask", "x" * 200_000],
        ["ask"],
        ["eval", house.mailbox],
        ["--\x1b[2J"],
    ]  # fmt: skip


def _case() -> dict[str, object]:
    return {
        "id": "one",
        "question": f"What does the harbour {QUESTION_CANARIES[0]} cost?",
        "type": "fact",
        "gold_messages": [f"0.{MAIL_CANARIES[0]}@example.org"],
        "gold_mode": "any",
        "answer": "10 crowns",
        "answer_any": ["10 crowns"],
    }
