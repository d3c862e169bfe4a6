"""Long work behind the page, one piece at a time: steps to draw while it lasts, then its result."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from ingest.errors import ExhibitError

T = TypeVar("T")

#: Called by the work with what it is doing, how much is done, and of how much (0: not known).
Tell = Callable[[str, int, int], None]

#: Seconds between two redraws.
REDRAW_S = 0.25

#: One thread: reading mail and the suite use both cores of a small machine, and people are asking.
_POOL = ThreadPoolExecutor(max_workers=1, thread_name_prefix="exhibit-work")


class WorkStopped(ExhibitError):
    """The work was stopped by whoever began it, or by leaving the page."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the work is doing; `total` is 0 while nobody knows how much there is."""

    stage: str
    done: int = 0
    total: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The work is through."""

    result: T


class Works:
    """What each tab has begun, so that its Stop button ends it."""

    def __init__(self) -> None:
        self._stops: dict[str, threading.Event] = {}

    async def steps(self, tab: str, job: Callable[[Tell], T]) -> AsyncIterator[Step | Done[T]]:
        """Run `job` when it is its turn: steps, then Done. Raises what the job raises.

        `stop`, or closing the iterator, makes the job's next `tell` raise WorkStopped.
        """
        stop = self._stops[tab] = threading.Event()
        now = [Step("waiting for other work to end")]
        began = time.monotonic()

        def tell(stage: str, done: int, total: int) -> None:
            if stop.is_set():
                raise WorkStopped("stopped; nothing was changed")
            now[0] = Step(stage, done, total)

        future = asyncio.get_running_loop().run_in_executor(_POOL, _begin, job, tell)
        try:
            while not future.done():
                step = now[0]
                yield Step(step.stage, step.done, step.total, time.monotonic() - began)
                await asyncio.wait({future}, timeout=REDRAW_S)
            yield Done(future.result())
        finally:
            stop.set()

    def stop(self, tab: str) -> None:
        """End what `tab` has begun, at its next step."""
        if tab in self._stops:
            self._stops[tab].set()

    def __enter__(self) -> "Works":
        return self

    def __exit__(self, *_: object) -> None:
        """End everything: the server is closing."""
        for stop in self._stops.values():
            stop.set()


def _begin(job: Callable[[Tell], T], tell: Tell) -> T:
    tell("starting", 0, 0)
    return job(tell)
