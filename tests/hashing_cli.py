"""The real command line with the deterministic embedder: loads nothing large, so it starts fast.

Run as `python -m tests.hashing_cli ARGUMENTS`. With EXHIBIT_GATE in the environment it loads the
libraries, prints "ready" and starts when a line arrives on its standard input.
"""

import os
import signal
import sys

import rag.build
import rag.index
from rag.adapters import chroma_store
from rag.adapters.hashing_embedder import HashingEmbedder
from ui.cli import main


def run() -> int:
    """Run the command of `sys.argv`."""
    # A shell that starts the tests in the background has its children ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rag.build.open_embedder = lambda settings: HashingEmbedder()  # type: ignore[assignment,return-value]
    if "EXHIBIT_GATE" in os.environ:
        chroma_store._chromadb()
        print("ready", flush=True)
        sys.stdin.readline()
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())
