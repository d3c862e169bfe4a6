"""`exhibit ingest --watch`: every change of the files ends in the index, one line each."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.errors import IndexLocked, SourceError
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.index import IngestReport, lock_index, write_index
from tests.fakes import make_mbox, opened_archive
from ui.watching import watch

ROOT = Path(__file__).resolve().parents[2]


def watched(folder: Path, index: Path, *changes: Callable[[], object]) -> Iterator[IngestReport]:
    """The receipts while one change is made at each look; ends after the last one's look."""

    def ingest() -> IngestReport:
        with opened_archive(folder) as archive:
            return write_index(archive, index, HashingEmbedder())

    waiting = list(changes)

    class Over(Exception):
        """There is nothing left to change."""

    def pause(_seconds: float) -> None:
        if not waiting:
            raise Over
        waiting.pop(0)()

    try:
        yield from watch([folder], ingest, pause=pause)
    except Over:
        return


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    (tmp_path / "mail").mkdir()
    make_mbox(tmp_path / "mail" / "a.mbox", range(4))
    return tmp_path / "mail"


def figures(receipts: Iterator[IngestReport]) -> list[tuple[int, int, int]]:
    return [(r.messages, r.indexed, r.removed) for r in receipts]


def nothing() -> None:
    """No change between two looks."""


def test_new_changed_and_removed_files_are_followed(mail: Path) -> None:
    receipts = watched(
        mail,
        mail.with_name("index"),
        nothing,
        lambda: make_mbox(mail / "b.mbox", [7]),
        nothing,
        lambda: make_mbox(mail / "b.mbox", [7, 8]),
        (mail / "a.mbox").unlink,
        nothing,
    )
    assert figures(receipts) == [(4, 4, 0), (5, 1, 0), (6, 1, 0), (2, 0, 4)]


def test_a_change_of_equal_size_is_seen(mail: Path) -> None:
    path = mail / "a.mbox"
    text = path.read_text()

    def alter() -> None:
        path.write_text(text.replace("Report number 1", "Report number X"))
        os.utime(path, ns=(1, 1))

    assert figures(watched(mail, mail.with_name("index"), alter)) == [(4, 4, 0), (4, 1, 0)]


def test_the_lock_is_waited_for(mail: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tries: list[str] = []

    def ingest() -> IngestReport:
        tries.append("try")
        if len(tries) < 4:
            raise IndexLocked("the index is being written by process 7; wait for it")
        with opened_archive(mail) as archive:
            return write_index(archive, mail.with_name("index"), HashingEmbedder())

    receipt = next(watch([mail], ingest, pause=lambda seconds: None))
    assert (receipt.indexed, len(tries)) == (4, 4)
    assert capsys.readouterr().err.count("process 7") == 1


def test_trouble_at_the_start_ends_and_later_trouble_is_told(
    mail: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SourceError):
        next(watched(mail.with_name("none"), mail.with_name("index")))
    receipts = watched(
        mail,
        mail.with_name("index"),
        lambda: mail.rename(mail.with_name("away")),
        nothing,
        lambda: mail.with_name("away").rename(mail),
    )
    assert figures(receipts) == [(4, 4, 0), (4, 0, 0)]
    assert capsys.readouterr().err.count("watching on: there is no file or folder") == 1


def test_control_c_ends_it_cleanly(mail: Path) -> None:
    code = (
        "import rag.build, ui.watching, sys\n"
        "from rag.adapters.hashing_embedder import HashingEmbedder\n"
        "from ui.cli import main\n"
        "rag.build.open_embedder = lambda settings: HashingEmbedder()\n"
        "ui.watching.INTERVAL_S = 0.05\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    index = mail.with_name("index")
    words = [sys.executable, "-c", code, "ingest", "--watch", str(mail), "--index", str(index)]
    with subprocess.Popen(
        words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout and child.stderr
        assert child.stdout.readline().startswith("4 messages: 4 new, 0 unchanged")
        make_mbox(mail / "b.mbox", [9])
        assert child.stdout.readline().startswith("5 messages: 1 new, 4 unchanged")
        time.sleep(0.1)
        child.send_signal(signal.SIGINT)
        assert child.wait(10) == 0
        assert "Traceback" not in (error := child.stderr.read())
        assert "stopped watching" in error
    with lock_index(index):
        pass
