"""Court exhibits: every printed header block is a message; damaged files say so."""

from pathlib import Path

import pytest

from ingest.limits import Limits
from tests.raw_mail import drafts, multipart, one, reasons, source, text_part

CHAIN = """Case 4:24-cv-00001-ABC Document 32-5 Filed 11/14/24 Page 2 of 8
From: Ann Lee <ann@example.org>
Sent: Monday, March 4, 2024 11:30 AM
To: Bob Hart; Moss, Cara [cara@example.org]
Cc: Dan Poe
Subject: Re: Boiler

I agree with Bob.
It leaks.

-----Original Message-----
From: Bob Hart
Sent: Monday, March 4, 2024 10:12 AM
To: Ann Lee
Subject: Boiler

Shall we replace it?
ACME_0001234
"""


def pdf(pages: list[str]) -> bytes:
    """A PDF whose pages print these lines, uncompressed."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 "
               b"/BaseFont /Helvetica >>"]  # fmt: skip
    kids = []
    for page in pages:
        lines = [line.replace("(", "\\(").replace(")", "\\)") for line in page.split("\n")]
        text = (
            "BT /F1 9 Tf 11 TL 40 760 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text.encode()))
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
    refs = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (refs, len(kids))
    out, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size, start = len(objects) + 1, len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)


def test_each_block_is_a_message_newest_first(tmp_path: Path) -> None:
    path = tmp_path / "exhibit.pdf"
    path.write_bytes(pdf([CHAIN]))
    first, second = drafts(source(path))
    assert (first.sender.name, first.subject) == ("Ann Lee", "Re: Boiler")
    assert first.body == "I agree with Bob.\nIt leaks."
    assert [(p.name, p.addresses) for p in first.to] == [
        ("Bob Hart", ()),
        ("Moss, Cara", ("cara@example.org",)),
    ]
    assert [p.name for p in first.cc] == ["Dan Poe"]
    assert str(first.sent_at) == "2024-03-04 11:30:00+00:00"
    assert (second.sender.name, second.body) == ("Bob Hart", "Shall we replace it?")


def test_message_runs_over_a_page_without_the_stamps(tmp_path: Path) -> None:
    path = tmp_path / "exhibit.pdf"
    head = "From: Ann Lee\nSent: Monday, March 4, 2024 11:30 AM\nTo: Bob Hart\nSubject: Boiler\n\n"
    path.write_bytes(pdf([head + "One.\nPage 1 of 2", "Two.\nCONFIDENTIAL"]))
    (draft,) = drafts(source(path))
    assert draft.body.split() == ["One.", "Two."]


def test_pdf_without_mail_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(["A brochure about boilers."]))
    assert reasons(source(tmp_path / "a.pdf")) == ["PDF without From:/Sent:/To:/Subject: blocks"]


def test_pdf_without_text_asks_for_ocr(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf([""]))
    assert "OCR" in reasons(source(tmp_path / "a.pdf"))[0]


@pytest.mark.parametrize("cut", [20, 200, 600, 1_200])
def test_damaged_pdf_gives_a_reason_or_what_is_left(cut: int, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf([CHAIN])[:cut])
    found = source(tmp_path / "a.pdf")
    assert len(reasons(found)) == 1 or "Boiler" in drafts(found)[0].subject


def test_pages_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf([CHAIN] * 5))
    found = drafts(source(path, Limits(pdf_pages=2)))
    assert len(found) == 4
    assert found[0].warnings == ("PDF cut to 2 pages",)


def test_text_of_an_attached_pdf_is_read() -> None:
    part = b"Content-Type: application/pdf; name=a.pdf\n\n" + pdf(["The boiler is old."])
    draft = one(multipart("mixed", text_part(b"See."), part))
    assert draft.body == "See.\n\nThe boiler is old."
    assert draft.segments[-1].role == "attachment"


def test_damaged_attached_pdf_is_reported() -> None:
    part = b"Content-Type: application/pdf; name=a.pdf\n\n%PDF-1.4 nothing"
    draft = one(multipart("mixed", text_part(b"See."), part))
    assert draft.body == "See."
    assert any("PDF" in warning for warning in draft.warnings)
