"""Asks every question of a suite and measures what comes back: cases x engine -> Report."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from eval.cases import Case, suite_hash
from eval.metrics import unique
from eval.outcome import Asked, Outcome, judged, missed
from eval.summary import Report, Subject, outcome_from_json
from ingest.errors import SuiteError, UnknownMessage
from ingest.message_store import ThreadSummary
from ingest.model import Email
from rag.engine import Description
from rag.model import Answer, Turn

#: Called with the number of questions done and their total.
Tell = Callable[[int, int], None]


class Asker(Protocol):
    """What the suite asks: the engine, or a baseline around it (closed book, full context)."""

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The answer."""

    def message(self, message_id: str) -> Email:
        """The message with this id; raises UnknownMessage."""

    def thread(self, thread_id: str) -> tuple[Email, ...]:
        """The messages of a thread."""

    def threads(self) -> list[ThreadSummary]:
        """All threads."""

    def describe(self) -> Description:
        """What is in use."""


def run_suite(
    engine: Asker,
    cases: Sequence[Case],
    *,
    progress: Tell | None = None,
    seed: int = 0,
    resume_file: Path | None = None,
) -> Report:
    """Ask all cases (see `eval.cases.select`) in order. A question that raises is a miss.

    With `resume_file`, outcomes are kept there as they come, and those already there are not asked
    again; SuiteError when that file is of another suite, archive or answerer. SuiteError also when
    the archive holds no gold message of the suite at all.
    """
    subject = _subject(engine, cases)
    kept = _resumed(resume_file, subject) if resume_file else {}
    outcomes: list[Outcome] = []
    for done, case in enumerate(cases):
        if progress:
            progress(done, len(cases))
        outcome = kept.get(case.id) or ask_case(engine, case)
        if resume_file and case.id not in kept:
            _check_settings(outcome, kept, resume_file)
            _append(resume_file, outcome.to_json())
        outcomes.append(outcome)
    if progress:
        progress(len(cases), len(cases))
    return Report(subject, tuple(outcomes), seed)


def ask_case(engine: Asker, case: Case) -> Outcome:
    """Ask one question and judge the answer."""
    started = time.perf_counter()
    try:
        answer = engine.ask(case.question, case.history)
        ms = _ms_since(started)
        asked = Asked(_gold(engine, case), ms, dict(_bodies(engine, answer)))
        return judged(case, answer, asked)
    except Exception as error:  # noqa: BLE001  (whatever fails is a miss, and listed in the report)
        return missed(case, error, _ms_since(started))


def corpus_hash(engine: Asker) -> str:
    """12 hex digits of the ids and bodies of all messages, whatever their order."""
    seen = hashlib.sha256()
    for thread in sorted(engine.threads(), key=lambda summary: summary.id):
        for email in sorted(engine.thread(thread.id), key=lambda email: email.id):
            seen.update(f"{email.id}\0{email.body}\0".encode(errors="surrogatepass"))
    return seen.hexdigest()[:12]


def _subject(engine: Asker, cases: Sequence[Case]) -> Subject:
    used = engine.describe()
    gold = unique(id_ for case in cases for id_ in case.gold_messages)
    missing = tuple(id_ for id_ in gold if _message(engine, id_) is None)
    if gold and missing == gold:
        raise SuiteError(
            f"none of the suite's {len(gold)} gold messages is in {used.index}; "
            "ingest the mail that the suite is about, or draft one: exhibit eval --make FILE"
        )
    return Subject(
        suite_hash=suite_hash(cases),
        corpus_hash=corpus_hash(engine),
        corpus=used.corpus,
        messages=used.messages,
        answerer=used.answerer,
        model=used.model,
        missing_gold=missing,
    )


def _gold(engine: Asker, case: Case) -> tuple[Email, ...]:
    found = [_message(engine, id_) for id_ in case.gold_messages]
    return tuple(email for email in found if email is not None)


def _message(engine: Asker, message_id: str) -> Email | None:
    try:
        return engine.message(message_id)
    except UnknownMessage:
        return None


def _bodies(engine: Asker, answer: Answer) -> Iterator[tuple[str, str]]:
    """Text of the cited messages, read again from the archive rather than from the citation."""
    for message_id in unique(citation.message_id for citation in answer.citations):
        try:
            yield message_id, engine.message(message_id).body
        except UnknownMessage:
            continue


def _resumed(path: Path, subject: Subject) -> dict[str, Outcome]:
    head = {"resume_of": [subject.suite_hash, subject.corpus_hash, subject.answerer, subject.model]}
    if not path.exists():
        _append(path, head)
        return {}
    try:
        first, *rows = path.read_text(encoding="utf-8").split("\n")
        is_same = json.loads(first) == head
        # The last line may be cut off where the run was: everything after the last newline.
        outcomes = [outcome_from_json(json.loads(row)) for row in rows[:-1]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SuiteError(f"{path} cannot be resumed ({error}); remove it") from error
    if not is_same:
        raise SuiteError(
            f"{path} is of another suite, archive or answerer; remove it or name another"
        )
    _cut(path, [first, *rows[:-1]])
    return {outcome.case_id: outcome for outcome in outcomes if outcome.status != "error"}


def _check_settings(outcome: Outcome, kept: dict[str, Outcome], path: Path) -> None:
    others = {o.settings_hash for o in kept.values()} - {outcome.settings_hash}
    if others and outcome.status != "error":
        raise SuiteError(f"{path} was begun with other settings; remove it or name another")


def _append(path: Path, row: Mapping[str, object]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def _cut(path: Path, lines: Sequence[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _ms_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)
