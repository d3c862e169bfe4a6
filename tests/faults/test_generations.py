"""A page that runs while mail arrives: generations of the index that are gone are let go."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.adapters.hashing_embedder import HashingEmbedder
from rag.build import build_engine
from rag.config import Settings
from tests.fakes import make_mbox
from tests.faults.commands import ingest, make_index


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Whatever goes, goes with its last user: the collector may come days later, or never."""
    gc.disable()
    yield
    gc.enable()


def open_files(folder: Path) -> list[str]:
    """Files of the folder that this process holds open."""
    held = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            held.append(str(entry.readlink()))
        except FileNotFoundError:
            continue  # the listing itself
    return sorted(name for name in held if name.startswith(str(folder)))


@pytest.mark.usefixtures("no_collector")
def test_files_of_an_index_that_was_replaced_are_closed(tmp_path: Path) -> None:
    index = make_index(tmp_path)
    engine = build_engine(Settings(index=index, answerer="extractive"), embedder=HashingEmbedder)
    for count in range(11, 15):
        ingest(make_mbox(tmp_path / "mail.mbox", range(count)), index)
        assert engine.describe().messages == count
        engine.ask("What does report number 4 say?")
    assert [name for name in open_files(tmp_path) if "deleted" in name] == []
