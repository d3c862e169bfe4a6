"""A loopback server that speaks Ollama's protocol and the OpenAI chat route, with faults by name.

`with OllamaDouble() as double:` then `double.url`, `double.fault = "stall"`, `double.requests`.
"""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from types import TracebackType

from tests.ollama_faults import FAULTS


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request as it arrived; `body` is {} when it is not a JSON object."""

    method: str
    path: str
    body: dict[str, object]
    headers: dict[str, str]


@dataclass(slots=True)
class OllamaDouble:
    """Set the fields before a request; they hold for all later ones."""

    reply: Sequence[str] = ("The ", "answer ", "[1].")
    #: Makes the reply from the request's body; overrides `reply`.
    write: Callable[[dict[str, object]], Sequence[str]] | None = None
    thinking: Sequence[str] = ()
    #: Sent as it stands in place of a reply, a chunk for each.
    raw: Sequence[bytes] = ()
    #: A name of `FAULTS`, and the ends of the paths where it happens; "" is every path.
    fault: str = ""
    fault_at: str | tuple[str, ...] = ("/chat", "/completions")
    models: Sequence[str] = ("llama3.2:latest",)
    context: int = 8192
    #: Rows of /api/ps: models in memory.
    loaded: Sequence[Mapping[str, object]] = ()
    show_extra: Mapping[str, object] = field(default_factory=dict)
    done_reason: str = "stop"
    #: Seconds before the first piece, and between pieces.
    delay_s: float = 0.0
    gap_s: float = 0.0
    #: Prompt tokens reported; None: counted by `tokenize`, and cut when there are too many.
    prompt_tokens: int | None = None
    tokenize: Callable[[str], int] = lambda text: len(text.split()) * 4 // 3
    #: The most that the server has room for, whatever num_ctx asks for.
    room: int = 1 << 20
    requests: list[Recorded] = field(default_factory=list)
    #: time.monotonic() of each moment a client was seen to hang up.
    disconnects: list[float] = field(default_factory=list)
    _server: ThreadingHTTPServer | None = None
    _closing: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """http://127.0.0.1:port"""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def chats(self) -> list[Recorded]:
        """The chat requests so far."""
        return [seen for seen in self.requests if seen.path.endswith(("/chat", "/completions"))]

    def __enter__(self) -> "OllamaDouble":
        handler = type("Handler", (Handler,), {"double": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def pieces(self, body: dict[str, object]) -> Sequence[str]:
        """What the model writes for this request."""
        return self.write(body) if self.write else self.reply


class _Server(ThreadingHTTPServer):
    def server_bind(self) -> None:
        """Bind without looking up this machine's name, which may ask a name server."""
        TCPServer.server_bind(self)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is expected here; nothing is printed."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    double: OllamaDouble

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""

    def do_GET(self) -> None:
        self._record({})
        routes: dict[str, Callable[[], object]] = {
            "/api/version": lambda: {"version": "0.30.0"},
            "/api/tags": lambda: {"models": [_model_row(name) for name in self.double.models]},
            "/api/ps": lambda: {"models": self.double.loaded},
            "/v1/models": lambda: {
                "data": [
                    {"id": n, "max_model_len": self.double.context} for n in self.double.models
                ]
            },
        }
        found = routes.get(self.path)
        self._answer(lambda: self.send(200, found()) if found else self._unknown())

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        value = json.loads(raw or b"{}")
        body = value if isinstance(value, dict) else {}
        self._record(body)
        routes = {
            "/api/show": self._show,
            "/api/pull": self._pull,
            "/api/chat": self._chat,
            "/v1/chat/completions": self._chat,
        }
        found = routes.get(self.path)
        self._answer(lambda: found(body) if found else self._unknown())

    def _unknown(self) -> None:
        self.send(404, {"error": "not found"})

    def _record(self, body: dict[str, object]) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.double.requests.append(Recorded(self.command, self.path, body, headers))

    def send(self, status: int, value: object, kind: str = "application/json") -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def _show(self, body: dict[str, object]) -> None:
        if not self._has(body):
            return
        info = {"general.architecture": "llama", "llama.context_length": self.double.context}
        self.send(200, {"details": {}, "model_info": info, **self.double.show_extra})

    def _pull(self, body: dict[str, object]) -> None:
        self.start()
        for done in (10, 100):
            self.line({"status": "pulling 1a2b", "digest": "x", "total": 100, "completed": done})
        if self.double.fault != "pull_error":
            self.line({"status": "success"})
            name = str(body.get("model"))
            wanted = name if ":" in name else f"{name}:latest"
            self.double.models = (*self.double.models, wanted)
        else:
            self.line({"error": "pull model manifest: file does not exist"})
        self.chunk(b"")

    def _has(self, body: dict[str, object]) -> bool:
        wanted = str(body.get("model"))
        wanted = wanted if ":" in wanted else f"{wanted}:latest"
        if wanted in self.double.models:
            return True
        self.send(404, {"error": f"model '{body.get('model')}' not found"})
        return False

    def _chat(self, body: dict[str, object]) -> None:
        if self._has(body):
            self.start("text/event-stream" if self.sse else "application/x-ndjson")
            self.wait(self.double.delay_s)
            if self.double.raw:
                for data in filter(None, self.double.raw):
                    self.chunk(data)
                self.chunk(b"")
            else:
                self._write(body)

    def _answer(self, route: Callable[[], None]) -> None:
        """What the route sends, or what the fault does in its place."""
        fault = FAULTS.get(self.double.fault)
        try:
            if fault and self.path.endswith(self.double.fault_at):
                fault.act(self)
            else:
                route()
        except OSError:
            self.double.disconnects.append(time.monotonic())
            self.close_connection = True

    @property
    def sse(self) -> bool:
        return self.path.startswith("/v1")

    def _write(self, body: dict[str, object]) -> None:
        for thought in self.double.thinking:
            self.token("", thinking=thought)
        for piece in self.double.pieces(body):
            self.token(piece)
            self.wait(self.double.gap_s)
        self.done(body)

    def token(self, text: str, thinking: str = "") -> None:
        message = {"role": "assistant", "content": text}
        if self.sse:
            delta = {"content": text, **({"reasoning_content": thinking} if thinking else {})}
            self.line({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        else:
            message |= {"thinking": thinking} if thinking else {}
            self.line({"model": "m", "created_at": "", "message": message, "done": False})

    def done(self, body: dict[str, object], reason: str = "") -> None:
        reason = reason or self.double.done_reason
        counts = (self._prompt_tokens(body), 7)
        if self.sse:
            self.line({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
            usage = {"prompt_tokens": counts[0], "completion_tokens": counts[1]}
            self.line({"choices": [], "usage": usage})
            self.chunk(b"data: [DONE]\n\n")
        else:
            tail = {"prompt_eval_count": counts[0], "eval_count": counts[1], "done_reason": reason}
            message = {"role": "assistant", "content": ""}
            self.line({"model": "m", "created_at": "", "message": message, "done": True, **tail})
        self.chunk(b"")

    def _prompt_tokens(self, body: dict[str, object]) -> int:
        """Like the real server: of a prompt over num_ctx it reads half that and says nothing."""
        if self.double.prompt_tokens is not None:
            return self.double.prompt_tokens
        options, messages = body.get("options"), body.get("messages")
        asked = options.get("num_ctx", 4096) if isinstance(options, dict) else self.double.room
        size = min(asked, self.double.room)
        texts = [str(m["content"]) for m in messages] if isinstance(messages, list) else []
        count = sum(map(self.double.tokenize, texts))
        return count if count <= size else size // 2

    def start(self, kind: str = "application/x-ndjson") -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def line(self, value: object) -> None:
        text = json.dumps(value, ensure_ascii=False)
        self.chunk(f"data: {text}\n\n".encode() if self.sse else f"{text}\n".encode())

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def wait(self, seconds: float) -> None:
        """Sleep, but notice a client that hangs up."""
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0 and not self.double._closing.is_set():
            self.connection.settimeout(min(rest, 0.02))
            try:
                if not self.connection.recv(1, socket.MSG_PEEK):
                    raise ConnectionResetError("client hung up")
            except TimeoutError:
                continue
        self.connection.settimeout(None)

    def drop(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()


def _model_row(name: str) -> dict[str, object]:
    return {"name": name, "model": name, "size": 1, "digest": "0", "details": {}}
