"""Printing: one JSON object on stdout, text for people through rich, everything else to stderr.

rich is imported on first use, so that `--help` and `--json` do not wait for it.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ui.neutral import one_line

if TYPE_CHECKING:
    from rich.console import Console

#: Columns off a terminal: a pipe must get whole lines, not lines wrapped at 80.
_UNWRAPPED = 100_000


def print_json(value: Mapping[str, object]) -> None:
    """Print one JSON object; ASCII only, so that no character of a mail reaches the terminal."""
    print(json.dumps(value, indent=2))


def note(message: str) -> None:
    """Print one line for people on stderr."""
    print(one_line(message), file=sys.stderr)


def print_listing(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table for people; off a terminal lines of tab-separated fields, for other programs.

    Every field is one line and neutralised. The last column is never cut: ids stand there.
    """
    if not sys.stdout.isatty():
        for row in (columns, *rows):
            print("\t".join(one_line(field) for field in row))
        return
    from ui.terminal import listing

    stdout_console().print(listing(columns, rows))


def stdout_console() -> "Console":
    """Console for results. No markup, emoji codes or highlighting: the text is of strangers."""
    return _console(to_stderr=False)


def stderr_console() -> "Console":
    """Console for progress and remarks."""
    return _console(to_stderr=True)


def _console(*, to_stderr: bool) -> "Console":
    from rich.console import Console

    stream = sys.stderr if to_stderr else sys.stdout
    return Console(
        stderr=to_stderr,
        markup=False,
        emoji=False,
        highlight=False,
        width=None if stream.isatty() else _UNWRAPPED,
    )
