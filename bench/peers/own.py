"""Exhibit's side of the comparison: searches in one process, as `harness` does for a peer.

python -m bench.peers.own INDEX K QUESTIONS.json
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rag.build import build_engine
from rag.config import load_settings


def main(argv: Sequence[str]) -> None:
    """Print the messages found for each question and the milliseconds each took."""
    index, k, questions = argv
    chosen = {"index": Path(index), "answerer": "extractive"}
    engine = build_engine(load_settings(chosen, environ=os.environ))
    found, times = [], []
    for question in json.loads(Path(questions).read_text(encoding="utf-8")):
        started = time.perf_counter()
        hits = engine.search(question, int(k)).hits
        times.append(1000 * (time.perf_counter() - started))
        found.append([hit.email.id for hit in hits])
    print(json.dumps({"found": found, "milliseconds": times}))


if __name__ == "__main__":
    main(sys.argv[1:])
