"""How requests reach a language-model server: one address, bounded replies, a socket to shut.

No proxy, no redirect, no compression. Loads httpx, so the adapters import it lazily.
"""

import codecs
import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx

from rag.adapters.faults import Limits, StreamFault

#: Bytes read of an error reply.
_ERROR_BODY = 64 << 10


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
