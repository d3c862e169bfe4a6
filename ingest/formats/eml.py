"""Single messages: .eml files, Maildir files, and Apple Mail's .emlx."""

import re
from collections.abc import Iterator

from ingest.formats.reader import Found, Opened, count_lines, read_all
from ingest.message import Source, read_message
from ingest.model import Span

_FIELD_LINE = re.compile(rb"[!-9;-~]{1,100}[ \t]*:")
_MAIL_FIELD = re.compile(
    rb"^(?:from|to|date|received|message-id|return-path|mime-version|delivered-to|"
    rb"x-mailer|in-reply-to|dkim-signature)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_EMLX = re.compile(rb"(\d{1,12})[ \t]*\r?\n")
_NAMES = frozenset((".eml", ".email", ".mht"))


class EmlReader:
    """Reads a file that holds one message."""

    name = "message"

    def sniff(self, opened: Opened) -> bool:
        """True for header fields at the start, one of them of mail, or the name of a message."""
        head = opened.head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
        if opened.suffix in _NAMES:
            return bool(head.strip())
        if _FIELD_LINE.match(head) is None:
            return False
        header = re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0]
        return len({word.lower() for word in _MAIL_FIELD.findall(header)}) >= 2

    def read(self, opened: Opened) -> Iterator[Found]:
        """The message, then the mail attached to it."""
        raw = read_all(opened.stream, opened.limits.message_bytes)
        yield from read_message(_from_header(raw), _source(opened, raw), opened.limits)


class EmlxReader:
    """Reads Apple Mail's .emlx: a byte count, the message, a property list."""

    name = "emlx"

    def sniff(self, opened: Opened) -> bool:
        """True for a line with a number followed by a header field."""
        match = _EMLX.match(opened.head)
        return match is not None and _FIELD_LINE.match(opened.head, match.end()) is not None

    def read(self, opened: Opened) -> Iterator[Found]:
        """The message without the property list behind it."""
        raw = read_all(opened.stream, opened.limits.message_bytes)
        match = _EMLX.match(raw)
        start = match.end() if match else 0
        size = int(match.group(1)) if match else len(raw)
        message = raw[start : start + size]
        source = Source(Span(opened.path, 1, count_lines(raw[: start + size])))
        yield from read_message(message, source, opened.limits)


def _from_header(raw: bytes) -> bytes:
    """The message without a byte order mark, blank lines or a From_ line before its header."""
    return raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")


def _source(opened: Opened, raw: bytes) -> Source:
    return Source(Span(opened.path, 1, count_lines(raw)))
