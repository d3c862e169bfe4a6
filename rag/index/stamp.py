"""What an index was made with and from; an index of another model or chunker is refused by it."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ingest.chunk import ChunkSettings
from ingest.errors import IndexDamaged, IndexMismatch, IndexMissing
from rag.index.generation import published
from rag.ports import Embedder

Corpus = Literal["verbatim", "restated", "mail"]

NAME = "stamp.json"
#: Raised when the files of a generation change their meaning.
SCHEMA = 2
#: How vectors are compared; they have unit length.
METRIC = "cosine"


@dataclass(frozen=True, slots=True)
class Stamp:
    """`corpus`: released emails verbatim or restated, else "mail". `created_at`: ISO 8601, UTC."""

    embedder: str
    weights_hash: str
    dimensions: int
    chunking: ChunkSettings
    corpus: Corpus
    sources: tuple[str, ...]
    messages: int
    chunks: int
    created_at: str
    #: sha256 of all messages, the receipt and the sources: equal means nothing to do.
    content: str
    schema: int = SCHEMA
    metric: str = METRIC
    normalised: bool = True

    def write(self, folder: Path) -> None:
        """Write the stamp of the generation in `folder`."""
        text = json.dumps(asdict(self), indent=1, sort_keys=True)
        (folder / NAME).write_text(text, encoding="utf-8")


def read_stamp(folder: Path) -> Stamp | None:
    """The stamp of the published index, None without one; IndexMismatch, IndexDamaged."""
    try:
        return stamp_of(published(folder).path)
    except IndexMissing:
        return None


def stamp_of(generation: Path) -> Stamp:
    """The stamp of a generation; IndexMismatch for another schema, IndexDamaged."""
    path = generation / NAME
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        schema = int(facts["schema"])
        if schema == SCHEMA:
            facts["chunking"] = ChunkSettings(**facts["chunking"])
            facts["sources"] = tuple(facts["sources"])
            return Stamp(**facts)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexDamaged(
            f"{path} is missing or not what was written: run `exhibit ingest --rebuild`"
        ) from error
    age = "a newer" if schema > SCHEMA else "an older"
    raise IndexMismatch(
        f"the index in {generation.parent} was written by {age} version of Exhibit (schema "
        f"{schema}, this one uses {SCHEMA}): run `exhibit ingest --rebuild`"
    )


def own_sources(folder: Path) -> tuple[str, ...]:
    """The sources of an index of own mail, damaged or of another version too; () when unknown.

    Read leniently from the newest stamp: an index must not lose its mail to being made anew.
    """
    for path in sorted(folder.glob(f"gen-*/{NAME}"), reverse=True):
        with suppress(OSError, ValueError, KeyError, TypeError):
            facts = json.loads(path.read_text(encoding="utf-8"))
            return tuple(str(source) for source in facts["sources"] if facts["corpus"] == "mail")
    return ()


def check_match(
    stamp: Stamp, folder: Path, embedder: Embedder, settings: ChunkSettings | None = None
) -> None:
    """Raise IndexMismatch, naming what differs, unless the index was made with these."""
    differences = _differences(stamp, embedder, settings)
    if differences:
        raise IndexMismatch(
            f"the index in {folder} was made with {'; '.join(differences)}: "
            "run `exhibit ingest --rebuild`"
        )


def _differences(stamp: Stamp, embedder: Embedder, settings: ChunkSettings | None) -> Sequence[str]:
    found = []
    if stamp.embedder != embedder.name:
        found.append(f"the embedding model {stamp.embedder}, not {embedder.name}")
    elif stamp.weights_hash != embedder.weights_hash:
        found.append(
            f"other weights of {stamp.embedder} (sha256 {stamp.weights_hash[:12]}…, "
            f"not {embedder.weights_hash[:12]}…)"
        )
    if stamp.dimensions != embedder.dimensions:
        found.append(f"vectors of {stamp.dimensions} numbers, not {embedder.dimensions}")
    if stamp.metric != METRIC:
        found.append(f"the metric {stamp.metric}, not {METRIC}")
    if not stamp.normalised:
        found.append("vectors that are not normalised")
    if settings is not None and stamp.chunking != settings:
        found.append(f"other passage settings ({_other(stamp.chunking, settings)})")
    return found


def _other(old: ChunkSettings, new: ChunkSettings) -> str:
    before, now = asdict(old), asdict(new)
    return ", ".join(f"{k} {before[k]}, not {now[k]}" for k in now if before[k] != now[k])
