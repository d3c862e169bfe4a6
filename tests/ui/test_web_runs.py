"""A question runs in a thread and can be stopped at once."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from ingest.errors import IndexMissing
from rag.engine import Engine
from rag.model import Event, Progress, Token
from tests.ui.fake_archive import FakeEngine, desk
from ui.scope import ScopeFlags
from ui.web import runs as web_runs
from ui.web.desk import Desk
from ui.web.runs import Runs
from ui.web.session import Session
from ui.web.talk import Frame, Talk


async def frames_of(talk: Talk, question: str, session: Session) -> list[Frame]:
    asked = talk.typed(question, session, ScopeFlags())
    return [frame async for frame in talk.frames(asked, "tab")]


def test_last_frame_holds_the_checked_answer() -> None:
    engine = FakeEngine()
    frames = asyncio.run(frames_of(Talk(lambda _: desk(engine)), "boat?", Session()))
    assert frames[0].running
    assert not frames[-1].running
    assert 'data-open="cite:0:1"' in str(frames[-1].past)
    assert engine.closed == 1


def test_follow_up_carries_the_conversation() -> None:
    engine = FakeEngine()
    talk = Talk(lambda _: desk(engine))
    first = asyncio.run(frames_of(talk, "boat?", Session()))[-1].session
    assert first is not None
    asyncio.run(frames_of(talk, "and then?", first))
    assert engine.asked[1][1][0].content == "boat?"


def test_missing_index_is_told_in_its_own_words() -> None:
    def broken() -> Engine:
        raise IndexMissing("no index in /x; run `exhibit ingest`")

    frames = asyncio.run(frames_of(Talk(lambda _: Desk(broken)), "boat?", Session()))
    assert "no index in /x; run `exhibit ingest`" in str(frames[-1].past)


async def stop_after(talk: Talk, seconds: float) -> tuple[float, Frame]:
    asked = talk.typed("boat?", Session(), ScopeFlags())
    asyncio.get_running_loop().call_later(seconds, talk.stop, "tab")
    started = time.monotonic()
    frames = [frame async for frame in talk.frames(asked, "tab")]
    return time.monotonic() - started, frames[-1]


def test_stop_ends_a_silent_model_within_a_second() -> None:
    engine = FakeEngine(pause_s=1.5)
    seconds, frame = asyncio.run(stop_after(Talk(lambda _: desk(engine)), 0.3))
    assert seconds < 1.0
    assert "Stopped before anything was written" in str(frame.past)


def test_a_stopped_stream_is_closed_at_its_next_event() -> None:
    closed = threading.Event()

    def stream() -> Iterator[Event]:
        try:
            while True:
                time.sleep(0.01)
                yield Token("x")
        finally:
            closed.set()

    async def read_and_stop() -> None:
        runs = Runs()
        run = runs.start("tab", stream)
        async for _ in run.events():
            runs.stop("tab")

    asyncio.run(read_and_stop())
    assert closed.wait(2)


def test_stop_in_one_tab_leaves_the_other() -> None:
    async def two() -> str:
        runs = Runs()
        run = runs.start("a", lambda: iter([Progress("reading", "reading")]))
        runs.stop("b")
        return ",".join([type(e).__name__ async for batch in run.events() for e in batch])

    assert asyncio.run(two()) == "Progress"


async def batches(stream: Callable[[], Iterator[Event]]) -> list[list[str]]:
    run = Runs().start("tab", stream)
    return [[type(e).__name__ for e in batch] async for batch in run.events() if batch]


def test_stages_that_pass_quickly_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_runs, "HOLD_S", 60.0)
    events = [Progress("reading", "a"), Progress("reading", "b"), Token("x")]
    found = asyncio.run(batches(lambda: iter(events)))
    assert found[0] == ["Progress", "Progress", "Token"]


def test_a_stage_that_lasts_is_drawn() -> None:
    seen = threading.Event()

    def stream() -> Iterator[Event]:
        yield Progress("reading", "a")
        assert seen.wait(60)
        yield Token("x")

    async def read() -> list[str]:
        found = []
        async for batch in Runs().start("tab", stream).events():
            found += [type(event).__name__ for event in batch]
            seen.set()
        return found

    assert asyncio.run(read()) == ["Progress", "Token"]


@pytest.mark.parametrize(
    "key", ["cite:0:1", "near:9:9", "msg:none", "thread:none", "x", "cite:a:b"]
)
def test_reader_tells_what_it_cannot_open(key: str) -> None:
    shown = desk(FakeEngine()).open(key, Session())
    assert 'class="failure"' in shown
