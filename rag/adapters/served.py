"""What language models behind HTTP share: one address on this machine, one model, one stream."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingest.errors import LLMError
from rag.adapters.faults import Limits, Server, one_line
from rag.ports import Prompt, Usage

if TYPE_CHECKING:
    from rag.adapters.stream import Piece
    from rag.adapters.wire import Connection

#: What is assumed when a server does not tell: Ollama's own default below 24 GiB of VRAM.
DEFAULT_CONTEXT = 4096
MAX_CONTEXT = 131_072


class ServedModel(ABC):
    """The part of the LLM port that does not depend on the protocol spoken."""

    def __init__(self, server: Server, limits: Limits | None) -> None:
        self._server = server
        self._limits = limits or Limits()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._server.model!r}, {self._server.url!r})"

    @property
    def name(self) -> str:
        """Model name as given."""
        return self._server.model

    def stream(self, prompt: Prompt) -> Iterator[str | Usage]:
        """Pieces of the answer, then one Usage; "" each 0.25 s while nothing arrives.

        Raises LLMError, or LLMCutOff (with `partial`) after the first words. Closing the
        generator shuts the socket down, which makes the server stop.
        """
        from rag.adapters import stream

        def source(connection: "Connection") -> "Iterator[Piece | Usage]":
            return self._events(prompt, connection)

        return stream.answer(source, self._limits, self._explain)

    @abstractmethod
    def _events(self, prompt: Prompt, connection: "Connection") -> "Iterator[Piece | Usage]":
        """What the server sends for a prompt; a Usage ends it."""

    @abstractmethod
    def _explain(self, error: BaseException, partial: str = "") -> LLMError:
        """What an exception of the client means, in one line."""


def local_url(host: str, default_port: int, *, example: str, allow_remote: bool) -> str:
    """`scheme://host:port[/path]`; raises LLMError for another machine unless `allow_remote`."""
    try:
        parts = urlsplit(host if "://" in host else f"http://{host}")
        name, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise LLMError(f"{one_line(host)!r} is not an address: write {example}") from error
    if parts.scheme not in {"http", "https"} or not name:
        raise LLMError(f"{one_line(host)!r} is not an address: write {example}")
    if name in {"0.0.0.0", "::"}:  # noqa: S104  # what a server listens on, not where it is
        name = "127.0.0.1"
    if not (allow_remote or _is_loopback(name)):
        raise LLMError(
            f"{one_line(name)} is another machine and would be sent your mail: "
            "use a local server, or allow it with --allow-remote"
        )
    shown = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{shown}:{port or default_port}{parts.path.rstrip('/')}"


def _is_loopback(name: str) -> bool:
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
