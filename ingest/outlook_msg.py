"""Outlook's .msg files as the Internet mail that they stand for. [MS-OXMSG], [MS-OXPROPS]

Reads what people wrote and attached; what else calendars, contacts and tasks hold is left out.
"""

import base64
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, quote
from urllib.parse import quote as percent

from ingest.charset import find_charset
from ingest.compound import SIGNATURE, CompoundFile, Storage
from ingest.rich_text import rich_text

_SUBJECT, _HEADERS, _BODY, _HTML, _RICH = 0x0037, 0x007D, 0x1000, 0x1013, 0x1009
_MESSAGE_ID, _REFERENCES, _ANSWERED = 0x1035, 0x1039, 0x1042
_SENT, _DELIVERED, _CODEPAGE, _HTML_CODEPAGE = 0x0039, 0x0E06, 0x3FFD, 0x3FDE
#: Name, Internet address and address of any kind of the one who sends, and of the one on whose
#: behalf; of a recipient likewise, and which header field names it.
_SENDERS = ((0x0042, 0x5D02, 0x0065), (0x0C1A, 0x5D01, 0x0C1F))
_RECIPIENT, _RECIPIENT_FIELD = (0x3001, 0x39FE, 0x3003), 0x0C15
_FIELDS = {1: "To", 2: "Cc"}
_DATA, _NAMES, _TYPE = 0x3701, (0x3707, 0x3704, 0x3001), 0x370E
_INT32 = 3
_TEXT16, _TEXT8, _BINARY = "001F", "001E", "0102"
#: Bytes before the list of fixed properties, in the order they are tried.
_PROPERTIES, _LIST_STARTS = "__properties_version1.0", (32, 24, 8)
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
#: Attached messages inside each other, and attachments and recipients of one message.
_DEEPEST, _MOST = 8, 1_000
#: Fields that tell of the form which the message had before Outlook stored it.
_OF_FORM = ("content-", "mime-version")


def is_outlook_message(data: bytes) -> bool:
    """True for a compound file that holds a message."""
    return data.startswith(SIGNATURE) and _PROPERTIES in CompoundFile(data).root.streams


def outlook_to_mail(data: bytes) -> bytes:
    """The message of a file for which `is_outlook_message` is true, as far as it is whole."""
    file = CompoundFile(data)
    return _mail(file, file.root, 0)


