"""Many conversations at the same time with the page's server, one question a second each.

The clients run on the same machine and take their share of it.
"""

import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from statistics import median
from threading import Barrier

from gradio_client import Client

from bench.asking import QUESTIONS
from bench.clock import ROOT, p95, run_program
from bench.options import Options
from bench.starting import EXHIBIT
from bench.table import Table, figures_table
from corpus import released

#: Turns of the conversation so far that go along with a question.
_TURNS = 6


@dataclass(frozen=True, slots=True)
class _Said:
    """Milliseconds of each answer, and what went wrong."""

    times: tuple[float, ...]
    errors: tuple[str, ...]


def serving(options: Options) -> Table:
    """Times of answers under load, without a language model."""
    with tempfile.TemporaryDirectory() as folder:
        index = str(Path(folder) / "index")
        run_program([*EXHIBIT, "ingest", str(released.digest_path()), "--index", index])
        with _server(index) as url:
            said = _talk(url, options.clients, options.seconds)
    times = [one for conversation in said for one in conversation.times]
    errors = [one for conversation in said for one in conversation.errors]
    if not times:
        raise RuntimeError(f"no question was answered: {errors[0]}")
    figures = {
        "conversations": options.clients,
        "answers": len(times),
        "errors": len(errors),
        "p50, ms": median(times),
        "p95, ms": p95(times),
        "slowest, ms": max(times),
    }
    return figures_table("Conversations at the same time", figures, errors[:5])


def _talk(url: str, count: int, seconds: float) -> list[_Said]:
    # All are connected before the first question is asked.
    connected = Barrier(count)
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda n: _converse(url, n, seconds, connected), range(count)))


def _converse(url: str, number: int, seconds: float, connected: Barrier) -> _Said:
    # Connecting fetches a description of the whole page: some at a time.
    client = Client(url, verbose=False, analytics_enabled=False)
    connected.wait()
    random_start = random.Random(number).random()  # noqa: S311  (spreads the clients)
    began = time.perf_counter() + random_start
    times: list[float] = []
    errors: list[str] = []
    history: list[dict[str, str]] = []
    for turn in range(int(seconds)):
        time.sleep(max(0.0, began + turn - time.perf_counter()))
        question = QUESTIONS[(number + turn) % len(QUESTIONS)]
        started = time.perf_counter()
        try:
            answer = client.predict(question, history[-_TURNS:], api_name="/ask")
        except ValueError as error:
            errors.append(str(error))
            continue
        times.append(1000 * (time.perf_counter() - started))
        history += [
            {"role": "user", "content": question},
            {"role": "assistant", "content": str(answer["answer"])},
        ]
    return _Said(tuple(times), tuple(errors))


@contextmanager
def _server(index: str) -> Iterator[str]:
    """The address of a server of its own over the index; stopped afterwards."""
    port = _free_port()
    command = [*EXHIBIT, "chat", "--no-browser", "--port", str(port), "--index", index]
    with subprocess.Popen(  # noqa: S603  (our own command)
        [*command, "--answerer", "extractive"], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            for line in server.stderr or ():
                if line.startswith("ready:"):
                    break
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
