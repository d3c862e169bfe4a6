"""What `exhibit ingest --watch` does: index again whenever the files of the sources change."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import ExhibitError, IndexLocked
from ui.output import note

if TYPE_CHECKING:
    from rag.index import IngestReport

#: Seconds between two looks at the files; a look costs one `stat` per file.
INTERVAL_S = 2.0

#: Per file: size, time of change in ns, inode.
Snapshot = dict[str, tuple[int, int, int]]


def watch(
    sources: Sequence[Path],
    ingest: Callable[[], "IngestReport"],
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator["IngestReport"]:
    """Ingest now and after every change of a file; yields what became of it, without end.

    A writer that holds the lock is waited for. After any other trouble the first time it is
    raised, later it is told in one line and the next change is waited for. `pause` sleeps for so
    many seconds.
    """
    seen: Snapshot | None = None
    was_told = False
    while True:
        # Taken before reading: what changes meanwhile is seen the next time.
        now = snapshot(sources)
        if now != seen:
            try:
                yield ingest()
                seen, was_told = now, False
            except IndexLocked as error:
                if not was_told:
                    note(f"waiting: {error}")
                was_told = True
            except ExhibitError as error:
                if seen is None:
                    raise
                note(f"watching on: {error}")
                seen = now
        pause(INTERVAL_S)


def snapshot(sources: Sequence[Path]) -> Snapshot:
    """The state of every file of the sources; what vanishes while looking is not in it."""
    found: Snapshot = {}
    for path in _files(sources):
        try:
            state = path.stat()
        except OSError:
            continue
        found[str(path)] = state.st_size, state.st_mtime_ns, state.st_ino
    return found


def _files(sources: Sequence[Path]) -> Iterator[Path]:
    for source in sources:
        yield from (p for p in source.rglob("*") if p.is_file()) if source.is_dir() else (source,)
