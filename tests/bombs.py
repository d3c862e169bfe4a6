"""Mail made to exhaust the machine, by name; run as a program, it reads each between neighbours.

RELIABILITY R9: one line of JSON a bomb: its name, seconds of CPU, the peak of memory over that
before in KiB, the subjects that were indexed beside it, and the longest body.
"""

import base64
import json
import re
import sys
import time
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.archive import read_archive
from ingest.chunk import chunk_email
from tests.raw_mail import HEADER, mail, multipart

MB = 1 << 20
#: Subjects of the messages that stand before and after a bomb in its mbox.
NEIGHBOURS = ["first", "second"]
_ENVELOPE = b"From a@b.org Mon Mar  4 10:12:13 2024\n"


def nested(depth: int, kind: str = "multipart/mixed") -> bytes:
    """Multiparts inside each other."""
    levels = b"".join(
        b"Content-Type: %s; boundary=b%d\n\n--b%d\n" % (kind.encode(), n, n) for n in range(depth)
    )
    return HEADER + levels + b"\nleaf\n"


def nested_mail(depth: int) -> bytes:
    """Mail attached to mail attached to mail."""
    return HEADER + b"Content-Type: message/rfc822\n\nFrom: a@b.org\n" * depth + b"\nleaf\n"


def zipped(size: int) -> bytes:
    """An archive of one file of zeros."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(size))
    return packed.getvalue()


BOMBS: dict[str, Callable[[], bytes]] = {
    "1,000 nested multiparts": lambda: nested(1_000),
    "10,000 nested multiparts": lambda: nested(10_000),
    "10,000 nested alternatives": lambda: nested(10_000, "multipart/alternative"),
    "10,000 attached mails in each other": lambda: nested_mail(10_000),
    "100,000 parts": lambda: multipart("mixed", *[b"\nx"] * 100_000),
    "parts with one boundary for all": lambda: (
        HEADER + b"Content-Type: multipart/mixed; boundary=a\n\n--a\n" * 5_000
    ),
    "560 kB subject in one word": lambda: b"Subject: =?utf-8?q?" + b"a=C3=A9" * 80_000 + b"?=\n\nx",
    "560 kB subject in many words": lambda: b"Subject: " + b"=?utf-8?q?a?= " * 40_000 + b"\n\nx",
    "subject of unfinished words": lambda: b"Subject: " + b"=?utf-8?q?" * 50_000 + b"\n\nx",
    "20,000 addresses": lambda: mail(b"x", b"Cc: " + b"Ann <a@b.org>, " * 20_000),
    "100,000 To lines": lambda: b"To: a@b.org\n" * 100_000 + b"\nx",
    "500,000 header lines": lambda: b"X-A: b\n" * 500_000 + b"\nx",
    "500 nested comments": lambda: mail(b"x", b"Cc: " + b"(" * 500 + b"a" + b")" * 500),
    "100,000 open comments": lambda: mail(b"x", b"Cc: " + b"(" * 100_000),
    "100,000 quotes": lambda: mail(b"x", b"Cc: " + b'"\\' * 100_000),
    "100,000 brackets": lambda: mail(b"x", b"Cc: " + b"<" * 100_000),
    "50 MB header field": lambda: b"Subject: " + b"a" * (50 << 20) + b"\n\nx",
    "one 50 MB line": lambda: mail(b"a" * (50 << 20)),
    "60 MB of base64": lambda: mail(
        base64.encodebytes(b"word " * (9 << 20)), b"Content-Transfer-Encoding: base64"
    ),
    "attached 45 MB of base64": lambda: multipart(
        "mixed",
        b"Content-Type: text/csv; name=a.csv\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(b"1,2\n" * (8 << 20)),
    ),
    "HTML 100,000 levels deep": lambda: mail(b"<div>" * 100_000 + b"x", b"Content-Type: text/html"),
    "HTML with 300,000 tags": lambda: mail(b"<b>a</b>" * 150_000, b"Content-Type: text/html"),
    "HTML with 50,000 blockquotes": lambda: mail(
        b"<blockquote>" * 190 + b"x<br>" * 10_000, b"Content-Type: text/html"
    ),
    "HTML of open brackets": lambda: mail(b"<" * 1_000_000, b"Content-Type: text/html"),
    "HTML of open scripts": lambda: mail(b"<script>" * 100_000, b"Content-Type: text/html"),
    "HTML of entities": lambda: mail(b"&amp" * 250_000, b"Content-Type: text/html"),
    "HTML of nested tables": lambda: mail(
        b"<table><tr><td>a" * 60 + b"<td>b" * 10_000, b"Content-Type: text/html"
    ),
    "quote depth 1,000,000": lambda: mail(b">" * 1_000_000 + b"x"),
    "500,000 quoted lines": lambda: mail(b"> a\n" * 500_000),
    "lines that nearly are attributions": lambda: mail(b"On 4 March 2024, Bob wrote:\n" * 50_000),
    "lines that nearly are headers": lambda: mail(b"From: a\nTo: b\n" * 100_000),
    "lines that end in colons": lambda: mail(b"On 4 March:\n" * 150_000),
    "blank lines": lambda: mail(b"\n" * 2_000_000),
    "spaces": lambda: mail(b" " * 2_000_000),
    "dashes": lambda: mail(b"-" * 2_000_000),
    "parameters": lambda: mail(b"x", b"Content-Type: text/plain" + b'; a="' * 50_000),
    "continued parameters": lambda: mail(
        b"x", b"Content-Type: text/plain" + b"".join(b"; a*%d=b" % n for n in range(2_000))
    ),
    "boundary of brackets": lambda: mail(
        b"--" + b"(" * 60 + b"\n\nx", b"Content-Type: multipart/mixed; boundary=" + b"(" * 60
    ),
    "file name of 64 kB": lambda: multipart(
        "mixed", b"Content-Type: image/png; name=" + b"a/" * 32_000 + b"\n\nx"
    ),
    "references": lambda: mail(b"x", b"References: " + b"<a@b> " * 50_000),
    "dates": lambda: mail(b"x", b"Received: ; " + b"4 Mar 2024 " * 20_000),
    "200 MB of base64": lambda: multipart(
        "mixed",
        b"Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n"
        + (b"A" * 76 + b"\n") * (200 * MB // 77),
    ),
    "attached document of zeros": lambda: multipart(
        "mixed",
        b"Content-Type: application/zip; name=a.docx\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(zipped(200 * MB)),
    ),
    "file name of NULs and steps up": lambda: multipart(
        "mixed", b'Content-Type: text/csv; name="../../\0\0/etc/passwd"\n\n1,2'
    ),
    "1,000,000 uuencoded beginnings": lambda: mail(b"begin 644 a\n" * 1_000_000),
    "words of redaction bars": lambda: mail("\u2588 ".encode() * 300_000),
    "brackets that nearly are links": lambda: mail(b"[](" * 300_000),
    "blocks of OpenPGP without end": lambda: mail(
        b"".join(b"-----BEGIN PGP %s-----\n" % k for k in (b"A", b"SIGNED MESSAGE")) * 30_000
    ),
    "rich text of braces": lambda: multipart(
        "mixed", b"Content-Type: text/rtf; name=a.rtf\n\n{\\rtf1" + b"{\\u1?" * 200_000
    ),
    "Outlook rules": lambda: mail(b"_" * 32 + b"\nFrom: a\n" * 100_000),
    "NULs": lambda: b"\0" * 1_000_000 + b"a",
    "flowed": lambda: mail(b"a \n" * 500_000, b"Content-Type: text/plain; format=flowed"),
    "binary of no charset": lambda: mail(bytes(range(128, 256)) * 20_000),
}


def main() -> None:
    """Read all bombs, each in an mbox of its own."""
    with TemporaryDirectory() as folder:
        read_between_neighbours("spaces", Path(folder))
        for name in BOMBS:
            print(json.dumps({"name": name} | read_between_neighbours(name, Path(folder))))


def read_between_neighbours(name: str, folder: Path) -> dict[str, object]:
    """What reading the bomb into an archive takes, and what is there then."""
    first, last = (
        _ENVELOPE + f"Message-ID: <{n}@x>\nSubject: {n}\n\nHello\n\n".encode() for n in NEIGHBOURS
    )
    (folder / "box").write_bytes(first + _ENVELOPE + BOMBS[name]() + b"\n\n" + last)
    # The peak of this process begins anew: what made the bomb does not count (man 5 proc).
    Path("/proc/self/clear_refs").write_text("5")
    base, begin = peak(), time.process_time()
    archive = read_archive([folder / "box"], workspace=folder / "work")
    emails = list(archive.store)
    archive.store.close()
    for email in emails:
        chunk_email(email, count_tokens=lambda texts: [len(text.split()) for text in texts])
    return {
        "seconds": time.process_time() - begin,
        "kib": peak() - base,
        "subjects": [email.subject for email in emails if email.subject in NEIGHBOURS],
        "longest": max(len(email.body) for email in emails),
    }


def peak() -> int:
    """The most memory that this process has held, in KiB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) if found else 0


if __name__ == "__main__":
    sys.exit(main())
