"""Streams an answer over HTTP with wall-clock deadlines, size limits and instant cancellation.

Both language-model adapters import this lazily: it loads httpx.
"""

import contextlib
import json
import queue
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import httpx
import ollama
import pydantic

from ingest.errors import LLMCutOff, LLMError
from rag.adapters.faults import Limits, Reason, Server, StreamFault, ThinkFilter
from rag.adapters.wire import Connection
from rag.ports import Usage

#: Seconds between empty pieces while nothing arrives: a caller can stop at each of them.
HEARTBEAT_S = 0.25

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


def ask_json(client: httpx.Client, method: str, path: str, payload: object = None) -> object:
    """The JSON value a short request returns; raises StreamFault for an HTTP error."""
    response = client.request(method, path, json=payload)
    if response.status_code == 404 and payload is None:
        raise StreamFault("no_route")
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
