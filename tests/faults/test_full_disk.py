"""A disk that fills up at any point of an ingest: one line, the old index answers, a re-run heals.

Reduced in the ordinary run; whole in `make stress`, which needs root for a file system of its own.
"""

import os
import resource
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
IS_STRESS = "EXHIBIT_STRESS" in os.environ
POINTS = 30
#: Where in the range of an ingest's needs the disk is full, in the ordinary run.
FEW = (4, 18)


class Scene:
    """An index of 60 messages, mail that replaces 40 of them, and what the result must equal."""

    def __init__(self, folder: Path) -> None:
        self.index = folder / "index"
        ingest(make_mbox(folder / "old.mbox", range(60)), self.index)
        self.new = make_mbox(folder / "new.mbox", range(40, 200))
        self.before = canonical_dump(self.index)
        ingest(self.new, folder / "clean")
        self.clean = canonical_dump(folder / "clean")
        sizes = [p.stat().st_size for p in (folder / "clean").rglob("*") if p.is_file()]
        self.largest, self.total = max(sizes), sum(sizes)


def ingest(source: Path, index: Path) -> None:
    with opened_archive(source) as archive:
        write_index(archive, index, HashingEmbedder())


def command(source: Path, index: Path) -> list[str]:
    words = ["-m", "tests.hashing_cli", "ingest", str(source), "--index", str(index)]
    return [sys.executable, *words]


def check(scene: Scene, index: Path, run: subprocess.CompletedProcess[str]) -> None:
    """Either it fitted and is whole, or one line and the old index; then (`heal`) a re-run."""
    assert run.returncode in (0, 3), run.stderr
    assert canonical_dump(index) == (scene.before if run.returncode else scene.clean)
    assert verify_index(index) == []
    if run.returncode:
        assert run.stderr.count("\n") == 1
        assert run.stderr.startswith("exhibit: ")


def heal(scene: Scene, index: Path) -> None:
    ingest(scene.new, index)
    assert canonical_dump(index) == scene.clean
    assert [p.name for p in index.iterdir() if p.name.startswith("reading-")] == []


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("disk"))


@pytest.mark.parametrize(
    "point", [p if p in FEW else pytest.param(p, marks=pytest.mark.stress) for p in range(POINTS)]
)
def test_a_file_that_may_not_grow_leaves_the_old_index(
    scene: Scene, tmp_path: Path, point: int
) -> None:
    index = shutil.copytree(scene.index, tmp_path / "index")
    limit = 1 + scene.largest * point // POINTS

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    run = subprocess.run(
        command(scene.new, index),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limited,
    )
    assert run.returncode == 3
    check(scene, index, run)
    heal(scene, index)


Disk = Callable[[int], Path]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of so many bytes; calling it again changes its size."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def sized(size: int) -> Path:
        options = f"size={size}" + (",remount" if folder.is_mount() else "")
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if subprocess.run(words, capture_output=True, check=False).returncode:
            pytest.skip("mounting a file system needs root")
        return folder

    yield sized
    if folder.is_mount():
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.stress
@pytest.mark.skipif(not IS_STRESS, reason="long; run it with `make stress`")
@pytest.mark.parametrize("point", range(POINTS))
def test_a_full_disk_leaves_the_old_index(scene: Scene, disk: Disk, point: int) -> None:
    folder = disk(10 * scene.total)
    index = shutil.copytree(scene.index, folder / "index")
    used = shutil.disk_usage(folder).used
    # An ingest needs its generation and a copy of the mail beside it.
    disk(used + 2 * scene.total * (point + 1) // POINTS)
    run = subprocess.run(
        command(scene.new, index), cwd=ROOT, capture_output=True, text=True, check=False
    )
    check(scene, index, run)
    disk(10 * scene.total)
    heal(scene, index)
