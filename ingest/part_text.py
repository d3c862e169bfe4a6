"""What kind of text a part of a message is, and how its decoded text reads plainly."""

import binascii
import re

from ingest.decoding import unflow
from ingest.html_text import html_to_text
from ingest.mime import Part

BODY_TYPES = frozenset(("text/plain", "text/html", "text/enriched", "text/richtext"))
_STUB = re.compile(
    r"(?:not|n't) (?:support|display|show|read).{0,40}html|"
    r"html[- ](?:capable|compatible|enabled|only)|"
    r"(?:view|read|see) (?:this|the|it).{0,60}(?:browser|online|html)|enable html|"
    r"(?:this is an? )?(?:html|multi-?part) (?:mime )?(?:message|e-?mail)",
    re.IGNORECASE,
)
#: A plain alternative shorter than this may be a stub for the HTML one.
STUB_CHARS = 300
#: How many times longer the HTML text must be for a short plain alternative to count as a stub.
_STUB_RATIO = 4


def reheaded(part: Part, body: bytes) -> bytes:
    """A multipart whose body was decoded, as an entity of its own."""
    return b"Content-Type: " + part.headers.get("content-type") + b"\n\n" + body


def piece_of(part: Part) -> str:
    """Which piece of a split message a message/partial is (RFC 2046 section 5.2.2)."""
    given = part.content_type.parameters
    number, total = (given.get(name, "")[:6] or "?" for name in ("number", "total"))
    return f"piece {number} of {total} of a split message: kept as it is, pieces are not joined"


def is_scaffold(line: bytes) -> bool:
    """True for lines around parts that say nothing: boundaries, headers, the usual preamble."""
    text = line.strip()
    return (
        not text
        or text.startswith((b"--", b"Content-"))
        or (b"MIME" in text.upper() and b"MULTI" in text.upper().replace(b"-", b""))
    )


def leaf(part: Part) -> Part:
    """The root of a multipart/related or the first text of a nested multipart; else the part."""
    while part.children and part.media_type.startswith("multipart/"):
        part = next((c for c in part.children if c.media_type == "text/html"), part.children[0])
    return part


def is_body_text(part: Part) -> bool:
    """True for a part that belongs to the letter, not to its enclosures."""
    return (
        part.media_type in BODY_TYPES
        and part.disposition.value != "attachment"
        and not part.file_name
    )


def is_stub(plain: str, rich: str) -> bool:
    """True when the plain version only says that there is an HTML one."""
    text = plain.strip()
    if not rich.strip():
        return False
    if not text:
        return True
    if len(text) >= STUB_CHARS:
        return False
    return bool(_STUB.search(text)) or len(rich.strip()) > _STUB_RATIO * STUB_CHARS


def as_plain(text: str, part: Part) -> str:
    if part.media_type == "text/html":
        return html_to_text(text)
    if part.media_type in ("text/enriched", "text/richtext"):
        return re.sub(r"<<|<[^<>]*>", lambda m: "<" if m[0] == "<<" else "", text)
    parameters = part.content_type.parameters
    if parameters.get("format", "").lower() == "flowed":
        return unflow(text, delete_space=parameters.get("delsp", "").lower() == "yes")
    return text


def decoded_size(raw: bytes, encoding: str) -> int:
    """Bytes of the attached file, without decoding large base64."""
    if encoding == "base64":
        letters = len(raw) - sum(raw.count(blank) for blank in (b"\r", b"\n", b" ", b"\t"))
        return max(0, letters * 3 // 4 - raw[-8:].count(b"="))
    return len(binascii.a2b_qp(raw)) if encoding == "quoted-printable" else len(raw)
