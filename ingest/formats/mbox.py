"""Unix mailboxes in all dialects (o, rd, cl, cl2), streamed: memory does not grow with the file.

A From_ line begins a message only where an envelope and a header follow, so that body lines such
as "From the desk of" split nothing. https://www.loc.gov/preservation/digital/formats/fdd/fdd000383
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from ingest.formats.reader import Found, Opened, count_lines
from ingest.headers import find_blank_line
from ingest.limits import Limits
from ingest.message import Source, read_message
from ingest.model import Span

_BLOCK = 1 << 20
#: Bytes looked at to tell whether Content-Length boxes escape From_ lines (cl) or not (cl2).
_DIALECT_BYTES = 4 << 20
#: Bytes of context that a candidate From_ line is judged by.
_CONTEXT = 2_048

_ENVELOPE = re.compile(rb"From [^\n]{1,300}?\d{1,2}:\d\d[^\n]{0,60}")
_YEAR = re.compile(rb"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d\d\s*$")
_STRICT_ENVELOPE = re.compile(
    rb"From \S+[ \t]+(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ \t]+[^\n]{0,20}\d{1,2}:\d\d"
)
_FIELD = re.compile(rb"[!-9;-~]{1,100}:|>From ")
_KNOWN_FIELD = re.compile(
    rb"(?:return-path|received|date|from|to|subject|message-id|mime-version|content-type|"
    rb"delivered-to|x-[a-z-]+|status|reply-to|sender|dkim-signature|authentication-results):",
    re.IGNORECASE,
)
_CONTENT_LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,12})[ \t]*\r?$", re.I | re.M)
_ESCAPED = re.compile(rb"^>(>*From )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RawMessage:
    """One message of a box: its From_ line, its bytes as they stand, and its place.

    `size` is its full length in bytes; `data` may hold less.
    """

    envelope: bytes
    data: bytes
    first_line: int
    last_line: int
    first_byte: int
    size: int


class MboxReader:
    """Reads Unix mailboxes."""

    name = "mbox"

    def sniff(self, opened: Opened) -> bool:
        """True for a From_ line with an envelope at the start."""
        head = opened.head.lstrip(b"\xef\xbb\xbf\r\n")
        if not head.startswith(b"From "):
            return False
        return (
            _STRICT_ENVELOPE.match(head) is not None
            or _FIELD.match(_next_line(head, 0)) is not None
        )

    def read(self, opened: Opened) -> Iterator[Found]:
        """Every message with its lines and byte range."""
        limits = opened.limits
        scanner = Scanner(opened.stream, limits.message_bytes)
        unescapes = not _is_cl2(scanner.peek(_DIALECT_BYTES), limits)
        for raw in scanner.messages():
            span = Span(
                opened.path,
                raw.first_line,
                raw.last_line,
                raw.first_byte,
                raw.first_byte + raw.size,
            )
            data = raw.data
            if unescapes and b">From " in data:
                data = _ESCAPED.sub(rb"\1", data)
            cut = raw.size - len(raw.envelope) > limits.message_bytes
            warnings = (
                (f"message cut to {limits.message_bytes} bytes of {raw.size}",) if cut else ()
            )
            source = Source(span, raw.envelope[5:].strip(), warnings=warnings)
            yield from read_message(data[: limits.message_bytes], source, limits)


def is_separator(buffer: bytes, at: int) -> bool:
    """True when the From_ line at `at` has an envelope with a date and a header follows."""
    line_end = buffer.find(b"\n", at, at + _CONTEXT)
    line = buffer[at : line_end if line_end >= 0 else at + _CONTEXT]
    if _ENVELOPE.match(line) is None or _YEAR.search(line) is None:
        return False
    following = _next_line(buffer, at)
    if _FIELD.match(following):
        return True
    if _STRICT_ENVELOPE.match(line) is None:
        return False
    return not following.strip() or _holds_known_field(buffer, at)


def _holds_known_field(buffer: bytes, at: int) -> bool:
    """True when a damaged header follows: a well-known field before the next blank line."""
    lines = buffer[at : at + _CONTEXT].replace(b"\r", b"").split(b"\n\n", 1)[0].split(b"\n")
    return any(_KNOWN_FIELD.match(line) for line in lines[1:12])


def _next_line(buffer: bytes, at: int) -> bytes:
    line_end = buffer.find(b"\n", at, at + _CONTEXT)
    if line_end < 0:
        return b""
    after = buffer.find(b"\n", line_end + 1, line_end + 1 + _CONTEXT)
    return buffer[line_end + 1 : after if after >= 0 else line_end + 1 + _CONTEXT]


def _is_cl2(head: bytes, limits: Limits) -> bool:
    """True when a message that its Content-Length delimits holds an unescaped From_ line."""
    if re.search(rb"^content-length:", head, re.I | re.M) is None:
        return False
    messages = Scanner(BytesIO(head), limits.message_bytes).messages()
    return any(b"\nFrom " in message.data for message in messages)


class Scanner:
    """Cuts a byte stream into messages, holding one message and a block at a time."""

    def __init__(self, stream: BinaryIO, message_bytes: int) -> None:
        self._stream = stream
        self._limit = message_bytes
        self._buffer = b""
        #: Offset in the file and line number of `_buffer[_start]`, where the message begins.
        self._start = 0
        self._offset = 0
        self._line = 1
        self._at_end = False

    def peek(self, size: int) -> bytes:
        """The first `size` bytes, still to be read."""
        while len(self._buffer) < size and self._fill():
            pass
        return self._buffer[:size]

    def messages(self) -> Iterator[RawMessage]:
        """Every message in order; bytes before the first From_ line must be blank."""
        self.peek(_CONTEXT)
        self._skip_blank()
        while self._start < len(self._buffer) or self._fill():
            yield self._next_message()

    def _fill(self) -> bool:
        """Read one more block; drops what was consumed. False at the end of the file."""
        block = b"" if self._at_end else self._stream.read(_BLOCK)
        self._at_end = not block
        if block:
            self._buffer = self._buffer[self._start :] + block
            self._start = 0
        return bool(block)

    def _skip_blank(self) -> None:
        rest = self._buffer.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
        self._consume(len(self._buffer) - len(rest))

    def _consume(self, size: int) -> int:
        """Step over `size` bytes; returns the number of lines in them."""
        lines = self._buffer.count(b"\n", self._start, self._start + size)
        self._start += size
        self._offset += size
        self._line += lines
        return lines

    def _next_message(self) -> RawMessage:
        first_line, first_byte, head = self._line, self._offset, b""
        end = self._declared_end()
        if end is None:
            end, head = self._scanned_end()
        if not head:
            head = self._buffer[self._start : self._start + end]
        self._consume(end)
        content = _without_separator(head) if self._offset - first_byte == len(head) else head
        size = self._offset - first_byte - (len(head) - len(content))
        last_line = max(first_line, first_line + (self._line - first_line) - 1)
        if size == len(content):
            last_line = first_line + count_lines(content) - 1
        envelope, _, data = content.partition(b"\n")
        return RawMessage(envelope + b"\n", data, first_line, last_line, first_byte, size)

    def _declared_end(self) -> int | None:
        """Length by Content-Length, when that lands on a From_ line or the end of the file."""
        while (header := find_blank_line(self._buffer, self._start, len(self._buffer))) is None:
            if len(self._buffer) - self._start > _BLOCK or not self._fill():
                return None
        body = header[1]
        found = _CONTENT_LENGTH.search(self._buffer, self._start, body)
        if found is None:
            return None
        length = body - self._start + int(found.group(1))
        if length > self._limit:
            return None
        while len(self._buffer) - self._start < length + _CONTEXT and self._fill():
            pass
        rest = self._buffer[self._start + length : self._start + length + _CONTEXT]
        stripped = rest.lstrip(b"\r\n")
        blank = len(rest) - len(stripped)
        if blank > 4 or self._start + length > len(self._buffer):
            return None
        return length + blank if not stripped or is_separator(stripped, 0) else None

    def _scanned_end(self) -> tuple[int, bytes]:
        """Length up to the next From_ line, and the kept head when the message is oversized."""
        position, head = 5, b""
        while True:
            found = self._buffer.find(b"\nFrom ", self._start + position)
            if found < 0:
                position = max(position, len(self._buffer) - self._start - 5)
                if not self._fill():
                    return len(self._buffer) - self._start, head
            elif len(self._buffer) - found < 2 * _CONTEXT and self._fill():
                position = max(position, 5)
            elif self._begins_message(found + 1):
                return found + 1 - self._start, head
            else:
                position = found + 1 - self._start
            if position > self._limit + _BLOCK:
                head = head or self._buffer[self._start : self._start + self._limit]
                self._consume(position - _CONTEXT)
                position = _CONTEXT

    def _begins_message(self, at: int) -> bool:
        """A From_ line after a blank line, or one whose header is beyond doubt."""
        if not is_separator(self._buffer, at):
            return False
        before = self._buffer[max(0, at - 3) : at]
        if before.endswith((b"\n\n", b"\n\r\n")):
            return True
        line = self._buffer[at : at + _CONTEXT]
        return bool(_STRICT_ENVELOPE.match(line) and _KNOWN_FIELD.match(_next_line(line, 0)))


def _without_separator(data: bytes) -> bytes:
    """The message without the blank line that separates it from the next one."""
    if data.endswith(b"\n\r\n"):
        return data[:-2]
    return data[:-1] if data.endswith(b"\n\n") else data
