"""Outlook's winmail.dat (TNEF): the files and the text inside it.

Reads what people wrote and attached; properties of calendars, contacts and tasks are left out.
Damage ends the reading, never raises. [MS-OXTNEF], [MS-OXMSG].
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.charset import find_charset

MEDIA_TYPES = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))

_SIGNATURE = 0x223E9F78
_ATT_BODY, _ATT_CODEPAGE, _ATT_SUBJECT = 0x800C, 0x9007, 0x8004
_ATT_MESSAGE_PROPS, _ATT_ATTACH_BEGIN, _ATT_ATTACH_PROPS = 0x9003, 0x9002, 0x9005
_ATT_ATTACH_DATA, _ATT_ATTACH_TITLE = 0x800F, 0x8010
_PR_BODY, _PR_HTML, _PR_RICH = 0x1000, 0x1013, 0x1009
_PR_DISPLAY_NAME, _PR_FILE_NAME, _PR_LONG_NAME, _PR_TYPE = 0x3001, 0x3704, 0x3707, 0x370E
_PR_DATA = 0x3701
#: Bytes of a value by property type; of other types the length stands before the value.
_FIXED = {
    0x2: 2, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 2, 0x14: 8, 0x40: 8, 0x48: 16,
}  # fmt: skip
_TEXT8, _TEXT16, _BINARY, _OBJECT = 0x1E, 0x1F, 0x102, 0xD
#: Properties read from one list; Outlook writes about a hundred.
_MOST = 2_000


@dataclass(slots=True)
class TnefFile:
    """A file in a winmail.dat."""

    name: str = ""
    media_type: str = "application/octet-stream"
    data: bytes = b""


@dataclass(slots=True)
class Tnef:
    """What a winmail.dat holds: its text (plain, HTML or packed rich text) and its files."""

    text: str = ""
    html: bytes = b""
    rich: bytes = b""
    files: list[TnefFile] = field(default_factory=list)


def read_tnef(data: bytes) -> Tnef | None:
    """The contents, as far as the file is whole; None when it is no TNEF."""
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        return None
    found = Tnef()
    codec = "cp1252"
    for number, value in _attributes(data):
        if number == _ATT_CODEPAGE and len(value) >= 4:
            codec = _codec(struct.unpack_from("<I", value)[0])
        elif number == _ATT_BODY:
            found.text = _text(value, codec)
        elif number == _ATT_MESSAGE_PROPS:
            _take_message(found, value, codec)
        elif number == _ATT_ATTACH_BEGIN:
            found.files.append(TnefFile())
        elif found.files:
            _take_file(found.files[-1], number, value, codec)
    return found


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(number, value) of each attribute: level, id, length, value, checksum."""
    position = 6
    while position + 9 <= len(data):
        tag, length = struct.unpack_from("<II", data, position + 1)
        start = position + 9
        if data[position] not in (1, 2) or start + length > len(data):
            return
        yield tag & 0xFFFF, data[start : start + length]
        position = start + length + 2


def _take_message(found: Tnef, value: bytes, codec: str) -> None:
    for number, kind, content in _properties(value):
        if number == _PR_BODY and kind in (_TEXT8, _TEXT16):
            found.text = _string(kind, content, codec)
        elif number == _PR_HTML:
            found.html = content
        elif number == _PR_RICH:
            found.rich = content


def _take_file(file: TnefFile, number: int, value: bytes, codec: str) -> None:
    if number == _ATT_ATTACH_DATA:
        file.data = value
    elif number == _ATT_ATTACH_TITLE:
        file.name = file.name or _text(value, codec)
    elif number == _ATT_ATTACH_PROPS:
        for key, kind, content in _properties(value):
            if key == _PR_LONG_NAME or (key in (_PR_FILE_NAME, _PR_DISPLAY_NAME) and not file.name):
                file.name = _string(kind, content, codec) or file.name
            elif key == _PR_TYPE:
                file.media_type = _string(kind, content, codec).lower() or file.media_type
            elif key == _PR_DATA and kind == _BINARY:
                file.data = content


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(id, type, first value) of each MAPI property in a list; ends at the first damage."""
    try:
        yield from _read_properties(data)
    except struct.error:
        return


def _read_properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    (count,) = struct.unpack_from("<I", data)
    position = 4
    for _ in range(min(count, _MOST)):
        kind, number = struct.unpack_from("<HH", data, position)
        position += 4
        if number >= 0x8000:
            position = _after_name(data, position)
        is_many, kind = bool(kind & 0x1000), kind & 0xFFF
        values = 1
        if is_many or kind not in _FIXED:
            (values,) = struct.unpack_from("<I", data, position)
            position += 4
        first: bytes | None = None
        for _ in range(min(values, _MOST)):
            size = _FIXED.get(kind)
            if size is None:
                (size,) = struct.unpack_from("<I", data, position)
                position += 4
            if position + size > len(data):
                return
            first = data[position : position + size] if first is None else first
            position += -(-size // 4) * 4
        yield number, kind, first or b""


def _after_name(data: bytes, position: int) -> int:
    """The offset after the name of a named property: a GUID, then a number or a string."""
    kind, length = struct.unpack_from("<II", data, position + 16)
    return position + 24 + (-(-int(length) // 4) * 4 if kind else 0)


def _string(kind: int, value: bytes, codec: str) -> str:
    return _text(value, "utf-16-le" if kind == _TEXT16 else codec)


def _text(value: bytes, codec: str) -> str:
    return value.decode(codec, "replace").partition("\0")[0]


def _codec(page: int) -> str:
    return find_charset("utf-8" if page == 65001 else f"cp{page}") or "cp1252"
