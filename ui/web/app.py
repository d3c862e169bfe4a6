"""Serves the chat page until Ctrl-C or SIGTERM: on loopback, elsewhere only with an auth file."""

import asyncio
import ipaddress
import logging
import os
import socket
import sys
import webbrowser
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import fastapi
import gradio as gr
import uvicorn
from fastapi.responses import FileResponse
from starlette.types import ASGIApp

from ingest.errors import EnvironmentTrouble, UsageError
from ui.trouble import report_from_threads
from ui.web.archives import MAX_UPLOAD_BYTES, Archives, sweep
from ui.web.desk import Desk
from ui.web.guard import Guard
from ui.web.page import build_page
from ui.web.tools import PATH as TOOLS_PATH
from ui.web.tools import WithTools, check_installed
from ui.web.work import Works

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.engine import Engine

ASSETS = Path(__file__).parent / "assets"

#: Before this version gradio has known holes that the guard does not cover (RELIABILITY.md 1.3).
GRADIO_FLOOR = (6, 22)
#: What a form adds around the files that it uploads.
_FORM_BYTES = 64 * 2**10
#: Seconds after which gradio's queue looks for questions again: half of it is lost on average.
_LOOK_S = 0.01
#: Seconds that open streams get when the server is told to stop.
SHUTDOWN_S = 2


class PortTaken(EnvironmentTrouble):
    """Another program listens on the port."""


def serve(
    engine_factory: "Callable[[], Engine]",
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    auth_file: Path | None = None,
    open_browser: bool = False,
    settings: "Settings | None" = None,
    mcp: bool = False,
) -> None:
    """Serve until told to stop; prints "ready: URL" on stderr once the page answers.

    With `settings` mail can be added from the page; `mcp` puts the MCP tools beside it. Raises
    PortTaken, ToolsMissing, and UsageError for a host other than loopback without users.
    """
    users = read_users(auth_file) if auth_file else {}
    if not _is_loopback(host) and not users:
        raise UsageError(
            f"--host {host} lets other machines read the mail; add --auth FILE with name:password"
        )
    report_from_threads()
    if mcp:
        check_installed()
    desk = Desk(engine_factory)
    sweep()
    archives, works = Archives(desk, settings, may_read_paths=not users), Works()
    listener = _listen(host, port)
    url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    app = create_app(archives, users, works)
    if mcp:
        app = WithTools(app, lambda: desk.engine, users)
        print(f"MCP tools: {url}{TOOLS_PATH}", file=sys.stderr)
    server = _Server(_config(app), lambda: _ready(url, desk, open_browser))
    with listener, closing(archives), works:
        server.run(sockets=[listener])


def create_app(
    archives: Archives, users: Mapping[str, str] | None = None, works: Works | None = None
) -> ASGIApp:
    """The guarded ASGI app, for `serve` and for tests."""
    _check_gradio()
    # Where gradio puts files that are uploaded; it reads the environment whenever one comes.
    os.environ["GRADIO_TEMP_DIR"] = str(archives.inbox)
    parts = archives, users or {}, works or Works()
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(_made_in_loop(*parts))
    return _made(*parts)


async def _made_in_loop(archives: Archives, users: Mapping[str, str], works: Works) -> ASGIApp:
    """The app, made while a loop runs: without one gradio opens a loop per lock, closes none."""
    return _made(archives, users, works)


def _made(archives: Archives, users: Mapping[str, str], works: Works) -> ASGIApp:
    app = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/exhibit/{name}")
    def asset(name: str) -> FileResponse:
        return FileResponse(ASSETS / ("page.js" if name == "page.js" else "page.css"))

    page = build_page(archives, works)
    # Until a page was launched gradio reads whatever file a request names, and a mounted page never
    # is (gradio/processing_utils.py, `_check_allowed`); after that only what was uploaded.
    page.has_launched = True
    mounted = gr.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        run_history=False,
        show_error=True,
        max_file_size=MAX_UPLOAD_BYTES,
        ssr_mode=False,
        theme=gr.themes.Base(
            font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
        ),
        head='<link rel="stylesheet" href="/exhibit/page.css">'
        '<script src="/exhibit/page.js" defer></script>',
    )
    # gradio 6.31 looks for work each millisecond: a page that nobody uses took 5% of a processor.
    page._queue.sleep_when_free = _LOOK_S
    largest = MAX_UPLOAD_BYTES + _FORM_BYTES
    return Guard(mounted, users, largest_upload=largest, inbox=archives.inbox)


def read_users(path: Path) -> dict[str, str]:
    """Names and passwords of a file with one `name:password` a line; `#` starts a comment line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error}); give --auth a text file") from error
    users: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, password = line.strip().partition(":")
        if not (name and colon and password):
            raise UsageError(f"{path}:{number}: write name:password on each line")
        users[name] = password
    if not users:
        raise UsageError(f"{path}: no users in it; write name:password on each line")
    return users


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as uvicorn does, then call `on_ready`."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End without a word: an open tab's stream is cut, and uvicorn would print a traceback."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


def _config(app: ASGIApp) -> uvicorn.Config:
    # No access log: it would hold nothing but gradio's queue, and questions never belong in logs.
    return uvicorn.Config(
        app,
        log_level=logging.ERROR,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
        ws="none",
    )


def _ready(url: str, desk: Desk, open_browser: bool) -> None:
    print(f"ready: {url}", file=sys.stderr, flush=True)
    desk.warm_up()
    if open_browser:
        webbrowser.open(url)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise PortTaken(
            f"cannot listen on {host} port {port} ({error}); choose another with --port"
        ) from error
    return listener


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_gradio() -> None:
    version = tuple(int(part) for part in gr.__version__.split(".")[:2])
    if version < GRADIO_FLOOR:
        raise EnvironmentTrouble(
            f"gradio {gr.__version__} has known security holes; install gradio>=6.22"
        )
