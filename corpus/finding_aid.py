"""The finding aid of the released emails: questions that each message answers, and that none does.

Written from reading each message, before and apart from the eval suite; see eval/README.md.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.aid import Aid

if TYPE_CHECKING:
    from rag.index import Rules
    from rag.question_vectors import Projection

_HERE = Path(__file__).parent
PROJECTION = _HERE / "projection.npz"
#: The writers of the questions, by number.
WRITERS = (1, 2, 3, 4)


def finding_aid(by: Collection[int] = WRITERS) -> Mapping[str, tuple[Aid, ...]]:
    """Aids by message id, in file order, of these writers."""
    found: dict[str, list[Aid]] = defaultdict(list)
    for record in _records("finding_aid.jsonl", by):
        found[record["id"]].append(Aid(record["q"], tuple(record["a"])))
    return {name: tuple(aids) for name, aids in found.items()}


def untold(by: Collection[int] = WRITERS) -> tuple[str, ...]:
    """Questions near to what the emails tell that none of them answers, of these writers."""
    return tuple(record["q"] for record in _records("untold.jsonl", by))


def _records(name: str, by: Collection[int]) -> Iterator[dict[str, Any]]:
    lines = (_HERE / name).read_text(encoding="utf-8").splitlines()
    return (record for record in map(json.loads, lines) if record["by"] in by)


def projection() -> "Projection":
    """Where questions point, fitted to both by `python -m eval.fit_projection`."""
    import numpy as np

    from rag.question_vectors import Projection

    with np.load(PROJECTION, allow_pickle=False) as stored:
        return Projection(stored["matrix"].astype(np.float32), str(stored["weights_hash"]))


def released_rules() -> "Rules":
    """How the released emails are indexed: with all of the above."""
    from rag.index import Rules

    return Rules(aids=finding_aid(), untold=untold(), projection=projection())
