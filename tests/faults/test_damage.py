"""Files of an index that are not what was written: told at once, never answered from, mended.

Every file in twelve ways on the command line in `make stress`, two ways a file on each run.
"""

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from unittest import mock

import pytest

from ingest.errors import EnvironmentTrouble, IndexDamaged, IndexMissing
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.build import build_engine
from rag.config import Settings
from rag.engine import Engine
from rag.index import canonical_dump, verify_index
from tests.faults.commands import QUESTION, make_index, run_here

IS_STRESS = "EXHIBIT_STRESS" in os.environ
#: The stress run selects by marker: there the whole module is one.
pytestmark = [pytest.mark.stress] if IS_STRESS else []
Damage = Callable[[Path, Path, random.Random], None]


def cut(share: float) -> Damage:
    """Keep the first part of the file."""

    def damage(path: Path, _other: Path, _chance: random.Random) -> None:
        os.truncate(path, int(path.stat().st_size * share))

    return damage


def cut_last_byte(path: Path, _other: Path, _chance: random.Random) -> None:
    os.truncate(path, path.stat().st_size - 1)


def append_byte(path: Path, _other: Path, _chance: random.Random) -> None:
    with path.open("ab") as file:
        file.write(b"\0")


def flip_bit(path: Path, _other: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def spoil_block(path: Path, _other: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    at = chance.randrange(len(content))
    content[at : at + 512] = bytes(255 - byte for byte in content[at : at + 512])
    path.write_bytes(content)


def remove(path: Path, _other: Path, _chance: random.Random) -> None:
    path.unlink()


def swap(path: Path, other: Path, _chance: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(other.read_bytes())
    other.write_bytes(content)


def become_link(path: Path, other: Path, _chance: random.Random) -> None:
    path.unlink()
    path.symlink_to(other)


def become_folder(path: Path, _other: Path, _chance: random.Random) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: tuple[Damage, ...] = (
    cut(0),
    flip_bit,
    cut(0.5),
    swap,
    cut_last_byte,
    spoil_block,
    remove,
    append_byte,
    become_link,
    flip_bit,
    become_folder,
    flip_bit,
)


def files(index: Path) -> list[Path]:
    return [p for p in sorted(index.rglob("*")) if p.is_file() and p.stat().st_size]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_index(tmp_path_factory.mktemp("damage"))


def damaged(whole: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """Copies of the index with one file damaged, and what was done."""
    paths = [path.relative_to(whole) for path in files(whole)]
    ways = len(DAMAGES) if IS_STRESS else 2
    for n, path in enumerate(paths):
        for way in range(ways):
            chance = random.Random(1000 * n + way)
            index = shutil.copytree(whole, folder / f"index-{n}-{way}")
            damage = DAMAGES[(n + way) % len(DAMAGES)]
            damage(index / path, index / paths[n - 1], chance)
            yield f"{damage.__name__} {path}", index


def test_every_damage_is_told_at_opening_and_answers_nothing(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damages = 0
    slowest = 0.0
    for name, index in damaged(whole, tmp_path):
        started = time.monotonic()
        code, out, error = run_here(capsys, "ask", QUESTION, "--index", str(index))
        slowest = max(slowest, time.monotonic() - started)
        assert (code, out, error.count("\n")) == (3, "", 1), name
        assert "exhibit ingest" in error, name
        damages += 1
        shutil.rmtree(index)
    assert damages >= (200 if IS_STRESS else 30)
    assert not IS_STRESS or slowest < 2
    print(f"{damages} damages told, slowest {slowest:.2f} s")


def test_rebuilding_mends_the_index_and_leaves_the_mail(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mail, clean = whole.with_name("mail.mbox"), canonical_dump(whole)
    before = sha256(mail.read_bytes()).digest()
    for name, index in list(damaged(whole, tmp_path))[:: 1 if IS_STRESS else 12]:
        words = ["ingest", str(mail), "--rebuild", "--index", str(index)]
        assert run_here(capsys, *words)[0] == 0, name
        assert canonical_dump(index) == clean, name
        assert verify_index(index) == [], name
    assert sha256(mail.read_bytes()).digest() == before


@pytest.fixture
def index(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "index")


@pytest.fixture
def engine(index: Path) -> Iterator[Engine]:
    """An engine that has answered once, as a page has that was open for a while."""
    with mock.patch("rag.build.open_embedder", lambda settings: HashingEmbedder()):
        engine = build_engine(Settings(index=index, answerer="extractive"))
        assert engine.ask(QUESTION).hits
        yield engine


def test_files_cut_under_an_open_index_are_told_at_the_next_question(
    engine: Engine, index: Path
) -> None:
    """Reading a mapped file beyond its end would kill the process (SIGBUS)."""
    generation = index / "gen-000001"
    searched = [
        p for p in files(generation) if "chroma" not in p.parts and "manifest" not in p.name
    ]
    assert len(searched) >= 10
    for path in searched:
        content = path.read_bytes()
        os.truncate(path, 0)
        with pytest.raises(IndexDamaged, match="exhibit ingest --rebuild"):
            engine.ask(QUESTION)
        path.write_bytes(content)
        assert engine.ask(QUESTION).hits


def test_an_index_deleted_under_an_open_page_is_told_and_may_come_back(
    engine: Engine, index: Path, tmp_path: Path
) -> None:
    index.rename(tmp_path / "away")
    for _ in range(2):
        with pytest.raises(IndexMissing, match="run `exhibit ingest`"):
            engine.ask(QUESTION)
    (tmp_path / "away").rename(index)
    assert engine.ask(QUESTION).hits
    shutil.rmtree(index / "gen-000001")
    with pytest.raises(EnvironmentTrouble, match="exhibit ingest --rebuild"):
        engine.ask(QUESTION)


def test_rebuilding_without_naming_sources_takes_the_mail_that_was_indexed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The advice `exhibit ingest --rebuild` must not swap own mail for the released emails."""
    index = make_index(tmp_path)
    clean = canonical_dump(index)
    (index / "CURRENT").write_text("")
    assert run_here(capsys, "ingest", "--rebuild", "--index", str(index))[0] == 0
    assert canonical_dump(index) == clean
    (tmp_path / "mail.mbox").rename(tmp_path / "moved.mbox")
    code, _, error = run_here(capsys, "ingest", "--rebuild", "--index", str(index))
    assert (code, error.count("\n")) == (2, 1)
    assert f"no file or folder {tmp_path / 'mail.mbox'}" in error
    assert canonical_dump(index) == clean
