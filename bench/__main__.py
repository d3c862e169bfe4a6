"""`make bench`: how fast Exhibit is, how much memory and disk it takes, alone and beside its peers.

Each part runs in a process of its own, so that its peak of memory is its own.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench.asking import asking
from bench.growing import growing
from bench.ingesting import ingesting
from bench.options import Options
from bench.peers.compare import beside
from bench.reading import archiving, reading
from bench.serving import serving
from bench.sizing import sizing
from bench.starting import starting
from bench.table import Table, machine

PARTS: dict[str, Callable[[Options], Table]] = {
    "starting": starting,
    "asking": asking,
    "reading": reading,
    "archiving": archiving,
    "ingesting": ingesting,
    "growing": growing,
    "sizing": sizing,
    "serving": serving,
    "peers": beside,
}
#: What `make bench` runs when no part is named: minutes, not the better part of an hour.
_USUAL = ("starting", "asking", "reading", "archiving", "ingesting", "sizing")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, and print tables or one JSON object."""
    chosen = _arguments(argv)
    options = Options(
        mails=chosen.mails, megabytes=chosen.megabytes, passages=tuple(chosen.passages)
    )
    tables = []
    for part in chosen.parts:
        table = run_part(part, options)
        tables.append(table)
        if not chosen.json:
            print(f"\n{table.as_text()}", flush=True)
    if chosen.json:
        told = {"machine": machine(), "tables": [table.as_json() for table in tables]}
        print(json.dumps(told, indent=1))
    else:
        print("\n" + "; ".join(f"{name} {value}" for name, value in machine().items()))
    return 0


def run_part(part: str, options: Options) -> Table:
    """The table of one part."""
    # A fresh interpreter: a forked one would start at this one's peak.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(PARTS[part], options).result()


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    usual = Options()
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--mails", type=int, default=usual.mails, help="generated, to ingest")
    parser.add_argument("--megabytes", type=float, default=usual.megabytes, help="of mail to read")
    parser.add_argument(
        "--passages", type=int, nargs="+", default=usual.passages, help="to grow to"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args(argv)
    chosen.parts = chosen.parts or list(_USUAL)
    unknown = [part for part in chosen.parts if part not in PARTS]
    if unknown:
        parser.error(f"no part {unknown[0]!r}: {', '.join(PARTS)}")
    return chosen


if __name__ == "__main__":
    sys.exit(main())
