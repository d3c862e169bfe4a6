"""Streams an answer over HTTP with wall-clock deadlines, size limits and instant cancellation.

Both language-model adapters import this lazily: it loads httpx.
"""

import codecs
import contextlib
import json
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import httpx
import ollama
import pydantic

from ingest.errors import LLMCutOff, LLMError
from rag.adapters.faults import Limits, Reason, Server, StreamFault, ThinkFilter
from rag.ports import Usage

#: Seconds between empty pieces while nothing arrives: a caller can stop at each of them.
HEARTBEAT_S = 0.25
_ERROR_BODY = 64 << 10

#: Library exception -> reason; the first that fits counts, so special ones stand first.
REASON_OF: tuple[tuple[type[BaseException], Reason], ...] = (
    (httpx.ConnectTimeout, "connect_timeout"),
    (httpx.PoolTimeout, "connect_timeout"),
    (httpx.TimeoutException, "stalled"),
    (httpx.ConnectError, "unreachable"),
    (httpx.ReadError, "reset"),
    (httpx.NetworkError, "reset"),
    (httpx.RemoteProtocolError, "cut"),
    (httpx.ProtocolError, "client"),
    (httpx.UnsupportedProtocol, "bad_url"),
    (httpx.InvalidURL, "bad_url"),
    (httpx.ProxyError, "unreachable"),
    (httpx.TransportError, "unreachable"),
    (httpx.DecodingError, "bad_utf8"),
    (httpx.TooManyRedirects, "redirect"),
    (httpx.HTTPError, "http_error"),
    (httpx.StreamError, "client"),
    (httpx.CookieConflict, "client"),
    (ollama.RequestError, "client"),
    (ollama.ResponseError, "http_error"),
    (pydantic.ValidationError, "wrong_types"),
    (json.JSONDecodeError, "bad_line"),
    (UnicodeDecodeError, "bad_utf8"),
    (RecursionError, "bad_line"),
    (AttributeError, "not_object"),
    (TypeError, "not_object"),
    (ConnectionRefusedError, "refused"),
    (socket.gaierror, "unknown_host"),
    (OSError, "unreachable"),
    (ValueError, "bad_line"),
)
CAUGHT: tuple[type[BaseException], ...] = (StreamFault, *(kind for kind, _ in REASON_OF))


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the model's output; `thinking` when it is reasoning, not answer."""

    text: str
    thinking: bool = False


class Connection:
    """The socket of one request, so that another thread can shut it at once."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._aborted = False

    def watch(self, request: httpx.Request) -> None:
        """Request hook: learn the socket as soon as it is connected (httpx "trace" extension)."""
        request.extensions["trace"] = self._trace

    def abort(self) -> None:
        """Shut the socket down; a thread blocked on it wakes up with an error."""
        self._aborted = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _trace(self, event: str, info: dict[str, object]) -> None:
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            found = _socket_of(info["return_value"])
            self._socket = found or self._socket
        if self._aborted:
            self.abort()


def _socket_of(stream: object) -> socket.socket | None:
    import httpcore

    found = stream.get_extra_info("socket") if isinstance(stream, httpcore.NetworkStream) else None
    return found if isinstance(found, socket.socket) else None


Source = Callable[[Connection], Iterator[Piece | Usage]]


Explain = Callable[[BaseException, str], LLMError]


def answer(source: Source, limits: Limits, explain: Explain) -> Iterator[str | Usage]:
    """Pieces of the answer without reasoning, then one Usage; "" while nothing arrives.

    Raises LLMError, or LLMCutOff when something was already written.
    """
    draft = _Draft(limits)
    try:
        with contextlib.closing(_paced(source, limits)) as events:
            for event in events:
                if isinstance(event, Usage):
                    if rest := draft.finish(event):
                        yield rest
                    yield event
                    return
                text = draft.add(event) if event is not None else ""
                if text or event is None:
                    yield text
        raise StreamFault("no_done")
    except CAUGHT as error:
        raise explain(error, draft.text) from error


def fault(error: BaseException, server: Server, limits: Limits, partial: str = "") -> LLMError:
    """The LLMError that says in one line what `error` means; LLMCutOff when text was written."""
    reason, detail = diagnose(error)
    message = server.describe(reason, limits, detail)
    return LLMCutOff(message, partial) if partial.strip() else LLMError(message)


def diagnose(error: BaseException) -> tuple[Reason, str]:
    """Which of the known faults an exception is, and the server's own words if it has any."""
    if isinstance(error, StreamFault):
        return error.reason, error.detail
    if isinstance(error, ollama.ResponseError):
        return reason_of_status(error.status_code), str(error.error)
    if isinstance(error, json.JSONDecodeError) and not error.doc.strip():
        return "blank_line", ""
    if isinstance(error, httpx.ConnectError | ConnectionError):
        return _why_not_connected(error), ""
    return next(reason for kind, reason in REASON_OF if isinstance(error, kind)), ""


