"""Public test sets as an archive and a suite: EnronQA, and folders in the layout of BEIR.

The sets are not part of Exhibit; both loaders read files that the user has, and fetch nothing.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path

from eval.cases import Case, write_suite
from eval.exchange import Message, write_archive
from ingest.errors import SuiteError

#: The line of equal signs between header and body in EnronQA's `email` column.
_ENRON_RULE = re.compile(r"^={5,}\s*$", re.MULTILINE)
_ENRON_HEADER = re.compile(r"^(Subject|Sender|Recipients|File|Date):[ \t]*(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TestSet:
    """Messages to ingest and questions about them."""

    #: Keeps pytest from collecting the class.
    __test__ = False

    messages: tuple[Message, ...]
    cases: tuple[Case, ...]

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write archive.jsonl and suite.jsonl; returns both paths."""
        folder.mkdir(parents=True, exist_ok=True)
        archive, suite = folder / "archive.jsonl", folder / "suite.jsonl"
        write_archive(self.messages, archive)
        write_suite(self.cases, suite)
        return archive, suite


def load_public(path: Path, *, split: str = "", user: str = "", rephrased: bool = False) -> TestSet:
    """A folder in the layout of BEIR, or else a file of EnronQA; SuiteError names file and line.

    `split` picks the qrels of BEIR, test when empty; the other two are for EnronQA.
    """
    if path.is_dir():
        return load_beir(path, split=split or "test")
    return load_enronqa(path, user=user, rephrased=rephrased)


def load_enronqa(path: Path, *, user: str = "", rephrased: bool = False) -> TestSet:
    """EnronQA (Ryan et al. 2025, arXiv:2505.00263) from JSON lines with its published columns.

    Read are `path`, `email`, `user`, `questions`, `rephrased_questions`, `gold_answers`; `user`
    keeps one inbox. The splits repeat the same emails, so rows of one `path` are joined. The gold
    answers are sentences, not strings to find: they count in token F1, and a question is right
    when its email is cited. SuiteError names line and column.
    """
    messages: dict[str, Message] = {}
    cases: dict[str, Case] = {}
    for where, row in _rows(path):
        if user and row.get("user") != user:
            continue
        place = _column(row, "path", where)
        messages.setdefault(place, _enron_message(place, _column(row, "email", where)))
        for case in _enron_cases(row, place, where, rephrased=rephrased):
            cases.setdefault(case.id, case)
    if not cases:
        raise SuiteError(
            f"{path}: no question" + (f" of user {user!r}; check the name" if user else "")
        )
    return TestSet(tuple(messages.values()), tuple(cases.values()))


def load_beir(folder: Path, *, split: str = "test") -> TestSet:
    """A folder in the layout of BEIR (Thakur et al. 2021): corpus, queries and qrels files.

    Documents become messages without sender or date; a document with a score above 0 is gold, and
    a query without one is left out, as the layout asks. SuiteError names file and line.
    """
    qrels = _qrels(folder / "qrels" / f"{split}.tsv")
    messages = tuple(
        Message(_column(row, "_id", at), "unknown", _column(row, "text", at), subject=_title(row))
        for at, row in _rows(folder / "corpus.jsonl")
    )
    queries = [
        (_column(row, "_id", at), _column(row, "text", at))
        for at, row in _rows(folder / "queries.jsonl")
    ]
    cases = tuple(
        Case(query, text, "beir", qrels[query], gold_mode="all")
        for query, text in queries
        if query in qrels
    )
    if not cases:
        raise SuiteError(f"{folder}: no query has a relevant document in qrels/{split}.tsv")
    return TestSet(messages, cases)


def _enron_message(place: str, text: str) -> Message:
    head, *rest = _ENRON_RULE.split(text, maxsplit=1)
    if not rest:
        head, body = "", text
    else:
        body = rest[0]
    fields = dict(_ENRON_HEADER.findall(head))
    recipients = re.split(r"[,;]\s*", fields.get("Recipients", "").strip("[]"))
    return Message(
        id=place,
        sender=fields.get("Sender", "").strip() or "unknown",
        body=body.strip("\n"),
        to=tuple(name.strip(" '\"") for name in recipients if name.strip(" '\"")),
        sent_at=_date(fields.get("Date", "")),
        subject=fields.get("Subject", "").strip(),
    )


def _date(text: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    return when if when.tzinfo else None


def _enron_cases(
    row: Mapping[str, object], place: str, where: str, *, rephrased: bool
) -> Iterator[Case]:
    asked = _strings(row, "rephrased_questions" if rephrased else "questions", where)
    answers = _strings(row, "gold_answers", where)
    if len(asked) != len(answers):
        raise SuiteError(f"{where}: {len(asked)} questions but {len(answers)} gold_answers")
    for question, answer in zip(asked, answers, strict=True):
        digest = sha256(f"{place}\0{question}".encode()).hexdigest()[:12]
        yield Case(f"enronqa-{digest}", question, "enronqa", (place,), answer=answer)


def _qrels(path: Path) -> dict[str, tuple[str, ...]]:
    """Query -> documents with a score above 0, in file order."""
    found: dict[str, tuple[str, ...]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t"))
    except OSError as error:
        raise SuiteError(f"cannot read {path}: {error.strerror}; check the split") from error
    for number, row in enumerate(rows[1:], 2):
        try:
            query, document, score = row[0], row[1], int(row[2])
        except (IndexError, ValueError) as error:
            raise SuiteError(
                f"{path}:{number}: must be query-id, corpus-id, score with tabs between"
            ) from error
        if score > 0:
            found[query] = (*found.get(query, ()), document)
    return found


def _rows(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """Place ("file:line") and object of each line."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"cannot read {path}: {error}; check the file") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise SuiteError(f"{path}:{number}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise SuiteError(f"{path}:{number}: not a JSON object")
        yield f"{path}:{number}", row


def _column(row: Mapping[str, object], name: str, where: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise SuiteError(f"{where}: column {name!r} is missing or not text")
    return value


def _title(row: Mapping[str, object]) -> str:
    title = row.get("title", "")
    return title if isinstance(title, str) else ""


def _strings(row: Mapping[str, object], name: str, where: str) -> Sequence[str]:
    value = row.get(name)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SuiteError(f"{where}: column {name!r} is missing or not a list of texts")
    return value
