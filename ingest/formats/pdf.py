"""PDF court exhibits: printed mail whose pages carry From / Sent / To / Subject blocks.

Each block is one message, in the order printed (a chain has its newest first). Lines in locators
are those of the extracted text. Pictures of pages are not read.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.addresses import people_in
from ingest.attached import pdf_pages
from ingest.body import segment
from ingest.dates import is_plausible
from ingest.formats.reader import Found, Opened, read_all
from ingest.header_block import MAX_BLOCK, Block, find_mark, read_block
from ingest.headers import UNKNOWN_SENDER, clean_text
from ingest.model import Draft, Person, Span
from ingest.quoting import read_person
from ingest.shape import looks_like_mail

#: Stamps that courts and scanning offices print on every page.
_STAMP = re.compile(
    r"\s*(?:Case\s+\d:\d\d-\w\w-\d+.{0,80}|(?:Page|Seite)\s+\d+\s+(?:of|von)\s+\d+|"
    r"[A-Z][A-Z_-]{2,20}[-_ ]?\d{5,10}|(?:HIGHLY )?CONFIDENTIAL(?:\s*-.{0,40})?|"
    r"(?:Plaintiff|Defendant|Trial)?'?s?\s*EXHIBIT\s+\w{1,6})\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Printed:
    """A header block and the half-open range of the lines of its body."""

    block: Block
    header: int
    start: int
    end: int


class PdfReader:
    """Reads printed mail from PDF files that hold text."""

    name = "pdf"

    def sniff(self, opened: Opened) -> bool:
        """True for the PDF mark in the first KiB of what is no mail with a PDF in it."""
        return b"%PDF-" in opened.head[:1024] and not looks_like_mail(opened.head)

    def read(self, opened: Opened) -> Iterator[Found]:
        """A draft for each header block; the whole file is skipped when it has none."""
        pages, warnings = pdf_pages(read_all(opened.stream, opened.limits.pdf_bytes), opened.limits)
        lines = [line for page in pages for line in _unstamped(page)]
        if not any(line.strip() for line in lines):
            yield opened.skipped("; ".join(warnings) or "PDF without text (a scan?): run OCR first")
            return
        printed = _printed(lines)
        if not printed:
            yield opened.skipped("PDF without From:/Sent:/To:/Subject: blocks")
        for one in printed:
            yield _draft(opened, lines, one, warnings)


def _unstamped(page: str) -> list[str]:
    """The lines of a page without stamps; their places stay as blank lines."""
    text = clean_text(page).replace("\xa0", " ")
    return ["" if _STAMP.fullmatch(line[:200]) else line.rstrip() for line in text.split("\n")]


def _printed(lines: Sequence[str]) -> list[_Printed]:
    """The messages: each header block with the lines up to the next one."""
    blocks: list[tuple[int, Block]] = []
    index = 0
    while index < len(lines):
        block = None
        if ":" in lines[index]:
            block = read_block(lines[index : index + MAX_BLOCK], marked=False)
        if block is not None:
            blocks.append((index, block))
        index += block.length if block is not None else 1
    ends = [start for start, _ in blocks[1:]] + [len(lines)]
    return [
        _Printed(block, start, start + block.length, _without_mark(lines, start, end))
        for (start, block), end in zip(blocks, ends, strict=False)
    ]


def _without_mark(lines: Sequence[str], start: int, end: int) -> int:
    """The end without blank lines and without the separator that announces the next block."""
    while end > start + 1 and (not lines[end - 1].strip() or find_mark(lines[end - 1])):
        end -= 1
    return end


def _draft(
    opened: Opened, lines: Sequence[str], printed: _Printed, warnings: Sequence[str]
) -> Draft:
    block, fields = printed.block, printed.block.fields
    sender = block.author or UNKNOWN_SENDER
    body = "\n".join(lines[printed.start : printed.end]).strip("\n")
    sent_at = block.sent_at if block.sent_at and is_plausible(block.sent_at) else None
    last_line = max(printed.end, printed.header + block.length)
    return Draft(
        locator=Span(opened.path, printed.header + 1, last_line),
        kind="email",
        sender=sender,
        to=_people(fields.get("to", "")),
        cc=_people(fields.get("cc", "")),
        sent_at=sent_at,
        date_source="header" if sent_at else "none",
        subject=fields.get("subject", ""),
        body=body,
        segments=segment(body, sender, subject=fields.get("subject", "")),
        warnings=tuple(warnings),
    )


def _people(printed: str) -> tuple[Person, ...]:
    """Recipients as Outlook prints them: `Ann Lee; Bob Hart [mailto:b@example.org]`."""
    if ";" in printed:
        return tuple(person for piece in printed.split(";") for person in _one(piece))
    return tuple(people_in(printed))


def _one(piece: str) -> list[Person]:
    """The person of one entry: `Lee, Ann` is one where semicolons separate people."""
    person = read_person(piece) if piece.strip() else None
    return [person] if person is not None else []
