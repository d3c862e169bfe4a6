"""Mail that is as it was is not read a second time; whatever decides what is read is heeded."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from unittest import mock

import pytest

from ingest.errors import IndexMismatch
from ingest.limits import Limits
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.config import Settings
from rag.index import IngestReport, write_index
from tests.fakes import make_mbox, opened_archive
from ui.ingesting import Wish, ingest_mail


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """An index of two files of mail, one message in both, one file that is none."""
    (tmp_path / "mail").mkdir()
    make_mbox(tmp_path / "mail" / "a.mbox", range(5))
    make_mbox(tmp_path / "mail" / "b.mbox", range(4, 8))
    (tmp_path / "mail" / "notes").write_bytes(b"\0\1 no mail")
    made = Settings(
        index=tmp_path / "index", models_dir=tmp_path / "models", people=tmp_path / "people.toml"
    )
    with mock.patch("rag.build.open_embedder", lambda settings: HashingEmbedder()):
        ingest(made)
        yield made


def ingest(settings: Settings, *, rebuild: bool = False) -> tuple[IngestReport, bool]:
    """The receipt, and whether the mail was read."""
    stages = set[str]()
    report = ingest_mail(
        settings,
        Wish([settings.index.with_name("mail")], rebuild=rebuild),
        lambda stage, _count: stages.add(stage),
    )
    return report, "cut" in stages


def counts(report: IngestReport) -> dict[str, object]:
    return asdict(report) | {"seconds": 0}


def test_the_same_mail_is_not_read_again(settings: Settings, tmp_path: Path) -> None:
    report, was_read = ingest(settings)
    assert not was_read
    (settings.index / "read.json").unlink()
    read_report, was_read = ingest(settings)
    assert was_read
    assert counts(report) == counts(read_report)
    assert (report.messages, report.unchanged, report.duplicates) == (10, 8, 1)
    assert ingest(settings)[1] is False


def another_message(settings: Settings) -> Settings:
    make_mbox(settings.index.with_name("mail") / "b.mbox", range(4, 9))
    return settings


def another_name(settings: Settings) -> Settings:
    folder = settings.index.with_name("mail")
    (folder / "b.mbox").rename(folder / "c.mbox")
    return settings


def another_file(settings: Settings) -> Settings:
    make_mbox(settings.index.with_name("mail") / "c.mbox", [20])
    return settings


def people_named(settings: Settings) -> Settings:
    settings.people.write_text('[[person]]\nname = "Zoe"\naddresses = ["ann@example.org"]\n')
    return settings


def other_limits(settings: Settings) -> Settings:
    return replace(settings, limits=Limits(text_chars=9))


def forgotten(settings: Settings) -> Settings:
    (settings.index / "forgotten.json").write_text('{"messages": ["m1@example.org"], "paths": []}')
    return settings


def damaged(settings: Settings) -> Settings:
    (settings.index / "gen-000001" / "receipt.jsonl").write_text("{}")
    return settings


def another_index(settings: Settings) -> Settings:
    with opened_archive(settings.index.with_name("mail") / "a.mbox") as archive:
        write_index(archive, settings.index, HashingEmbedder())
    return settings


def unreadable_note(settings: Settings) -> Settings:
    (settings.index / "read.json").write_text("[")
    return settings


@pytest.mark.parametrize(
    "change",
    [
        another_message,
        another_name,
        another_file,
        people_named,
        other_limits,
        forgotten,
        damaged,
        another_index,
        unreadable_note,
    ],
)
def test_whatever_decides_what_is_read_is_heeded(
    settings: Settings, change: Callable[[Settings], Settings]
) -> None:
    assert ingest(change(settings))[1]


def test_rebuilding_reads_anew(settings: Settings) -> None:
    assert ingest(settings, rebuild=True)[1]


def test_another_model_is_refused_as_ever(settings: Settings) -> None:
    other = HashingEmbedder()
    other.weights_hash = "f" * 64
    with (
        mock.patch("rag.build.open_embedder", lambda settings: other),
        pytest.raises(IndexMismatch, match="other weights"),
    ):
        ingest(settings)
