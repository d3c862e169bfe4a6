"""Hostile mail: bounded in time and memory, reported, and without harm to its neighbours."""

import base64
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.limits import Limits
from ingest.model import Draft, Skipped
from tests.raw_mail import HEADER, mail, multipart, read

#: RELIABILITY R9 allows 10 s of CPU and 512 MB for each.
CPU_SECONDS = 10


def nested(depth: int, kind: str = "multipart/mixed") -> bytes:
    """Multiparts inside each other."""
    levels = b"".join(
        b"Content-Type: %s; boundary=b%d\n\n--b%d\n" % (kind.encode(), n, n) for n in range(depth)
    )
    return HEADER + levels + b"\nleaf\n"


def nested_mail(depth: int) -> bytes:
    """Mail attached to mail attached to mail."""
    return HEADER + b"Content-Type: message/rfc822\n\nFrom: a@b.org\n" * depth + b"\nleaf\n"


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
    "NULs": lambda: b"\0" * 1_000_000 + b"a",
    "flowed": lambda: mail(b"a \n" * 500_000, b"Content-Type: text/plain; format=flowed"),
    "binary of no charset": lambda: mail(bytes(range(128, 256)) * 20_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_bounded(name: str) -> None:
    raw = BOMBS[name]()
    begin = time.process_time()
    found = read(raw)
    assert time.process_time() - begin < CPU_SECONDS
    assert found
    assert all(isinstance(one, Draft | Skipped) for one in found)
    assert all(len(one.body) < 4 << 20 for one in found if isinstance(one, Draft))


BITES = {
    "1,000 nested multiparts": "nested deeper than 50",
    "100,000 parts": "parts after the first 1000",
    "560 kB subject in one word": "header subject cut",
    "20,000 addresses": "recipients after the first 2000",
    "500,000 header lines": "header cut to",
    "one 50 MB line": "cut to",
    "attached 45 MB of base64": "attachment 'a.csv' cut",
}


@pytest.mark.parametrize("name", BITES)
def test_limit_that_bites_is_reported(name: str) -> None:
    first = read(BOMBS[name]())[0]
    assert isinstance(first, Draft)
    assert any(BITES[name] in warning for warning in first.warnings), first.warnings


@pytest.mark.skipif(sys.platform != "linux", reason="reads peak memory from /proc")
def test_no_bomb_needs_half_a_gigabyte() -> None:
    """In a process of its own, whose peak memory is only theirs."""
    # VmHWM begins anew with the program; ru_maxrss holds the peak of what started it.
    code = (
        "import re, sys; sys.path.insert(0, '.')\n"
        "import tests.raw_mail as raw_mail, importlib.util as u\n"
        "spec = u.spec_from_file_location('bombs', sys.argv[1])\n"
        "bombs = u.module_from_spec(spec); spec.loader.exec_module(bombs)\n"
        "names = [n for n in bombs.BOMBS if 'MB' in n or 'kB' in n]\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])\n"
        "base = peak()\n"
        "[raw_mail.read(bombs.BOMBS[n]()) for n in names]\n"
        "print(peak() - base)\n"
    )
    root = Path(__file__).resolve().parents[2]
    result = subprocess.run(
        [sys.executable, "-c", code, __file__], capture_output=True, text=True, check=True, cwd=root
    )
    assert int(result.stdout) < 512 * 1024, "peak memory over that of the imports, in KiB"


def test_neighbours_of_bombs_in_a_mailbox_are_read(tmp_path: Path) -> None:
    from tests.raw_mail import drafts, source

    envelope = b"From a@b.org Mon Mar  4 10:12:13 2024\n"
    small = envelope + b"Subject: small\n\nHello\n\n"
    names = ["1,000 nested multiparts", "100,000 parts", "560 kB subject in one word", "NULs"]
    bombs = [envelope + b"Subject: bomb\n" + BOMBS[name]() + b"\n\n" for name in names]
    (tmp_path / "box").write_bytes(small + small.join(bombs) + small)
    found = drafts(source(tmp_path / "box", Limits()))
    assert [d.subject for d in found].count("small") == len(names) + 1
