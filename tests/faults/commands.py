"""The command line for fault tests: in this process with the deterministic embedder, or in its own.

`make_index` writes what the faults are done to; its mail stands in `mail.mbox` beside it.
"""

import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from rag.adapters.hashing_embedder import HashingEmbedder
from rag.index import IngestReport, write_index
from tests.fakes import make_mbox, opened_archive
from ui.cli import main

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "What does report number 4 say about the harbour?"


def ingest(source: Path, index: Path, **options: bool) -> IngestReport:
    """Index a source as `exhibit ingest` does, without the command."""
    with opened_archive(source) as archive:
        return write_index(archive, index, HashingEmbedder(), **options)


def make_index(folder: Path, count: int = 10) -> Path:
    """An index of the mails 0 to `count` - 1."""
    ingest(make_mbox(folder / "mail.mbox", range(count)), folder / "index")
    return folder / "index"


def run_here(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command run in this process."""
    fake = mock.patch("rag.build.open_embedder", lambda settings: HashingEmbedder())
    with fake, mock.patch.dict("os.environ", {"EXHIBIT_ANSWERER": "extractive"}):
        code = main(list(words))
    told = capsys.readouterr()
    return code, told.out, told.err


def command(*words: str) -> list[str]:
    """What starts a command in a process of its own."""
    return [sys.executable, "-m", "tests.hashing_cli", *words]


def run(*words: str, timeout: float = 120, **options: object) -> subprocess.CompletedProcess[str]:
    """The end of a command run in a process of its own."""
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        command(*words),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
        **options,
    )
