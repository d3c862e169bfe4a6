"""What a new process costs: `exhibit --help`, and one question from a cold start."""

import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.clock import Finished, run_program
from bench.options import Options
from bench.table import Table
from corpus import released

QUESTION = "What did Sutskever and Brockman write to Musk about absolute control of AGI?"
EXHIBIT = (sys.executable, "-m", "ui.cli")


def starting(options: Options) -> Table:
    """Wall time and memory of whole processes, in alternation."""
    with tempfile.TemporaryDirectory() as folder:
        index = str(Path(folder) / "index")
        run_program([*EXHIBIT, "ingest", str(released.digest_path()), "--index", index])
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "exhibit --help": [*EXHIBIT, "--help"],
            "exhibit search": [*EXHIBIT, "search", QUESTION, "--index", index],
            "exhibit ask": [
                *(*EXHIBIT, "ask", QUESTION, "--index", index),
                *("--answerer", "extractive"),
            ],
        }
        runs: dict[str, list[Finished]] = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                runs[name].append(run_program(command))
    return Table("From a cold start", ("command", "median s", "best s", "peak MB"), _rows(runs))


def _rows(runs: dict[str, list[Finished]]) -> tuple[tuple[str, float, float, float], ...]:
    return tuple(
        (name, median(r.seconds for r in done), min(r.seconds for r in done), done[0].peak_mb)
        for name, done in runs.items()
    )
