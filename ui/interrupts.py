"""Ctrl-C and SIGTERM that reach the command although code on the way drops exceptions.

Python drops what a signal handler raises while an object is finalised or a C library calls back.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui.ingesting import Progress


@contextmanager
def heeded(progress: "Progress") -> Iterator["Progress"]:
    """The progress callback, which raises again what a signal raised and something dropped."""
    if threading.current_thread() is not threading.main_thread():
        yield progress
        return
    came: list[int] = []
    former = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)
        handle(number, frame)

    def handle(number: int, frame: FrameType | None) -> None:
        handler = former[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    def report(stage: str, count: int) -> None:
        if came:
            handle(came[0], None)
        progress(stage, count)

    def dropped(what: "sys.UnraisableHookArgs") -> None:
        if not came:
            reported(what)

    for number, handler in former.items():
        if callable(handler):
            signal.signal(number, note)
    reported, sys.unraisablehook = sys.unraisablehook, dropped
    try:
        yield report
    finally:
        sys.unraisablehook = reported
        for number, handler in former.items():
            signal.signal(number, handler)
