"""Reading a `--history` file: the conversation so far, as JSON."""

import json
from pathlib import Path

from ingest.errors import SuiteError
from rag.model import Turn


def read_history(path: Path) -> tuple[Turn, ...]:
    """Turns of a JSON list of `{"role": "user|assistant", "content"}`, oldest first. SuiteError."""
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SuiteError(f"{path}: {error.strerror}; give a readable JSON file") from error
    except (ValueError, RecursionError) as error:
        raise SuiteError(f"{path}: not valid JSON ({error}); fix the file") from error
    if not isinstance(listed, list):
        raise SuiteError(f"{path}: must be a JSON list of turns, oldest first")
    return tuple(_turn(path, number, entry) for number, entry in enumerate(listed, 1))


def _turn(path: Path, number: int, entry: object) -> Turn:
    where = f"{path}: turn {number}"
    if not isinstance(entry, dict):
        raise SuiteError(f"{where} must be an object with role and content")
    role, content = entry.get("role"), entry.get("content")
    if role not in ("user", "assistant"):
        raise SuiteError(f"{where}: role must be user or assistant, not {role!r}")
    if not isinstance(content, str):
        raise SuiteError(f"{where}: content must be a string")
    return Turn(role, content)
