"""`make bench`: how fast mail is read and questions are answered, and how much memory that takes.

Each part runs in a process of its own, so that its peak of memory is its own.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from eval.bench_parts import PARTS, Figures


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print a table or one JSON object."""
    chosen = _arguments(argv)
    megabytes = 1000.0 if chosen.gigabyte else chosen.megabytes
    figures = measure(megabytes, chosen.parts)
    if chosen.json:
        print(json.dumps({"machine": machine(), "figures": figures}, indent=2))
    else:
        _print_table(figures)
    return 0


def measure(megabytes: float, parts: Sequence[str] = tuple(PARTS)) -> Figures:
    """The figures of the parts. The archive is made at a quarter of the size too, to show by how
    much memory grows.
    """
    runs = [
        ("parsing", megabytes),
        ("archiving", megabytes / 4),
        ("archiving", megabytes),
        ("asking", megabytes),
    ]
    figures: Figures = {}
    for part, size in [run for run in runs if run[0] in parts]:
        # A fresh interpreter: a forked one would start at this one's peak.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            figures |= pool.submit(PARTS[part], size).result()
    return figures


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
    }


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m eval.bench", description=__doc__)
    parser.add_argument("--megabytes", type=float, default=100.0, help="size of the mbox read")
    parser.add_argument("--gigabyte", action="store_true", help="the same as --megabytes 1000")
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser.parse_args(argv)


def _processor() -> str:
    """The model of the processor where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _print_table(figures: Mapping[str, float]) -> None:
    print("; ".join(f"{name} {value}" for name, value in machine().items()))
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:<{width}}  {value:>10,.{0 if value >= 100 else 2}f}")


if __name__ == "__main__":
    sys.exit(main())
