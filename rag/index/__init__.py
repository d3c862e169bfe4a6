"""The index on disk: written by `write_index`, read through `open_index` and `IndexWatcher`."""

from rag.index.backup import export_index, import_index
from rag.index.canary import check_vectors
from rag.index.forgotten import read_forgotten, write_forgotten
from rag.index.generation import lock_index
from rag.index.read import (
    Index,
    IndexWatcher,
    canonical_dump,
    open_index,
    verify_index,
)
from rag.index.repeat import note_reading, published_receipt
from rag.index.rules import Rules, released_rules
from rag.index.stamp import Stamp, own_sources, read_stamp
from rag.index.write import IngestReport, repeat_index, write_index

__all__ = [
    "Index",
    "IndexWatcher",
    "IngestReport",
    "Rules",
    "Stamp",
    "canonical_dump",
    "check_vectors",
    "export_index",
    "import_index",
    "lock_index",
    "note_reading",
    "open_index",
    "own_sources",
    "published_receipt",
    "read_forgotten",
    "read_stamp",
    "released_rules",
    "repeat_index",
    "verify_index",
    "write_forgotten",
    "write_index",
]
