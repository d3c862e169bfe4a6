"""Many people at the page at once: no error, nobody sees another's words, a waiting one is told.

Four sessions on each run; 32 and 64 sessions and 2,000 questions in a row in `make stress`.
"""

import asyncio
import os
import re
from collections.abc import Sequence
from pathlib import Path
from statistics import quantiles

import pytest

from tests.faults.commands import make_index
from tests.faults.page import Page, free_port, page
from tests.ollama_double import OllamaDouble
from tests.page_client import Asked, Tab

IS_STRESS = "EXHIBIT_STRESS" in os.environ
#: Begins what the double writes, and nothing else.
FIRST = "Straightaway"
CANARY = re.compile(r"canary\d+x")


def writes(body: dict[str, object]) -> Sequence[str]:
    """Some 60 pieces that cite the first passage and repeat the canary of the question."""
    canary = CANARY.findall(str(body["messages"]))[-1]
    said = f"{FIRST} report number 4 says lantern. [1] It is about {canary}. [1]"
    return [piece + " " for piece in said.split(" ")] + ["on and on "] * 45


async def talk(url: str, session: int, questions: int) -> list[Asked]:
    async with Tab(url) as tab:
        asked = f"What does report number 4 say about canary{session}x?"
        return [await tab.ask(asked) for _ in range(questions)]


async def talks(url: str, sessions: int, questions: int) -> list[list[Asked]]:
    return list(await asyncio.gather(*(talk(url, n, questions) for n in range(sessions))))


def ask_all(folder: Path, sessions: int, questions: int, **settings: str) -> list[list[Asked]]:
    """What each session saw at 50 tokens a second, checked for errors and foreign words."""
    index = make_index(folder)
    with (
        OllamaDouble(prompt_tokens=1500, gap_s=0.02, write=writes) as double,
        page(index, free_port(), OLLAMA_HOST=double.url, EXHIBIT_ANSWERER="auto") as served,
    ):
        # The first question opens the index.
        asyncio.run(talk(served.url, 999, 1))
        found = asyncio.run(talks(served.url, sessions, questions))
        told = served.stop()
    assert told == "exhibit: terminated\n"
    for number, session in enumerate(found):
        assert [asked.error for asked in session] == [""] * questions
        assert set(CANARY.findall("".join(a.seen for a in session))) == {f"canary{number}x"}
    return found


def first_words(found: list[list[Asked]]) -> list[float]:
    return [asked.first(FIRST) for session in found for asked in session]


def test_sessions_do_not_see_each_other(tmp_path: Path) -> None:
    assert max(first_words(ask_all(tmp_path, 4, 2))) < float("inf")


stress = pytest.mark.skipif(not IS_STRESS, reason="long; run it with `make stress`")


@pytest.mark.stress
@stress
def test_thirty_two_sessions_get_their_first_word_soon(tmp_path: Path) -> None:
    times = first_words(ask_all(tmp_path, 32, 10))
    p95 = quantiles(times, n=20)[-1]
    print(f"32 sessions x 10: first word p50 {quantiles(times, n=2)[0]:.2f} s, p95 {p95:.2f} s")
    assert p95 <= 1.5


@pytest.mark.stress
@stress
def test_sixty_four_sessions_are_answered_or_told_their_place(tmp_path: Path) -> None:
    found = [asked for session in ask_all(tmp_path, 64, 2) for asked in session]
    waited = [asked for asked in found if asked.first(FIRST) > 1.5]
    print(f"64 sessions x 2: {len(waited)} of {len(found)} waited longer than 1.5 s")
    assert all(asked.first("asked before you", FIRST) <= 5 for asked in found)
    assert max(asked.done_s for asked in found) < 60


@pytest.mark.stress
@stress
def test_two_thousand_questions_leave_nothing_behind(tmp_path: Path) -> None:
    index = make_index(tmp_path, 60)
    with page(index, free_port(), EXHIBIT_ANSWERER="extractive") as served:
        early = asyncio.run(hundreds(served, 4))
        late = asyncio.run(hundreds(served, 20))
    print(f"after 400 questions {early}, after 2,400 {late}")
    assert late.rss_mb <= 1.1 * early.rss_mb
    assert abs(late.files - early.files) <= 4
    assert abs(late.threads - early.threads) <= 4


async def hundreds(served: Page, count: int) -> object:
    """What the page holds after so many hundred questions, ten to a tab."""
    for _ in range(10 * count):
        async with Tab(served.url) as tab:
            for number in range(10):
                assert not (await tab.ask(f"What does report {number} say?")).error
    return served.use()
