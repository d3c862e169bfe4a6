"""Files and folders: judged by content, read in a stable order, never left out in silence."""

import os
from pathlib import Path

import pytest

from ingest.errors import SourceError
from ingest.formats.registry import read_source
from ingest.model import Draft
from tests.raw_mail import drafts, mail, reasons, source

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
MBOX = b"From a@b.org Mon Mar  4 10:12:13 2024\nSubject: x\n\nHello\n"
EMLX = mail(b"Hello\n")

MAIL = {
    "message.eml": mail(b"Hello\n"),
    "message": mail(b"Hello\n"),
    "odd name.txt": mail(b"Hello\n"),
    "with a byte order mark.eml": b"\xef\xbb\xbf" + mail(b"Hello\n"),
    "blank lines first.eml": b"\n\n" + mail(b"Hello\n"),
    "received first": b"Received: by a; now\nSubject: x\nFrom: a@b.org\n\nHello\n",
    "one.emlx": b"%d\n" % len(EMLX) + EMLX + b'<?xml version="1.0"?><plist></plist>\n',
    "box.mbox": MBOX,
    "box without a suffix": MBOX,
    "box called.eml": MBOX,
    "box with blank lines first": b"\n\n" + MBOX,
}


@pytest.mark.parametrize("name", MAIL)
def test_mail_is_recognised_by_content(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(MAIL[name])
    (draft,) = drafts(source(tmp_path / name))
    assert draft.body == "Hello\n"
    assert draft.locator.path == str(tmp_path / name)


NO_MAIL = {
    "notes.txt": b"Buy milk.\nFeed the cat.\n",
    "labels.txt": b"Title: A story\nAuthor: nobody\n\nOnce.\n",
    "picture.png": b"\x89PNG\r\n\x1a\n\0\0\0",
    "empty.eml": b"",
    "blank.mbox": b"\n\n\n",
    "table.csv": b"a,b\n1,2\n",
    "data.json": b'{"a": 1}\n',
}


@pytest.mark.parametrize("name", NO_MAIL)
def test_what_is_no_mail_is_skipped_with_a_reason(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(NO_MAIL[name])
    found = source(tmp_path / name)
    assert not drafts(found)
    (reason,) = reasons(found)
    assert reason == "empty file" if b"l" not in NO_MAIL[name] and name[0] in "eb" else reason


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (b"!BDN" + bytes(600), "readpst"),
        (b"\xcf\xad\x12\xfe" + bytes(600), "readdbx"),
        (b"\1\1\1\1\n" + MAIL["message"] + b"\1\1\1\1\n" * 2 + MAIL["message"], "MMDF"),
    ],
    ids=["pst", "dbx", "mmdf"],
)
def test_mailboxes_that_are_not_read_say_what_to_do(head: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "box").write_bytes(head)
    (reason,) = reasons(source(tmp_path / "box"))
    assert told in reason


def test_missing_path_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        list(read_source(tmp_path / "nowhere"))


def test_folder_is_read_in_sorted_order(tmp_path: Path) -> None:
    for name in ("b/2.eml", "b/1.eml", "a.eml", "c.eml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(mail(name.encode()))
    assert [d.body for d in drafts(source(tmp_path))] == ["a.eml", "b/1.eml", "b/2.eml", "c.eml"]


def test_maildir_with_nested_folders(tmp_path: Path) -> None:
    for folder in ("cur", "new", "tmp", ".Sent/cur", ".Sent/new", ".Sent/tmp"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "new" / "1.host").write_bytes(b"X-Odd: 1\n\nnew one\n")
    (tmp_path / "cur" / "2.host:2,S").write_bytes(mail(b"seen\n"))
    (tmp_path / ".Sent" / "cur" / "3.host:2,").write_bytes(mail(b"sent\n"))
    (tmp_path / "tmp" / "4.host").write_bytes(mail(b"half"))
    (tmp_path / "dovecot-uidlist").write_bytes(b"3 V1")
    found = source(tmp_path)
    assert [d.body for d in drafts(found)] == ["sent\n", "seen\n", "new one\n"]
    assert sorted(reasons(found)) == ["bookkeeping of a mail server", "unfinished delivery"]


def test_hidden_files_and_folders_are_named(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_bytes(b"\0\0\0\1")
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.eml").write_bytes(mail(b"Hello\n"))
    found = source(tmp_path)
    assert reasons(found) == ["hidden file", "hidden folder"]
    assert len(drafts(found)) == 1


def test_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.eml").write_bytes(mail(b"Hello\n"))
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "a" / "broken").symlink_to(tmp_path / "nothing")
    found = source(tmp_path)
    assert len(drafts(found)) == 1
    assert reasons(found) == [
        "cannot be read: No such file or directory",
        "link to a folder that is already read",
    ]


def test_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert reasons(source(tmp_path)) == ["not a regular file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(mail(b"Hello\n"))
    path.chmod(0)
    assert reasons(source(tmp_path)) == ["cannot be read: Permission denied"]


@pytest.mark.skipif(not CORPUS.exists(), reason="the released emails are not beside the checkout")
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("openai-emails-2024-12.txt", 85),
        ("openai-emails-2024-11-lesswrong.md", 51),
        ("openai-emails-2024-11-first-pass.txt", 51),
    ],
)
def test_released_emails_are_routed_to_the_transcript_reader(name: str, count: int) -> None:
    found = source(CORPUS / name)
    assert len(drafts(found)) == count
    assert all(one.locator.path == str(CORPUS / name) for one in found)


def test_digest_is_routed_to_its_reader() -> None:
    digest = Path(__file__).resolve().parents[2] / "corpus" / "digest.jsonl"
    found = source(digest)
    assert len(found) == 85
    assert all(isinstance(one, Draft) and one.text_kind == "restated" for one in found)
