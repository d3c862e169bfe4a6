"""Bytes of a body part turned into text: transfer encoding, charset, format=flowed.

Damage costs the damaged bytes, never the part. RFC 2045, 3676.
"""

import binascii
import codecs
import re
import string

from ingest.charset import escaped_charset, find_charset, guess_charset
from ingest.headers import clean_text

#: Charsets in which every ASCII character takes a NUL byte.
_WIDE = frozenset("utf-16 utf-16-le utf-16-be utf-32 utf-32-le utf-32-be".split())
#: A soft line break with the blanks that gateways add before the line end.
_SOFT_BREAK = re.compile(rb"=[ \t]+(\r?\n)")
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/=\s]*\Z")
#: Pieces of base64 with padding of their own that one text may have.
_MOST_PIECES = 10_000
#: Everything but base64 letters and padding.
_NOT_BASE64 = bytes(set(range(256)) - set(string.ascii_letters.encode() + b"0123456789+/="))


def decode_transfer(data: bytes, encoding: str) -> tuple[bytes, str | None]:
    """The decoded bytes, and a warning when something had to be repaired."""
    if encoding == "quoted-printable":
        return binascii.a2b_qp(_SOFT_BREAK.sub(rb"=\1", data)), None
    if encoding == "base64":
        return _decode_base64(data)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _decode_uu(data)
    if encoding in ("", "7bit", "8bit", "binary"):
        return data, None
    return data, f"unknown transfer encoding {encoding[:40]!r}: taken as it stands"


def _decode_base64(data: bytes) -> tuple[bytes, str | None]:
    """Lenient base64. Text that is no base64, such as a list's footer below it, is kept as is."""
    coded, tail = _leading_base64(data)
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", coded)
    stray = len(letters) != len(coded.translate(None, b"=\r\n\t "))
    damaged = stray or len(letters) % 4 == 1 or b"=" in coded.rstrip(b"=\r\n\t ")
    # Padding inside the data ends a piece that was encoded by itself.
    is_sane = coded.count(b"=") <= _MOST_PIECES
    pieces = coded.translate(None, _NOT_BASE64).split(b"=") if is_sane else [letters]
    decoded = b"".join(map(_decode_piece, pieces))
    if not coded.strip() and tail:
        return tail, "declared base64 but is not: taken as it stands"
    if tail.strip():
        return decoded + b"\n" + tail, "text after the base64 data was kept"
    return decoded, "damaged base64: repaired" if damaged else None


def _decode_piece(letters: bytes) -> bytes:
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _leading_base64(data: bytes) -> tuple[bytes, bytes]:
    """The base64 block at the start, and text lines below it when it is followed by words."""
    if _BASE64_LINE.match(data):
        first = data.lstrip().split(b"\n", 1)[0].strip()
        return (b"", data) if b" " in first else (data, b"")
    position = 0
    for line in data.splitlines(keepends=True):
        is_rule = bool(line.strip()) and not line.strip(b"-_\r\n\t ")
        if is_rule or (b" " in line.strip() and not _is_noisy_base64(line)):
            return data[:position], data[position:]
        position += len(line)
    return data, b""


def _is_noisy_base64(line: bytes) -> bool:
    """True for a long base64 line with a few stray bytes, as opposed to words."""
    return len(line) > 50 and max(map(len, line.split())) > 30


def _decode_uu(data: bytes) -> tuple[bytes, str | None]:
    decoded, damaged = bytearray(), False
    for line in data.splitlines():
        if line.startswith(b"begin ") or not line.strip():
            continue
        if line.strip() == b"end":
            break
        try:
            decoded += binascii.a2b_uu(line)
        except binascii.Error:
            damaged = True
    return bytes(decoded), "damaged uuencode: repaired" if damaged else None


def decode_charset(data: bytes, charset: str | None, *, is_cut: bool) -> tuple[str, str | None]:
    """The text, cleaned, and a warning when the declared charset was not the real one.

    `is_cut` allows an unfinished character at the end. An undeclared charset is UTF-8 when the
    bytes allow it, else what charset-normalizer finds, else Windows-1252.
    """
    declared = find_charset(charset) if charset else None
    if declared in _WIDE and data.isascii() and b"\0" not in data:
        # Read as declared, plain letters would come out as Chinese.
        return clean_text(data.decode("ascii")), f"charset {charset!r} was wrong: read as ascii"
    escaped = escaped_charset(data) if declared in (None, "utf-8") else None
    for codec in dict.fromkeys(filter(None, (escaped, declared, "utf-8"))):
        text = _decode_strictly(data, codec, is_cut=is_cut)
        if text is not None:
            lied = charset is not None and codec != declared
            return clean_text(
                text
            ), f"charset {charset!r} was wrong: read as utf-8" if lied else None
    if declared == "utf-8" and _is_nearly_utf8(data):
        return clean_text(data.decode("utf-8", "replace")), "bytes that are no utf-8 were replaced"
    if declared is not None and declared != "utf-8":
        return clean_text(data.decode(declared, "replace")), f"bytes that are no {charset} replaced"
    guess = guess_charset(data) or "cp1252"
    return clean_text(data.decode(guess, "replace")), f"charset unknown or wrong: read as {guess}"


def _decode_strictly(data: bytes, codec: str, *, is_cut: bool) -> str | None:
    try:
        if is_cut:
            return codecs.getincrementaldecoder(codec)("strict").decode(data, final=False)
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _is_nearly_utf8(data: bytes) -> bool:
    """True when at most a tenth of the characters outside ASCII are damaged."""
    text = data.decode("utf-8", "replace")
    outside = sum(character > "\x7f" for character in text)
    return text.count("\ufffd") * 10 <= outside


def unflow(text: str, *, delete_space: bool) -> str:
    """`format=flowed` text with its soft line breaks undone (RFC 3676 section 4)."""
    paragraphs: list[list[str]] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        is_signature = content == "-- "
        if open_depth == depth and not is_signature:
            paragraphs[-1].append(content)
        else:
            paragraphs.append([f"{'>' * depth} {content}" if depth else content])
        flows = content.endswith(" ") and not is_signature
        open_depth = depth if flows else None
        if flows and delete_space:
            paragraphs[-1][-1] = paragraphs[-1][-1][:-1]
    return "\n".join("".join(pieces) for pieces in paragraphs)
