"""`exhibit export-index` and `exhibit import-index`: the whole index as one file, and back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.options import IndexFlag, JsonFlag
from ui.output import print_json, stdout_console
from ui.setup import checked_paths, settings_from

if TYPE_CHECKING:
    from rag.index import Stamp


def export_index(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")],
    *,
    index: IndexFlag = None,
    json: JsonFlag = False,
) -> int:
    """Write the whole index, mail included, into one file with checksums, for your eyes only."""
    from rag.index import export_index as write

    folder = settings_from({"index": index}).index
    stamp = write(folder, file)
    _print(stamp, file, folder, "exported to", as_json=json)
    return 0


def import_index(
    file: Annotated[Path, typer.Argument(help="A file that `exhibit export-index` wrote.")],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of the index that is there.")
    ] = False,
    index: IndexFlag = None,
    json: JsonFlag = False,
) -> int:
    """Make the index what a file of `exhibit export-index` holds; a damaged file changes nothing.

    Mail that was forgotten since is not brought back.
    """
    from rag.index import import_index as read

    folder = settings_from({"index": index}).index
    stamp = read(checked_paths([file])[0], folder, replace=replace)
    _print(stamp, file, folder, "imported from", as_json=json)
    return 0


def _print(stamp: "Stamp", file: Path, folder: Path, done: str, *, as_json: bool) -> None:
    size = file.stat().st_size
    if as_json:
        counts = {"messages": stamp.messages, "chunks": stamp.chunks, "bytes": size}
        print_json({"file": str(file), "index": str(folder), **counts})
    else:
        stdout_console().print(f"{stamp.messages:,} messages {done} {file} ({size / 1e6:,.1f} MB)")
