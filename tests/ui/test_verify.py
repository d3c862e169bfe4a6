"""`exhibit ask --save` and `exhibit verify` on a real index: files, exit codes, lines."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

import rag.build
from rag.adapters.hashing_embedder import HashingEmbedder
from tests.raw_mail import mail
from tests.ui.clean_home import clean_home
from ui.cli import main

QUESTION = "When does the boiler man come?"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with one letter and its index; answers are quotes, none is withheld."""
    folder = tmp_path_factory.mktemp("verify")
    with pytest.MonkeyPatch.context() as patch:
        clean_home(patch, folder, folder)
        (folder / "config.toml").write_text("[answering]\nfloor = 0.0\n")
        patch.setattr(rag.build, "open_embedder", lambda settings: HashingEmbedder())
        (folder / "boiler.eml").write_bytes(mail(b"The boiler man comes on Friday at nine.\n"))
        assert main(["ingest", str(folder / "boiler.eml"), "--json"]) == 0
        yield folder


@pytest.fixture
def pack(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """An evidence pack of one question, asked and saved by the command."""
    path = tmp_path / "pack.html"
    assert main(["ask", QUESTION, "--save", str(path)]) == 0
    capsys.readouterr()
    return path


def test_saved_pack_is_verified_against_itself_and_the_mail(
    pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(pack), "--mail"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:3] for line in lines] == ["ok ", "ok ", "ok ", "   "]
    assert lines[2] == "ok  question 1: the mail has every excerpt, word for word"


def test_fingerprint_told_at_saving_is_the_one_that_verify_accepts(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "again.html")
    assert main(["ask", QUESTION, "--save", path]) == 0
    told = capsys.readouterr().err.split()[-1]
    assert main(["verify", path, "--fingerprint", told]) == 0
    assert main(["verify", path, "--fingerprint", "0" * 64]) == 2
    assert f"BAD fingerprint: another pack, this one's is {told}" in capsys.readouterr().out


def test_pack_is_checked_where_there_is_no_index(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EXHIBIT_INDEX", str(tmp_path / "none"))
    assert main(["verify", str(pack)]) == 0
    assert "not compared with the mail" in capsys.readouterr().err
    assert main(["verify", str(pack), "--mail"]) == 3


def test_tampered_pack_exits_with_two_and_says_where(
    pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack.write_bytes(pack.read_bytes().replace(b"Friday", b"Monday", 1))
    assert main(["verify", str(pack), "--json"]) == 2
    shown = json.loads(capsys.readouterr().out)
    assert shown["ok"] is False
    bad = [found["message"] for found in shown["findings"] if not found["ok"]]
    assert len(bad) == 1
    assert bad[0].startswith("page: line ")
    assert "Monday" in bad[0]


def test_markdown_is_written_too_and_is_no_pack(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "talk.md"
    assert main(["ask", QUESTION, "--json", "--save", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "answered"
    assert f"## 1. {QUESTION}" in path.read_text()
    assert main(["verify", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"exhibit: {path}: carries no data")


def test_saved_files_are_for_their_owner(pack: Path) -> None:
    assert stat.S_IMODE(pack.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("talk.docx", "end the name in .html"), ("none/talk.html", "no such folder")],
)
def test_unusable_file_name_is_told_before_asking(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, complaint: str
) -> None:
    assert main(["ask", QUESTION, "--save", str(tmp_path / name)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert complaint in captured.err


def test_missing_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path / "none.html")]) == 2
    assert "No such file" in capsys.readouterr().err
