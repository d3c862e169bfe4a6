"""Named endpoints for `gradio_client`: ask, search, show. The JSON of the commands, one key apart.

gradio's client takes any object with a `path` for a file to download, so a locator's is `file`.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from gradio.events import api

from ingest.errors import UsageError
from rag.model import Turn
from ui.render import answer_json, email_json, search_json
from ui.web.told import Told

if TYPE_CHECKING:
    from rag.engine import Engine

#: Most hits that one call may ask for, and longest question in characters.
MAX_HITS = 500
MAX_QUESTION = 4000


def add_endpoints(engine: "Callable[[], Engine]", *, concurrency: int) -> None:
    """Register `/ask`, `/search` and `/show` on the gradio page being built."""

    def ask(question: str, history: list[dict[str, str]] | None = None) -> dict[str, object]:
        """Answer a question; `history` is [{"role": "user"|"assistant", "content": ...}]."""
        with Told():
            answer = engine().ask(_checked(question), _turns(history or []))
            return _for_client(answer_json(answer))

    def search(query: str, k: int = 10) -> dict[str, object]:
        """Messages that fit a query, best first."""
        with Told():
            found = engine().search(_checked(query), max(1, min(int(k), MAX_HITS)))
            return _for_client(search_json(found.query, found.scope, found.hits))

    def show(message_id: str) -> dict[str, object]:
        """One message."""
        with Told():
            return _for_client(email_json(engine().message(message_id)))

    for endpoint in (ask, search, show):
        api(endpoint, api_name=endpoint.__name__, concurrency_limit=concurrency)


def _for_client(shown: Mapping[str, object]) -> dict[str, object]:
    return {"file" if key == "path" else key: _renamed(value) for key, value in shown.items()}


def _renamed(value: object) -> object:
    if isinstance(value, Mapping):
        return _for_client(value)
    return [_renamed(item) for item in value] if isinstance(value, list | tuple) else value


def _checked(text: str) -> str:
    if not text.strip():
        raise UsageError("the question is empty; write one")
    if len(text) > MAX_QUESTION:
        raise UsageError(f"the question has {len(text)} characters; {MAX_QUESTION} are the limit")
    return text.strip()


def _turns(history: list[dict[str, str]]) -> list[Turn]:
    turns = []
    for turn in history:
        role, content = turn.get("role"), turn.get("content")
        if role not in ("user", "assistant") or not isinstance(content, str):
            raise UsageError(
                'a turn of history is {"role": "user" or "assistant", "content": text}'
            )
        turns.append(Turn("user" if role == "user" else "assistant", content))
    return turns
