"""What a bench tells: a table, as text for people and as JSON, with facts of the machine."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Cell = str | float | int


@dataclass(frozen=True, slots=True)
class Table:
    """One bench. `rows` have a cell for each column; `notes` say what must be known to read it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Title, notes, and each row by the names of the columns."""
        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"title": self.title, "rows": rows, "notes": list(self.notes)}

    def as_text(self) -> str:
        """Aligned columns under their names, numbers to the right."""
        lines = [self.columns, *(tuple(map(_spelled, row)) for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        first = self.rows[0] if self.rows else self.columns
        told = [_aligned(line, widths, first) for line in lines]
        return "\n".join([self.title, *told, *(f"  {note}" for note in self.notes)])


def figures_table(title: str, figures: dict[str, float], notes: Sequence[str] = ()) -> Table:
    """A table of names and numbers."""
    return Table(title, ("what", "figure"), tuple(figures.items()), tuple(notes))


def machine() -> dict[str, str | int | float]:
    """What the figures were measured on."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory_gb": _memory_gb(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else 0,
    }


def _aligned(line: Sequence[str], widths: Sequence[int], like: Sequence[Cell]) -> str:
    cells = [
        cell.ljust(width) if isinstance(kind, str) else cell.rjust(width)
        for cell, width, kind in zip(line, widths, like, strict=True)
    ]
    return "  ".join(cells).rstrip()


def _spelled(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:,.{0 if abs(cell) >= 100 else 2}f}"


def _processor() -> str:
    """The model of the processor where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gb() -> int:
    if not hasattr(os, "sysconf"):
        return 0
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9)
