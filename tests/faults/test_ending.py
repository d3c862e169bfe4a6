"""Told to end, or on a machine that is odd: one line, the right exit code, nothing lost."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.adapters.hashing_embedder import HashingEmbedder
from rag.index import IndexWatcher, canonical_dump, verify_index, write_index
from tests.fakes import make_mbox, opened_archive
from tests.faults.commands import QUESTION, ROOT, command, ingest, make_index, run, run_here
from tests.faults.page import free_port, page

#: Seconds after which a process surely hangs, on however busy a machine.
HUNG = 300


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return make_index(tmp_path)


#: What stands in the folder of the index once the ingest has come so far.
MOMENTS = {
    "parsing": "reading-*/spool.sqlite",
    "putting together": "reading-*/mail.sqlite",
    "cutting": "gen-000002/passages.sqlite",
    "embedding": "unfinished.vectors",
    "writing words": "gen-000002/lexical/*",
}
ENDS = {signal.SIGINT: (130, "interrupted"), signal.SIGTERM: (143, "terminated")}


@pytest.mark.parametrize(
    ("sent", "moment"),
    [*((signal.SIGINT, moment) for moment in MOMENTS), (signal.SIGTERM, "cutting")],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_an_ingest_that_is_told_to_end_leaves_nothing_and_can_be_run_again(
    index: Path, tmp_path: Path, sent: signal.Signals, moment: str
) -> None:
    before = canonical_dump(index)
    source = make_mbox(tmp_path / "new.mbox", range(1500))
    words = ["ingest", str(source), "--index", str(index)]
    with subprocess.Popen(
        command(*words), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_for(index, MOMENTS[moment])
        process.send_signal(sent)
        told = process.communicate(timeout=HUNG)
    code, line = ENDS[sent]
    assert (process.returncode, *told) == (code, "", f"exhibit: {line}\n")
    assert canonical_dump(index) == before
    assert sorted(p.name for p in index.iterdir() if "lock" not in p.name) in (
        ["CURRENT", "gen-000001"],
        ["CURRENT", "gen-000001", "unfinished.vectors"],
    )
    small = make_mbox(tmp_path / "new.mbox", range(30))
    ingest(small, index)
    ingest(small, tmp_path / "clean")
    assert canonical_dump(index) == canonical_dump(tmp_path / "clean")


@pytest.mark.parametrize(
    "stage", ["cutting", "cut", "embedding", "checking", "publishing", "published"]
)
def test_an_interrupt_at_any_step_of_writing_leaves_one_whole_index(
    index: Path, tmp_path: Path, stage: str
) -> None:
    def interrupt(reached: str, _count: int) -> None:
        if reached == stage:
            raise KeyboardInterrupt

    before = canonical_dump(index)
    new = make_mbox(tmp_path / "new.mbox", range(5, 25))
    ingest(new, tmp_path / "clean")
    after = canonical_dump(tmp_path / "clean")
    with opened_archive(new) as archive, pytest.raises(KeyboardInterrupt):
        write_index(archive, index, HashingEmbedder(), progress=interrupt)
    assert canonical_dump(index) == (after if stage == "published" else before)
    left = {path.name for path in index.glob("gen-*")}
    assert left == ({"gen-000001", "gen-000002"} if stage == "published" else {"gen-000001"})
    assert ingest(new, index).unchanged == (20 if stage == "published" else 5)
    assert canonical_dump(index) == after


def wait_for(index: Path, pattern: str) -> None:
    until = time.monotonic() + HUNG
    while not any(_size(path) for path in index.glob(pattern)):
        assert time.monotonic() < until
        time.sleep(0.001)


def _size(path: Path) -> int:
    """Bytes of a file that may go at any moment."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def test_mail_that_a_killed_ingest_was_reading_does_not_stay_on_the_disk(
    index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (index / "reading-x1y2").mkdir()
    (index / "reading-x1y2" / "mail.sqlite").write_bytes(b"mail")
    mail = str(tmp_path / "mail.mbox")
    assert run_here(capsys, "ingest", mail, "--index", str(index))[0] == 0
    assert not list(index.glob("reading-*"))


@pytest.fixture
def read_only(index: Path) -> Iterator[Path]:
    """The index on a file system that cannot be written."""

    def mount(*words: str) -> None:
        if subprocess.run(["mount", *words], capture_output=True, check=False).returncode:
            pytest.skip("mounting a file system needs root")

    mount("--bind", str(index), str(index))
    mount("-o", "remount,ro,bind", str(index))
    yield index
    subprocess.run(["umount", "--lazy", str(index)], check=True)


def test_an_index_that_cannot_be_written_answers_and_says_why_it_is_not_written(
    read_only: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = canonical_dump(read_only)
    at = ["--index", str(read_only)]
    for words in (["ask", QUESTION], ["search", "harbour"], ["show", "m3@example.org"]):
        assert run_here(capsys, *words, *at)[0] in (0, 1)
    assert run_here(capsys, "export-index", str(tmp_path / "e"), *at)[0] == 0
    new = make_mbox(tmp_path / "new.mbox", range(12))
    for words in (["ingest", str(new)], ["forget", "m3@example.org"], ["import-index", "e"]):
        words[1:] = [str(tmp_path / "e")] if words[1:] == ["e"] else words[1:]
        code, out, error = run_here(capsys, *words, *at)
        assert (code, out, error.count("\n")) == (3, "", 1)
        assert f"cannot write the index in {read_only}: Read-only file system" in error
    assert canonical_dump(read_only) == before


@pytest.mark.parametrize("then", [0, 4_102_444_800], ids=["1970", "2100"])
def test_a_clock_that_jumped_hides_no_new_index(index: Path, tmp_path: Path, then: int) -> None:
    watcher = IndexWatcher(index, embedder=HashingEmbedder())
    os.utime(index / "CURRENT", (then, then))
    assert len(watcher.current().mail) == 10
    for count in (11, 12, 13):
        ingest(make_mbox(tmp_path / "new.mbox", range(count)), index)
        os.utime(index / "CURRENT", (then, then))
        assert len(watcher.current().mail) == count
    assert verify_index(index) == []


def test_the_page_goes_on_when_its_index_is_deleted_and_comes_back(index: Path) -> None:
    import asyncio

    from tests.page_client import Tab

    async def ask(url: str) -> str:
        async with Tab(url) as tab:
            return (await tab.ask(QUESTION)).seen

    with page(index, free_port(), EXHIBIT_ANSWERER="extractive") as served:
        assert "Report 4" in asyncio.run(ask(served.url))
        shutil.move(index, index.with_name("away"))
        assert "no index in" in asyncio.run(ask(served.url))
        shutil.move(index.with_name("away"), index)
        assert "Report 4" in asyncio.run(ask(served.url))
        os.truncate(index / "gen-000001" / "vectors.npy", 0)
        assert "exhibit ingest --rebuild" in asyncio.run(ask(served.url))
        assert ingest(index.with_name("mail.mbox"), index).indexed == 10
        assert "Report 4" in asyncio.run(ask(served.url))
        assert served.stop() == "exhibit: terminated\n"


def test_a_command_in_a_folder_that_is_gone_says_so(tmp_path: Path) -> None:
    assert run("doctor", "--index", str(tmp_path / "x" / "y")).returncode == 3
