"""The finding aid of the released emails: for each message, questions it answers.

Written from reading each message, before and apart from the eval suite; see eval/README.md.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from ingest.aid import Aid

_PATH = Path(__file__).with_name("finding_aid.jsonl")


def finding_aid(*, by: int | None = None) -> Mapping[str, tuple[Aid, ...]]:
    """Aids by message id, in file order; `by` 1 or 2: only those of the first or second writers."""
    found: dict[str, list[Aid]] = defaultdict(list)
    for line in _PATH.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if by in (None, record["by"]):
            found[record["id"]].append(Aid(record["q"], tuple(record["a"])))
    return {name: tuple(aids) for name, aids in found.items()}
