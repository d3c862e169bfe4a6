"""Imports gradio in half the time, for `exhibit chat`, which people wait for."""

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import cast


def load_gradio() -> None:
    """Import gradio without having it parse its sources and write `.pyi` files beside them.

    For editors of gradio code it does so at every import (gradio.component_meta). Nor does it load
    `mcp`, where that is installed: `ui.web.tools` offers the tools, not gradio.
    """
    with _sources_out_of_sight("gradio."), _not_installed("mcp"):
        import gradio  # noqa: F401  (later imports find it loaded)


@contextmanager
def _sources_out_of_sight(package: str) -> Iterator[None]:
    """Let `inspect` find no file of the classes in `package`, as for classes typed in a shell."""
    getfile: Callable[..., str] = inspect.getfile

    def seen(thing: object) -> str:
        if str(getattr(thing, "__module__", "")).startswith(package):
            raise OSError(f"the source of {package}* is not looked at")
        return getfile(thing)

    stand_in: Callable[..., str] = seen
    inspect.getfile = stand_in
    try:
        yield
    finally:
        inspect.getfile = getfile


@contextmanager
def _not_installed(name: str) -> Iterator[None]:
    """Let imports of the package fail, unless it is loaded."""
    if name in sys.modules:
        yield
        return
    # None is how Python keeps an import from being tried.
    sys.modules[name] = cast(ModuleType, None)
    try:
        yield
    finally:
        del sys.modules[name]
