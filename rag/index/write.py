"""From an archive to a published index: one writer, nothing half-written, nothing done twice.

A generation is written beside the published one and then takes its place.
"""

import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.chunk import ChunkSettings
from ingest.errors import IndexDamaged, IndexMissing
from ingest.message_store import MessageStore
from ingest.model import Skipped
from ingest.receipt import Receipt
from rag.index.build import Build, Changes, Former, Progress
from rag.index.generation import (
    MAIL,
    kept_generations,
    lock_index,
    new_generation,
    private_files,
    published,
    remove_generations,
    told_plainly,
)
from rag.index.journal import discard_journal
from rag.index.manifest import faults
from rag.index.repeat import is_same_reading, published_receipt
from rag.index.rules import Rules
from rag.index.stamp import Corpus, Stamp, check_match, stamp_of
from rag.ports import Embedder
from rag.vector_table import VectorTable

if TYPE_CHECKING:
    from ingest.archive import Archive


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of the input: messages == indexed + unchanged + duplicates + variants + skipped.

    `messages`: all input messages. `indexed`: new, or with other passages than before. `removed`:
    messages of the former index that are no longer there. `chunks`: passages now in the index.
    """

    messages: int
    indexed: int
    unchanged: int
    duplicates: int
    variants: int
    skipped: tuple[Skipped, ...]
    removed: int
    chunks: int
    seconds: float
    corpus: Corpus


def write_index(
    archive: "Archive",
    folder: Path,
    embedder: Embedder,
    *,
    rebuild: bool = False,
    wipe: bool = False,
    progress: Progress | None = None,
    rules: Rules | None = None,
) -> IngestReport:
    """Publish an index that holds exactly the archive; where nothing changed, nothing is written.

    `rebuild` starts from nothing: no vector is taken over. `wipe` leaves nothing on disk of what is
    no longer in the archive: no former generation, no deleted rows. An earlier run that was cut off
    is taken up where its vectors end. IndexLocked, IndexMismatch, EnvironmentTrouble (a full
    disk).
    """
    started = time.perf_counter()
    rules = rules or Rules()
    with lock_index(folder), private_files(), told_plainly(folder):
        remove_generations(folder, keep=kept_generations(folder))
        former = None if rebuild else _former(folder, embedder, rules.settings)
        wipe = wipe or _holds_forgotten(former, archive)
        if former and wipe:
            former = replace(former, is_copied=False)
        if rebuild:
            discard_journal(folder)
        generation = new_generation(folder)
        report = progress or (lambda _stage, _count: None)
        try:
            build = Build(generation, archive, embedder, rules, report)
            stamp, changes = build.run(former)
        finally:
            if not _is_published(generation):
                shutil.rmtree(generation, ignore_errors=True)
        discard_journal(folder)
        keep = {published(folder).path.name} if wipe else kept_generations(folder)
        remove_generations(folder, keep=frozenset(keep))
    return _report(archive.receipt, stamp, changes, time.perf_counter() - started)


def repeat_index(
    folder: Path, embedder: Embedder, reading: str, rules: Rules
) -> IngestReport | None:
    """What `write_index` would report of mail that is as it was, without reading it.

    `reading`: its fingerprint. None unless the published index is whole and was noted to be of just
    that. IndexLocked, IndexMismatch.
    """
    started = time.perf_counter()
    with lock_index(folder), told_plainly(folder):
        if not is_same_reading(folder, reading, rules, embedder):
            return None
        former = _former(folder, embedder, rules.settings)
        if former is None:
            return None
        remove_generations(folder, keep=kept_generations(folder))
        discard_journal(folder)
        receipt = published_receipt(folder)
    changes = Changes(0, len(former.email_ids), 0)
    return _report(receipt, former.stamp, changes, time.perf_counter() - started)


def _former(folder: Path, embedder: Embedder, settings: ChunkSettings) -> Former | None:
    """The published generation; None without one and when it is damaged: then all is made anew."""
    try:
        generation = published(folder)
        stamp = stamp_of(generation.path)
    except (IndexMissing, IndexDamaged):
        return None
    check_match(stamp, folder, embedder, settings)
    if faults(generation):
        return None
    with MessageStore.open(generation.path / MAIL) as mail:
        email_ids = frozenset(mail.ids())
    return Former(generation.path, stamp, VectorTable.open(generation.path), email_ids)


def _holds_forgotten(former: Former | None, archive: "Archive") -> bool:
    """True when the index has a message that was forgotten since, as after a crash of `forget`."""
    held = former.email_ids if former else frozenset[str]()
    return any(line.outcome == "skipped" and line.message_id in held for line in archive.receipt)


def _is_published(generation: Path) -> bool:
    try:
        return published(generation.parent).path == generation
    except (IndexMissing, IndexDamaged):
        return False


def _report(receipt: Receipt, stamp: Stamp, changes: Changes, seconds: float) -> IngestReport:
    return IngestReport(
        messages=len(receipt),
        indexed=changes.indexed,
        unchanged=changes.unchanged,
        duplicates=receipt.count("duplicate"),
        variants=receipt.count("variant"),
        skipped=tuple(
            Skipped(line.locator, line.reason) for line in receipt if line.outcome == "skipped"
        ),
        removed=changes.removed,
        chunks=stamp.chunks,
        seconds=seconds,
        corpus=stamp.corpus,
    )
