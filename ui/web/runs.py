"""Runs the engine's event stream in a thread and hands its events to asyncio: Stop is instant."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator

from ingest.errors import ExhibitError
from rag.model import Answer, Event, Progress, Token

#: Seconds without an event after which the waiting line is redrawn with a new elapsed time.
TICK_S = 1.0
#: Seconds that news of a stage may wait for what follows it: drawing costs more than most stages.
HOLD_S = 0.1


class Run:
    """One question being answered. `events` is read once, by the task that made the run."""

    def __init__(self, open_stream: Callable[[], Iterator[Event]]) -> None:
        self._open_stream = open_stream
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Event | ExhibitError | None] = asyncio.Queue()
        self._stopped = threading.Event()
        #: True once somebody asked for the end, as against the stream having ended by itself.
        self.was_stopped = False

    def stop(self) -> None:
        """End `events` now. The engine's stream is closed at its next event."""
        self.was_stopped = True
        self._stopped.set()
        self._put(None)

    async def events(self) -> AsyncIterator[list[Event]]:
        """Batches of events as they come; an empty batch each second in which nothing came.

        Progress alone comes HOLD_S late. Ends after the Answer, after `stop`, or when the engine
        fails; raises ExhibitError.
        """
        threading.Thread(target=self._pump, name="exhibit-ask", daemon=True).start()
        try:
            while not self._stopped.is_set():
                batch, done = await self._batch()
                yield batch
                if done:
                    return
        finally:
            self._stopped.set()

    async def _batch(self) -> tuple[list[Event], bool]:
        batch: list[Event] = []
        until = self._loop.time() + TICK_S
        while True:
            try:
                item = await self._next(until)
            except TimeoutError:
                return batch, False
            if item is None:
                return batch, True
            if isinstance(item, ExhibitError):
                raise item
            if not batch:
                until = self._loop.time() + HOLD_S
            batch.append(item)
            if self._queue.empty() and not isinstance(item, Progress):
                return batch, isinstance(item, Answer)

    async def _next(self, until: float) -> Event | ExhibitError | None:
        """What comes next; TimeoutError when nothing came by then, in the loop's time."""
        if not self._queue.empty():
            return self._queue.get_nowait()
        async with asyncio.timeout_at(until):
            return await self._queue.get()

    def _pump(self) -> None:
        """Runs in the thread. Whatever happens, the reader is told that nothing more comes."""
        try:
            with contextlib.closing(_closable(self._open_stream())) as stream:
                for event in stream:
                    if self._stopped.is_set():
                        break
                    self._put(event)
        except ExhibitError as error:
            self._put(error)
        finally:
            self._put(None)

    def _put(self, item: Event | ExhibitError | None) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._queue.put_nowait, item)


class Runs:
    """The run of each browser tab, so that Stop, a new question or a closed tab ends it."""

    def __init__(self) -> None:
        self._running: dict[str, Run] = {}

    @property
    def count(self) -> int:
        """Questions being answered now."""
        return len(self._running)

    def start(self, tab: str, open_stream: Callable[[], Iterator[Event]]) -> Run:
        """A new run for `tab`; one still going there is stopped."""
        self.stop(tab)
        run = Run(open_stream)
        self._running[tab] = run
        return run

    def stop(self, tab: str) -> None:
        """Stop the run of `tab`, if there is one."""
        run = self._running.pop(tab, None)
        if run is not None:
            run.stop()

    def finish(self, tab: str, run: Run) -> None:
        """Forget `run`, unless a newer one took its place."""
        if self._running.get(tab) is run:
            del self._running[tab]


def _closable(events: Iterator[Event]) -> Generator[Event, None, None]:
    """`events`, closed together with what wraps it."""
    yield from events


def latest_progress(batch: list[Event]) -> Progress | None:
    """The last Progress of a batch."""
    return next((e for e in reversed(batch) if isinstance(e, Progress)), None)


def written(batch: list[Event]) -> str:
    """The text of a batch's tokens."""
    return "".join(e.text for e in batch if isinstance(e, Token))
