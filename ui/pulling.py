"""Having Ollama download the model, with a bar on a terminal and a line for each step elsewhere."""

from contextlib import closing
from typing import TYPE_CHECKING

from ui.neutral import one_line
from ui.output import note, stderr_console

if TYPE_CHECKING:
    from collections.abc import Generator

    from rag.config import Settings
    from rag.ports import PullProgress


def pull(settings: "Settings") -> None:
    """Download the model of the settings unless it is there; raises LLMError."""
    from rag.build import pull_model

    steps = pull_model(settings)
    with closing(steps):
        if stderr_console().is_terminal:
            _with_bar(steps, settings.model)
        else:
            _with_lines(steps)
    note(f"{settings.model} is there")


def _with_bar(steps: "Generator[PullProgress, None, None]", model: str) -> None:
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=stderr_console(), transient=True) as bar:
        task = bar.add_task(escape(one_line(model)), total=None)
        for step in steps:
            # Each layer of the model counts from zero; steps without a size keep the bar full.
            bar.update(task, description=escape(one_line(step.status)))
            if step.total:
                bar.update(task, completed=step.completed or 0, total=step.total)


def _with_lines(steps: "Generator[PullProgress, None, None]") -> None:
    told = ""
    for step in steps:
        if step.status != told:
            told = step.status
            size = f" ({step.total / 1e6:,.0f} MB)" if step.total else ""
            note(f"{told}{size}")
