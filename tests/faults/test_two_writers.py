"""Two ingests at once: one runs, the other ends at once naming it; readers notice nothing."""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from rag.index import IndexWatcher, open_index, verify_index
from rag.model import Scope
from tests.fakes import make_mbox

ROOT = Path(__file__).resolve().parents[2]
IS_STRESS = "EXHIBIT_STRESS" in os.environ
READERS = 8 if IS_STRESS else 2


def started(source: Path, index: Path) -> subprocess.Popen[str]:
    """An ingest that waits for its start with everything loaded."""
    words = ["-m", "tests.hashing_cli", "ingest", str(source), "--index", str(index), "--json"]
    child = subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, "EXHIBIT_GATE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout and child.stdout.readline() == "ready\n"
    return child


def race(source: Path, index: Path) -> list[tuple[int, str]]:
    """Exit code and stderr of two ingests let go together; the one that ran first."""
    children = [started(source, index) for _ in range(2)]
    pids = [child.pid for child in children]
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()
    began = time.monotonic()
    ends = [(child.communicate(timeout=60)[1], child.returncode) for child in children]
    assert time.monotonic() - began < 30
    for n, (error, code) in enumerate(ends):
        if code:
            assert f"process {pids[1 - n]} " in error
            assert error.count("\n") == 1
    return sorted((code, error) for error, code in ends)


def every_vector_finds_itself(index: Path) -> bool:
    """In Chroma itself; on a copy, for Chroma writes into a small folder that it opens."""
    opened = open_index(shutil.copytree(index, index.with_name("copy")))
    ids = opened.store.ids()
    is_whole = opened.store.keeps(ids, opened.store.vectors(ids))
    opened.close()
    return len(ids) == opened.stamp.chunks and is_whole


def read_until(done: Event, index: Path, seen: set[int]) -> None:
    watcher = IndexWatcher(index)
    while not done.is_set():
        current = watcher.current()
        assert len(current.mail) == current.stamp.messages
        assert current.lexical.search("report", 5, Scope())
        seen.add(len(current.mail))
        time.sleep(0.02)


@pytest.mark.parametrize(
    "rounds", [2, pytest.param(50, marks=pytest.mark.stress)], ids=lambda n: f"{n} times"
)
def test_one_of_two_ingests_runs(tmp_path: Path, rounds: int) -> None:
    index, seen, done = tmp_path / "index", set[int](), Event()
    counts = [60 + 20 * (n % 3) for n in range(rounds + 1)]
    sources = {c: make_mbox(tmp_path / f"{c}.mbox", range(c)) for c in counts}
    assert race(sources[60], index)[0][0] == 0
    with ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(read_until, done, index, seen) for _ in range(READERS)]
        codes = [[code for code, _ in race(sources[c], index)] for c in counts[1:]]
        done.set()
        for reader in readers:
            reader.result()
    assert codes == [[0, 3]] * rounds
    assert seen == set(counts)
    assert verify_index(index) == []
    assert every_vector_finds_itself(index)
    assert not list(index.glob("writer.json*"))
