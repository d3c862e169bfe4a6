"""Files that stand in the text of a mail, as before MIME: uuencoded, yEnc and BinHex blocks.

They are taken out of the text, whose readers and index they would only burden.
"""

import binascii
import re
from dataclasses import dataclass

_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,255})\r?\n", re.MULTILINE)
_UU_LINE = re.compile(rb"[ -`]{1,64}\r?\n?")
_YENC_BEGIN = re.compile(rb"^=ybegin [^\r\n]*?name=([^\r\n]{1,255})\r?\n", re.MULTILINE)
_YENC_END = re.compile(rb"^=yend[^\r\n]*(?:\r?\n|\Z)", re.MULTILINE)
#: RFC 1741 demands this line before the coded file.
_BINHEX_MARK = b"(This file must be converted with BinHex"
_BINHEX_TYPES = frozenset(("application/mac-binhex40", "application/mac-binhex"))
_BINHEX = re.compile(
    rb"^\(This file must be converted with BinHex[^\r\n]*\r?\n\s*:[!-r\s]{10,}?:[ \t]*(?:\r?\n|\Z)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class InlineFile:
    """A file found in a text: its name and its decoded bytes; None where they are not decoded.

    What is not decoded is BinHex.
    """

    name: str
    data: bytes | None
    size: int


def take_inline_files(text: bytes) -> tuple[bytes, list[InlineFile]]:
    """The text without the files in it, and the files in order."""
    files: list[InlineFile] = []
    if b"begin " in text:
        text = _take_uuencoded(text, files)
        text = _take_yenc(text, files)
    if b"BinHex" in text:
        for match in _BINHEX.finditer(text):
            files.append(InlineFile("unnamed.hqx", None, len(match.group())))
        text = _BINHEX.sub(b"", text)
    return text, files


def is_binhex(media_type: str, start: bytes) -> bool:
    """True for an attached BinHex file, which is not decoded; `start` are its first bytes."""
    return media_type in _BINHEX_TYPES or _BINHEX_MARK in start


def _take_uuencoded(text: bytes, files: list[InlineFile]) -> bytes:
    kept, position = [], 0
    for begin in _UU_BEGIN.finditer(text):
        if begin.start() < position:
            continue
        found = _uu_block(text, begin.end())
        if found is None:
            continue
        end, data = found
        files.append(InlineFile(_name(begin.group(1)), data, len(data)))
        kept.append(text[position : begin.start()])
        position = end
    return b"".join(kept) + text[position:] if kept else text


def _uu_block(text: bytes, start: int) -> tuple[int, bytes] | None:
    """Where the block whose lines begin at `start` ends and what it holds; None when it is none."""
    data, position = bytearray(), start
    while position < len(text):
        newline = text.find(b"\n", position)
        end = len(text) if newline < 0 else newline + 1
        line = text[position:end].strip(b"\r\n")
        if line == b"end":
            return end, bytes(data)
        if not _UU_LINE.fullmatch(line):
            break
        try:
            data += binascii.a2b_uu(line)
        except binascii.Error:
            break
        position = end
    # A block cut short is one when some lines were well formed.
    return (position, bytes(data)) if len(data) >= 90 else None


def _take_yenc(text: bytes, files: list[InlineFile]) -> bytes:
    kept, position = [], 0
    for begin in _YENC_BEGIN.finditer(text):
        end = _YENC_END.search(text, begin.end())
        if begin.start() < position or end is None:
            continue
        data = _yenc_decoded(text[begin.end() : end.start()])
        files.append(InlineFile(_name(begin.group(1)), data, len(data)))
        kept.append(text[position : begin.start()])
        position = end.end()
    return b"".join(kept) + text[position:] if kept else text


def _yenc_decoded(coded: bytes) -> bytes:
    """The bytes of a yEnc block (yenc.org draft 1.3): each is 42 higher, `=` escapes by 64 more."""
    coded = re.sub(rb"^=ypart[^\r\n]*\r?\n", b"", coded).translate(None, b"\r\n")
    coded = re.sub(rb"=(.)", lambda m: bytes([(m.group(1)[0] - 64) % 256]), coded, flags=re.DOTALL)
    return coded.translate(_YENC_SHIFT)


_YENC_SHIFT = bytes((n - 42) % 256 for n in range(256))


def _name(raw: bytes) -> str:
    text = " ".join(raw.decode("utf-8", "replace").replace("\0", "").split())
    return re.split(r"[/\\]", text)[-1] or "unnamed"
