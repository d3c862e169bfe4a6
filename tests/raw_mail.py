"""Raw mail for tests: small messages from their lines, and how Exhibit reads them."""

from pathlib import Path

from ingest.formats.registry import read_source
from ingest.limits import Limits
from ingest.message import Source, read_message
from ingest.model import Draft, Skipped, Span

HEADER = (
    b"From: Ann Lee <ann@example.org>\n"
    b"To: Bob Hart <bob@example.org>\n"
    b"Date: Mon, 4 Mar 2024 10:12:13 +0100\n"
    b"Message-ID: <one@example.org>\n"
    b"Subject: Boiler\n"
)


def read(raw: bytes, limits: Limits | None = None) -> list[Draft | Skipped]:
    """Everything that one raw message gives."""
    return list(read_message(raw, Source(Span("/mail", 1, 1)), limits or Limits()))


def one(raw: bytes, limits: Limits | None = None) -> Draft:
    """The message itself, which must not have been skipped."""
    first = read(raw, limits)[0]
    assert isinstance(first, Draft), first
    return first


def mail(body: bytes, *fields: bytes) -> bytes:
    """A message with the usual header, `fields` and a body."""
    return HEADER + b"".join(field + b"\n" for field in fields) + b"\n" + body


def multipart(kind: str, *parts: bytes) -> bytes:
    """A message whose parts (header, blank line, content) are of multipart/`kind`."""
    body = b"".join(b"--edge\n" + part + b"\n" for part in parts) + b"--edge--\n"
    field = f'Content-Type: multipart/{kind}; boundary="edge"'.encode()
    return mail(body, b"MIME-Version: 1.0", field)


def text_part(text: bytes, media_type: bytes = b"text/plain", *fields: bytes) -> bytes:
    """A part of UTF-8 text."""
    header = [b"Content-Type: " + media_type + b"; charset=utf-8", *fields]
    return b"\n".join(header) + b"\n\n" + text


def source(path: Path, limits: Limits | None = None) -> list[Draft | Skipped]:
    """Everything that a file or folder gives."""
    return list(read_source(path, limits or Limits()))


def drafts(found: list[Draft | Skipped]) -> list[Draft]:
    """The messages among the results."""
    return [one for one in found if isinstance(one, Draft)]


def reasons(found: list[Draft | Skipped]) -> list[str]:
    """Why the others were skipped."""
    return [one.reason for one in found if isinstance(one, Skipped)]
