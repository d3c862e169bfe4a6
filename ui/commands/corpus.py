"""`exhibit corpus`: getting and checking the released emails word for word."""

from pathlib import Path
from typing import Annotated

import typer

from ui.output import note, stdout_console
from ui.setup import settings_from

app = typer.Typer(help="Get the released emails word for word, or check the copy you have.")
_NEXT = "now run: exhibit ingest"


@app.command()
def fetch(*, timeout: Annotated[float, typer.Option(min=1, help="Seconds in all.")] = 60.0) -> int:
    """Download the fullest public compilation and check it byte for byte."""
    from corpus.released import fetch as download

    path = download(cache=settings_from({}).cache, timeout_s=timeout)
    note(f"verbatim emails are at {path}; {_NEXT}")
    return 0


@app.command(name="import")
def import_(file: Annotated[Path, typer.Argument(help="A copy that you have.")]) -> int:
    """Take a copy that you have, if it is one of the known compilations."""
    from corpus.released import import_file

    source = import_file(file, cache=settings_from({}).cache)
    note(f"{file} is “{source.title}”, {source.messages} messages; {_NEXT}")
    return 0


@app.command()
def verify() -> int:
    """Say which compilations are on this machine and whether their bytes are right."""
    from corpus.released import verify as check
    from ui.terminal import key_values

    states = check(settings_from({}).cache)
    rows = [(source.title, state) for source, state in states]
    stdout_console().print(key_values("Released emails", rows))
    return 3 if any(state == "damaged" for _, state in states) else 0
