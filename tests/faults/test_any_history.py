"""Any history of mail files, ingests and forgetting ends in the index that a dict predicts."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from rag.adapters.hashing_embedder import HashingEmbedder
from rag.config import Settings
from rag.index import IngestReport, canonical_dump, open_index, verify_index, write_index
from tests.fakes import make_mbox, opened_archive
from ui.forgetting import forget
from ui.ingesting import Wish, ingest_mail

IS_STRESS = "EXHIBIT_STRESS" in os.environ
#: The stress run selects by marker: there the whole module is one.
pytestmark = [pytest.mark.stress] if IS_STRESS else []
NUMBERS = st.sets(st.integers(0, 12), min_size=1, max_size=6)
NAMES = st.sampled_from(["a", "b", "c"])


def no_progress(_stage: str, _count: int) -> None:
    """Nobody watches."""


class History(RuleBasedStateMachine):
    """`files`: what each mbox holds; `forgotten` messages and `left_out` files stay out."""

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        folder = Path(self.open.enter_context(TemporaryDirectory()))
        self.mail, self.clean = folder / "mail", folder / "clean"
        self.mail.mkdir()
        self.settings = Settings(index=folder / "index", models_dir=folder / "models")
        fake = mock.patch("rag.build.open_embedder", lambda settings: HashingEmbedder())
        self.open.enter_context(fake)
        self.files: dict[str, set[int]] = {}
        self.indexed: dict[str, set[int]] = {}
        self.forgotten: set[int] = set()
        self.left_out: set[str] = set()
        self.runs = 0

    def path(self, name: str) -> Path:
        return self.mail / f"{name}.mbox"

    def expected(self) -> set[int]:
        kept = (numbers for name, numbers in self.files.items() if name not in self.left_out)
        return set().union(*kept) - self.forgotten

    @initialize(numbers=NUMBERS)
    def begin(self, numbers: set[int]) -> None:
        self.write("a", numbers)
        self.ingest()

    @rule(name=NAMES, numbers=NUMBERS)
    def write(self, name: str, numbers: set[int]) -> None:
        make_mbox(self.path(name), sorted(numbers))
        self.files[name] = numbers

    @precondition(lambda self: self.files)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.files)))
        self.path(name).unlink()
        del self.files[name]

    @rule()
    def ingest(self) -> None:
        self.check(ingest_mail(self.settings, Wish([self.mail]), no_progress))

    @rule()
    def rebuild(self) -> None:
        self.check(ingest_mail(self.settings, Wish([self.mail], rebuild=True), no_progress))

    @rule()
    def ingest_twice(self) -> None:
        self.ingest()
        pointer = (self.settings.index / "CURRENT").read_bytes()
        self.ingest()
        assert (self.settings.index / "CURRENT").read_bytes() == pointer

    @precondition(lambda self: self.in_index())
    @rule(data=st.data())
    def forget_message(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.in_index())))
        self.forgotten.add(number)
        self.check(forget(self.settings, f"m{number}@example.org", no_progress))

    @precondition(lambda self: self.indexed)
    @rule(data=st.data())
    def forget_file(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.indexed)))
        self.left_out.add(name)
        self.check(forget(self.settings, str(self.path(name)), no_progress))

    def in_index(self) -> set[int]:
        kept = (numbers for name, numbers in self.indexed.items() if name not in self.left_out)
        return set().union(*kept) - self.forgotten

    def check(self, report: IngestReport) -> None:
        self.indexed = dict(self.files)
        counted = report.indexed + report.unchanged + report.duplicates + report.variants
        assert counted + len(report.skipped) == report.messages
        assert report.messages == sum(map(len, self.files.values()))
        assert set(self.bodies()) == {(f"m{n}@example.org", n) for n in self.expected()}

    def bodies(self) -> Iterator[tuple[str, int]]:
        """Id and number, as the body tells it, of each message in the index."""
        index = open_index(self.settings.index)
        for email in index.mail:
            yield email.id, int(email.body.split()[2])
        index.close()

    def teardown(self) -> None:
        try:
            if not self.indexed:
                return
            self.ingest()
            assert verify_index(self.settings.index) == []
            make_mbox(self.mail.with_name("clean.mbox"), sorted(self.expected()))
            with opened_archive(self.mail.with_name("clean.mbox")) as archive:
                write_index(archive, self.clean, HashingEmbedder())
            assert canonical_dump(self.settings.index) == canonical_dump(self.clean)
        finally:
            self.open.close()


History.TestCase.settings = settings(
    max_examples=50 if IS_STRESS else 5,
    stateful_step_count=40 if IS_STRESS else 6,
    deadline=None,
    derandomize=True,
)
TestAnyHistory = History.TestCase
