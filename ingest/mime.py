"""The MIME tree of a raw message: headers and byte ranges of its parts, nothing decoded.

Recursion, parts and header sizes are bounded, and every pass is linear, so that hostile mail costs
little; the standard library's parser needs gigabytes or the interpreter's stack for some of it.
RFC 2045, 2046.
"""

import re
from dataclasses import dataclass, field

from ingest.headers import Headers, Parameterised, parse_parameters, split_headers
from ingest.limits import Limits

_GUESSED_BOUNDARY = re.compile(
    rb"^--([^\r\n]{1,200}?)[ \t]*\r?\nContent-", re.MULTILINE | re.IGNORECASE
)
#: How a body of no declared type shows that it is HTML.
_HTML_STARTS = (b"<html", b"<!doctype html")
#: Types of attached mail.
MAIL_TYPES = frozenset(("message/rfc822", "message/global", "message/news"))
#: Encodings that leave the bytes as they are.
PLAIN_ENCODINGS = frozenset(("", "7bit", "8bit", "binary"))


@dataclass(frozen=True, slots=True)
class Part:
    """One node. Its body is `raw[start:end]`; `children` are the parts inside it, in order."""

    headers: Headers
    content_type: Parameterised
    start: int
    end: int
    children: tuple["Part", ...] = ()

    @property
    def media_type(self) -> str:
        """`text/plain`, lower-case."""
        return self.content_type.value

    @property
    def disposition(self) -> Parameterised:
        """Content-Disposition, taken apart."""
        return parse_parameters(self.headers.get("content-disposition"))

    @property
    def file_name(self) -> str:
        """The file name that the part gives, without folders; "" when none."""
        given = self.disposition.parameters.get("filename") or self.content_type.parameters.get(
            "name", ""
        )
        return re.split(r"[/\\]", " ".join(given.replace("\0", "").split()))[-1][:255]

    @property
    def transfer_encoding(self) -> str:
        """Content-Transfer-Encoding, lower-case; "" when none."""
        return parse_parameters(self.headers.get("content-transfer-encoding")).value


@dataclass(slots=True)
class Census:
    """What one message has cost so far, and what had to be left out."""

    limits: Limits
    parts: int = 0
    #: Levels of decoded parts that this mail stands in.
    encoded: int = 0
    warnings: list[str] = field(default_factory=list)

    def warn(self, warning: str) -> None:
        """Note a repair or cut once."""
        if warning not in self.warnings:
            self.warnings.append(warning)


def read_part(
    raw: bytes,
    start: int,
    end: int,
    census: Census,
    *,
    depth: int = 0,
    default_type: str = "text/plain",
) -> Part:
    """The part (a whole message at depth 0) whose header begins at `start`."""
    census.parts += 1
    headers, body = split_headers(raw, start, end, census.limits)
    for warning in headers.warnings:
        census.warn(warning)
    body = min(body, end)
    if depth == 0 and raw[body : body + 64].lstrip()[:14].lower().startswith(_HTML_STARTS):
        default_type = "text/html"
    content_type = _content_type(headers, default_type)
    part = Part(headers, content_type, body, end)
    is_container = content_type.value.startswith("multipart/")
    if not is_container and not is_plain_attached_mail(part):
        return part
    if depth >= census.limits.nesting_depth:
        census.warn(f"parts nested deeper than {census.limits.nesting_depth} were left out")
        return part
    if is_container:
        children = _multipart(raw, part, census, depth)
    else:
        children = (read_part(raw, body, end, census, depth=depth + 1),)
    return Part(headers, content_type, body, end, children)


def is_plain_attached_mail(part: Part) -> bool:
    """True for attached mail without a transfer encoding, as the RFC demands."""
    return part.media_type in MAIL_TYPES and (part.transfer_encoding in PLAIN_ENCODINGS)


def _content_type(headers: Headers, default_type: str) -> Parameterised:
    value = headers.get("content-type")
    found = parse_parameters(value) if value else Parameterised(default_type, {})
    if not all(found.value.partition("/")[::2]) or found.value.count("/") > 1:
        # RFC 2045 section 5.2: what is no valid type is plain text.
        return Parameterised("text/plain", found.parameters)
    return found


def _multipart(raw: bytes, part: Part, census: Census, depth: int) -> tuple[Part, ...]:
    boundary = part.content_type.parameters.get("boundary", "")
    ranges = _split(raw, part, boundary.encode("utf-8", "replace").rstrip(), census)
    if not ranges:
        guess = _GUESSED_BOUNDARY.search(raw, part.start, part.end)
        if guess is not None:
            census.warn("multipart boundary missing or wrong: repaired")
            ranges = _split(raw, part, guess.group(1), census)
    if not ranges and part.transfer_encoding in ("base64", "quoted-printable"):
        # Forbidden by RFC 2045 section 6.4, and done: whoever reads the content decodes it first.
        return ()
    if not ranges and raw[part.start : part.end].strip():
        census.warn("multipart without parts: read as plain text")
        plain = Parameterised("text/plain", {})
        return (Part(Headers(()), plain, part.start, part.end),)
    child_type = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
    children = []
    for start, end in ranges:
        if census.parts >= census.limits.parts:
            census.warn(f"parts after the first {census.limits.parts} were left out")
            break
        children.append(
            read_part(raw, start, end, census, depth=depth + 1, default_type=child_type)
        )
    return tuple(children)


def _split(raw: bytes, part: Part, boundary: bytes, census: Census) -> list[tuple[int, int]]:
    """Byte ranges between the boundary lines; the last one may lack its closing line."""
    if not boundary:
        return []
    pattern = re.compile(rb"^--" + re.escape(boundary) + rb"(--)?[ \t]*\r?$", re.MULTILINE)
    ranges: list[tuple[int, int]] = []
    opened: int | None = None
    for match in pattern.finditer(raw, part.start, part.end):
        if opened is not None:
            ranges.append((opened, max(opened, _before_newline(raw, match.start()))))
        opened = None if match.group(1) else min(match.end() + 1, part.end)
        if len(ranges) > census.limits.parts:
            return ranges
    if opened is not None and opened < part.end:
        census.warn("multipart without its closing boundary")
        ranges.append((opened, part.end))
    return ranges


def _before_newline(raw: bytes, offset: int) -> int:
    """The offset without the line end before it, which belongs to the boundary."""
    if raw[offset - 1 : offset] == b"\n":
        offset -= 1
        if raw[offset - 1 : offset] == b"\r":
            offset -= 1
    return offset
