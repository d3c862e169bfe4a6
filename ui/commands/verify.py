"""`exhibit verify`: whether an evidence pack is as it was made."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ui.options import IndexFlag, JsonFlag
from ui.output import note, print_json
from ui.setup import engine_from


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Made by `exhibit ask --save`.")],
    *,
    mail: Annotated[
        bool, typer.Option("--mail", help="Compare the excerpts with the mail of your index, too.")
    ] = False,
    index: IndexFlag = None,
    fingerprint: Annotated[
        str | None, typer.Option("--fingerprint", metavar="HEX", help="As its maker told you.")
    ] = None,
    json: JsonFlag = False,
) -> int:
    """Check an evidence pack, offline: exits with 2 when a byte of it was altered.

    A pack is not signed: whoever has Exhibit can make another one. So compare the fingerprint with
    the one that its maker tells you, or the excerpts with the mail (--mail, or --index DIR).
    """
    from ui.pack.check import Finding, check_data, check_fingerprint, check_mail, check_page
    from ui.pack.reading import pack_in, read_file

    page = read_file(file)
    pack = pack_in(page, file)

    def findings() -> Iterator[Finding]:
        yield from check_page(page, pack)
        yield from check_data(pack)
        if fingerprint:
            yield check_fingerprint(pack, fingerprint)
        if mail or index:
            yield from check_mail(pack, engine_from({"index": index}).message)

    found = list(findings())
    holds = all(finding.ok for finding in found)
    if json:
        listed = [{"ok": each.ok, "message": each.message} for each in found]
        print_json({"ok": holds, "fingerprint": pack.fingerprint, "findings": listed})
    else:
        from ui.neutral import one_line

        for each in found:
            print(f"{'ok ' if each.ok else 'BAD'} {one_line(each.message)}")
        print(f"    fingerprint {pack.fingerprint}")
        if not (mail or index):
            note("not compared with the mail; --mail does that where the archive is indexed")
    return 0 if holds else 2