def reason_of_status(status: int) -> Reason:
    """The fault that an HTTP status means; -1 is the client's mark for an error line."""
    if 300 <= status < 400:
        return "redirect"
    known: dict[int, Reason] = {
        -1: "error_line",
        401: "unauthorized",
        403: "unauthorized",
        404: "not_found",
        429: "busy",
        500: "server_error",
        503: "busy",
    }
    return known.get(status, "http_error")


def _why_not_connected(error: BaseException) -> Reason:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return "refused"
        if isinstance(cause, socket.gaierror):
            return "unknown_host"
        cause = cause.__cause__ or cause.__context__
    return "reset" if isinstance(error, ConnectionResetError) else "unreachable"


class _Draft:
    """The answer as far as it is written, and whether it may count as whole."""

    def __init__(self, limits: Limits) -> None:
        self.text = ""
        self._limits = limits
        self._filter = ThinkFilter()
        self._thought = False

    def add(self, piece: Piece) -> str:
        self._thought = self._thought or piece.thinking
        return "" if piece.thinking else self._append(self._filter.feed(piece.text))

    def finish(self, usage: Usage) -> str:
        """The held-back rest; raises StreamFault unless the answer is whole."""
        rest = self._append(self._filter.flush())
        if usage.done_reason == "length":
            raise StreamFault("length")
        if not self.text.strip():
            thought = self._thought or self._filter.thought
            raise StreamFault("thinking_only" if thought else "empty")
        if self._filter.inside:
            raise StreamFault("cut")
        return rest

    def _append(self, text: str) -> str:
        self.text += text
        if len(self.text) > self._limits.max_answer:
            self.text = self.text[: self._limits.max_answer]
            raise StreamFault("too_long")
        return text


class _End:
    """Marks the end of the queue."""


def _paced(source: Source, limits: Limits) -> Generator[Piece | Usage | None, None, None]:
    """Events of `source`, read by a thread; None each HEARTBEAT_S of silence; deadlines kept."""
    connection = Connection()
    box: queue.SimpleQueue[Piece | Usage | BaseException | _End] = queue.SimpleQueue()
    worker = threading.Thread(
        target=_work, args=(source, connection, box), name="exhibit-llm", daemon=True
    )
    worker.start()
    end = time.monotonic() + limits.total_s
    deadline, late = time.monotonic() + limits.first_token_s, StreamFault("no_first_token")
    try:
        while True:
            wait = min(deadline, end) - time.monotonic()
            try:
                event = box.get(timeout=min(max(wait, 0.0), HEARTBEAT_S))
            except queue.Empty:
                if wait <= 0:
                    raise (StreamFault("too_slow") if time.monotonic() >= end else late) from None
                yield None
                continue
            if isinstance(event, BaseException):
                raise event
            if isinstance(event, _End):
                return
            if time.monotonic() >= end:
                raise StreamFault("too_slow")
            yield event
            deadline, late = time.monotonic() + limits.read_s, StreamFault("stalled")
    finally:
        connection.abort()
        worker.join(timeout=1.0)


