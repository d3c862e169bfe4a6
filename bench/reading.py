"""Reading mail, without any model: parsing alone, and whole archives with the memory they take."""

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from bench.clock import peak_mb
from bench.options import Options
from bench.table import Table, figures_table
from ingest.archive import read_archive, read_drafts

#: Bytes of a generated message, header included: a plain letter, and the average of RELIABILITY R10
#: (1 GB in 100,000 mails).
LETTER, AVERAGE = 3_000, 10_000
#: Reading alone is timed on this many MB at most: more tells nothing new.
_PARSED_MB = 30.0
_WORDS = (
    "harbour ledger meadow copper violin granite lantern orchard saddle thimble walnut anchor "
    "barley candle dagger ember falcon goblet hammock island jigsaw kettle lemon magnet needle"
).split()


def reading(options: Options) -> Table:
    """Reading and decoding plain mail of 3 kB on one core; nothing is written."""
    with _mbox(min(options.megabytes, _PARSED_MB), LETTER) as (path, count):
        started = time.process_time()
        found = sum(1 for _ in read_drafts(path))
        seconds = time.process_time() - started
    _check(found, count)
    return figures_table("Reading mail", {"messages/s/core": count / seconds})


def archiving(options: Options) -> Table:
    """From an mbox to an archive on disk: people, threads, copies; no embedding.

    At a quarter of the size too, to show by how much memory grows.
    """
    rows = []
    for size in (options.megabytes / 4, options.megabytes):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            rows.append((size, *pool.submit(_archived, size).result()))
    return Table("Archiving an mbox", ("MB", "messages", "messages/s", "peak MB"), tuple(rows))


def _archived(megabytes: float) -> tuple[int, float, float]:
    """Messages, messages per second, peak of memory."""
    with _mbox(megabytes, AVERAGE) as (path, count):
        started = time.perf_counter()
        archive = read_archive([path], workspace=path.parent / "work")
        seconds = time.perf_counter() - started
        archive.store.close()
    _check(len(archive.receipt), count)
    return count, count / seconds, peak_mb()


def write_mbox(path: Path, count: int, size: int) -> int:
    """Write an mbox of `count` plain messages of about `size` bytes; its size in bytes."""
    first = datetime(2015, 1, 1, 8, tzinfo=UTC)
    with path.open("w", encoding="ascii", newline="\n") as file:
        for n in range(count):
            file.write(_message(n, first + timedelta(minutes=17 * n), size))
        return file.tell()


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
