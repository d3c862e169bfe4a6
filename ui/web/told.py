"""Tells the faults of the page's handlers in one line, unforeseen ones without words of mail.

Left to itself gradio prints the traceback with its message and sends the message to the browser.
"""

import functools
import inspect
from collections.abc import AsyncIterator, Callable

import gradio as gr

from ingest.errors import ExhibitError
from ui.trouble import report, unexpected


def told(handler: Callable[..., object]) -> Callable[..., object]:
    """`handler`, an ordinary function or an async generator, with its unforeseen faults told."""
    if inspect.isasyncgenfunction(handler):

        @functools.wraps(handler)
        async def frames(*args: object) -> AsyncIterator[object]:
            with Told():
                async for frame in handler(*args):
                    yield frame

        return frames

    @functools.wraps(handler)
    def answer(*args: object) -> object:
        with Told():
            return handler(*args)

    return answer


class Told:
    """Turns a fault inside into gradio's error: ours by its message, others told on stderr."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ExhibitError):
            raise gr.Error(str(error), print_exception=False) from error
        if isinstance(error, Exception) and not isinstance(error, gr.Error):
            report(error)
            raise gr.Error(unexpected(error), print_exception=False) from error
