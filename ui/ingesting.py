"""From mail sources to a published index, as `exhibit ingest` does it: choose, read, write."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from corpus import released
from ingest.errors import IndexDamaged, IndexMismatch, IndexMissing
from rag.config import Settings
from ui.interrupts import heeded
from ui.output import note, stderr_console
from ui.setup import checked_paths

if TYPE_CHECKING:
    from ingest.forgotten import Forgotten
    from ingest.known import KnownMessage
    from ingest.limits import Limits
    from rag.index import IngestReport, Rules
    from rag.ports import Embedder

Progress = Callable[[str, int], None]

#: A transcript of the released emails is smaller than this many bytes.
_TRANSCRIPT_BYTES = released.MAX_BYTES
#: Begins the name of the folder in which mail is read.
_READING = "reading-"
#: Remarks of the readers that are printed.
_TOLD = 20


@dataclass(frozen=True, slots=True)
class Wish:
    """What to ingest: nothing named means the released emails; `add` keeps earlier sources."""

    sources: Sequence[Path] = ()
    add: bool = False
    offline: bool = False
    rebuild: bool = False


def ingest_mail(settings: Settings, wish: Wish, progress: Progress) -> "IngestReport":
    """Read the sources wished for and publish the index that holds exactly them."""
    from rag.index import lock_index

    # Held from the start: whoever comes second hears so before reading any mail.
    with lock_index(settings.index):
        sources = sources_of(settings, wish)
        return index_sources(settings, sources, progress, rebuild=wish.rebuild)


def index_sources(
    settings: Settings,
    sources: Sequence[Path],
    progress: Progress,
    *,
    rebuild: bool = False,
    wipe: bool = False,
) -> "IngestReport":
    """Publish the index of exactly these sources less what is forgotten; remarks go to stderr.

    Mail that is as it was is not read again. `wipe`: what is no longer there leaves the disk at
    once.
    """
    from ingest.fingerprint import fingerprint
    from rag.build import open_embedder, open_selector
    from rag.index import Rules, note_reading, released_rules, write_index

    is_released = _hold_released(sources)
    reading = _reading(settings, is_released=is_released)
    rules = released_rules() if is_released else Rules()
    embedder = open_embedder(settings)
    with _workspace(settings.index) as workspace, heeded(progress) as report:
        mark = fingerprint(sources, **reading, progress=report)
        if not (rebuild or wipe) and (repeated := _repeated(settings, embedder, mark, rules)):
            return repeated
        # Not sooner: mail that is as it was need not wait for it (0.14 s).
        from ingest.archive import read_archive

        archive = read_archive(sources, **reading, workspace=workspace, progress=report)
        _tell(archive.receipt.warnings())
        written = write_index(
            archive,
            settings.index,
            embedder,
            rebuild=rebuild,
            wipe=wipe,
            progress=report,
            rules=rules,
        )
        note_reading(settings.index, mark, rules, embedder)
        # So that the first question need not wait for it; what is wrong with it is told there.
        open_selector(settings, embedder)
        return written


class _Reading(TypedDict):
    """What decides beside the sources what is read."""

    known: Sequence["KnownMessage"]
    people_files: Sequence[Path]
    limits: "Limits"
    forgotten: "Forgotten"


def _reading(settings: Settings, *, is_released: bool) -> _Reading:
    from rag.index import read_forgotten

    return {
        "known": released.known_messages(),
        "people_files": _people_files(settings, is_released=is_released),
        "limits": settings.limits,
        "forgotten": read_forgotten(settings.index),
    }


def _repeated(
    settings: Settings, embedder: "Embedder", mark: str, rules: "Rules"
) -> "IngestReport | None":
    """The receipt of mail that is as it was when it was read last, remarks told again."""
    from rag.index import published_receipt, repeat_index

    report = repeat_index(settings.index, embedder, mark, rules)
    if report:
        _tell(published_receipt(settings.index).warnings())
    return report


def _people_files(settings: Settings, *, is_released: bool) -> list[Path]:
    """The user's own file, which counts most, and the one of the released emails."""
    own = [settings.people] if settings.people.is_file() else []
    return own + ([released.people_path()] if is_released else [])


def is_current(settings: Settings) -> bool:
    """True when the index is whole and was made as it would be made now."""
    from corpus.finding_aid import PROJECTION
    from ingest.chunk import ChunkSettings
    from rag.build import open_embedder
    from rag.index import open_index
    from rag.index.stamp import check_match
    from rag.question_vectors import Projection, QuestionVectors

    embedder = open_embedder(settings)
    try:
        index = open_index(settings.index, embedder=embedder)
        index.close()
        check_match(index.stamp, settings.index, embedder, ChunkSettings())
    except (IndexMissing, IndexMismatch, IndexDamaged):
        return False
    if index.stamp.corpus == "mail":
        return True
    aided = QuestionVectors.made(Projection.load(PROJECTION), None, embedder)
    return index.questions.points_like(aided)


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """A callback (stage, count so far) that moves a line on a terminal and is silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda stage, count: None
        return
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Bar(*columns, console=stderr_console(), transient=True) as bar:
        task = bar.add_task("reading")
        yield lambda stage, count: bar.update(task, description=f"{stage} {count:,}")


def sources_of(settings: Settings, wish: Wish) -> list[Path]:
    """The sources wished for, those the index has already first; the released emails if none.

    An index of own mail that is rebuilt is rebuilt from that mail.
    """
    kept = _indexed_sources(settings.index) if wish.add else []
    if wish.sources:
        return kept + [path for path in wish.sources if path not in kept]
    if wish.rebuild and (own := _own_sources(settings.index)):
        return own
    chosen = released.choose(cache=settings.cache, offline=wish.offline)
    if chosen.note:
        note(chosen.note)
    return kept + [path for path in [chosen.path] if path not in kept]


def _indexed_sources(index: Path) -> list[Path]:
    from rag.index import read_stamp

    stamp = read_stamp(index)
    return [Path(source) for source in stamp.sources] if stamp else []


def _own_sources(index: Path) -> list[Path]:
    from rag.index import own_sources

    return checked_paths([Path(source) for source in own_sources(index)])


def _hold_released(sources: Sequence[Path]) -> bool:
    """True when a source is, or directly holds, a pinned compilation or the digest."""
    pinned = {source.sha256 for source in released.sources()}
    pinned.add(_digest(released.digest_path()))
    files = [path for source in sources for path in _candidates(source)]
    return any(_digest(path) in pinned for path in files)


def _candidates(source: Path) -> list[Path]:
    inside = list(source.iterdir()) if source.is_dir() else [source]
    return [p for p in inside if p.is_file() and p.stat().st_size <= _TRANSCRIPT_BYTES]


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _tell(warnings: Iterator[str]) -> None:
    for warning in islice(warnings, _TOLD):
        note(f"note: {warning}")
    if more := sum(1 for _ in warnings):
        note(f"note: {more} more like these")


@contextmanager
def _workspace(index: Path) -> Iterator[Path]:
    """A private folder in that of the index, gone afterwards; call with the index locked.

    What a run that was killed left there, mail in plain, goes first.
    """
    for left in index.glob(f"{_READING}*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=_READING, dir=index))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
