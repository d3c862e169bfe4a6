"""Keeps what readers thought of an answer as JSON lines beside the index, for the owner only."""

import json
import os
import threading
from datetime import datetime
from pathlib import Path
from typing import Literal

from ingest.errors import EnvironmentTrouble, UsageError
from ui.web.session import Session

Verdict = Literal["up", "down"]

#: Longest note kept, in characters.
MAX_NOTE = 2000

_WRITING = threading.Lock()


def feedback_file(index: Path) -> Path:
    """Where feedback on the answers of an index is kept: `index-feedback.jsonl` beside `index`."""
    return index.with_name(f"{index.name}-feedback.jsonl")


def feedback_row(session: Session, rating: str, note: str, at: datetime) -> dict[str, object]:
    """The line for `verdict:exchange`, as `eval.feedback` reads it. UsageError for a stale one."""
    verdict, _, number = rating.partition(":")
    if verdict not in ("up", "down") or not number.isdigit():
        raise UsageError("that button is of an earlier conversation; ask again")
    before, after = session.split(int(number))
    if after is None or after.answer is None:
        raise UsageError("that answer is of an earlier conversation; ask again")
    answer = after.answer
    return {
        "question": after.question,
        "verdict": verdict,
        "note": note[:MAX_NOTE],
        "history": [{"role": t.role, "content": t.content} for t in before.history()],
        "citations": list(dict.fromkeys(c.message_id for c in answer.citations)),
        "status": answer.status,
        "answer": answer.text,
        "answerer": answer.answerer,
        "settings_hash": answer.settings_hash,
        "at": at.isoformat(timespec="seconds"),
    }


def keep(row: dict[str, object], path: Path) -> None:
    """Append one line; the file is made readable by its owner only. EnvironmentTrouble."""
    line = json.dumps(row) + "\n"
    try:
        with _WRITING:
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(handle, "a", encoding="utf-8") as file:
                file.write(line)
    except OSError as error:
        raise EnvironmentTrouble(
            f"{path}: feedback was not kept ({error.strerror}); make the folder writable"
        ) from error
