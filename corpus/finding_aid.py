"""The finding aid of the released emails: questions that each message answers, and that none does.

Written from reading each message, before and apart from the eval suite; see eval/README.md.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ingest.aid import Aid

_HERE = Path(__file__).parent
#: Where questions point, fitted by `python -m eval.fit_projection`.
PROJECTION = _HERE / "projection.npz"
#: What all the questions are embedded as, made by the same run.
VECTORS = _HERE / "question_vectors.npz"
#: The writers of the questions, by number.
WRITERS = tuple(range(1, 32))


def finding_aid(by: Collection[int] = WRITERS) -> Mapping[str, tuple[Aid, ...]]:
    """Aids by message id, in file order, of these writers."""
    found: dict[str, list[Aid]] = defaultdict(list)
    for record in _records("finding_aid.jsonl", by):
        found[record["id"]].append(Aid(record["q"], tuple(record["a"])))
    return {name: tuple(aids) for name, aids in found.items()}


def untold(by: Collection[int] = WRITERS) -> tuple[str, ...]:
    """Questions near to what the emails tell that none of them answers, of these writers."""
    return tuple(record["q"] for record in _records("untold.jsonl", by))


def questions(by: Collection[int] = WRITERS) -> tuple[str, ...]:
    """All questions of these writers, each once: those with an answer first."""
    told = (aid.question for aids in finding_aid(by).values() for aid in aids)
    return tuple(dict.fromkeys([*told, *untold(by)]))


def _records(name: str, by: Collection[int]) -> Iterator[dict[str, Any]]:
    lines = (_HERE / name).read_text(encoding="utf-8").splitlines()
    return (record for record in map(json.loads, lines) if record["by"] in by)
