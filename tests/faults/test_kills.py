"""kill -9 at any moment: readers see the old index or the new one, the next run completes it."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.adapters.hashing_embedder import HashingEmbedder
from rag.index import canonical_dump, verify_index, write_index
from tests.fakes import make_mbox, opened_archive

ROOT = Path(__file__).resolve().parents[2]
#: (stage, n-th report of it): one for each step of an ingest that takes over a former index.
POINTS = (
    ("cutting", 1),
    ("embedding", 1),
    ("embedding", 2),
    ("checking", 1),
    ("publishing", 1),
    ("published", 1),
)

Kill = Callable[[Path, Path, str, int, float], int]


@pytest.fixture(scope="module")
def kill() -> Iterator[Kill]:
    """Runs an ingest that is killed; returns its exit code (-9 when it was)."""
    command = [sys.executable, "-m", "tests.faults.crash_child"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:

        def ask(source: Path, index: Path, stage: str, nth: int, seconds: float) -> int:
            names = {"source": str(source), "index": str(index), "stage": stage}
            assert child.stdin and child.stdout
            child.stdin.write(json.dumps({**names, "nth": nth, "seconds": seconds}) + "\n")
            child.stdin.flush()
            return int(child.stdout.readline())

        yield ask
        child.stdin.close()  # type: ignore[union-attr]


class Scene:
    """A published index of 60 messages, and mail of which some are new, changed or gone."""

    def __init__(self, folder: Path) -> None:
        old = make_mbox(folder / "old.mbox", range(60))
        self.new = make_mbox(folder / "new.mbox", range(20, 100))
        self.index = folder / "index"
        ingest(old, self.index)
        self.before = canonical_dump(self.index)
        ingest(self.new, folder / "clean")
        self.clean = canonical_dump(folder / "clean")


def ingest(source: Path, index: Path) -> None:
    with opened_archive(source) as archive:
        write_index(archive, index, HashingEmbedder())


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("crash"))


def check_recovery(scene: Scene, index: Path) -> None:
    assert canonical_dump(index) in (scene.before, scene.clean)
    assert verify_index(index) == []
    ingest(scene.new, index)
    assert canonical_dump(index) == scene.clean
    assert [path.name for path in index.iterdir() if "unfinished" in path.name] == []


@pytest.mark.parametrize(("stage", "nth"), POINTS)
def test_a_kill_at_this_step_leaves_a_whole_index_and_the_next_run_completes(
    scene: Scene, kill: Kill, tmp_path: Path, stage: str, nth: int
) -> None:
    index = shutil.copytree(scene.index, tmp_path / "index")
    assert kill(scene.new, index, stage, nth, 0) == -9
    check_recovery(scene, index)


@pytest.mark.parametrize("seed", range(6))
def test_a_kill_at_a_random_moment_leaves_a_whole_index_and_the_next_run_completes(
    scene: Scene, kill: Kill, tmp_path: Path, seed: int
) -> None:
    index = shutil.copytree(scene.index, tmp_path / "index")
    assert kill(scene.new, index, "", 0, random.Random(seed).uniform(0.02, 0.7)) in (-9, 0)
    check_recovery(scene, index)


def test_a_kill_during_the_first_ingest_leaves_no_index_and_its_vectors_are_taken_over(
    scene: Scene, kill: Kill, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    assert kill(scene.new, index, "embedding", 1, 0) == -9
    assert (index / "unfinished.vectors").stat().st_size > 100_000
    embedder = CountingEmbedder()
    with opened_archive(scene.new) as archive:
        report = write_index(archive, index, embedder)
    assert 0 < embedder.embedded < report.chunks
    assert canonical_dump(index) == scene.clean


class CountingEmbedder(HashingEmbedder):
    """Counts the passages it embeds."""

    embedded = 0

    def embed_passages(self, texts):  # type: ignore[no-untyped-def]
        self.embedded += len(texts)
        return super().embed_passages(texts)


@pytest.mark.stress
@pytest.mark.skipif("EXHIBIT_STRESS" not in os.environ, reason="long; run it with `make stress`")
def test_two_hundred_kills_end_in_the_clean_index(scene: Scene, kill: Kill, tmp_path: Path) -> None:
    chance = random.Random(2026)
    for n in range(200):
        index = tmp_path / f"index-{n}"
        if n % 4:
            shutil.copytree(scene.index, index)
        stage, nth = POINTS[n // 2 % len(POINTS)]
        if n % 2:
            kill(scene.new, index, stage, nth, 0)
        else:
            kill(scene.new, index, "", 0, chance.uniform(0.01, 0.8))
        if n % 4:
            check_recovery(scene, index)
        else:
            ingest(scene.new, index)
            assert canonical_dump(index) == scene.clean
        shutil.rmtree(index)
