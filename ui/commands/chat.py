"""`exhibit chat`: the page in the browser."""

from pathlib import Path
from typing import Annotated

import typer

from ui.options import AnswererFlag, IndexFlag, ModelFlag, RemoteFlag
from ui.setup import settings_from


def chat(
    *,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port.")] = 7860,
    index: IndexFlag = None,
    answerer: AnswererFlag = None,
    model: ModelFlag = None,
    allow_remote: RemoteFlag = None,
    auth: Annotated[
        Path | None,
        typer.Option("--auth", metavar="FILE", help="Lines of user:password; needed off 127.0.0.1"),
    ] = None,
    mcp: Annotated[
        bool, typer.Option("--mcp", help="Also offer ask, search and show as MCP tools at /mcp.")
    ] = False,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
) -> int:
    """Chat with the archive in the browser, until Ctrl-C."""
    from ui.web.loading import load_gradio

    load_gradio()
    from rag.build import build_engine
    from ui.web.app import serve

    settings = settings_from(
        {"index": index, "answerer": answerer, "model": model, "allow_remote_llm": allow_remote}
    )
    serve(
        lambda: build_engine(settings),
        host=host,
        port=port,
        auth_file=auth,
        open_browser=browser,
        settings=settings,
        mcp=mcp,
    )
    return 0
