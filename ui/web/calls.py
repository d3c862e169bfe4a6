"""Ask, search and show for other programs: plain arguments in, the JSON of the commands out.

`ui.web.api` offers them to `gradio_client`, `ui.web.tools` to MCP. Arguments come from anybody.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ingest.errors import UsageError
from rag.model import Scope, Turn
from ui.render import JsonObject, answer_json, email_json, search_json
from ui.scope import ScopeFlags, explicit_scope

if TYPE_CHECKING:
    from rag.engine import Engine

#: Most hits that one call may ask for, and longest question in characters.
MAX_HITS = 500
MAX_QUESTION = 4000
_NO_FLAGS = ScopeFlags()


class Calls:
    """What can be called. Every method raises ExhibitError with a line for the caller."""

    def __init__(self, engine: "Callable[[], Engine]") -> None:
        self._engine = engine

    def ask(
        self, question: str, history: Sequence[object], flags: ScopeFlags = _NO_FLAGS
    ) -> JsonObject:
        """The object of `exhibit ask --json`."""
        turns = [_turn(turn) for turn in history]
        return answer_json(self._engine().ask(_checked(question), turns, self._scope(flags)))

    def search(self, query: str, k: int, flags: ScopeFlags = _NO_FLAGS) -> JsonObject:
        """The object of `exhibit search --json`."""
        most = max(1, min(int(k), MAX_HITS))
        found = self._engine().search(_checked(query), most, self._scope(flags))
        return search_json(found.query, found.scope, found.hits)

    def show(self, message_id: str) -> JsonObject:
        """The object of `exhibit show --json`."""
        return email_json(self._engine().message(message_id))

    def thread(self, message_id: str) -> JsonObject:
        """The object of `exhibit show --thread --json`."""
        engine = self._engine()
        thread_id = engine.message(message_id).thread_id
        shown = [email_json(email) for email in engine.thread(thread_id)]
        return {"thread_id": thread_id, "messages": shown}

    def _scope(self, flags: ScopeFlags) -> Scope | None:
        if not flags.any_given:
            return None
        return explicit_scope(flags, [entry.person for entry in self._engine().people()])


def _checked(text: str) -> str:
    if not text.strip():
        raise UsageError("the question is empty; write one")
    if len(text) > MAX_QUESTION:
        raise UsageError(f"the question has {len(text)} characters; {MAX_QUESTION} are the limit")
    return text.strip()


def _turn(turn: object) -> Turn:
    role, content = (turn.get("role"), turn.get("content")) if isinstance(turn, dict) else ("", "")
    if role not in ("user", "assistant") or not isinstance(content, str):
        raise UsageError('a turn of history is {"role": "user" or "assistant", "content": text}')
    return Turn("user" if role == "user" else "assistant", content)
