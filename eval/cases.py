"""Eval suites: one question with its gold messages and accepted answers per JSON line.

A suite is read strictly: every error names the file, the line and the field.
"""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from rapidfuzz import process

from ingest.errors import SuiteError
from rag.model import Turn

Split = Literal["dev", "test", ""]
GoldMode = Literal["any", "all"]

#: The suite that comes with Exhibit.
BUNDLED = Path(__file__).with_name("qa.jsonl")

_FIELDS = (
    "id question type history gold_messages gold_mode answer answer_any must_all forbid_any"
    " split author"
).split()
#: An unknown field this close to a known one (0..100) is taken for a misspelling.
_MISSPELT = 84
_ROLES = ("user", "assistant")


@dataclass(frozen=True, slots=True)
class Case:
    """One question. `gold_messages == ()` means the archive does not hold the answer.

    `gold_mode` "any": each gold message answers alone; "all": the answer needs every one.
    An answer is right when it holds one of `answer_any`, one of each group of `must_all`, and
    none of `forbid_any`. `author` wrote the words that answer; "" when the suite does not say.
    """

    id: str
    question: str
    type: str
    gold_messages: tuple[str, ...]
    gold_mode: GoldMode = "any"
    history: tuple[Turn, ...] = ()
    answer: str = ""
    answer_any: tuple[str, ...] = ()
    must_all: tuple[tuple[str, ...], ...] = ()
    forbid_any: tuple[str, ...] = ()
    split: Split = ""
    author: str = ""

    @property
    def is_answerable(self) -> bool:
        """True when the archive holds the answer."""
        return bool(self.gold_messages)

    @property
    def has_accepted_answers(self) -> bool:
        """True when the suite says which strings make an answer right."""
        return bool(self.answer_any or self.must_all)


