"""A suite over the invented archive of `tests.rag.small_archive`, and that archive on the command
line: real parts, with the hashing embedder.
"""

from pathlib import Path

import pytest

import rag.build
from eval.cases import Case, write_suite
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.model import Turn
from tests.rag.small_archive import FREYA, WALTER, index_in
from tests.ui.clean_home import clean_home

#: Found only through the finding aid, by words, through the thread, with history, and not at all.
SUITE = (
    Case(
        "musician",
        "Which musician suits nervous birds?",
        "fact",
        ("open2@mill.example",),
        answer_any=("fiddler",),
        author=WALTER,
        split="dev",
    ),
    Case(
        "slate",
        "What would a slate roof cost?",
        "fact",
        ("roof1@mill.example",),
        answer="A slate roof costs 8,400 crowns.",
        answer_any=("8,400",),
        split="test",
    ),
    Case(
        "writing",
        "How did Freya Lund answer about the rotten oak paddles?",
        "reply",
        ("wheel2@mill.example",),
        answer_any=("price in writing",),
        author=FREYA,
        split="dev",
    ),
    Case(
        "paddles",
        "What did he want for them?",
        "followup",
        ("wheel3@mill.example",),
        history=(
            Turn("user", "Who is the joiner for the oak paddles of the wheel?"),
            Turn("assistant", "Holger, in Skagen."),
        ),
        answer_any=("5,200",),
        split="test",
    ),
    Case("zeppelin", "Who flew the zeppelin to Lisbon?", "unanswerable", (), split="test"),
)


def on_the_command_line(patch: pytest.MonkeyPatch, home: Path, base: Path) -> Path:
    """Make `ui.cli.main` ask the invented archive from `home`; returns the path of the suite."""
    clean_home(patch, home, base)
    patch.setenv("EXHIBIT_INDEX", str(index_in(base)))
    patch.setattr(rag.build, "open_embedder", lambda settings: HashingEmbedder())
    suite = home / "suite.jsonl"
    write_suite(SUITE, suite)
    return suite
