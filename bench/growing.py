"""How ingest, questions, memory and disk grow with the archive, and by which power of its size.

The vectors are hashed, not the model's: embedding grows with the text alone, and 300,000 passages
would take hours. What it adds is measured by `ingesting`.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, fields
from datetime import date
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import numpy as np

from bench.clock import p95, peak_mb
from bench.hashed import HashedPassages
from bench.mail import write_mail
from bench.options import Options
from bench.sizing import folder_bytes
from bench.table import Table
from ingest.archive import read_archive
from rag.build import open_embedder
from rag.config import load_settings
from rag.engine import Engine
from rag.index import open_index, write_index
from rag.index.generation import published
from rag.index.stamp import stamp_of
from rag.library import Library
from rag.model import Answer, Scope

#: Passages of one generated message, copies included.
PER_MAIL = 2.6
_QUESTIONS = 60
_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class _Grown:
    passages: float
    ingest_s: float
    again_s: float
    ingest_mb: float
    disk_mb: float
    disk_per_raw: float
    ask_p50_ms: float
    ask_p95_ms: float
    scoped_p50_ms: float
    scoped_p95_ms: float
    retrieval_p95_ms: float
    ask_mb: float


def growing(options: Options) -> Table:
    """One row for each number of passages, and the exponents fitted to them."""
    grown = []
    for passages in options.passages:
        with tempfile.TemporaryDirectory() as folder:
            facts = [
                _alone(_ingested, Path(folder), int(passages / PER_MAIL)),
                _alone(_asked, Path(folder), 0),
            ]
            grown.append(_Grown(*facts[0], *facts[1]))
    columns = tuple(field.name.replace("_", " ") for field in fields(_Grown))
    notes = [f"{columns[i]} grows with passages ^ {e:.2f}" for i, e in _exponents(grown)]
    return Table("Growth", columns, tuple(astuple(row) for row in grown), tuple(notes))


def _alone(
    part: Callable[[Path, int], tuple[float, ...]], folder: Path, mails: int
) -> tuple[float, ...]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(part, folder, mails).result()


def _ingested(folder: Path, mails: int) -> tuple[float, ...]:
    """Passages, seconds, seconds again, peak of memory, disk, disk by raw."""
    planted = write_mail(folder / "mail.mbox", mails, planted=min(_QUESTIONS, mails // 4))
    questions = "\n".join(fact.question for fact in planted)
    (folder / "questions").write_text(questions, encoding="utf-8")
    seconds = [_ingest(folder), _ingest(folder)]
    chunks = stamp_of(_generation(folder)).chunks
    raw, disk = (folder / "mail.mbox").stat().st_size, folder_bytes(_generation(folder))
    return chunks, *seconds, peak_mb(), disk / 1e6, disk / raw


def _ingest(folder: Path) -> float:
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=folder) as workspace:
        archive = read_archive([folder / "mail.mbox"], workspace=Path(workspace))
        write_index(archive, folder / "index", HashedPassages())
        archive.store.close()
    return time.perf_counter() - started


def _generation(folder: Path) -> Path:
    return published(folder / "index").path


def _asked(folder: Path, _mails: int) -> tuple[float, ...]:
    """Answer p50 and p95, the same with a scope, retrieval alone, peak of memory."""
    chosen = {"index": folder / "index", "answerer": "extractive"}
    settings = load_settings(chosen, environ=os.environ)
    embedder = HashedPassages(open_embedder(settings))
    index = open_index(settings.index, embedder=embedder)
    library = Library(index)
    engine = Engine(
        settings, library=lambda: library, embedder=lambda: embedder, llm=lambda _name: None
    )
    questions = (folder / "questions").read_text(encoding="utf-8").splitlines()
    engine.ask(questions[0])
    free, scoped = [], []
    for question, scope in zip(questions * _ROUNDS, _scopes(library.full_names), strict=False):
        free.append(_timed(engine, question, None))
        scoped.append(_timed(engine, question, scope))
    index.close()
    totals, retrieval = zip(*free, strict=True)
    narrowed = [total for total, _ in scoped]
    return median(totals), p95(totals), median(narrowed), p95(narrowed), p95(retrieval), peak_mb()


def _timed(engine: Engine, question: str, scope: Scope | None) -> tuple[float, float]:
    """Milliseconds of the whole answer, and of retrieval in it."""
    started = time.perf_counter()
    answer: Answer = engine.ask(question, scope=scope)
    total = 1000 * (time.perf_counter() - started)
    return total, answer.trace.timings_ms.get("retrieval", 0.0)


def _scopes(names: Sequence[str]) -> Iterator[Scope]:
    """Who and when in turns: a sender, a year, a sender and a receiver in a year, ..."""
    while True:
        for n, name in enumerate(islice(names, 50)):
            since, until = date(2012, 1 + n % 12, 1), date(2013, 1 + n % 12, 1)
            yield Scope(senders=(name,), explicit=frozenset({"senders"}))
            yield Scope(since=since, until=until, explicit=frozenset({"since", "until"}))
            yield Scope(
                senders=(name,),
                recipients=(names[n - 1],),
                since=since,
                explicit=frozenset({"senders", "recipients", "since"}),
            )


def _exponents(grown: Sequence[_Grown]) -> Iterator[tuple[int, float]]:
    """Column number and fitted exponent of each figure; none for fewer than three sizes."""
    if len(grown) < 3:
        return
    table = np.log(np.maximum(np.array([astuple(row) for row in grown], dtype=float), 1e-3))
    for column in range(1, table.shape[1]):
        yield column, float(np.polyfit(table[:, 0], table[:, column], 1)[0])
