"""`exhibit forget`: mail leaves the index and the disk and stays out; the files stay whole."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

import rag.build
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.index import canonical_dump, open_index, read_stamp, verify_index, write_index
from tests.fakes import make_mbox, opened_archive
from tests.ui.clean_home import clean_home
from ui.cli import main


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with `mail/a.mbox` (messages 0-5), `mail/b.mbox` (6-9) and their index."""
    clean_home(monkeypatch, tmp_path, tmp_path)
    monkeypatch.setattr(rag.build, "open_embedder", lambda settings: HashingEmbedder())
    (tmp_path / "mail").mkdir()
    make_mbox(tmp_path / "mail" / "a.mbox", range(6))
    make_mbox(tmp_path / "mail" / "b.mbox", range(6, 10))
    assert main(["ingest", str(tmp_path / "mail")]) == 0
    yield tmp_path


def ids(home: Path) -> set[str]:
    index = open_index(home / "index")
    found = set(index.mail.ids())
    index.close()
    return found


def numbers(*wanted: int) -> set[str]:
    return {f"m{n}@example.org" for n in wanted}


def forget(home: Path, target: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    assert main(["forget", target, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert isinstance(report, dict)
    assert verify_index(home / "index") == []
    return report


def refusal(target: str, capsys: pytest.CaptureFixture[str], *, code: int = 2) -> str:
    capsys.readouterr()
    assert main(["forget", target]) == code
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def test_a_forgotten_message_is_gone_and_stays_out(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = forget(home, "m3@example.org", capsys)
    counts = [report[name] for name in ("messages", "indexed", "unchanged", "removed")]
    assert counts == [10, 0, 9, 1]
    assert [s["reason"] for s in report["skipped"]] == ["forgotten by the user"]  # type: ignore[attr-defined]
    for options in ([], ["--rebuild"]):
        assert main(["ingest", str(home / "mail"), *options]) == 0
        assert ids(home) == numbers(0, 1, 2, 4, 5, 6, 7, 8, 9)


@pytest.mark.parametrize(
    ("target", "words"), [("m3@example.org", b"number 3 says"), ("mail/b.mbox", b"number 7 says")]
)
def test_nothing_of_it_is_left_on_the_disk(
    home: Path, capsys: pytest.CaptureFixture[str], target: str, words: bytes
) -> None:
    assert holding(home / "index", words)
    forget(home, str(home / target) if "/" in target else target, capsys)
    assert holding(home / "index", words) == []
    assert len(list((home / "index").glob("gen-*"))) == 1


def holding(folder: Path, words: bytes) -> list[Path]:
    """The files that have these bytes in them."""
    return [path for path in folder.rglob("*") if path.is_file() and words in path.read_bytes()]


def test_an_ingest_after_a_crash_of_forget_leaves_nothing_either(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = {"messages": ["m3@example.org"], "paths": []}
    (home / "index" / "forgotten.json").write_text(json.dumps(listed))
    assert main(["ingest", str(home / "mail")]) == 0
    assert ids(home) == numbers(0, 1, 2, 4, 5, 6, 7, 8, 9)
    assert len(list((home / "index").glob("gen-*"))) == 1


def test_a_forgotten_file_of_a_source_stays_out(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = forget(home, str(home / "mail" / "b.mbox"), capsys)
    assert (report["messages"], report["removed"]) == (10, 4)
    assert ids(home) == numbers(*range(6))
    make_mbox(home / "mail" / "c.mbox", [20])
    assert main(["ingest", str(home / "mail")]) == 0
    assert ids(home) == numbers(*range(6), 20)


def test_naming_a_forgotten_file_brings_it_back(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forget(home, str(home / "mail" / "b.mbox"), capsys)
    assert main(["ingest", str(home / "mail" / "b.mbox")]) == 0
    assert ids(home) == numbers(6, 7, 8, 9)


def test_a_forgotten_source_is_no_source_any_more(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = make_mbox(home / "more.mbox", [30, 31])
    assert main(["ingest", "--add", str(more)]) == 0
    forget(home, str(home / "mail"), capsys)
    stamp = read_stamp(home / "index")
    assert (ids(home), stamp and stamp.sources) == (numbers(30, 31), (str(more),))


def test_the_last_source_leaves_an_empty_index(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forget(home, str(home / "mail"), capsys)
    assert ids(home) == set()
    assert main(["search", "report"]) == 1


def test_the_index_equals_one_that_never_had_the_file(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forget(home, str(home / "mail" / "b.mbox"), capsys)
    with opened_archive(home / "mail" / "a.mbox") as archive:
        write_index(archive, home / "clean", HashingEmbedder())
    assert canonical_dump(home / "index") == canonical_dump(home / "clean")


def test_mail_files_are_not_touched(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted((home / "mail").iterdir())
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in files]
    forget(home, "m3@example.org", capsys)
    forget(home, str(home / "mail" / "b.mbox"), capsys)
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in files] == before


def test_the_list_is_for_its_owner_only(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forget(home, "m3@example.org", capsys)
    mode = (home / "index" / "forgotten.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_unknown_mail_is_told_in_one_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (home / "index" / "CURRENT").read_text()
    assert "no message has the id 'm99@example.org'" in refusal("m99@example.org", capsys)
    assert str(home / "mail") in refusal(str(home / "elsewhere.mbox"), capsys)
    assert (home / "index" / "CURRENT").read_text() == before
    assert not (home / "index" / "forgotten.json").exists()


def test_without_an_index_there_is_nothing_to_forget(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["forget", "m3@example.org", "--index", str(home / "none")]) == 3
    assert "exhibit ingest" in capsys.readouterr().err
    assert not (home / "none").exists()


def test_an_unreadable_list_stops_the_ingest(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forget(home, "m3@example.org", capsys)
    (home / "index" / "forgotten.json").write_text('{"messages": "m3')
    assert main(["ingest", str(home / "mail")]) == 3
    assert "forgotten.json" in capsys.readouterr().err
