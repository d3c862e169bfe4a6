"""Named endpoints for `gradio_client`: ask, search, show. The JSON of the commands, one key apart.

gradio's client takes any object with a `path` for a file to download, so a locator's is `file`.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gradio.events import api

from ui.web.calls import Calls
from ui.web.told import Told

if TYPE_CHECKING:
    from rag.engine import Engine


def add_endpoints(engine: "Callable[[], Engine]", *, concurrency: int) -> None:
    """Register `/ask`, `/search` and `/show` on the gradio page being built.

    Callers over HTTP give every argument: a further one, even with a default, would break them.
    """
    calls = Calls(engine)

    def ask(question: str, history: list[dict[str, str]] | None = None) -> dict[str, object]:
        """Answer a question; `history` is [{"role": "user"|"assistant", "content": ...}]."""
        with Told():
            return _for_client(calls.ask(question, history or []))

    def search(query: str, k: int = 10) -> dict[str, object]:
        """Messages that fit a query, best first."""
        with Told():
            return _for_client(calls.search(query, k))

    def show(message_id: str) -> dict[str, object]:
        """One message."""
        with Told():
            return _for_client(calls.show(message_id))

    for endpoint in (ask, search, show):
        api(endpoint, api_name=endpoint.__name__, concurrency_limit=concurrency)


def _for_client(shown: Mapping[str, object]) -> dict[str, object]:
    return {"file" if key == "path" else key: _renamed(value) for key, value in shown.items()}


def _renamed(value: object) -> object:
    if isinstance(value, Mapping):
        return _for_client(value)
    return [_renamed(item) for item in value] if isinstance(value, list | tuple) else value
