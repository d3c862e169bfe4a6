"""Text of attached files: plain and rich text, HTML, calendars and PDF; no other is opened."""

import re
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import PurePosixPath

from ingest.charset import html_charset
from ingest.decoding import decode_charset
from ingest.html_text import html_to_text
from ingest.limits import Limits
from ingest.rich_text import rtf_to_text

_TEXT_SUFFIXES = frozenset(
    ".txt .csv .tsv .md .markdown .json .log .xml .yaml .yml .rst .tex .ini .diff .patch".split()
)
_HTML_SUFFIXES = frozenset((".html", ".htm"))
_UNREADABLE_TEXT = frozenset(("text/css", "text/javascript", "text/x-amp-html"))
_RICH_TEXT = frozenset(("text/rtf", "application/rtf", "application/x-rtf"))
_OTHER_TEXT = frozenset(("application/json", "application/xml"))

#: What the PDF library lets through on damaged files, besides its own errors.
PDF_TROUBLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    NotImplementedError,
    OSError,
    EOFError,
    MemoryError,
    struct.error,
    zlib.error,
)
_CALENDAR_LABELS = {
    "SUMMARY": "Event",
    "DTSTART": "Start",
    "DTEND": "End",
    "LOCATION": "Location",
    "ORGANIZER": "Organizer",
    "ATTENDEE": "Attendee",
    "STATUS": "Status",
    "DESCRIPTION": "Description",
}
_CALENDAR_LINE = re.compile(r"([A-Z-]{1,30})((?:;[^:;\"]*(?:\"[^\"]*\")?)*):(.*)")
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")


def is_readable(media_type: str, name: str) -> bool:
    """True for attached files whose text is taken."""
    return _kind(media_type, name) != "none"


def is_pdf(media_type: str, name: str) -> bool:
    """True for PDF files, which must be whole to be read."""
    return _kind(media_type, name) == "pdf"


def attached_text(
    data: bytes, media_type: str, name: str, charset: str | None, limits: Limits
) -> tuple[str, list[str]]:
    """The text of an attached file, cut to `limits.attachment_chars`, and warnings."""
    kind = _kind(media_type, name)
    if kind == "pdf":
        pages, warnings = pdf_pages(data, limits)
        text = "\n\n".join(pages)
    elif kind == "rtf":
        text, warnings = rtf_to_text(data[: 4 * limits.attachment_chars]), []
    else:
        cut = data[: 4 * limits.attachment_chars]
        charset = charset or (html_charset(cut) if kind == "html" else None)
        text, warning = decode_charset(cut, charset, is_cut=len(cut) < len(data))
        warnings = [f"attachment {name!r}: {warning}"] if warning else []
        text = html_to_text(text) if kind == "html" else text
        text = summarise_calendar(text) if kind == "calendar" else text
    if len(text) > limits.attachment_chars:
        warnings.append(f"attachment {name!r} cut to {limits.attachment_chars} characters")
        text = text[: limits.attachment_chars]
    return text.strip("\n"), warnings


def _kind(media_type: str, name: str) -> str:
    suffix = PurePosixPath(name.lower()).suffix
    if media_type in ("application/pdf", "application/x-pdf") or suffix == ".pdf":
        return "pdf"
    if media_type in _RICH_TEXT or suffix == ".rtf":
        return "rtf"
    if media_type == "text/calendar" or suffix == ".ics":
        return "calendar"
    if media_type == "text/html" or suffix in _HTML_SUFFIXES:
        return "html"
    if media_type in _UNREADABLE_TEXT:
        return "none"
    is_text = media_type.startswith(("text/", "message/")) or media_type in _OTHER_TEXT
    return "text" if is_text or suffix in _TEXT_SUFFIXES else "none"


def pdf_pages(data: bytes, limits: Limits) -> tuple[list[str], list[str]]:
    """The text of each page of a PDF, and warnings; a damaged file gives what could be read."""
    if len(data) > limits.pdf_bytes:
        return [], [f"PDF of {len(data)} bytes is larger than {limits.pdf_bytes}: not read"]
    import logging

    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    pages: list[str] = []
    try:
        pages.extend(_page_texts(data, limits.pdf_pages))
    except (PyPdfError, *PDF_TROUBLE) as error:
        return pages, [f"PDF is damaged after page {len(pages)}: {type(error).__name__}"]
    if len(pages) > limits.pdf_pages:
        return pages[:-1], [f"PDF cut to {limits.pdf_pages} pages"]
    return pages, []


def _page_texts(data: bytes, limit: int) -> Iterator[str]:
    """Page texts, one page more than `limit` as an empty mark when there are more."""
    from pypdf import PdfReader

    for number, page in enumerate(PdfReader(BytesIO(data)).pages):
        if number == limit:
            yield ""
            return
        yield page.extract_text() or ""


def summarise_calendar(text: str) -> str:
    """The facts of an iCalendar file as labelled lines: event, times, place, people (RFC 5545)."""
    lines = []
    for line in re.sub(r"\n[ \t]", "", text).split("\n"):
        if line.startswith("END:VEVENT"):
            lines.append("")
        match = _CALENDAR_LINE.match(line[:4_000])
        if match is not None and match.group(1) in _CALENDAR_LABELS:
            lines.append(f"{_CALENDAR_LABELS[match.group(1)]}: {_calendar_value(match)}")
    return "\n".join(lines).strip("\n")


def _calendar_value(match: re.Match[str]) -> str:
    name, parameters, value = match.groups()
    if name.startswith("DT"):
        zone = re.search(r"TZID=([^;:]+)", parameters)
        return _STAMP.sub(_readable_stamp, value) + (f" {zone.group(1)}" if zone else "")
    if name in ("ORGANIZER", "ATTENDEE"):
        person = re.search(r'CN="?([^";:]+)', parameters)
        address = re.sub(r"^mailto:", "", value, flags=re.IGNORECASE)
        return f"{person.group(1)} <{address}>" if person else address
    return re.sub(r"\\([\\;,])", r"\1", value.replace("\\n", " ").replace("\\N", " "))


def _readable_stamp(match: re.Match[str]) -> str:
    year, month, day, hour, minute, utc = match.groups()
    clock = f" {hour}:{minute}" if hour else ""
    return f"{year}-{month}-{day}{clock}{' UTC' if utc else ''}"
