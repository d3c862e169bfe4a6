"""Measuring: time, the most memory held, other programs run from their start to their end."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryFile

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that ended: wall seconds and the most memory it held, what it printed."""

    seconds: float
    peak_mb: float
    output: str


def run_program(
    command: Sequence[str],
    *,
    environ: Mapping[str, str] | None = None,
    expect: Sequence[int] = (0,),
) -> Finished:
    """Run a program from a cold start; RuntimeError with its last words when it fails."""
    with TemporaryFile("w+") as output, TemporaryFile("w+") as told:
        started = time.perf_counter()
        child = subprocess.Popen(  # noqa: S603  (our own commands)
            command, cwd=ROOT, env={**os.environ, **(environ or {})}, stdout=output, stderr=told
        )
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        told.seek(0)
        if child.returncode not in expect:
            raise RuntimeError(f"{' '.join(command[:3])} failed: {told.read().strip()[-400:]}")
        return Finished(seconds, _megabytes(usage.ru_maxrss), output.read())


def milliseconds(action: Callable[[], object]) -> float:
    """Milliseconds that an action takes."""
    started = time.perf_counter()
    action()
    return 1000 * (time.perf_counter() - started)


def p95(values: Sequence[float]) -> float:
    """The 95th percentile; of one value that value."""
    return quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def peak_mb() -> float:
    """The most memory that this process has held so far, in MB."""
    with suppress(OSError):
        # Unlike ru_maxrss it begins anew with the program, not at the peak of who started it.
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
    return _megabytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _megabytes(largest: int) -> float:
    # Bytes on macOS, KiB elsewhere.
    return largest / 1e6 if sys.platform == "darwin" else largest * 1024 / 1e6
