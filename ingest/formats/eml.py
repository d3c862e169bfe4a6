"""Single messages: .eml files, Maildir files, and Apple Mail's .emlx."""

import re
from collections.abc import Iterator

from ingest.formats.reader import Found, Opened, count_lines, read_all
from ingest.message import Source, read_message
from ingest.model import Span
from ingest.shape import from_header, looks_like_mail

_FIELD_LINE = re.compile(rb"[!-9;-~]{1,100}[ \t]*:")
_EMLX = re.compile(rb"[ \t]*(\d{1,12})[ \t]*\r?\n")
#: Names that mail programs and test collections give to single messages.
MESSAGE_SUFFIXES = frozenset(
    ".eml .email .mht .mhtml .msg .rfc822 .mail .mime .mai .nws .emlx".split()
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class EmlReader:
    """Reads a file that holds one message."""

    name = "message"

    def sniff(self, opened: Opened) -> bool:
        """True for a header of mail at the start, or the name of a message."""
        return opened.suffix in MESSAGE_SUFFIXES or looks_like_mail(opened.head)

    def read(self, opened: Opened) -> Iterator[Found]:
        """The message, then the mail attached to it."""
        if opened.head.startswith(_OLE):
            yield opened.skipped("Outlook's own .msg format: save the message as .eml")
            return
        raw = read_all(opened.stream, opened.limits.message_bytes)
        yield from read_message(from_header(raw), _source(opened, raw), opened.limits)


class EmlxReader:
    """Reads Apple Mail's .emlx: a byte count, the message, a property list."""

    name = "emlx"

    def sniff(self, opened: Opened) -> bool:
        """True for a line with a number followed by a header field."""
        match = _EMLX.match(opened.head)
        if match is None or _FIELD_LINE.match(opened.head, match.end()) is None:
            return False
        return opened.suffix == ".emlx" or looks_like_mail(opened.head[match.end() :])

    def read(self, opened: Opened) -> Iterator[Found]:
        """The message without the property list behind it."""
        raw = read_all(opened.stream, opened.limits.message_bytes)
        match = _EMLX.match(raw)
        start = match.end() if match else 0
        size = int(match.group(1)) if match else len(raw)
        message = raw[start : start + size]
        source = Source(Span(opened.path, 1, count_lines(raw[: start + size])))
        yield from read_message(message, source, opened.limits)


def _source(opened: Opened, raw: bytes) -> Source:
    return Source(Span(opened.path, 1, count_lines(raw)))
