"""Turns feedback given in the page into candidates for a suite, for a person to complete.

Feedback is JSON lines: `question`, `verdict` ("up" or "down"), and where known `history`,
`answer`, `citations` (message ids of the answer), `note`.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from eval.cases import Case
from ingest.errors import SuiteError
from rag.model import Turn


def cases_from_feedback(path: Path) -> tuple[Case, ...]:
    """One candidate per question, the last verdict counting; SuiteError names the line.

    An answer that was liked stays the answer, with its cited messages as gold ("feedback_up"). One
    that was not ("feedback_down") has no known gold: its note becomes the answer, and a person must
    say which messages hold it, so until then it stands as not in the archive.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"cannot read the feedback {path}: {error}; check the file") from error
    found: dict[str, Case] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            case = _candidate(line, f"{path}:{number}")
            found[case.id] = case
    if not found:
        raise SuiteError(f"{path} holds no feedback")
    return tuple(found.values())


def _candidate(line: str, where: str) -> Case:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SuiteError(f"{where}: not JSON: {error}") from error
    if not isinstance(row, dict) or not isinstance(row.get("question"), str):
        raise SuiteError(f"{where}: field 'question' is missing")
    if row.get("verdict") not in ("up", "down"):
        raise SuiteError(f"{where}: field 'verdict' must be 'up' or 'down'")
    liked = row["verdict"] == "up"
    history = _history(row.get("history"), where)
    digest = sha256(f"{history}\0{row['question']}".encode()).hexdigest()[:10]
    return Case(
        id=f"feedback-{digest}",
        question=row["question"],
        type="feedback_up" if liked else "feedback_down",
        gold_messages=_ids(row, where) if liked else (),
        history=history,
        answer=str(row.get("answer" if liked else "note") or ""),
    )


def _ids(row: Mapping[str, object], where: str) -> tuple[str, ...]:
    ids = row.get("citations", [])
    if not isinstance(ids, list) or not all(isinstance(id_, str) for id_ in ids):
        raise SuiteError(f"{where}: field 'citations' must be a list of message ids")
    return tuple(dict.fromkeys(ids))


def _history(value: object, where: str) -> tuple[Turn, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise SuiteError(f"{where}: field 'history' must be a list of turns")
    turns = []
    for turn in value:
        if not isinstance(turn, dict) or turn.get("role") not in ("user", "assistant"):
            raise SuiteError(f"{where}: each turn of 'history' has role and content")
        turns.append(Turn(turn["role"], str(turn.get("content", ""))))
    return tuple(turns)
