"""Many conversations at the same time with the page's server, one question a second each.

The clients run on the same machine and take their share of it.
"""

import asyncio
import json
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from statistics import median

import httpx

from bench.asking import QUESTIONS
from bench.clock import ROOT, p95, run_program
from bench.options import Options
from bench.starting import EXHIBIT
from bench.table import Table, figures_table
from corpus import released

#: Turns of the conversation so far that go along with a question.
_TURNS = 6
#: Seconds after which an answer counts as an error.
_PATIENCE_S = 60.0


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
            said = asyncio.run(_talk(url, options.clients, options.seconds))
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


async def _talk(url: str, count: int, seconds: float) -> list[_Said]:
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=url, timeout=_PATIENCE_S, trust_env=False, limits=limits
    ) as client:
        return await asyncio.gather(*(_converse(client, n, seconds) for n in range(count)))


async def _converse(client: httpx.AsyncClient, number: int, seconds: float) -> _Said:
    random_start = random.Random(number).random()  # noqa: S311  (spreads the clients)
    began = time.perf_counter() + random_start
    times: list[float] = []
    errors: list[str] = []
    history: list[dict[str, str]] = []
    for turn in range(int(seconds)):
        await asyncio.sleep(max(0.0, began + turn - time.perf_counter()))
        question = QUESTIONS[(number + turn) % len(QUESTIONS)]
        started = time.perf_counter()
        try:
            answer = await _ask(client, question, history[-_TURNS:])
        except (httpx.HTTPError, ValueError) as error:
            errors.append(str(error))
            continue
        times.append(1000 * (time.perf_counter() - started))
        history += [
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer},
        ]
    return _Said(tuple(times), tuple(errors))


async def _ask(
    client: httpx.AsyncClient, question: str, history: Sequence[Mapping[str, str]]
) -> str:
    """The text of an answer by the page's endpoint, as `docs/api.md` describes it; ValueError."""
    asked = await client.post("/gradio_api/call/ask", json={"data": [question, history]})
    event = asked.raise_for_status().json()["event_id"]
    told = (await client.get(f"/gradio_api/call/ask/{event}")).text
    head, _, data = told.strip().rpartition("data: ")
    if not head.rstrip().endswith("event: complete"):
        raise ValueError(told[-200:])
    return str(json.loads(data)[0]["answer"])


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
