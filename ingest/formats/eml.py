"""Single messages: .eml files, Maildir files, Outlook's .msg and Apple Mail's .emlx."""

import re
from collections.abc import Iterator

from ingest.compound import SIGNATURE
from ingest.formats.reader import Found, Opened, count_lines, read_all
from ingest.message import Source, read_message
from ingest.model import Span
from ingest.outlook_msg import is_outlook_message, outlook_to_mail
from ingest.shape import from_header, looks_like_mail

_FIELD_LINE = re.compile(rb"[!-9;-~]{1,100}[ \t]*:")
_EMLX = re.compile(rb"[ \t]*(\d{1,12})[ \t]*\r?\n")
#: Names that mail programs and test collections give to single messages.
MESSAGE_SUFFIXES = frozenset(
    ".eml .email .mht .mhtml .msg .rfc822 .mail .mime .mai .nws .emlx".split()
)
#: A name in the directory of an Outlook message.
_OUTLOOK = "__properties_version1.0".encode("utf-16-le")


class EmlReader:
    """Reads a file that holds one message."""

    name = "message"

    def sniff(self, opened: Opened) -> bool:
        """True for a header of mail at the start, the name of a message, or an Outlook message."""
        is_outlook = opened.head.startswith(SIGNATURE) and _OUTLOOK in opened.head
        return opened.suffix in MESSAGE_SUFFIXES or is_outlook or looks_like_mail(opened.head)

    def read(self, opened: Opened) -> Iterator[Found]:
        """The message, then the mail attached to it."""
        raw = read_all(opened.stream, opened.limits.message_bytes)
        if raw.startswith(SIGNATURE):
            if not is_outlook_message(raw):
                yield opened.skipped("no Outlook message, or one that is damaged or too large")
                return
            # Lines of a binary file tell nothing.
            source = Source(Span(opened.path, 1, 1))
            yield from read_message(outlook_to_mail(raw), source, opened.limits)
            return
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
