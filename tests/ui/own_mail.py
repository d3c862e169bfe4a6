"""Mail to add from the page, and settings under which it is read fast: hashed words, no model."""

from pathlib import Path

import pytest

import rag.build
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.config import Answering, Settings

MBOX = (
    b"From ann@example.org Mon Mar  4 10:12:13 2024\n"
    b"From: Ann Lee <ann@example.org>\n"
    b"To: Bob Hart <bob@example.org>\n"
    b"Date: Mon, 4 Mar 2024 10:12:13 +0100\n"
    b"Message-ID: <one@example.org>\n"
    b"Subject: Boiler\n\nThe boiler costs 900 crowns and comes on Tuesday.\n\n"
)


def mailbox(folder: Path, name: str = "boiler.mbox", text: bytes = MBOX) -> Path:
    """A file of mail in `folder`."""
    path = folder / name
    path.write_bytes(text)
    return path


def quick_settings(folder: Path, patch: pytest.MonkeyPatch) -> Settings:
    """Settings of an index in `folder`; whoever opens an embedder gets the hashing one."""
    patch.setattr(rag.build, "open_embedder", lambda settings: HashingEmbedder())
    return Settings(
        index=folder / "index",
        cache=folder / "cache",
        answerer="extractive",
        # Hashed words are too far apart for the fitted floor.
        answering=Answering(floor=0.0),
    )
