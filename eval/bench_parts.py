"""What `eval.bench` measures: each part is a function to be run in a process of its own."""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

from corpus import released
from corpus.finding_aid import finding_aid
from ingest.archive import read_archive, read_drafts
from rag.config import Settings, load_settings

Figures = dict[str, float]

#: Bytes of a generated message, header included: a plain letter, and the average of RELIABILITY R10
#: (1 GB in 100,000 mails).
LETTER, AVERAGE = 3_000, 10_000
#: Reading alone is timed on this many MB at most: more tells nothing new.
_PARSED_MB = 30.0
_QUESTIONS = (
    "Who proposed the compute deal with Microsoft?",
    "What did Sutskever and Brockman write about absolute control?",
    "When did Musk leave the board?",
    "How did Altman answer the governance proposal?",
    "What is the boiling point of xenon?",
)
_ROUNDS = 4
_WORDS = (
    "harbour ledger meadow copper violin granite lantern orchard saddle thimble walnut anchor "
    "barley candle dagger ember falcon goblet hammock island jigsaw kettle lemon magnet needle"
).split()


def parsing(megabytes: float) -> Figures:
    """Reading and decoding plain mail of 3 kB on one core; nothing is written."""
    with _mbox(min(megabytes, _PARSED_MB), LETTER) as (path, count):
        started = time.process_time()
        found = sum(1 for _ in read_drafts(path))
        seconds = time.process_time() - started
    _check(found, count)
    return {"parsing: messages/s/core": count / seconds}


def archiving(megabytes: float) -> Figures:
    """From an mbox to an archive on disk: people, threads, copies; no embedding."""
    with _mbox(megabytes, AVERAGE) as (path, count):
        started = time.perf_counter()
        archive = read_archive([path], workspace=path.parent / "work")
        seconds = time.perf_counter() - started
        archive.store.close()
    _check(len(archive.receipt.lines), count)
    label = f"archive of {megabytes:g} MB"
    return {f"{label}: messages/s": count / seconds, f"{label}: peak memory, MB": peak_mb()}


def asking(_megabytes: float) -> Figures:
    """Ingest of the built-in emails with the real model, and answers without a language model."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = {"index": Path(folder) / "index", "answerer": "extractive"}
        settings = load_settings(chosen, environ=os.environ)
        return _ingest_times(settings, Path(folder)) | _query_times(settings)


PARTS: dict[str, Callable[[float], Figures]] = {
    "parsing": parsing,
    "archiving": archiving,
    "asking": asking,
}


def write_mbox(path: Path, count: int, size: int) -> int:
    """Write an mbox of `count` plain messages of about `size` bytes; its size in bytes."""
    first = datetime(2015, 1, 1, 8, tzinfo=UTC)
    with path.open("w", encoding="ascii", newline="\n") as file:
        for n in range(count):
            file.write(_message(n, first + timedelta(minutes=17 * n), size))
        return file.tell()


def peak_mb() -> float:
    """The most memory that this process has held so far, in MB."""
    with suppress(OSError):
        # Unlike ru_maxrss it begins anew with the program, not at the peak of who started it.
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Bytes on macOS, KiB elsewhere.
    return largest / 1e6 if sys.platform == "darwin" else largest * 1024 / 1e6


def _ingest_times(settings: Settings, folder: Path) -> Figures:
    from rag.build import open_embedder
    from rag.index import Rules, write_index

    started = time.perf_counter()
    embedder = open_embedder(settings)
    loaded = time.perf_counter()
    source, known = released.digest_path(), released.known_messages()
    seconds = []
    for run in ("first", "again"):
        archive = read_archive([source], known=known, workspace=folder / run)
        rules = Rules(aids=finding_aid())
        seconds.append(write_index(archive, settings.index, embedder, rules=rules).seconds)
        archive.store.close()
    return {
        "built-in emails: open the model, s": loaded - started,
        "built-in emails: first ingest, s": seconds[0],
        "built-in emails: ingest of the same, s": seconds[1],
    }


def _query_times(settings: Settings) -> Figures:
    from rag.build import build_engine

    engine = build_engine(settings)
    first = _timed(lambda: engine.ask(_QUESTIONS[0]))
    asked = [q for _ in range(_ROUNDS) for q in _QUESTIONS]
    answers = [_timed(lambda q=question: engine.ask(q)) for question in asked]  # type: ignore[misc]
    searches = [_timed(lambda q=question: engine.search(q, 10)) for question in asked]  # type: ignore[misc]
    return {
        "first answer, ms": first,
        "answer p50, ms": median(answers),
        "answer p95, ms": quantiles(answers, n=20)[-1],
        "search p50, ms": median(searches),
        "search p95, ms": quantiles(searches, n=20)[-1],
        "asking: peak memory, MB": peak_mb(),
    }


def _timed(action: Callable[[], object]) -> float:
    """Milliseconds that an action takes."""
    started = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - started)


@contextmanager
def _mbox(megabytes: float, size: int) -> Iterator[tuple[Path, int]]:
    """A generated mbox and the number of its messages; gone afterwards."""
    count = max(1, int(megabytes * 1e6 / size))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.mbox"
        write_mbox(path, count, size)
        yield path, count


def _message(n: int, sent: datetime, size: int) -> str:
    """Message `n`, a reply when `n` is no multiple of three; no two have the same text."""
    sender, receiver = f"writer{n % 97}", f"reader{n % 89}"
    answered = f"In-Reply-To: <{n - 1}@bench.example>\n" if n % 3 else ""
    header = (
        f"From {sender}@bench.example {sent:%a %b %d %H:%M:%S %Y}\n"
        f"Message-ID: <{n}@bench.example>\n{answered}"
        f"From: {sender.title()} Bench <{sender}@bench.example>\n"
        f"To: {receiver.title()} Bench <{receiver}@bench.example>\n"
        f"Date: {sent:%a, %d %b %Y %H:%M:%S +0000}\n"
        f"Subject: {'Re: ' if n % 3 else ''}Report {n - n % 3}\n\n"
    )
    lines = [f"Report number {n}."]
    length = len(header)
    while length < size:
        at = n * 31 + len(lines) * 7
        lines.append(" ".join(_WORDS[(at + i * (1 + n % 7)) % len(_WORDS)] for i in range(10)))
        length += len(lines[-1]) + 1
    return header + "\n".join(lines) + "\n\n"


def _check(found: int, written: int) -> None:
    if found != written:
        raise AssertionError(f"{found} messages were read of {written} written")
