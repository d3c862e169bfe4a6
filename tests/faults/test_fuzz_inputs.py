"""Questions, suites and histories of any shape: read, or refused in one line; never a crash.

200 questions and 1,000 of each file on each run, twenty times that in `make fuzz`.
"""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from eval.cases import BUNDLED, load_suite
from ingest.errors import ExhibitError
from rag.model import Turn
from tests.rag.small_archive import engine_in
from ui.history import read_history

IS_STRESS = "EXHIBIT_STRESS" in os.environ
pytestmark = [pytest.mark.stress] if IS_STRESS else []
INPUTS = 20_000 if IS_STRESS else 1_000

#: Pieces of the query grammar, of dates and of questions, and what breaks parsers.
PIECES = (
    *"from: to: subject: date: since: until: walter Nair 2018-04 2018-13-45 0000 9999-12".split(),
    *(
        "31 Feb 2019",
        "autumn 2017",
        "before ",
        "after ",
        "in ",
        "last ",
        "first ",
        "..",
        "AND NOT ",
    ),
    *("how many ", "who ", "when ", "how did ", " and ", "then ", "OR", "1" * 400, "a" * 3000),
    *("\x00", "\u202e", "\ud800", "🙂", "ı", "ﬁ", " ", "\n", '"', "'", *"()*\\-:?!"),
)
JUNK = (
    *(b"null", b"[]", b"{}", b'"', b"\xff", b"\x00", b",", b"1e999", b"\\ud800"),
    *(b"[" * 2000, b'{"a":' * 2000),
)


def question(chance: random.Random) -> str:
    return "".join(chance.choices(PIECES, k=chance.randrange(12)))


def damaged(raw: bytes, chance: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data) + 1)
        junk = (
            b"null",
            b"[]",
            b"{}",
            b'"',
            b"\xff",
            b"\x00",
            b",",
            b"1e999",
            b"[" * 2000,
            b"\\ud800",
        )
        data[at : at + chance.randrange(12)] = chance.choice(junk)
    return bytes(data[: chance.randint(1, len(data))] if chance.random() < 0.2 else data)


def refused_or_read(read: Callable[[], object]) -> str:
    """ "read", or "refused" where it is refused in one line."""
    try:
        read()
    except ExhibitError as error:
        assert "\n" not in str(error)
        return "refused"
    return "read"


def test_any_question_is_answered_or_refused_in_one_line(tmp_path: Path) -> None:
    engine = engine_in(tmp_path)
    for seed in range(INPUTS // 5):
        chance = random.Random(seed)
        turns = (Turn("user", question(chance)), Turn("assistant", question(chance)))
        history = turns if chance.random() < 0.3 else ()
        asked = question(chance)
        refused_or_read(lambda asked=asked, history=history: engine.ask(asked, history))


TURNS = [
    {"role": "user", "content": "Who is Ada?"},
    {"role": "assistant", "content": "A mathematician [1]."},
]


@pytest.mark.parametrize(
    ("read", "whole"),
    [
        (read_history, json.dumps(TURNS).encode()),
        (load_suite, b"".join(BUNDLED.read_bytes().splitlines(keepends=True)[:4])),
    ],
    ids=["history", "suite"],
)
def test_a_damaged_file_is_read_or_refused_in_one_line(
    tmp_path: Path, read: Callable[[Path], object], whole: bytes
) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(whole)
    assert refused_or_read(lambda: read(path)) == "read"
    ended = set()
    for seed in range(INPUTS):
        path.write_bytes(damaged(whole, random.Random(seed)))
        ended.add(refused_or_read(lambda: read(path)))
    assert "refused" in ended
