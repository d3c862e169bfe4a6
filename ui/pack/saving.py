"""Writes a conversation to a file whose name says what it becomes: .html a pack, .md Markdown."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ingest.errors import UsageError
from rag.engine import Engine
from rag.model import Answer
from ui.output import note
from ui.pack.markdown import markdown_of
from ui.pack.model import Pack, pack_of
from ui.pack.page import page_of


def check_name(path: Path) -> None:
    """Raise UsageError unless the name says which kind of file is wanted, in a folder there is."""
    if not _is_page(path) and path.suffix.lower() != ".md":
        raise UsageError(f"--save {path}: end the name in .html (evidence pack) or .md (Markdown)")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--save {path}: no such folder; make it first")


def save_answers(engine: Engine, answers: Sequence[Answer], path: Path) -> None:
    """Save what was asked of `engine` so far, and say where on stderr; UsageError."""
    pack = pack_of(answers, engine.describe(), datetime.now(UTC))
    save(pack, path)
    note(f"saved {path}" + (f", fingerprint {pack.fingerprint}" if _is_page(path) else ""))


def save(pack: Pack, path: Path) -> None:
    """Write the file in place of what stood there, readable by its owner only; UsageError."""
    written = page_of(pack) if _is_page(path) else markdown_of(pack).encode()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(written)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}; name another file") from error


def _is_page(path: Path) -> bool:
    return path.suffix.lower() in (".html", ".htm")
