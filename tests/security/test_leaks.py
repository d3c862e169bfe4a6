"""What strangers write reaches stdout as plain text and stderr, logs and temporary files never."""

import os
import re
import stat
from pathlib import Path

import pytest

from tests.security.conftest import Lived
from tests.security.household import (
    LACE,
    MAIL_CANARIES,
    QUESTION_CANARIES,
    SECRET_CANARIES,
)
from ui import trouble
from ui.cli import main

#: C0 but tab and newline, DEL, C1, bidi and other invisible characters, tags, as UTF-8.
RAW = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
CANARIES = [*MAIL_CANARIES, *QUESTION_CANARIES, *SECRET_CANARIES]


def test_there_are_fifty_canaries_and_a_hundred_laced_mails(lived: Lived) -> None:
    mails = lived.house.mailbox.read_bytes().count(b"\nSubject: ")
    assert (len(CANARIES), mails, len(set(LACE))) == (50, 100, len(LACE))


def test_no_command_prints_a_control_or_invisible_character(lived: Lived) -> None:
    raw = {
        " ".join(words)[:60]: sorted(set(RAW.findall(out.decode() + err.decode())))
        for words, _, out, err in lived.printed
    }
    assert {words: found for words, found in raw.items() if found} == {}


def test_the_commands_did_print_the_laced_mail(lived: Lived) -> None:
    shown = b"".join(out for words, _, out, _ in lived.printed if words[0] == "threads")
    assert all(canary.encode() in shown for canary in MAIL_CANARIES)
    assert "␛[2J".encode() in shown


def test_no_canary_of_mail_or_secrets_reaches_stderr(lived: Lived) -> None:
    """But for a trace, which is asked for and lists the messages found; secrets not even there."""
    told = {tuple(words): err.decode() for words, _, _, err in lived.printed}
    untraced = "".join(err for words, err in told.items() if "--trace" not in words)
    assert [c for c in MAIL_CANARIES if c in untraced] == []
    assert [c for c in SECRET_CANARIES if c in "".join(told.values())] == []


def test_only_the_index_and_the_report_asked_for_hold_canaries(lived: Lived) -> None:
    home = lived.house.home
    holders = {
        path.relative_to(home).parts[0]
        for path in home.rglob("*")
        if path.is_file() and any(c.encode() in path.read_bytes() for c in CANARIES)
    }
    assert holders <= {"index", "report.html"}
    assert not any(c in os.fspath(p) for p in home.rglob("*") for c in CANARIES)


def test_nothing_is_left_in_the_temporary_folder(lived: Lived) -> None:
    assert list((lived.house.home / "tmp").iterdir()) == []


def test_secrets_are_in_no_output_at_all(lived: Lived) -> None:
    everything = b"".join(out + err for _, _, out, err in lived.printed).decode()
    assert [c for c in SECRET_CANARIES if c in everything] == []


def test_everything_written_is_for_its_owner_only(lived: Lived) -> None:
    kinds = {
        str(path.relative_to(lived.house.home)): stat.S_IMODE(path.lstat().st_mode)
        for path in lived.house.home.rglob("*")
    }
    assert len(kinds) > 20
    assert {name: oct(mode) for name, mode in kinds.items() if mode & 0o077} == {}


def test_an_unforeseen_fault_shows_no_words_of_mail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError(f"cannot parse {MAIL_CANARIES[0]}")

    monkeypatch.setattr("rag.build.build_engine", broken)
    monkeypatch.delenv("EXHIBIT_DEBUG", raising=False)
    assert main(["people"]) == 3
    assert re.fullmatch(
        r"exhibit: unexpected ValueError at [\w/.]+:\d+; EXHIBIT_DEBUG=1 shows all of it\n",
        capsys.readouterr().err,
    )


def test_debugging_shows_all_of_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EXHIBIT_DEBUG", "1")
    trouble.report(ValueError(MAIL_CANARIES[0]))
    assert MAIL_CANARIES[0] in capsys.readouterr().err


def test_places_are_named_within_the_project_only() -> None:
    try:
        Path("/no such file").read_text()
    except OSError as error:
        told = trouble.unexpected(error)
    assert "/no such" not in told
    assert "tests/security/test_leaks.py" in told
