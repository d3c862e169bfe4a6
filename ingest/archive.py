"""Sources of mail to one archive: the only public door of `ingest`.

Drafts are spooled to disk; people, copies and threads are resolved on outlines; then the finished
messages are written in archive order.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.assemble import Builder
from ingest.errors import SourceError
from ingest.forgotten import Forgotten
from ingest.formats.registry import read_source
from ingest.known import KnownMessage, adopt
from ingest.limits import Limits
from ingest.message_store import MessageStore
from ingest.model import Draft, Receipt, ReceiptLine, Skipped
from ingest.outline import Outline
from ingest.people import People, load_people
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
    #: What was cut or repaired while reading, one line each, with the place.
    warnings: tuple[str, ...]


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

    The result does not depend on the order of the sources. Memory does not grow with the text:
    about 1 kB is kept per message. What is `forgotten` ends as skipped in the receipt.
    Of `people_files` that name one person differently the first counts.
    SourceError when a source does not exist.
    """
    roots = _without_overlap(sources)
    overrides = [person for path in people_files for person in load_people(path)]
    workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
    report = progress or (lambda _stage, _count: None)
    forgotten = forgotten or Forgotten()
    spool = Spool(workspace / "spool.sqlite")
    try:
        entries = _entries(roots, limits or Limits(), known, forgotten)
        reading = _read(spool, entries, report)
        people = People(spool.mention_counts(), overrides)
        builder = Builder(spool, people, reading.outlines, forgotten.messages)
        path = workspace / "mail.sqlite"
        with MessageStore.create(path) as store:
            for count, email in enumerate(builder.emails(), 1):
                store.add(email)
                if count % _STEP == 0:
                    report("writing", count)
            store.set_aliases(people.aliases())
        receipt = Receipt(tuple(_receipt_lines(builder, reading)))
        _write_receipt(workspace / "receipt.jsonl", receipt)
    finally:
        spool.delete()
    return Archive(MessageStore.open(path), receipt, people, tuple(roots), _warnings(receipt))


def read_drafts(source: Path, limits: Limits | None = None) -> Iterator[Draft | Skipped]:
    """What one source gives as its reader tells it: nothing is resolved, nothing is written."""
    return read_source(source, limits or Limits())


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the readers gave: outlines by number, and one entry per input message."""

    outlines: list[Outline]
    entries: list[int | Skipped]
    #: What was cut or repaired, by number of the draft.
    warnings: dict[int, tuple[str, ...]]


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


def _read(spool: Spool, entries: Iterable[Draft | Skipped], report: Progress) -> _Reading:
    reading = _Reading([], [], {})
    for entry in entries:
        if isinstance(entry, Skipped):
            reading.entries.append(entry)
            continue
        outline = spool.add(entry)
        reading.outlines.append(outline)
        reading.entries.append(outline.seq)
        if entry.warnings:
            reading.warnings[outline.seq] = entry.warnings
        if len(reading.entries) % _STEP == 0:
            report("reading", len(reading.entries))
    return reading


def _entries(
    roots: Sequence[Path],
    limits: Limits,
    known: Sequence[KnownMessage],
    forgotten: Forgotten,
) -> Iterator[Draft | Skipped]:
    for root in roots:
        found = read_source(root, limits)
        yield from forgotten.filtered(adopt(found, known) if known else found, root)


def _receipt_lines(builder: Builder, reading: _Reading) -> Iterator[ReceiptLine]:
    """One line per entry, in the order read."""
    fate = builder.fate()
    for entry in reading.entries:
        if isinstance(entry, Skipped):
            yield ReceiptLine(entry.locator, "skipped", None, entry.reason)
            continue
        line = fate[entry]
        reasons = (line.reason, *reading.warnings.get(entry, ()))
        yield replace(line, reason="; ".join(filter(None, reasons)))


def _warnings(receipt: Receipt) -> tuple[str, ...]:
    return tuple(
        f"{line.locator.path}:{line.locator.first_line}: {line.reason}"
        for line in receipt.lines
        if line.outcome == "indexed" and line.reason
    )


def _write_receipt(path: Path, receipt: Receipt) -> None:
    """One JSON object per line; readable by the owner only."""
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8") as file:
        for line in receipt.lines:
            locator = {
                "path": line.locator.path,
                "first_line": line.locator.first_line,
                "last_line": line.locator.last_line,
            }
            entry = {
                "locator": locator,
                "outcome": line.outcome,
                "message_id": line.message_id,
                "reason": line.reason,
            }
            file.write(json.dumps(entry) + "\n")
