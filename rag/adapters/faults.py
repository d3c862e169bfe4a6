"""What can go wrong with a language-model server, and the one line said about each.

Imports no HTTP library: `rag.adapters.stream` maps library exceptions to these reasons.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Reason = Literal[
    "refused",
    "unknown_host",
    "connect_timeout",
    "unreachable",
    "bad_url",
    "no_first_token",
    "stalled",
    "too_slow",
    "reset",
    "cut",
    "no_done",
    "bad_line",
    "blank_line",
    "not_object",
    "wrong_types",
    "oversize_line",
    "too_long",
    "bad_utf8",
    "html",
    "redirect",
    "unauthorized",
    "not_found",
    "no_route",
    "busy",
    "server_error",
    "http_error",
    "error_line",
    "length",
    "empty",
    "thinking_only",
    "client",
]
REASONS: tuple[Reason, ...] = get_args(Reason)

#: reason -> (what happened, what to do next); `{detail}` is the server's own short words.
MESSAGES: Mapping[Reason, tuple[str, str]] = {
    "refused": ("refused the connection", "start it ({start}) or check the address"),
    "unknown_host": ("has a host name that does not resolve", "check the address"),
    "connect_timeout": ("did not accept a connection in time", "check the address"),
    "unreachable": ("cannot be reached{detail}", "check the address and that it is running"),
    "bad_url": ("has an address that is not a URL", "write it like http://127.0.0.1:11434"),
    "no_first_token": (
        "sent no first word within {first_token_s:g} s",
        "use a smaller model or raise first_token_timeout_s",
    ),
    "stalled": ("went silent for {read_s:g} s", "ask again; restart the server if it stays so"),
    "too_slow": (
        "had not finished after {total_s:g} s",
        "use a smaller model or raise answer_timeout_s",
    ),
    "reset": ("reset the connection", "look at the server's log, then ask again"),
    "cut": ("closed the connection in the middle", "look at the server's log, then ask again"),
    "no_done": ("ended without saying that it was done", "ask again"),
    "bad_line": ("sent a line that is not JSON", "check that it is really {server}"),
    "blank_line": ("sent a blank line where JSON belongs", "check that it is really {server}"),
    "not_object": ("sent JSON that is not an object", "check that it is really {server}"),
    "wrong_types": ("sent fields of the wrong type", "update {server} or check the address"),
    "oversize_line": ("sent an oversize line", "check that it is really {server}"),
    "too_long": ("wrote more than {max_answer} characters", "ask again or use another model"),
    "bad_utf8": ("sent bytes that are not UTF-8", "update {server}, then ask again"),
    "html": ("answered with a web page", "check that the address is {server}'s"),
    "redirect": (
        "tried to redirect the request{detail}; mail is not sent to a second address",
        "set the final address",
    ),
    "unauthorized": ("refused the credentials (HTTP 401/403)", "check the API key"),
    "not_found": ("has no model {model!r}{detail}", "{pull}"),
    "no_route": ("knows nothing at that address (HTTP 404)", "check that it is really {server}"),
    "busy": ("is overloaded (HTTP 429/503)", "wait a moment and ask again"),
    "server_error": ("failed inside (HTTP 500){detail}", "look at the server's log"),
    "http_error": ("answered with an HTTP error{detail}", "look at the server's log"),
    "error_line": ("reported an error{detail}", "look at the server's log"),
    "length": ("reached its length limit before the answer ended", "ask a narrower question"),
    "empty": ("sent an empty answer", "ask again or use another model"),
    "thinking_only": ("only thought and wrote no answer", "use a model without reasoning"),
    "client": ("could not be spoken to{detail}", "report this as a bug"),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Time limits in seconds, size limits in characters (`max_answer`) or bytes."""

    first_token_s: float = 120.0
    read_s: float = 60.0
    #: The whole answer; see `rag.config`.
    total_s: float = 600.0
    connect_s: float = 5.0
    max_answer: int = 200_000
    max_line: int = 1 << 20
    max_bytes: int = 64 << 20


class StreamFault(Exception):
    """A fault found by Exhibit itself in what a server sent. Becomes an LLMError in the adapter."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason: Reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Server:
    """Who is spoken to, for messages: never holds a key."""

    name: str
    url: str
    model: str
    start: str = "see its manual"
    pull: str = "check the model's name"

    def describe(self, reason: Reason, limits: Limits, detail: str = "") -> str:
        """One line: what happened at which address, and what to do next."""
        what, fix = MESSAGES[reason]
        values = {
            "detail": f": {one_line(detail)}" if detail.strip() else "",
            "first_token_s": limits.first_token_s,
            "read_s": limits.read_s,
            "total_s": limits.total_s,
            "max_answer": limits.max_answer,
            "server": self.name,
            "model": self.model,
            "start": self.start,
            "pull": self.pull,
        }
        return f"{self.name} at {self.url} {what.format(**values)}: {fix.format(**values)}"


def one_line(text: str, limit: int = 160) -> str:
    """The printable part of a server's words on one line, at most `limit` characters."""
    printable = "".join(c if c.isprintable() else " " for c in text[: 4 * limit])
    line = " ".join(printable.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


_OPEN = re.compile(r"<think(?:ing)?>", re.IGNORECASE)
_CLOSE = re.compile(r"</think(?:ing)?>", re.IGNORECASE)


class ThinkFilter:
    """Takes `<think>...</think>` out of a stream, also when a tag is split over pieces."""

    def __init__(self) -> None:
        self._held = ""
        self._wrote = False
        #: True while inside a block that has not been closed.
        self.inside = False
        #: True once anything was taken out.
        self.thought = False

    def feed(self, piece: str) -> str:
        """The text that is certainly part of the answer so far."""
        self._held += piece
        shown = ""
        while tag := (_CLOSE if self.inside else _OPEN).search(self._held):
            shown += "" if self.inside else self._held[: tag.start()]
            self._held = self._held[tag.end() :]
            self.inside = not self.inside
            self.thought = True
        keep = _tag_prefix(self._held)
        shown += "" if self.inside else self._held[: len(self._held) - keep]
        self._held = self._held[len(self._held) - keep :]
        return self._show(shown)

    def flush(self) -> str:
        """What was held back as a possible tag; call once, at the end."""
        rest = "" if self.inside else self._held
        self._held = ""
        return self._show(rest)

    def _show(self, text: str) -> str:
        if not self._wrote:
            text = text.lstrip()
        self._wrote = self._wrote or bool(text)
        return text


_TAGS = ("<think>", "<thinking>", "</think>", "</thinking>")


def _tag_prefix(text: str) -> int:
    """Length of the longest end of `text` that may be the beginning of a tag."""
    start = text.rfind("<")
    tail = text[start:].lower() if start >= 0 else ""
    return len(tail) if tail and any(tag.startswith(tail) for tag in _TAGS) else 0
