"""What the parts of `exhibit eval` share: the language model, and a bar while it works."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from eval.run import Tell
from rag.config import Settings
from ui.output import stderr_console

if TYPE_CHECKING:
    from rag.ports import LLM


def model_of(settings: Settings) -> "LLM":
    """The language model; raises LLMError, with the fix, when there is none.

    An extractive engine may be set beside it: then the model is the one that Ollama has.
    """
    from rag.build import open_llm

    llm = open_llm(settings, "auto" if settings.answerer == "extractive" else settings.answerer)
    assert llm is not None, "only the extractive answerer has no model"  # noqa: S101
    return llm


@contextmanager
def shown_progress(doing: str) -> Iterator[Tell]:
    """A bar on a terminal, silence elsewhere."""
    from rich.progress import Progress

    console = stderr_console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(doing)
        yield lambda done, total: bar.update(task, completed=done, total=total)
