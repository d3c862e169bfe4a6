"""`exhibit ingest`: read mail into the index."""

from dataclasses import asdict, replace
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.model import Span
from ui.options import IndexFlag, JsonFlag
from ui.output import note, print_json, stdout_console
from ui.render import locator_json
from ui.setup import checked_paths, settings_from

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.index import IngestReport
    from ui.ingesting import Wish

#: Skipped messages that are listed on a terminal; `--json` lists all.
_LISTED = 20


def ingest(
    source: Annotated[
        list[Path] | None,
        typer.Argument(help="mbox, .eml, Maildir, folder, archive; none: the released emails."),
    ] = None,
    *,
    add: Annotated[bool, typer.Option("--add", help="Keep the sources indexed before.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Never use the network.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Start over; without SOURCE, from the mail indexed.")
    ] = False,
    if_needed: Annotated[
        bool, typer.Option("--if-needed", help="Do nothing when there is a usable index.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay and index again when the files change.")
    ] = False,
    index: IndexFlag = None,
    json: JsonFlag = False,
) -> int:
    """Read mail into the index, which then holds exactly the sources named.

    Unchanged messages are not embedded again; the mail itself is never changed.
    """
    from ui.ingesting import Wish, ingest_mail, is_current, shown_progress

    settings = settings_from({"index": index})
    if if_needed and not watch and is_current(settings):
        return 0
    wish = Wish(
        tuple(checked_paths(source or [])),
        add=add,
        offline=offline,
        # An index that is there but of no use cannot be taken over.
        rebuild=rebuild or (if_needed and (settings.index / "CURRENT").exists()),
    )
    if watch:
        return _watch(settings, wish, as_json=json)
    with shown_progress() as progress:
        report = ingest_mail(settings, wish, progress)
    print_receipt(report, settings.index, as_json=json)
    return 0


def print_receipt(report: "IngestReport", index: Path, *, as_json: bool) -> None:
    """Print what became of the mail: a table for people, or one JSON object."""
    if as_json:
        print_json(_receipt_json(report))
    else:
        _print_table(report, index)


def _watch(settings: "Settings", wish: "Wish", *, as_json: bool) -> int:
    """Index at every change, one line each, until Ctrl-C."""
    from ui.ingesting import ingest_mail, sources_of
    from ui.watching import watch

    sources = sources_of(settings, wish)
    wish = replace(wish, sources=tuple(sources), add=False)
    note(f"watching {', '.join(map(str, sources))}; Ctrl-C stops")
    try:
        for report in watch(sources, lambda: ingest_mail(settings, wish, lambda *_: None)):
            line = dumps(_receipt_json(report)) if as_json else _receipt_line(report)
            print(line, flush=True)
    except KeyboardInterrupt:
        note("stopped watching; the index is whole")
    return 0


def _receipt_json(report: "IngestReport") -> dict[str, object]:
    skipped = [{"locator": locator_json(s.locator), "reason": s.reason} for s in report.skipped]
    return {**asdict(report), "skipped": skipped, "seconds": round(report.seconds, 2)}


def _receipt_line(report: "IngestReport") -> str:
    return (
        f"{report.messages:,} messages: {report.indexed:,} new, {report.unchanged:,} unchanged, "
        f"{report.duplicates + report.variants:,} copies, {len(report.skipped):,} skipped; "
        f"{report.removed:,} removed, {report.seconds:.1f} s"
    )


def _print_table(report: "IngestReport", index: Path) -> None:
    from ui.terminal import key_values

    rows = [
        ("messages read", f"{report.messages:,}"),
        ("newly indexed", f"{report.indexed:,}"),
        ("unchanged", f"{report.unchanged:,}"),
        ("duplicates", f"{report.duplicates:,}"),
        ("variants", f"{report.variants:,}"),
        ("skipped", f"{len(report.skipped):,}"),
        ("removed from the index", f"{report.removed:,}"),
        ("passages", f"{report.chunks:,}"),
        ("text", report.corpus),
    ]
    stdout_console().print(key_values("Receipt", rows))
    for skipped in report.skipped[:_LISTED]:
        note(f"skipped {_place(skipped.locator)}: {skipped.reason}")
    if len(report.skipped) > _LISTED:
        note(f"... and {len(report.skipped) - _LISTED} more: --json lists all")
    note(f"{report.seconds:.1f} s; index in {index}")


def _place(locator: Span) -> str:
    return f"{locator.path}:{locator.first_line}"
