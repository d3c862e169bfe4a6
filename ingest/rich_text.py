"""Outlook's rich text: unpacked, and turned into plain text or the HTML that it wraps.

[MS-OXRTFCP] (compression), [MS-OXRTFEX] (HTML in RTF), RTF 1.9.1.
"""

import re
import struct
from dataclasses import dataclass, replace

from ingest.charset import find_charset
from ingest.html_text import html_to_text

#: What the dictionary of the compression holds at the start.
_DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_WINDOW = 4_096
_PACKED, _PLAIN = b"LZFu", b"MELA"
#: Bytes of rich text that are read.
_LONGEST = 4 << 20
_TOKEN = re.compile(
    rb"\\([A-Za-z]{1,32})(-?\d{1,9})? ?|\\'([0-9A-Fa-f]{2})|\\([^A-Za-z])|([{}])|[\r\n]+|"
    rb"([^\\{}\r\n]+)",
    re.DOTALL,
)
_FONT = re.compile(rb"\\f(\d{1,5})(?:\\(?!fcharset)[a-z]\w{0,20} ?){0,4}\\fcharset(\d{1,3})")
#: Codepages by the number of a font's character set.
_CODEPAGES = {
    128: 932, 129: 949, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258, 177: 1255, 178: 1256,
    186: 1257, 204: 1251, 222: 874, 238: 1250,
}  # fmt: skip
#: Groups that hold no text.
_ASIDE = frozenset(
    b"fonttbl colortbl stylesheet info pict object header footer listtable listoverridetable "
    b"revtbl rsidtbl generator themedata colorschememapping datastore".split()
)
_SIGNS = {
    b"par": "\n", b"line": "\n", b"sect": "\n", b"page": "\n", b"row": "\n", b"tab": "\t",
    b"cell": "\t", b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’",
    b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•",
}  # fmt: skip


def rich_text(packed: bytes) -> str:
    """The text of a compressed rich text body, as far as it is whole."""
    return rtf_to_text(unpacked(packed))


def unpacked(data: bytes) -> bytes:
    """The RTF of a compressed body."""
    kind, body = data[8:12], data[16:]
    if kind == _PLAIN:
        return body[:_LONGEST]
    window = bytearray(_DICTIONARY.ljust(_WINDOW, b"\0"))
    found, at, write = bytearray(), 0, len(_DICTIONARY)
    while kind == _PACKED and at < len(body) and len(found) < _LONGEST:
        control, at = body[at], at + 1
        for bit in range(8):
            if control >> bit & 1:
                if at + 2 > len(body):
                    return bytes(found)
                (pair,) = struct.unpack_from(">H", body, at)
                if pair >> 4 == write:
                    return bytes(found)
                at, start, length = at + 2, pair >> 4, (pair & 15) + 2
            else:
                if at >= len(body):
                    return bytes(found)
                window[write] = body[at]
                at, start, length = at + 1, write, 1
            for step in range(length):
                window[write] = window[(start + step) % _WINDOW]
                found.append(window[write])
                write = (write + 1) % _WINDOW
    return bytes(found)


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds inside a pair of braces."""

    is_aside: bool = False
    #: Shown only by programs that do not read the wrapped HTML.
    is_rtf_only: bool = False
    #: Characters after a Unicode one that stand for it in older programs.
    stand_ins: int = 1
    codec: str = "cp1252"


def rtf_to_text(rtf: bytes) -> str:
    """The text of an RTF file."""
    is_html = b"\\fromhtml" in rtf[:2_000]
    page = re.search(rb"\\ansicpg(\d{1,5})", rtf[:2_000])
    codec = find_charset(f"cp{int(page[1])}") if page else None
    text = "".join(_Reader(codec or "cp1252", _fonts(rtf), is_html=is_html).read(rtf))
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return html_to_text(text) if is_html else text.strip("\n")


def _fonts(rtf: bytes) -> dict[int, str]:
    """Codecs by the number of the font, for fonts of other writing systems."""
    sets = {int(font[1]): _CODEPAGES.get(int(font[2])) for font in _FONT.finditer(rtf[:100_000])}
    return {font: f"cp{page}" for font, page in sets.items() if page}


class _Reader:
    """Takes the tokens of an RTF file one by one."""

    def __init__(self, codec: str, fonts: dict[int, str], *, is_html: bool) -> None:
        self._codec, self._fonts = codec, fonts
        self._is_html = is_html
        self._found: list[str] = []
        self._bytes = bytearray()
        self._outer: list[_Group] = []
        self._group = _Group(codec=codec)
        self._skipped = 0

    def read(self, rtf: bytes) -> list[str]:
        """The pieces of text."""
        for token in _TOKEN.finditer(rtf):
            word, number, code, sign, brace, plain = token.groups()
            if word:
                self._take_word(word, number)
            elif code:
                self._add_bytes(bytes([int(code, 16)]))
            elif sign:
                self._take_sign(sign)
            elif brace:
                self._take_brace(brace)
            elif plain:
                self._add_bytes(plain)
        self._flush()
        return self._found

    def _take_word(self, word: bytes, number: bytes | None) -> None:
        value = int(number) if number else None
        if word == b"u" and value is not None:
            self._add_text(chr(value & 0xFFFF))
            self._skipped = self._group.stand_ins
        elif word == b"f" and value is not None:
            self._flush()
            self._group = replace(self._group, codec=self._fonts.get(value, self._codec))
        elif word == b"uc":
            self._group = replace(self._group, stand_ins=min(value or 0, 8))
        elif word == b"htmlrtf":
            self._group = replace(self._group, is_rtf_only=value != 0)
        elif word == b"htmltag":
            self._group = replace(self._group, is_aside=False, is_rtf_only=False)
        elif word in _ASIDE:
            self._group = replace(self._group, is_aside=True)
        elif word in _SIGNS:
            self._add_text(_SIGNS[word])

    def _take_sign(self, sign: bytes) -> None:
        if sign == b"*":
            self._group = replace(self._group, is_aside=True)
        elif sign in (b"\\", b"{", b"}"):
            self._add_bytes(sign)
        elif sign == b"~":
            self._add_text("\xa0")
        elif sign in (b"\r", b"\n"):
            self._add_text("\n")

    def _take_brace(self, brace: bytes) -> None:
        self._flush()
        self._skipped = 0
        if brace == b"{":
            self._outer.append(self._group)
        elif self._outer:
            self._group = self._outer.pop()

    @property
    def _is_shown(self) -> bool:
        return not (self._group.is_aside or (self._is_html and self._group.is_rtf_only))

    def _add_bytes(self, data: bytes) -> None:
        data, self._skipped = data[self._skipped :], max(0, self._skipped - len(data))
        if self._is_shown:
            self._bytes += data

    def _add_text(self, text: str) -> None:
        self._flush()
        if self._is_shown:
            self._found.append(text)

    def _flush(self) -> None:
        if self._bytes:
            self._found.append(self._bytes.decode(self._group.codec, "replace"))
            self._bytes.clear()
