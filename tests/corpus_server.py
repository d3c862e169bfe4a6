"""A loopback web server that serves the emails well or badly, by path."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


class CorpusServer:
    """Runs while its context is open; `requests` lists the paths asked for."""

    def __init__(self, content: bytes) -> None:
        self.requests: list[str] = []
        self.stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, content))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def url(self, path: str) -> str:
        """Address of `path` on this server."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def __enter__(self) -> "CorpusServer":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(server: CorpusServer, content: bytes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.requests.append(self.path)
            try:
                getattr(self, "serve_" + self.path[1:].replace("-", "_"))()
            except (BrokenPipeError, ConnectionResetError):
                return

        def serve_good(self) -> None:
            self.send(content)

        def serve_wrong(self) -> None:
            self.send(content + b"!")

        def serve_large(self) -> None:
            self.send(content, length=10_000_000)

        def serve_endless(self) -> None:
            self.start(200)
            for _ in range(50):
                self.wfile.write(b"x" * 100_000)

        def serve_cut(self) -> None:
            self.send(content[:100], length=len(content))

        def serve_gone(self) -> None:
            self.send_error(404)

        def serve_moved(self) -> None:
            self.start(302, Location=server.url("/good"))

        def serve_elsewhere(self) -> None:
            self.start(302, Location=server.url("/good").replace("127.0.0.1", "localhost"))

        def serve_file(self) -> None:
            self.start(302, Location="ftp://127.0.0.1/etc/passwd")

        def serve_hang_up(self) -> None:
            self.close_connection = True

        def serve_silent(self) -> None:
            server.stopping.wait(5)

        def serve_slow_header(self) -> None:
            self.wfile.write(b"HTTP/1.0 200 OK\r\n")
            self.drip(b"X-A: b\r\n")

        def serve_drip(self) -> None:
            self.start(200)
            self.drip(b"x")

        def drip(self, piece: bytes) -> None:
            for _ in range(100):
                if server.stopping.wait(0.05):
                    return
                self.wfile.write(piece)
                self.wfile.flush()

        def send(self, body: bytes, length: int | None = None) -> None:
            self.start(200, **{"Content-Length": str(length or len(body))})
            self.wfile.write(body)

        def start(self, status: int, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the tests read `requests`."""

    return Handler
