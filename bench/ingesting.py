"""Ingest of generated mail with the real model, beside a bare loop that only embeds the same texts.

Both are run in turns in one process, so that whatever else the machine does falls on both.
"""

import os
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.clock import peak_mb
from bench.mail import write_mail
from bench.options import Options
from bench.table import Table, figures_table
from ingest.archive import read_archive
from ingest.chunk import chunk_email, embedding_text
from rag.build import open_embedder
from rag.config import load_settings
from rag.index import write_index
from rag.ports import Embedder


def ingesting(options: Options) -> Table:
    """Mails per second of ingest, and what share of a bare embedding loop's speed that is."""
    embedder = open_embedder(load_settings({}, environ=os.environ))
    embedder.embed_passages(["loads the model"])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_mail(folder / "mail.mbox", options.mails)
        texts = _texts(folder, embedder)
        ingest, bare = [], []
        for turn in range(options.turns):
            bare.append(_bare_loop(embedder, texts))
            ingest.append(_ingest(folder, turn, embedder))
        again = _ingest(folder, 0, embedder)
    figures = {
        "mails": options.mails,
        "passages embedded": len(texts),
        "ingest, s": median(ingest),
        "ingest, mails/s": options.mails / median(ingest),
        "bare loop, passages/s": len(texts) / median(bare),
        "ingest in % of the bare loop": 100 * median(bare) / median(ingest),
        "ingest of the same again, s": again,
        "peak memory, MB": peak_mb(),
    }
    return figures_table("Ingest with the real model", figures)


def _texts(folder: Path, embedder: Embedder) -> list[str]:
    """What ingest embeds of the mail, in its order."""
    archive = read_archive([folder / "mail.mbox"], workspace=folder / "texts")
    with archive.store as store:
        return [
            embedding_text(email, chunk)
            for email in store
            for chunk in chunk_email(email, count_tokens=embedder.count_tokens)
        ]


def _bare_loop(embedder: Embedder, texts: list[str]) -> float:
    started = time.perf_counter()
    embedder.embed_passages(texts)
    return time.perf_counter() - started


def _ingest(folder: Path, turn: int, embedder: Embedder) -> float:
    """Seconds from the mbox to the published index; a second time in the same turn: again."""
    started = time.perf_counter()
    workspace = Path(tempfile.mkdtemp(dir=folder))
    archive = read_archive([folder / "mail.mbox"], workspace=workspace)
    write_index(archive, folder / f"index-{turn}", embedder)
    archive.store.close()
    return time.perf_counter() - started
