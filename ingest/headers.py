"""Header fields of a message: splitting, decoding and addresses, for mail that breaks the rules.

The standard library's parser raises on wild fields and needs quadratic time on hostile ones; here
every field yields something and every step is linear. RFC 5322, 2047, 2231.
"""

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingest.charset import escaped_charset, find_charset, header_charset
from ingest.limits import Limits
from ingest.model import Person

UNKNOWN_SENDER = Person("<unknown>")

#: Bytes of a message that the charset of its raw 8-bit fields is judged by.
_SEEN = 64 * 1024
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_KNOWN_FIELD = re.compile(
    rb"(?:from|to|cc|date|subject|received|message-id|mime-version|content-[a-z-]+|reply-to|sender|"
    rb"return-path|in-reply-to|references|delivered-to|bcc|newsgroups|path|xref|resent-[a-z-]+|"
    rb"list-[a-z-]+|dkim-signature|x-[a-z-]+)[ \t]*:",
    re.IGNORECASE,
)
_ENCODED_WORD = re.compile(
    r"=\?([^\s?*]{1,60})(?:\*[^\s?]{0,40})?\?([bBqQ])\?([^?\r\n]*(?:\?(?!=)[^?\r\n]*){0,8})\?="
)
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields in order; names lower-case, values unfolded but not decoded."""

    fields: tuple[tuple[str, bytes], ...]
    warnings: tuple[str, ...] = ()

    def get(self, name: str) -> bytes:
        """The first non-blank field of that name, or b""."""
        return next((value for key, value in self.fields if key == name and value), b"")

    def all(self, name: str) -> list[bytes]:
        """Every field of that name, in order."""
        return [value for key, value in self.fields if key == name]

    def text(self, name: str) -> str:
        """The first non-blank field of that name as readable text."""
        return decode_words(decode_raw(self.get(name)))


@dataclass(frozen=True, slots=True)
class Parameterised:
    """A field such as Content-Type: its lower-case value and its decoded parameters."""

    value: str
    parameters: Mapping[str, str]


def split_headers(raw: bytes, start: int, end: int, limits: Limits) -> tuple[Headers, int]:
    """The header fields of `raw[start:end]` and the offset where the body begins."""
    block_end, body = _header_block(raw, start, end)
    warnings: list[str] = []
    if block_end - start > limits.headers_bytes:
        warnings.append(f"header cut to {limits.headers_bytes} bytes of {block_end - start}")
    lines = raw[start : min(block_end, start + limits.headers_bytes)].splitlines()
    if lines and not any(map(_KNOWN_FIELD.match, lines)):
        # Nothing here is of mail: text that happens to have colons is not swallowed as a header.
        return Headers(()), start
    folded, unused = _fold(lines)
    if unused is not None:
        # No blank line ends this header: the first line that is no field begins the body.
        body = start + sum(len(line) for line in raw[start:end].splitlines(True)[:unused])
    fields = []
    for name, pieces in folded:
        value = b" ".join(pieces).strip()
        if len(value) > limits.header_bytes:
            warnings.append(f"header {name} cut to {limits.header_bytes} bytes of {len(value)}")
            value = value[: limits.header_bytes]
        fields.append((name, value))
    return Headers(_in_utf8(fields, raw[start : min(end, start + _SEEN)]), tuple(warnings)), body


def _in_utf8(fields: list[tuple[str, bytes]], message: bytes) -> tuple[tuple[str, bytes], ...]:
    """The fields with raw 8-bit text of another charset turned into UTF-8."""
    foreign = [value for _, value in fields if not value.isascii() and not _is_utf8(value)]
    codec = header_charset(foreign, message) if foreign else None
    if codec is None:
        return tuple(fields)
    return tuple(
        (name, value if value not in foreign else value.decode(codec).encode("utf-8"))
        for name, value in fields
    )


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _header_block(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the header block ends and where the body begins."""
    if raw[start : start + 1] == b"\n":
        return start, start + 1
    if raw[start : start + 2] == b"\r\n":
        return start, start + 2
    found = find_blank_line(raw, start, end)
    return (end, end) if found is None else found


def find_blank_line(raw: bytes, start: int, end: int) -> tuple[int, int] | None:
    """The line end before the first blank line and the offset after that line, or None."""
    unix = raw.find(b"\n\n", start, end)
    dos = raw.find(b"\n\r\n", start, unix if unix >= 0 else end)
    if dos >= 0:
        return dos, dos + 3
    return (unix, unix + 2) if unix >= 0 else None