class _Properties:
    """The properties of a message, a recipient or an attachment."""

    def __init__(self, file: CompoundFile, storage: Storage, start: int, codec: str = "") -> None:
        self._file, self._storage = file, storage
        listed = file.read(storage, _PROPERTIES)[start:]
        whole = listed[: len(listed) // 16 * 16]
        self._fixed: dict[int, int] = {
            tag >> 16: value & 0xFFFFFFFF if tag & 0xFFFF == _INT32 else value
            for tag, _, value in struct.iter_unpack("<IIQ", whole)
        }
        page = self.number(_CODEPAGE)
        self.codec = codec or find_charset(f"cp{page}") or "cp1252"

    def number(self, key: int) -> int:
        return self._fixed.get(key, 0)

    def data(self, key: int, kind: str = _BINARY) -> bytes:
        return self._file.read(self._storage, f"__substg1.0_{key:04X}{kind}")

    def text(self, key: int) -> str:
        found = self.data(key, _TEXT16).decode("utf-16-le", "replace")
        return (found or self.data(key, _TEXT8).decode(self.codec, "replace")).replace("\0", "")

    def line(self, key: int) -> str:
        return " ".join(self.text(key).split())

    def person(self, keys: tuple[int, int, int]) -> str:
        """A mailbox for a header field; empty when there is none."""
        name, address, other = map(self.line, keys)
        address = address or (other if "@" in other else "")
        if not address:
            return f'"{quote(name)}"' if name else ""
        return f'"{quote(name)}" <{address}>' if name else address


def _mail(file: CompoundFile, storage: Storage, depth: int) -> bytes:
    own = _Properties(file, storage, _LIST_STARTS[0 if depth == 0 else 1])
    mark = f"=_outlook_{depth}"
    html = own.data(_HTML)
    text = own.text(_BODY)
    if not (text.strip() or html):
        text = rich_text(own.data(_RICH))
    texts = [_part("text/plain; charset=utf-8", text.encode("utf-8", "replace"))]
    if html:
        page = own.number(_HTML_CODEPAGE) or 65001
        charset = find_charset("utf-8" if page == 65001 else f"cp{page}") or "utf-8"
        texts.append(_part(f"text/html; charset={charset}", html))
    parts = [
        _multipart("alternative", f"{mark}_text", texts),
        *_attached(file, storage, own, depth),
    ]
    header = "".join(f"{line}\n" for line in _header(file, storage, own))
    return header.encode("utf-8", "replace") + _multipart("mixed", mark, parts)


def _header(file: CompoundFile, storage: Storage, own: _Properties) -> Iterator[str]:
    """The fields as they came, and what they lack: a message that was sent from here has none."""
    named = set()
    for field in _unfolded(own.text(_HEADERS)):
        name = field.partition(":")[0].strip().lower()
        if not name.startswith(_OF_FORM):
            named.add(name)
            yield field
    for name, value in _known_fields(file, storage, own):
        if value and name.lower() not in named:
            yield f"{name}: {value}"


def _known_fields(
    file: CompoundFile, storage: Storage, own: _Properties
) -> Iterator[tuple[str, str]]:
    yield "From", next(filter(None, map(own.person, _SENDERS)), "")
    people: dict[str, list[str]] = {"To": [], "Cc": []}
    for inner in _inside(storage, "__recip_version1.0_#"):
        one = _Properties(file, inner, _LIST_STARTS[2], own.codec)
        people.get(_FIELDS.get(one.number(_RECIPIENT_FIELD), ""), []).append(one.person(_RECIPIENT))
    yield from ((name, ", ".join(filter(None, several))) for name, several in people.items())
    yield "Subject", own.line(_SUBJECT)
    ticks = own.number(_SENT) or own.number(_DELIVERED)
    if 0 < ticks < 1 << 59:
        yield "Date", format_datetime(_EPOCH + timedelta(microseconds=ticks // 10))
    yield "Message-ID", own.line(_MESSAGE_ID)
    yield "In-Reply-To", own.line(_ANSWERED)
    yield "References", own.line(_REFERENCES)


def _unfolded(text: str) -> Iterator[str]:
    """The fields of a header, each in one line; what is no field is left out."""
    field = ""
    for line in [*text.splitlines(), "end:"]:
        if line[:1] in (" ", "\t"):
            field += f" {line.strip()}" if field else ""
            continue
        if field:
            yield field
        name = line.partition(":")[0]
        field = line if name != line and name.strip() and " " not in name.strip() else ""


def _attached(
    file: CompoundFile, storage: Storage, own: _Properties, depth: int
) -> Iterator[bytes]:
    for inner in _inside(storage, "__attach_version1.0_#"):
        one = _Properties(file, inner, _LIST_STARTS[2], own.codec)
        message = inner.storages.get(f"__substg1.0_{_DATA:04X}000D")
        name = next(filter(None, map(one.line, _NAMES)), "unnamed")
        if message and _PROPERTIES in message.streams and depth < _DEEPEST:
            yield b"Content-Type: message/rfc822\n\n" + _mail(file, message, depth + 1)
        else:
            media_type = one.line(_TYPE).encode("ascii", "replace").decode()
            if media_type.count("/") != 1:
                media_type = "application/octet-stream"
            named = f"{media_type}; name*=utf-8''{percent(name, safe='', errors='replace')}"
            yield _part(named, one.data(_DATA), "attachment")


def _inside(storage: Storage, prefix: str) -> list[Storage]:
    names = sorted(name for name in storage.storages if name.startswith(prefix))
    return [storage.storages[name] for name in names[:_MOST]]


def _part(media_type: str, data: bytes, disposition: str = "inline") -> bytes:
    header = (
        f"Content-Type: {media_type}\nContent-Disposition: {disposition}\n"
        "Content-Transfer-Encoding: base64\n\n"
    )
    return header.encode("ascii") + base64.encodebytes(data)


def _multipart(kind: str, mark: str, parts: list[bytes]) -> bytes:
    header = f'MIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary="{mark}"\n\n'
    edge = f"--{mark}\n".encode()
    body = b"".join(edge + part + b"\n" for part in parts)
    return header.encode() + body + f"--{mark}--\n".encode()
