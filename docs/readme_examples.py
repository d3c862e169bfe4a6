"""Runs the examples of the README on the built-in emails and writes what they print into it."""

import io
import os
import re
import shlex
import tempfile
import textwrap
from contextlib import redirect_stdout
from pathlib import Path

from ui.cli import main

README = Path(__file__).resolve().parents[1] / "README.md"
#: An example: the marker, the command line, and what it prints.
EXAMPLE = re.compile(r"(<!-- runs -->\n```console\n\$ exhibit (.*?)\n).*?```", re.DOTALL)
_WIDTH = 96


def refreshed(text: str) -> str:
    """The README with the present output of each example, wrapped."""
    return EXAMPLE.sub(lambda found: f"{found[1]}{_output(found[2])}```", text)


def _output(command: str) -> str:
    stream = io.StringIO()
    with redirect_stdout(stream):
        main(shlex.split(command))
    return "\n".join(_wrapped(line) for line in stream.getvalue().rstrip().split("\n")) + "\n"


def _wrapped(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(line, _WIDTH, subsequent_indent=indent, break_on_hyphens=False)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"EXHIBIT_INDEX": folder, "EXHIBIT_ANSWERER": "extractive"}
        main(["ingest", str(README.parent / "corpus/digest.jsonl"), "--offline"])
        README.write_text(refreshed(README.read_text(encoding="utf-8")), encoding="utf-8")
