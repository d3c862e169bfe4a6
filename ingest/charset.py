"""Charsets of mail: what their names mean, and which one undeclared bytes are in."""

import codecs
import re
from collections.abc import Iterable

_CHARSET_ALIASES = {
    "iso-8859-8-i": "iso-8859-8", "iso-8859-8-e": "iso-8859-8", "x-sjis": "shift_jis",
    "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "euc-kr": "cp949", "gb2312": "gb18030",
    "gbk": "gb18030", "x-gbk": "gb18030", "shift_jis": "cp932", "iso-8859-1": "cp1252",
    "latin1": "cp1252", "us-ascii": "utf-8", "ascii": "utf-8", "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman", "utf8mb4": "utf-8", "unicode-1-1-utf-7": "utf-7",
    "windows-949": "cp949", "windows-936": "gb18030", "windows-950": "big5", "cn-big5": "big5",
    "chinesebig5": "big5", "cn-gb": "gb18030", "unicode-2-0-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8", "euc-cn": "gb18030",
    "tis-620": "cp874", "windows-874": "cp874", "windows-31j": "cp932",
}  # fmt: skip
#: Codecs of Python that are no charsets of mail, or take quadratic time.
_NOT_CHARSETS = {
    "idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem",
}  # fmt: skip
#: Seven-bit charsets that announce themselves.
_ISO_2022 = ("iso2022_jp_2", "iso2022_jp_ext", "iso2022_kr")
#: Bytes shown to the charset guesser: enough for its statistics, and it is slow.
_GUESS_BYTES = 16_384
#: What mail without a declared charset was written in. The guesser knows a hundred, and takes short
#: texts for rare ones.
_LIKELY = (
    "cp1252 cp1250 cp1251 koi8_r cp1253 cp1254 cp1255 cp1256 cp874 cp932 euc_jp gb18030 big5 cp949 "
    "iso8859_2 iso8859_5 iso8859_7 cp866"
).split()
#: Bytes outside ASCII from which on the guesser is right without being told what is likely.
_MANY = 30
#: Alphabets whose charsets differ in where the capitals stand, the commonest first.
_ALPHABETS = ("cp1251", "koi8_r", "cp866", "iso8859_5", "cp1253")
#: Share of letters in place above which an alphabet is believed.
_WORDLIKE = 0.9
_META_CHARSET = re.compile(rb"<meta[^<>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_NAMED_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_HIGH = bytes(range(128, 256))


def find_charset(name: str) -> str | None:
    """Python's codec for a charset name of mail, or None when there is no safe one."""
    label = name.strip().strip("'\"").lower().replace(" ", "")[:60]
    label = label.partition("//")[0].partition("$")[0].lstrip("_")
    codec = _codec(label) or _codec(label.removeprefix("x-"))
    if codec is None:
        return None
    # zlib, bz2, base64 and rot13 are codecs as well; decoding them raises LookupError.
    if codec.name in _NOT_CHARSETS or not getattr(codec, "_is_text_encoding", True):
        return None
    return codec.name


def _codec(label: str) -> codecs.CodecInfo | None:
    try:
        return codecs.lookup(_CHARSET_ALIASES.get(label, label))
    except (LookupError, ValueError):
        return None


def escaped_charset(data: bytes) -> str | None:
    """The ISO 2022 codec whose escape sequences undeclared 7-bit text holds, or None."""
    if b"\x1b$" not in data:
        return None
    return next((codec for codec in _ISO_2022 if _fits(data, codec)), None)


def guess_charset(data: bytes) -> str | None:
    """The codec that undeclared bytes are most likely in, or None."""
    from charset_normalizer import from_bytes

    data = data[:_GUESS_BYTES]
    high = len(data) - len(data.translate(None, _HIGH))
    letters = sum(data.count(vowel) for vowel in b"aeiou")
    if high <= _MANY and high <= letters:
        # Latin letters with an accent here and there: the guesser has too little to go by.
        return "cp1252"
    if high <= _MANY and (codec := _by_case(data)):
        return codec
    best = from_bytes(data).best() if high > _MANY else None
    if best is None or best.encoding not in _LIKELY:
        best = from_bytes(data, cp_isolation=_LIKELY).best()
    return find_charset(best.encoding) if best is not None else None


def _by_case(data: bytes) -> str | None:
    """The alphabet in which a few words are words: letters only, capitals at their beginning."""
    scored = [(_letters_in_place(data.decode(c, "replace")), c) for c in _ALPHABETS]
    share, codec = max(scored, key=lambda one: one[0])
    return codec if share >= _WORDLIKE else None


def _letters_in_place(text: str) -> float:
    """Share of the characters outside ASCII that stand as letters do in words of one alphabet."""
    points, total = 0.0, 0
    for before, character, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        if character <= "\x7f":
            continue
        total += 1
        is_mixed = any(c.isascii() and c.isalpha() for c in (before, after))
        if character.isalpha() and not is_mixed:
            points += 1 if not character.isupper() else 0.2 if before.isalpha() else 0.9
    return points / total if total else 0.0


def html_charset(data: bytes) -> str | None:
    """The charset that an HTML document names in its first 2 KiB."""
    match = _META_CHARSET.search(data[:2048])
    return match.group(1).decode("ascii") if match else None


def header_charset(values: Iterable[bytes], message: bytes) -> str | None:
    """The codec of header fields in raw 8-bit text that is no UTF-8, or None.

    Mail programs that write such fields use the charset of the body, which its parts name; where
    they do not, the fields and the body are guessed together.
    """
    sample = b"\n".join(values)
    named = [m.group(1).decode("ascii") for m in _NAMED_CHARSET.finditer(message[:_GUESS_BYTES])]
    for codec in filter(None, map(find_charset, named[:20])):
        if codec not in ("utf-8", "utf-7") and _fits(sample, codec):
            return codec
    guess = guess_charset(sample + b"\n" + message[:_GUESS_BYTES])
    return guess if guess and _fits(sample, guess) else None


def _fits(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except (UnicodeError, LookupError):
        return False
    return True