def _work(
    source: Source,
    connection: Connection,
    box: "queue.SimpleQueue[Piece | Usage | BaseException | _End]",
) -> None:
    try:
        for event in source(connection):
            box.put(event)
    except CAUGHT as error:
        box.put(error)
    finally:
        box.put(_End())


@dataclass(frozen=True, slots=True)
class Wire:
    """How requests are sent: no proxy, no redirect, no compression, bounded replies."""

    url: str
    limits: Limits
    connection: Connection | None = None
    #: Added to the read timeout where a queue's reader keeps the deadline and words the fault.
    slack_s: float = 1.0

    def hooks(self) -> dict[str, list[Callable[..., None]]]:
        """httpx event hooks that watch the socket and bound the reply."""
        watch = [self.connection.watch] if self.connection else []
        return {"request": [*watch, _no_compression], "response": [self._bound]}

    def timeout(self) -> httpx.Timeout:
        """Limits per read; those over the whole answer are kept by the reader of the queue."""
        slowest = max(self.limits.first_token_s, self.limits.read_s) + self.slack_s
        return httpx.Timeout(slowest, connect=self.limits.connect_s, pool=self.limits.connect_s)

    def verify(self) -> bool | ssl.SSLContext:
        """Certificates as usual; for plain HTTP an empty context, which is 30 ms cheaper."""
        return self.url.startswith("https:") or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    def client(self, headers: dict[str, str] | None = None) -> httpx.Client:
        """A client that can reach `url` and nothing else by detour."""
        return httpx.Client(
            base_url=self.url,
            headers=headers,
            timeout=self.timeout(),
            verify=self.verify(),
            event_hooks=self.hooks(),
            trust_env=False,
            follow_redirects=False,
        )

    def _bound(self, response: httpx.Response) -> None:
        if response.is_redirect or 300 <= response.status_code < 400:
            raise StreamFault("redirect")
        failed = response.status_code >= 400
        if not failed and "html" in response.headers.get("content-type", "").lower():
            raise StreamFault("html")
        if isinstance(response.stream, httpx.SyncByteStream):
            response.stream = _Bounded(response.stream, self.limits, failed=failed)


def _no_compression(request: httpx.Request) -> None:
    request.headers["accept-encoding"] = "identity"


class _Bounded(httpx.SyncByteStream):
    """A reply's bytes: UTF-8 checked, line and total length bounded, total time bounded."""

    def __init__(self, inner: httpx.SyncByteStream, limits: Limits, *, failed: bool) -> None:
        self._inner = inner
        self._limits = limits
        self._failed = failed
        self._end = time.monotonic() + limits.total_s

    def __iter__(self) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace" if self._failed else "strict")
        total = line = 0
        for chunk in self._inner:
            total += len(chunk)
            newline = chunk.rfind(b"\n")
            line = line + len(chunk) if newline < 0 else len(chunk) - newline - 1
            if self._failed and total > _ERROR_BODY:
                return
            if line > self._limits.max_line or total > self._limits.max_bytes:
                raise StreamFault("oversize_line")
            if time.monotonic() > self._end:
                raise StreamFault("too_slow")
            yield _escape_breaks(decoder.decode(chunk)).encode("utf-8", "replace")
        decoder.decode(b"", final=True)

    def close(self) -> None:
        self._inner.close()


#: httpx splits lines where str.splitlines does; inside JSON strings these stand unescaped.
_BREAKS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}


def _escape_breaks(text: str) -> str:
    return text.translate(_BREAKS) if not text.isascii() else text


def ask_json(client: httpx.Client, method: str, path: str, payload: object = None) -> object:
    """The JSON value a short request returns; raises StreamFault for an HTTP error."""
    response = client.request(method, path, json=payload)
    if response.status_code >= 400:
        raise StreamFault(reason_of_status(response.status_code), error_text(response.text))
    return json.loads(response.text)


def error_text(body: str) -> str:
    """The server's words in an error reply, which may be JSON or plain text."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return body
    found = value.get("error", "") if isinstance(value, dict) else ""
    found = found.get("message", "") if isinstance(found, dict) else found
    return found if isinstance(found, str) else ""
