"""Opens the engine in the background, so that the page paints before anything heavy is loaded."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from ingest.errors import ExhibitError

if TYPE_CHECKING:
    from rag.engine import Engine

#: A search that makes the embedder and the index load; its result is not used.
WARM_UP_QUERY = "hello"


class WarmEngine:
    """The engine, opened once on first use or by `start`. Safe to call from many threads."""

    def __init__(self, factory: "Callable[[], Engine]") -> None:
        self._factory = factory
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    def start(self) -> None:
        """Begin to open the engine in a thread. A failure shows when it is first used."""
        threading.Thread(target=self._warm_up, name="exhibit-warm-up", daemon=True).start()

    def get(self) -> "Engine":
        """The engine; waits while it is being opened. Raises what the factory raises."""
        with self._lock:
            if self._engine is None:
                self._engine = self._factory()
            return self._engine

    def _warm_up(self) -> None:
        try:
            self.get().search(WARM_UP_QUERY, 1)
        except ExhibitError:
            # Asked again by the page's first request, which shows the message.
            return
