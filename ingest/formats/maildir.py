"""Folders: which files of a tree are mail, in a stable order. Maildir, .eml folders, mixtures."""

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.model import Skipped, Span

_MAILDIR_PARTS = ("cur", "new")
#: Bookkeeping of Maildir servers; never mail.
_BOOKKEEPING = (
    "dovecot",
    "maildirfolder",
    "maildirsize",
    "courierimap",
    "subscriptions",
    ".uidvalidity",
)


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file to be read. `is_message` is True in a Maildir, where every file is one message."""

    path: Path
    is_message: bool = False


def mail_files(root: Path) -> Iterator[MailFile | Skipped]:
    """Every file below `root`, sorted by path; what is not read is named with its reason.

    Links to folders that were already walked are not followed again.
    """
    yield from _walk(root, set())


def is_maildir(folder: Path) -> bool:
    """True for a folder that holds `cur` or `new` as Maildir does (`cur` and one sibling)."""
    return (folder / "cur").is_dir() and ((folder / "new").is_dir() or (folder / "tmp").is_dir())


def _walk(folder: Path, seen: set[tuple[int, int]]) -> Iterator[MailFile | Skipped]:
    try:
        status = folder.stat()
        names = sorted(inner.name for inner in folder.iterdir())
    except OSError as error:
        yield _skipped(folder, f"folder cannot be read: {error.strerror}")
        return
    key = (status.st_dev, status.st_ino)
    if key in seen:
        yield _skipped(folder, "link to a folder that is already read")
        return
    seen.add(key)
    in_maildir = is_maildir(folder.parent) and folder.name in _MAILDIR_PARTS
    for name in names:
        yield from _entry(folder / name, seen, in_maildir=in_maildir)


def _entry(
    path: Path, seen: set[tuple[int, int]], *, in_maildir: bool
) -> Iterator[MailFile | Skipped]:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        yield _skipped(path, f"cannot be read: {error.strerror}")
        return
    if stat.S_ISDIR(mode):
        if path.name.startswith(".") and not is_maildir(path):
            yield _skipped(path, "hidden folder")
        elif path.name == "tmp" and is_maildir(path.parent):
            yield from (_skipped(inner, "unfinished delivery") for inner in sorted(path.iterdir()))
        else:
            yield from _walk(path, seen)
    elif not stat.S_ISREG(mode):
        yield _skipped(path, "not a regular file")
    elif not in_maildir and path.name.startswith("."):
        yield _skipped(path, "hidden file")
    elif path.name.startswith(_BOOKKEEPING):
        yield _skipped(path, "bookkeeping of a mail server")
    else:
        yield MailFile(path, is_message=in_maildir)


def _skipped(path: Path, reason: str) -> Skipped:
    return Skipped(Span(str(path), 1, 1), reason)
