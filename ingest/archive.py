"""Sources of mail to one archive: the only public door of `ingest`.

Drafts are spooled to disk; people, copies and threads are resolved on outlines; then the finished
messages are written in archive order.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.assemble import Builder
from ingest.errors import SourceError
from ingest.forgotten import Forgotten
from ingest.formats.registry import read_source
from ingest.known import KnownMessage, adopt
from ingest.limits import Limits
from ingest.message_store import MessageStore
from ingest.model import Draft, Skipped
from ingest.people import People, load_people
from ingest.receipt import Receipt, write_receipt
from ingest.spool import Spool

#: Called with what is being done and how many messages it was done for.
Progress = Callable[[str, int], None]

_STEP = 200


@dataclass(frozen=True, slots=True)
class Archive:
    """The messages of some sources, and what became of every input message."""

    store: MessageStore
    receipt: Receipt
    people: People
    sources: tuple[Path, ...]


def read_archive(
    sources: Sequence[Path],
    *,
    limits: Limits | None = None,
    known: Sequence[KnownMessage] = (),
    people_files: Sequence[Path] = (),
    forgotten: Forgotten | None = None,
    workspace: Path,
    progress: Progress | None = None,
) -> Archive:
    """Read all sources into `workspace/mail.sqlite` and `workspace/receipt.jsonl`.

    The result does not depend on the order of the sources. Memory hardly grows with the mail:
    some 80 bytes are kept per message, and each spelling of a person once. What is `forgotten`
    ends as skipped in the receipt. Of `people_files` that name one person differently the first
    counts. SourceError when a source does not exist.
    """
    roots = _without_overlap(sources)
    overrides = [person for path in people_files for person in load_people(path)]
    workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
    report = progress or (lambda _stage, _count: None)
    forgotten = forgotten or Forgotten()
    spool = Spool(workspace / "spool.sqlite")
    try:
        entries = _entries(roots, limits or Limits(), known, forgotten)
        _read(spool, entries, report)
        people = People(spool.mention_counts(), overrides)
        builder = Builder(spool, people, forgotten.messages)
        path = workspace / "mail.sqlite"
        with MessageStore.create(path) as store:
            for count, email in enumerate(builder.emails(), 1):
                store.add(email)
                if count % _STEP == 0:
                    report("writing", count)
            store.set_aliases(people.aliases())
        receipt = write_receipt(workspace / "receipt.jsonl", builder.receipt())
    finally:
        spool.delete()
    return Archive(MessageStore.open(path), receipt, people, tuple(roots))


def read_drafts(source: Path, limits: Limits | None = None) -> Iterator[Draft | Skipped]:
    """What one source gives as its reader tells it: nothing is resolved, nothing is written."""
    return read_source(source, limits or Limits())


def _without_overlap(sources: Sequence[Path]) -> list[Path]:
    """The sources, sorted, without those that stand inside another one."""
    for source in sources:
        if not source.exists():
            raise SourceError(f"there is no file or folder {source}; check the path")
    unique = sorted({source.resolve(): source for source in reversed(sources)}.items())
    return [
        Path(os.path.abspath(source))  # noqa: PTH100  (drops "..", keeps links)
        for real, source in unique
        if not any(other != real and real.is_relative_to(other) for other, _ in unique)
    ]


def _read(spool: Spool, entries: Iterable[Draft | Skipped], report: Progress) -> None:
    for count, entry in enumerate(entries, 1):
        if isinstance(entry, Skipped):
            spool.skip(entry)
        else:
            spool.add(entry)
        if count % _STEP == 0:
            report("reading", count)


def _entries(
    roots: Sequence[Path],
    limits: Limits,
    known: Sequence[KnownMessage],
    forgotten: Forgotten,
) -> Iterator[Draft | Skipped]:
    for root in roots:
        found = read_source(root, limits)
        yield from forgotten.filtered(adopt(found, known) if known else found, root)
