"""What the published index was read from, kept beside it: the same once more needs no reading.

`read.json` is of no generation: without it, or with one that does not fit, all is read as usual.
"""

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from ingest.errors import IndexDamaged, IndexMissing
from ingest.receipt import Receipt, open_receipt
from rag.index.generation import RECEIPT, private_files, published, told_plainly, write_synced
from rag.index.rules import Rules
from rag.ports import Embedder

NAME = "read.json"


def note_reading(folder: Path, reading: str, rules: Rules, embedder: Embedder) -> None:
    """Note that the published index is what `reading`, a fingerprint, gives with these.

    EnvironmentTrouble.
    """
    facts = _facts(folder, reading, rules, embedder)
    with private_files(), told_plainly(folder):
        write_synced(folder / NAME, json.dumps(facts) + "\n")


def is_same_reading(folder: Path, reading: str, rules: Rules, embedder: Embedder) -> bool:
    """True when the published index was noted to be just this; says nothing of its files."""
    with suppress(OSError, ValueError, IndexMissing, IndexDamaged):
        noted = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return bool(noted == _facts(folder, reading, rules, embedder))
    return False


def published_receipt(folder: Path) -> Receipt:
    """What became of each input message of the published index; IndexMissing, IndexDamaged."""
    return open_receipt(published(folder).path / RECEIPT)


def _facts(folder: Path, reading: str, rules: Rules, embedder: Embedder) -> dict[str, str]:
    generation = published(folder)
    made = repr((rules, embedder.name, embedder.weights_hash))
    return {
        "generation": generation.path.name,
        "manifest": generation.manifest_hash,
        "reading": reading,
        "made": sha256(made.encode("utf-8", "surrogatepass")).hexdigest(),
    }
