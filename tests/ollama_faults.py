"""What a language-model server can do wrong, by name: how the double does it, what is said of it.

Every test of a fault, at whichever door, is parametrised over `FAULTS`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from tests.ollama_double import Handler

Act = Callable[["Handler"], None]

#: HTTP errors: fault -> status and the server's own words.
STATUSES: Mapping[str, tuple[int, str]] = {
    "404": (404, "model 'absent' not found"),
    "429": (429, "too many requests"),
    "500": (500, "model runner has unexpectedly stopped"),
    "503": (503, "server busy, please try again"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """`act` answers a chat request; `words` stand in the one line said about it.

    `begins`: some text came before. `waits` is the limit until which it is waited for, if it is;
    `words` then name its seconds.
    """

    act: Act
    words: str
    begins: bool = False
    waits: Literal["", "first_token", "read", "answer"] = ""

    def told(self, limit_s: float) -> str:
        """`words` where that limit is so many seconds."""
        return self.words.format(limit_s=limit_s)


def _status(name: str) -> Act:
    def act(handler: "Handler") -> None:
        status, text = STATUSES[name]
        handler.send(status, {"error": text})

    return act


def _raw(data: bytes, *, before: Sequence[str] = ("Some text ",)) -> Act:
    """A stream of good pieces, then `data` as it stands, then a proper end."""

    def act(handler: "Handler") -> None:
        handler.start()
        for piece in before:
            handler.token(piece)
        handler.chunk(b"data: " + data if handler.sse and data.strip() else data)
        handler.chunk(b"")

    return act


def _silent(handler: "Handler") -> None:
    handler.wait(30)


def _stall(handler: "Handler") -> None:
    handler.start()
    handler.token("Some text ")
    handler.wait(30)


def _drip(handler: "Handler") -> None:
    """One byte at a time, never a whole line: no single read is ever slow."""
    handler.start()
    for _ in range(600):
        handler.chunk(b"{")
        handler.wait(0.05)


def _slow_tokens(handler: "Handler") -> None:
    handler.start()
    for _ in range(600):
        handler.token("word ")
        handler.wait(0.1)


def _no_done(handler: "Handler") -> None:
    handler.start()
    handler.token("Some text ")
    handler.chunk(b"")


def _cut(handler: "Handler") -> None:
    handler.start()
    handler.token("Some text ")
    handler.wfile.write(b'40\r\n{"model')
    handler.drop()


def _rst(handler: "Handler") -> None:
    handler.start()
    handler.token("Some text ")
    time.sleep(0.05)
    handler.reset()


def _whole(pieces: Sequence[str], reason: str = "stop") -> Act:
    def act(handler: "Handler") -> None:
        handler.start()
        for piece in pieces:
            handler.token(piece)
        handler.done({}, reason)

    return act


def _thinking_only(handler: "Handler") -> None:
    handler.start()
    handler.token("", thinking="Let me see")
    handler.token("<think>The mail ")
    handler.token("says</think>")
    handler.done({})


def _flood(handler: "Handler") -> None:
    handler.start()
    for _ in range(1000):
        handler.token("x" * 10_000)
    handler.done({})


def _html(handler: "Handler") -> None:
    handler.send(200, "<html><body>Welcome to nginx</body></html>", "text/html; charset=utf-8")


def _redirect(handler: "Handler") -> None:
    handler.send_response(307)
    handler.send_header("location", "http://127.0.0.1:9/api/chat")
    handler.send_header("content-length", "0")
    handler.end_headers()


#: Fault name -> what the server does with a chat request and what is said of it.
FAULTS: Mapping[str, Fault] = {
    "silent": Fault(_silent, "sent no first word within {limit_s:g} s", waits="first_token"),
    "stall": Fault(_stall, "went silent for {limit_s:g} s", begins=True, waits="read"),
    "drip": Fault(_drip, "sent no first word within {limit_s:g} s", waits="first_token"),
    "slow_tokens": Fault(
        _slow_tokens, "had not finished after {limit_s:g} s", begins=True, waits="answer"
    ),
    "rst": Fault(_rst, "reset the connection", begins=True),
    "cut": Fault(_cut, "closed the connection in the middle", begins=True),
    "no_done": Fault(_no_done, "ended without saying that it was done", begins=True),
    "bad_line": Fault(_raw(b"{not json}\n"), "sent a line that is not JSON", begins=True),
    "blank_line": Fault(_raw(b"\n"), "sent a blank line", begins=True),
    "not_object": Fault(_raw(b"[1, 2]\n"), "sent JSON that is not an object", begins=True),
    "oversize_line": Fault(
        _raw(b'{"a": "' + b"x" * (3 << 20) + b'"}\n'), "sent an oversize line", begins=True
    ),
    "deep_line": Fault(_raw(b"[" * 100_000 + b"\n"), "sent a line that is not JSON", begins=True),
    "error_line": Fault(
        _raw(b'{"error": "an error was encountered while running the model"}\n'),
        "reported an error: an error was encountered",
        begins=True,
    ),
    "bad_utf8": Fault(
        _raw(b'{"message": {"role": "assistant", "content": "\xff\xfe"}}\n'),
        "sent bytes that are not UTF-8",
        begins=True,
    ),
    "half_utf8": Fault(
        _raw(b'{"message": {"role": "assistant", "content": "\xe2\x82'),
        "sent bytes that are not UTF-8",
        begins=True,
    ),
    "wrong_types": Fault(
        _raw(b'{"message": {"role": "assistant", "content": 5}, "choices": [{"delta": 5}]}\n'),
        "sent fields of the wrong type",
        begins=True,
    ),
    "html": Fault(_html, "answered with a web page"),
    "empty_200": Fault(_raw(b"", before=()), "ended without saying that it was done"),
    "length": Fault(
        _whole(("Some text that is ",), "length"), "reached its length limit", begins=True
    ),
    "empty": Fault(_whole(()), "sent an empty answer"),
    "thinking_only": Fault(_thinking_only, "only thought and wrote no answer"),
    "open_think": Fault(
        _whole(("<think>The mail says ", "that")), "only thought and wrote no answer"
    ),
    "redirect": Fault(_redirect, "tried to redirect the request"),
    "flood": Fault(_flood, "wrote more than 200000 characters", begins=True),
    "404": Fault(_status("404"), "`ollama pull llama3.2`"),
    "429": Fault(_status("429"), "is overloaded (HTTP 429/503)"),
    "500": Fault(_status("500"), "failed inside (HTTP 500): model runner"),
    "503": Fault(_status("503"), "is overloaded (HTTP 429/503)"),
}
