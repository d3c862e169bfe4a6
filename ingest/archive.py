"""Sources of mail to one archive: the only public door of `ingest`.

Drafts are spooled to disk; people, copies and threads are resolved on outlines; then the finished
messages are written in archive order.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.dedupe import find_copies
from ingest.errors import SourceError
from ingest.formats.registry import read_source
from ingest.ids import make_id, tell_apart
from ingest.known import KnownMessage, adopt
from ingest.limits import Limits
from ingest.message_store import MessageStore
from ingest.model import Draft, Email, Person, Receipt, ReceiptLine, Segment, Skipped, Span, Variant
from ingest.origin import Said, said, with_origins
from ingest.outline import Copies, Outline
from ingest.people import People, load_people
from ingest.spool import Spool
from ingest.thread import Node, Thread, find_threads

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
    #: What was cut or repaired while reading, one line each, with the place.
    warnings: tuple[str, ...]


def read_archive(
    sources: Sequence[Path],
    *,
    limits: Limits | None = None,
    known: Sequence[KnownMessage] = (),
    people_file: Path | None = None,
    workspace: Path,
    progress: Progress | None = None,
) -> Archive:
    """Read all sources into `workspace/mail.sqlite` and `workspace/receipt.jsonl`.

    The result does not depend on the order of the sources. Memory does not grow with the text:
    about 1 kB is kept per message. SourceError when a source does not exist.
    """
    roots = _without_overlap(sources)
    overrides = load_people(people_file) if people_file else ()
    workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
    report = progress or (lambda _stage, _count: None)
    spool = Spool(workspace / "spool.sqlite")
    try:
        reading = _read(spool, roots, limits or Limits(), known, report)
        mentions = {spool.mentions[n]: count for n, count in sorted(spool.counts.items())}
        people = People(mentions, overrides)
        builder = _Builder(spool, people, _with_identities(reading.outlines, spool, people))
        path = workspace / "mail.sqlite"
        with MessageStore.create(path) as store:
            for count, email in enumerate(builder.emails(), 1):
                store.add(email)
                if count % _STEP == 0:
                    report("writing", count)
            store.set_aliases(people.aliases())
        receipt = Receipt(tuple(builder.receipt_lines(reading.entries)))
        _write_receipt(workspace / "receipt.jsonl", receipt)
    finally:
        spool.delete()
    return Archive(
        MessageStore.open(path), receipt, people, tuple(roots), tuple(reading.warnings)
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the readers gave: outlines by number, and one entry per input message."""

    outlines: list[Outline]
    entries: list[int | Skipped]
    warnings: list[str]
    reasons: dict[int, str]


def _without_overlap(sources: Sequence[Path]) -> list[Path]:
    """The sources, sorted, without those that stand inside another one."""
    for source in sources:
        if not source.exists():
            raise SourceError(f"there is no file or folder {source}; check the path")
    unique = sorted({source.resolve(): source for source in reversed(sources)}.items())
    return [
        source.absolute()
        for real, source in unique
        if not any(other != real and real.is_relative_to(other) for other, _ in unique)
    ]


def _read(
    spool: Spool,
    roots: Sequence[Path],
    limits: Limits,
    known: Sequence[KnownMessage],
    report: Progress,
) -> _Reading:
    reading = _Reading([], [], [], {})
    for entry in _entries(roots, limits, known):
        if isinstance(entry, Skipped):
            reading.entries.append(entry)
            continue
        outline = spool.add(entry)
        reading.outlines.append(outline)
        reading.entries.append(outline.seq)
        place = f"{entry.locator.path}:{entry.locator.first_line}"
        reading.warnings.extend(f"{place}: {warning}" for warning in entry.warnings)
        if len(reading.entries) % _STEP == 0:
            report("reading", len(reading.entries))
    return reading


def _entries(
    roots: Sequence[Path], limits: Limits, known: Sequence[KnownMessage]
) -> Iterator[Draft | Skipped]:
    for root in roots:
        found = read_source(root, limits)
        yield from adopt(found, known) if known else found


def _with_identities(
    outlines: Sequence[Outline], spool: Spool, people: People
) -> Iterator[Outline]:
    """The outlines with identities for mentions, and files numbered by name."""
    rank = {path: n for n, path in enumerate(sorted(spool.paths))}
    ranks = [rank[path] for path in spool.paths]
    numbers: dict[Person, int] = {}
    for outline in outlines:
        mentions = [spool.mentions[n] for n in (outline.sender, *outline.recipients)]
        found = [people.resolve(mention, mentions) for mention in mentions]
        sender, *recipients = (numbers.setdefault(person, len(numbers)) for person in found)
        yield replace(
            outline, path=ranks[outline.path], sender=sender, recipients=tuple(recipients)
        )


class _Builder:
    """Turns outlines into finished messages; afterwards knows what became of each draft."""

    def __init__(self, spool: Spool, people: People, outlines: Iterable[Outline]) -> None:
        self._spool = spool
        self._people = people
        self._copies = find_copies(outlines, spool.body)
        self._ids = self._message_ids()
        self._openings: dict[int, int] = {}
        for index, copies in enumerate(self._copies):
            if copies.kept.opening is not None:
                self._openings.setdefault(copies.kept.opening, index)

    def emails(self) -> Iterator[Email]:
        """The finished messages in archive order."""
        for thread in find_threads(self._nodes()):
            earlier: list[Said] = []
            thread_id = self._ids[thread.members[0]]
            for index, parent in zip(thread.members, thread.parents, strict=True):
                parent_id = None if parent is None else self._ids[parent]
                email = self._email(index, thread_id, parent_id)
                yield with_origins(email, earlier, self._lookup(index))
                if len(thread.members) > 1:
                    earlier.append(said(email))

    def receipt_lines(self, entries: Iterable[int | Skipped]) -> Iterator[ReceiptLine]:
        """One line per entry, in the order read."""
        fate: dict[int, ReceiptLine] = {}
        for message_id, copies in zip(self._ids, self._copies, strict=True):
            kept = copies.kept
            locators = self._spool.locators
            fate[kept.seq] = ReceiptLine(locators[kept.seq], "indexed", message_id)
            reason = f"copy of {_place(locators[kept.seq])}" if copies.others else ""
            for other in copies.others:
                outcome = "duplicate" if other.digest == kept.digest else "variant"
                fate[other.seq] = ReceiptLine(locators[other.seq], outcome, message_id, reason)
        for entry in entries:
            if isinstance(entry, Skipped):
                yield ReceiptLine(entry.locator, "skipped", None, entry.reason)
            else:
                yield fate[entry]
