"""From the bytes of a file to the pack in it. The file may come from anybody and is not trusted."""

import json
from html import unescape
from pathlib import Path

from ingest.errors import PackError
from ui.pack.model import FORMAT, LAYOUT, Pack
from ui.pack.page import DATA_CLOSE, DATA_OPEN

#: Larger files are not read: a thousand questions with answers take about 20 MB.
MAX_BYTES = 64_000_000


def read_file(path: Path) -> bytes:
    """The bytes of the file; PackError when it cannot be read or is too large."""
    try:
        with path.open("rb") as file:
            found = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PackError(f"{path}: {error.strerror}; name an evidence pack (.html)") from error
    if len(found) > MAX_BYTES:
        raise PackError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB, so no evidence pack")
    return found


def pack_in(page: bytes, path: Path) -> Pack:
    """The pack that a page carries; PackError, which names `path`, when there is none to read."""
    from pydantic import TypeAdapter, ValidationError

    try:
        before, opened, rest = page.decode().partition(DATA_OPEN)
    except UnicodeDecodeError as error:
        raise PackError(f"{path}: not UTF-8 at byte {error.start}: altered, or no pack") from error
    data, closed, _ = rest.partition(DATA_CLOSE)
    if not (before and opened and closed):
        raise PackError(f"{path}: carries no data: altered, or no evidence pack of `ask --save`")
    try:
        # json keeps lone surrogates, which mail may hold and pydantic's own reader refuses. What
        # is read leniently here makes another page than the one it came with.
        pack = TypeAdapter(Pack).validate_python(json.loads(unescape(data)))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise PackError(f"{path}: data altered: {where}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise PackError(f"{path}: data altered: not JSON ({error})") from error
    if pack.format != FORMAT:
        raise PackError(f"{path}: data altered: format is {pack.format!r}, not {FORMAT!r}")
    if pack.layout != LAYOUT:
        raise PackError(
            f"{path}: made by {pack.program} in layout {pack.layout}, this version checks layout "
            f"{LAYOUT}; check it with {pack.program}"
        )
    return pack
