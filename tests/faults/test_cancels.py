"""An answer that nobody waits for any more: the model's server is let go at once, nothing is left.

Stop, a closed tab and Ctrl-C at random moments; SIGTERM while eight answers are being written.
"""

import asyncio
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.commands import QUESTION, ROOT, command, ingest, make_index
from tests.faults.page import Page, Use, free_port, page
from tests.ollama_double import OllamaDouble
from tests.page_client import Tab

IS_STRESS = "EXHIBIT_STRESS" in os.environ
pytestmark = [pytest.mark.stress] if IS_STRESS else []
#: Of each of two ways at the page; of Ctrl-C half as many.
CANCELS = 20 if IS_STRESS else 3
#: Seconds until a server is let go, and until a page ends; more where the machine may be busy.
LET_GO_S, ENDED_S = (1, 5) if IS_STRESS else (3, 12)
#: What report 4 says.
WORD = "quartz"
#: A server that has not written anything yet, and one that is writing.
WRITING = ("silent", "slow_tokens")


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return make_index(tmp_path)


@pytest.fixture
def double() -> Iterator[OllamaDouble]:
    with OllamaDouble(
        prompt_tokens=1500, reply=("Report number 4 ", f"says {WORD} [1].")
    ) as server:
        yield server


async def until(is_so: object, seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not is_so():  # type: ignore[operator]
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def cancel(url: str, double: OllamaDouble, way: str, after_s: float) -> float:
    """Ask, and cancel so long after the model was asked; seconds until its server was let go."""
    asked, let_go = len(double.chats), len(double.disconnects)
    async with Tab(url) as tab:
        asking = asyncio.create_task(tab.ask(QUESTION))
        await until(lambda: len(double.chats) > asked)
        await asyncio.sleep(after_s)
        started = time.monotonic()
        if way == "stop":
            await tab.stop()
            assert ">Stopped" in (await asking).seen
        else:
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking
    await until(lambda: len(double.disconnects) > let_go)
    return double.disconnects[-1] - started


async def answered(url: str, double: OllamaDouble) -> str:
    double.fault = ""
    async with Tab(url) as tab:
        return (await tab.ask(QUESTION)).seen


def settled(served: Page, wanted: Use) -> Use:
    """What the page holds once that is no more than before, or after 10 seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        now = served.use()
        if now.files <= wanted.files + 2 and now.threads <= wanted.threads + 2:
            break
        time.sleep(0.1)
    return now


def test_stop_and_a_closed_tab_let_the_model_go_and_leave_nothing(
    index: Path, double: OllamaDouble
) -> None:
    chance, times = random.Random(4), []
    with page(index, free_port(), OLLAMA_HOST=double.url, EXHIBIT_ANSWERER="auto") as served:
        asyncio.run(answered(served.url, double))
        before = served.use()
        for number in range(2 * CANCELS):
            double.fault = WRITING[number // 2 % 2]
            way = ("stop", "close")[number % 2]
            times.append(asyncio.run(cancel(served.url, double, way, chance.uniform(0, 1.2))))
        after = settled(served, before)
        assert f">{WORD}.<" in asyncio.run(answered(served.url, double))
        assert served.stop() == "exhibit: terminated\n"
    print(f"{len(times)} cancels, slowest {max(times):.2f} s; {before} -> {after}")
    assert max(times) <= LET_GO_S
    assert abs(after.files - before.files) <= 2
    assert abs(after.threads - before.threads) <= 2


def test_ctrl_c_lets_the_model_go(index: Path, double: OllamaDouble) -> None:
    chance, times = random.Random(5), []
    config = index.with_name("config.toml")
    config.write_text("[answering]\nfloor = 0.0\n")
    environ = {**os.environ, "OLLAMA_HOST": double.url, "EXHIBIT_CONFIG": str(config)}
    for number in range(CANCELS // 2):
        double.fault, asked = WRITING[number % 2], len(double.chats)
        words = command("ask", QUESTION, "--index", str(index))
        with subprocess.Popen(
            words, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            asyncio.run(until(lambda asked=asked: len(double.chats) > asked))
            time.sleep(chance.uniform(0, 1.2))
            started, let_go = time.monotonic(), len(double.disconnects)
            process.send_signal(signal.SIGINT)
            told = process.communicate(timeout=20)
        assert (process.returncode, *told) == (130, "", "exhibit: interrupted\n")
        asyncio.run(until(lambda let_go=let_go: len(double.disconnects) > let_go))
        times.append(double.disconnects[-1] - started)
    print(f"{len(times)} x Ctrl-C, slowest {max(times):.2f} s")
    assert max(times) <= LET_GO_S


async def ask_eight(served: Page, double: OllamaDouble) -> float:
    """Seconds from SIGTERM, sent while eight answers are written, to the end of the page."""

    async def ask() -> None:
        async with Tab(served.url) as tab:
            await tab.ask(QUESTION)

    asked = len(double.chats)
    asking = [asyncio.create_task(ask()) for _ in range(8)]
    await until(lambda: len(double.chats) >= asked + 8)
    await asyncio.sleep(0.3)
    started = time.monotonic()
    assert await asyncio.to_thread(served.stop) == "exhibit: terminated\n"
    ended = time.monotonic() - started
    # Their connections are gone with the page.
    await asyncio.gather(*asking, return_exceptions=True)
    return ended


def test_sigterm_ends_a_page_that_writes_eight_answers(index: Path, double: OllamaDouble) -> None:
    port, times = free_port(), []
    double.fault = "slow_tokens"
    for number in range(20 if IS_STRESS else 1):
        with page(index, port, OLLAMA_HOST=double.url, EXHIBIT_ANSWERER="auto") as served:
            times.append(asyncio.run(ask_eight(served, double)))
            assert served.process.returncode == 143
        asyncio.run(until(lambda number=number: len(double.disconnects) == 8 * (number + 1)))
        assert ingest(index.with_name("mail.mbox"), index).unchanged == 10
    print(f"{len(times)} x SIGTERM in eight streams, slowest {max(times):.2f} s")
    assert max(times) <= ENDED_S
