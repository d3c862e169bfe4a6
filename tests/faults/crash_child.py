"""Ingests that are killed on purpose. Reads one request per line, answers when the child is dead.

The libraries are loaded once; every request is a fork that ingests and dies by SIGKILL, either at
the n-th report of a stage or after some seconds.
"""

import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rag.adapters import chroma_store
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.index import write_index
from tests.fakes import opened_archive


@dataclass(slots=True)
class Executioner:
    """A progress callback that kills its own process at the n-th report of a stage."""

    stage: str
    nth: int

    def __call__(self, stage: str, _count: int) -> None:
        """Called by the ingest."""
        if stage == self.stage:
            self.nth -= 1
            if self.nth == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Serve requests `{"source", "index", "stage", "nth", "seconds"}` until the input ends."""
    chroma_store._chromadb()
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            _ingest(request)
        if request["seconds"]:
            time.sleep(request["seconds"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _ingest(request: dict[str, str]) -> None:
    progress = Executioner(request["stage"], int(request["nth"]))
    with opened_archive(Path(request["source"])) as archive:
        write_index(archive, Path(request["index"]), HashingEmbedder(), progress=progress)
    os._exit(0)


if __name__ == "__main__":
    main()