def load_suite(path: Path) -> tuple[Case, ...]:
    """The cases of a JSONL file in file order; SuiteError names file, line and field."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"cannot read the suite {path}: {error}; check the file") from error
    rows = [(f"{path}:{n}", line) for n, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise SuiteError(f"{path} holds no question; write one JSON object per line")
    cases = tuple(_case(line, where) for where, line in rows)
    used = Counter(case.id for case in cases)
    for (where, _), case in zip(rows, cases, strict=True):
        if used[case.id] > 1:
            raise SuiteError(f"{where}: field 'id': {case.id!r} is used twice; make ids unique")
    return cases


def select(
    cases: Sequence[Case],
    *,
    kinds: Collection[str] = (),
    split: str = "",
    limit: int | None = None,
    seed: int = 0,
) -> tuple[Case, ...]:
    """The cases of these kinds and this split, in suite order; with `limit`, a seeded sample.

    Raises SuiteError when nothing is left or a kind does not occur in the suite.
    """
    known = sorted({case.type for case in cases})
    unknown = sorted(set(kinds) - set(known))
    if unknown:
        raise SuiteError(f"no question of kind {unknown[0]!r}; kinds here: {', '.join(known)}")
    kept = [c for c in cases if (not kinds or c.type in kinds) and (not split or c.split == split)]
    if limit is not None and limit < len(kept):
        # Sampling only: nothing here is secret.
        chosen = random.Random(seed).sample(range(len(kept)), max(limit, 0))  # noqa: S311
        kept = [kept[index] for index in sorted(chosen)]
    if not kept:
        raise SuiteError(f"no question is left of {len(cases)}; change --kind, --split or --limit")
    return tuple(kept)


def suite_hash(cases: Sequence[Case]) -> str:
    """12 hex digits that change when a question, its gold or the choice of questions changes."""
    text = json.dumps([record(case) for case in cases], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def record(case: Case) -> dict[str, object]:
    """The case as a suite line holds it."""
    row: dict[str, object] = {
        "id": case.id,
        "question": case.question,
        "type": case.type,
        "history": [{"role": turn.role, "content": turn.content} for turn in case.history],
        "gold_messages": list(case.gold_messages),
        "gold_mode": case.gold_mode,
        "answer": case.answer,
        "answer_any": list(case.answer_any),
        "must_all": [list(group) for group in case.must_all],
        "forbid_any": list(case.forbid_any),
    }
    optional = {"split": case.split, "author": case.author}
    return {**row, **{name: value for name, value in optional.items() if value}}


def write_suite(cases: Sequence[Case], path: Path) -> None:
    """Write a suite that `load_suite` reads back unchanged."""
    lines = [json.dumps(record(case), ensure_ascii=False) for case in cases]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _case(line: str, where: str) -> Case:
    fields = _object(line, where)
    _check_names(fields, where)
    question = _text(fields, "question", where)
    if not question.strip():
        raise SuiteError(f"{where}: field 'question' is empty; write the question")
    digest = hashlib.sha256(line.strip().encode()).hexdigest()[:8]
    return Case(
        id=_label(fields, "id", where, default=f"q-{digest}"),
        question=question,
        type=_label(fields, "type", where, default="question"),
        history=_history(fields.get("history", []), where),
        gold_messages=_strings(fields, "gold_messages", where),
        gold_mode=cast(GoldMode, _choice(fields, "gold_mode", get_args(GoldMode), where)),
        answer=_text(fields, "answer", where, default=""),
        answer_any=_strings(fields, "answer_any", where),
        must_all=_groups(fields.get("must_all", []), where),
        forbid_any=_strings(fields, "forbid_any", where),
        split=cast(Split, _choice(fields, "split", get_args(Split)[::-1], where)),
        author=_text(fields, "author", where, default=""),
    )


def _object(line: str, where: str) -> dict[str, object]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SuiteError(f"{where}: not JSON ({error}); one JSON object per line") from error
    if not isinstance(fields, dict):
        raise SuiteError(f"{where}: not a JSON object; one question per line as {{...}}")
    return fields


def _check_names(fields: Mapping[str, object], where: str) -> None:
    """Fields of other tools are let through, but not a known one misspelt: it would be lost."""
    for name in fields:
        close = process.extractOne(name, _FIELDS, score_cutoff=_MISSPELT)
        if close and name not in _FIELDS:
            raise SuiteError(f"{where}: unknown field {name!r}; did you mean {close[0]!r}?")
    if "gold_messages" not in fields:
        raise SuiteError(f"{where}: field 'gold_messages' is missing; [] means not in the archive")


def _text(
    fields: Mapping[str, object], name: str, where: str, *, default: str | None = None
) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str):
        problem = "is missing" if name not in fields else f"is {value!r}, not a string"
        raise SuiteError(f'{where}: field {name!r} {problem}; write it as "..."')
    return value


def _label(fields: Mapping[str, object], name: str, where: str, *, default: str) -> str:
    """A text that is printed on terminals as it stands."""
    value = _text(fields, name, where, default=default)
    if not value.isprintable() or not value:
        raise SuiteError(f"{where}: field {name!r} is {value!r}; use printable characters only")
    return value


def _choice(fields: Mapping[str, object], name: str, allowed: Sequence[str], where: str) -> str:
    value = _text(fields, name, where, default=allowed[0])
    if value not in allowed:
        options = ", ".join(repr(option) for option in allowed if option)
        raise SuiteError(f"{where}: field {name!r} is {value!r}; choose one of {options}")
    return value


def _strings(fields: Mapping[str, object], name: str, where: str) -> tuple[str, ...]:
    return _string_list(fields.get(name, []), f"{where}: field {name!r}")


def _groups(value: object, where: str) -> tuple[tuple[str, ...], ...]:
    label = f"{where}: field 'must_all'"
    if not isinstance(value, list):
        raise SuiteError(f'{label} must be a list of lists of strings: [["a", "b"], ["c"]]')
    return tuple(_string_list(group, label) for group in value)


def _string_list(value: object, label: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise SuiteError(f"{label} must be a list of strings, none of them empty")
    return tuple(value)


def _history(value: object, where: str) -> tuple[Turn, ...]:
    label = f"{where}: field 'history'"
    if not isinstance(value, list):
        raise SuiteError(f"{label} must be a list of turns, oldest first")
    turns = []
    for turn in value:
        if not isinstance(turn, dict) or turn.get("role") not in _ROLES:
            raise SuiteError(f"{label}: each turn has role user or assistant, and content")
        if not isinstance(turn.get("content"), str):
            raise SuiteError(f"{label}: 'content' of a turn must be a string")
        turns.append(Turn(turn["role"], turn["content"]))
    return tuple(turns)
