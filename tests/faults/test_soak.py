"""A page that lives: eight users ask, mail arrives every ten seconds, it is restarted half-way.

Five minutes in `make stress`, half an hour in `make soak`.
"""

import asyncio
import os
import time
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from tests.fakes import make_mbox
from tests.faults.commands import make_index, run
from tests.faults.page import Page, Use, free_port, page
from tests.ollama_double import OllamaDouble
from tests.page_client import Tab

SECONDS = int(os.environ.get("EXHIBIT_SOAK_S", "300"))
USERS, EVERY_S = 8, 10.0
#: Growth of memory after the warm part. A shorter run does not reach the number of tabs up to which
#: the page keeps their state.
GROWTH = 1.1 if SECONDS >= 1800 else 1.2
#: The part of each half after which nothing may grow any more.
WARM = 0.4

pytestmark = [
    pytest.mark.stress,
    pytest.mark.skipif("EXHIBIT_STRESS" not in os.environ, reason="long; run it with `make soak`"),
]


@dataclass(slots=True)
class Life:
    """The index, its mail, and what was seen of both."""

    index: Path
    mails: int
    answers: int = 0
    uses: list[Use] = field(default_factory=list)

    async def finds(self, served: Page, number: int) -> None:
        """The message of report `number` is there."""
        async with Tab(served.url) as tab:
            assert f"Report number {number} says" in await tab.show(f"m{number}@example.org")

    async def user(self, served: Page, first: int, end: float) -> None:
        """Asks ten questions in a tab, then opens another."""
        for step in count(first, 10):
            async with Tab(served.url) as tab:
                for number in range(step, step + 10):
                    if time.monotonic() >= end:
                        return
                    asked = await tab.ask(f"What does report {number % self.mails} say?")
                    assert not asked.error
                    assert 'class=\\"citation\\"' in asked.seen
                    self.answers += 1

    async def postman(self, served: Page, end: float) -> None:
        """One more mail every ten seconds; it is found as soon as it is indexed."""
        while time.monotonic() < end:
            mail = make_mbox(self.index.with_name("mail.mbox"), range(self.mails + 1))
            words = ("ingest", str(mail), "--index", str(self.index))
            told = await asyncio.to_thread(run, *words)
            assert told.returncode == 0, told.stderr
            await self.finds(served, self.mails)
            self.mails += 1
            await asyncio.sleep(EVERY_S)

    async def half(self, served: Page) -> None:
        began = time.monotonic()
        end = began + SECONDS / 2
        users = [self.user(served, 7 * user, end) for user in range(USERS)]
        await asyncio.gather(
            *users, self.postman(served, end), self.watch(served, began + WARM * SECONDS / 2)
        )
        self.uses.append(served.use())

    async def watch(self, served: Page, at: float) -> None:
        await asyncio.sleep(at - time.monotonic())
        self.uses.append(served.use())


def test_nothing_fails_grows_or_is_missed(tmp_path: Path) -> None:
    life, port = Life(make_index(tmp_path, 30), 30), free_port()
    environ = {"EXHIBIT_ANSWERER": "auto"}
    with OllamaDouble(prompt_tokens=1500, gap_s=0.02, reply=["Quoted below [1]. "] * 20) as double:
        for _ in range(2):
            with page(life.index, port, OLLAMA_HOST=double.url, **environ) as served:
                asyncio.run(life.half(served))
                assert served.stop() == "exhibit: terminated\n"
        with page(life.index, port, OLLAMA_HOST=double.url, **environ) as served:
            for number in range(30, life.mails):
                asyncio.run(life.finds(served, number))
    print(f"{SECONDS} s: {life.answers} answers, {life.mails - 30} mails came, {life.uses}")
    for early, late in zip(life.uses[::2], life.uses[1::2], strict=True):
        assert late.rss_mb <= GROWTH * early.rss_mb
        assert late.files <= early.files + 8
        assert late.threads <= early.threads + 8