def _fold(lines: list[bytes]) -> tuple[list[tuple[str, list[bytes]]], int | None]:
    """Fields with their continuation lines, and the index of the line where the body begins.

    A stray line inside the header continues the field before it when a known field follows.
    """
    fields: list[tuple[str, list[bytes]]] = []
    last_known = max((i for i, line in enumerate(lines) if _KNOWN_FIELD.match(line)), default=-1)
    for index, line in enumerate(lines):
        match = _FIELD.match(line)
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1][1].append(line.strip())
        elif match is not None:
            name = match.group(1).decode("ascii").lower()
            fields.append((name, [line[match.end() :].strip()]))
        elif line.startswith((b"From ", b">From ")):
            continue
        elif index < last_known:
            if fields:
                fields[-1][1].append(line.strip())
        else:
            return fields, index
    return fields, None


def clean_text(text: str) -> str:
    """The text with unix line ends, without NUL and lone surrogates (both become U+FFFD)."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def decode_raw(value: bytes) -> str:
    """An undecoded header as text: ISO 2022, ASCII, else UTF-8, else Windows-1252."""
    escaped = escaped_charset(value)
    if escaped is not None:
        return value.decode(escaped)
    for charset in ("ascii", "utf-8", "cp1252"):
        try:
            return value.decode(charset)
        except UnicodeDecodeError:
            continue
    return value.decode("latin-1")


def decode_words(value: str) -> str:
    """A header with its RFC 2047 words decoded, in one line, white space collapsed."""
    if "=?" in value:
        value = "".join(_decoded_pieces(value))
    return " ".join(clean_text(value).split())


def _decoded_pieces(value: str) -> Iterator[str]:
    """Plain and decoded runs. Adjacent words of one charset are joined before they are decoded."""
    position, charset, pending = 0, "", bytearray()
    for match in _ENCODED_WORD.finditer(value):
        between = value[position : match.start()]
        label = match.group(1).lower()
        if pending and (between.strip() or label != charset):
            yield _decode_word(bytes(pending), charset)
            pending.clear()
        if between.strip() or position == 0:
            yield between
        charset = label
        pending += _word_bytes(match.group(2), match.group(3))
        position = match.end()
    if pending:
        yield _decode_word(bytes(pending), charset)
    yield value[position:]


def _word_bytes(encoding: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _decode_word(data: bytes, charset: str) -> str:
    codec = find_charset(charset)
    if codec is not None:
        try:
            return data.decode(codec)
        except (UnicodeDecodeError, UnicodeError):
            return data.decode(codec, "replace") if codec != "utf-8" else decode_raw(data)
    return decode_raw(data)


def parse_parameters(value: bytes) -> Parameterised:
    """`text/plain; charset="x"; name*0*=...` taken apart, RFC 2231 continuations joined."""
    if not value:
        return Parameterised("", {})
    text = decode_raw(value[:16_384])
    head, _, _ = text.partition(";")
    found: dict[str, str] = {}
    for match in _PARAMETER.finditer(text, len(head)):
        name, given = match.group(1).lower(), match.group(2).strip()
        if len(given) > 1 and given[0] == given[-1] == '"':
            given = re.sub(r'\\(["\\])', r"\1", given[1:-1])
        found.setdefault(name, given.strip('"') if given.startswith('"') else given)
    return Parameterised(_first_word(head), _join_continuations(found))


def _first_word(text: str) -> str:
    words = _without_comments(text).lower().split()
    return words[0] if words else ""


def _join_continuations(found: dict[str, str]) -> dict[str, str]:
    """RFC 2231 sections 3 and 4: `name*`, `name*0`, `name*1*` become one `name`."""
    joined: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[bool, str]]] = {}
    for key, text in found.items():
        name, star, rest = key.partition("*")
        if not star:
            joined.setdefault(name, decode_words(text) if "=?" in text else text)
            continue
        number = rest.rstrip("*")
        index = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 0
        sections.setdefault(name, {})[index] = (key.endswith("*"), text)
    for name, numbered in sections.items():
        joined[name] = _decode_sections([numbered[i] for i in sorted(numbered)])
    return joined


def _decode_sections(sections: list[tuple[bool, str]]) -> str:
    charset, data = "utf-8", bytearray()
    for position, (encoded, text) in enumerate(sections):
        if encoded and position == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += _percent_decoded(text) if encoded else text.encode("utf-8", "replace")
    return clean_text(_decode_word(bytes(data), charset or "utf-8"))


def _percent_decoded(text: str) -> bytes:
    return re.sub(
        rb"%([0-9A-Fa-f]{2})",
        lambda match: bytes([int(match.group(1), 16)]),
        text.encode("utf-8", "replace"),
    )


def _without_comments(text: str) -> str:
    """The text without RFC 5322 comments, nested to any depth, in one pass."""
    if "(" not in text:
        return text
    kept, depth = [], 0
    for piece in re.split(r"([()])", text):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(0, depth - 1)
        elif depth == 0:
            kept.append(piece)
    return "".join(kept)
