"""Ingest of the built-in emails with the real model, and answers without a language model."""

import os
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

from bench.clock import milliseconds, p95, peak_mb
from bench.options import Options
from bench.table import Table, figures_table
from corpus import released
from ingest.archive import read_archive
from rag.build import build_engine, open_embedder
from rag.config import Settings, load_settings
from rag.index import released_rules, write_index

QUESTIONS = (
    "Who proposed the compute deal with Microsoft?",
    "What did Sutskever and Brockman write about absolute control?",
    "When did Musk leave the board?",
    "How did Altman answer the governance proposal?",
    "What is the boiling point of xenon?",
    "How many emails did Zilis send in 2018?",
    "Why was the lab founded, and who paid for it?",
    "What happened to the plan for an ICO?",
)


def asking(options: Options) -> Table:
    """Times of ingest, answers and searches over the built-in emails."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = {"index": Path(folder) / "index", "answerer": "extractive"}
        settings = load_settings(chosen, environ=os.environ)
        figures = _ingest_times(settings, Path(folder)) | _query_times(settings, options.rounds)
    return figures_table("The built-in emails", figures)


def _ingest_times(settings: Settings, folder: Path) -> dict[str, float]:
    started = time.perf_counter()
    embedder = open_embedder(settings)
    loaded = time.perf_counter()
    source, known = released.digest_path(), released.known_messages()
    seconds = []
    for run in ("first", "again"):
        archive = read_archive([source], known=known, workspace=folder / run)
        rules = released_rules()
        seconds.append(write_index(archive, settings.index, embedder, rules=rules).seconds)
        archive.store.close()
    return {
        "open the model, s": loaded - started,
        "first ingest, s": seconds[0],
        "ingest of the same, s": seconds[1],
    }


def _query_times(settings: Settings, rounds: int) -> dict[str, float]:
    engine = build_engine(settings)
    first = milliseconds(lambda: engine.ask(QUESTIONS[0]))
    answers: list[float] = []
    searches: list[float] = []
    stages: Counter[str] = Counter()
    for question in QUESTIONS * rounds:
        started = time.perf_counter()
        stages.update(engine.ask(question).trace.timings_ms)
        answers.append(1000 * (time.perf_counter() - started))
        searches.append(milliseconds(lambda q=question: engine.search(q, 10)))  # type: ignore[misc]
    return {
        "first answer, ms": first,
        "answer p50, ms": median(answers),
        "answer p95, ms": p95(answers),
        "search p50, ms": median(searches),
        "search p95, ms": p95(searches),
        **{f"of an answer: {name}, ms": total / len(answers) for name, total in stages.items()},
        "peak memory, MB": peak_mb(),
    }
