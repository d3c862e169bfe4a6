"""What is said of a fault that nobody foresaw. Its message may hold words of mail: it is not shown.

`EXHIBIT_DEBUG=1` shows everything.
"""

import os
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

_ROOT = Path(__file__).resolve().parents[1]


def unexpected(error: BaseException) -> str:
    """One line: the kind of fault and where in Exhibit it came up."""
    return (
        f"unexpected {type(error).__name__}{_place(error.__traceback__)}; "
        "EXHIBIT_DEBUG=1 shows all of it"
    )


def report(error: BaseException) -> None:
    """Print that line on stderr, or the whole traceback when it was asked for."""
    if is_debugging():
        traceback.print_exception(error)
    else:
        print(f"exhibit: {unexpected(error)}", file=sys.stderr, flush=True)


def report_from_threads() -> None:
    """Have faults of threads told by `report` instead of Python's traceback."""

    def told(fault: threading.ExceptHookArgs) -> None:
        if fault.exc_value is not None:
            report(fault.exc_value)

    threading.excepthook = told


def is_debugging() -> bool:
    """True when tracebacks were asked for."""
    return os.environ.get("EXHIBIT_DEBUG") == "1"


def _place(trace: TracebackType | None) -> str:
    own = [
        frame
        for frame in traceback.extract_tb(trace)
        if frame.filename.startswith(str(_ROOT)) and "site-packages" not in frame.filename
    ]
    return f" at {Path(own[-1].filename).relative_to(_ROOT)}:{own[-1].lineno}" if own else ""
