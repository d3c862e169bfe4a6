"""What `exhibit forget` does: take mail out of the index for good; the mail files stay as they are.

A message is forgotten by its id, a file or folder by its path; both are remembered beside the
index, so that no later ingest brings them back. A source itself is merely no longer a source.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import SourceError, UnknownMessage
from ingest.forgotten import Forgotten, is_inside, named_by
from rag.config import Settings
from ui.ingesting import Progress, index_sources

if TYPE_CHECKING:
    from rag.index import Index, IngestReport


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the next ingest reads, and what of it is left out."""

    sources: tuple[Path, ...]
    forgotten: Forgotten


def forget(settings: Settings, target: str, progress: Progress) -> "IngestReport":
    """Take a message (by id) or what came from a path out of the index, and off the disk.

    UnknownMessage, SourceError when the index has no such thing; IndexMissing, IndexLocked.
    """
    from rag.index import lock_index, open_index, read_forgotten, write_forgotten

    folder = settings.index
    # Without an index there is nothing to forget, and no folder is to be made.
    open_index(folder).close()
    with lock_index(folder):
        index = open_index(folder)
        try:
            plan = _plan(index, read_forgotten(folder), target)
        finally:
            index.close()
        # Remembered first: should this process die, the next ingest forgets.
        write_forgotten(folder, plan.forgotten)
        return index_sources(settings, plan.sources, progress, wipe=True)


def _plan(index: "Index", forgotten: Forgotten, target: str) -> _Plan:
    sources = tuple(Path(source) for source in index.stamp.sources)
    if target in index.mail:
        messages = forgotten.messages | {target}
        return _Plan(sources, replace(forgotten, messages=messages))
    path = str(Path(target).absolute())
    left = tuple(s for s in sources if str(s) != path and not is_inside(str(s), path))
    if len(left) < len(sources):
        return _Plan(left, forgotten)
    if named_by(path, [line.locator.path for line in index.receipt()]):
        return _Plan(sources, replace(forgotten, paths=forgotten.paths | {path}))
    raise _unknown(index, target)


def _unknown(index: "Index", target: str) -> SourceError | UnknownMessage:
    if Path(target).exists() or "/" in target:
        known = ", ".join(index.stamp.sources) or "none"
        return SourceError(f"nothing in the index is from {target}; its sources: {known}")
    return UnknownMessage(
        f"no message has the id {target!r} and no source that path; `exhibit search` shows ids"
    )
