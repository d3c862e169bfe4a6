"""Mailboxes: every dialect gives exactly the messages that went in, byte for byte."""

import io
import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.formats.mbox import Scanner, is_separator
from ingest.limits import Limits
from tests.raw_mail import drafts, reasons, source

ENVELOPE = b"From ann@example.org Mon Mar  4 10:12:13 2024\n"

BODY_LINES = [
    "Hello there.",
    "From the desk of Ann Lee",
    "From bob to you, at 10:12 in 2024",
    "From ann@example.org Mon Mar  4 10:12:13 2024",
    "from here on",
    " From the side",
    "",
    "",
    "Yours, Ann",
    "Content-Length: 3",
    "Subject: no header",
]


@dataclass(frozen=True, slots=True)
class Variant:
    """A way of writing mailboxes."""

    dialect: str
    newline: bytes
    last_blank: bool
    seed: int


VARIANTS = [
    Variant(dialect, newline, last_blank, seed)
    for dialect in ("o", "rd", "cl", "cl2", "unescaped")
    for newline in (b"\n", b"\r\n")
    for last_blank in (True, False)
    for seed in range(10)
]


def bodies(seed: int) -> list[str]:
    """Five random bodies, some with lines that look like separators."""
    chosen = random.Random(seed)
    return [
        "\n".join(chosen.choices(BODY_LINES, k=chosen.randint(1, 12))) + "\nend\n" for _ in range(5)
    ]


def written(bodies: list[str], variant: Variant) -> bytes:
    """The mailbox that a program of that dialect writes."""
    parts = []
    for number, body in enumerate(bodies):
        data = body.encode()
        if variant.dialect in ("o", "rd", "cl"):
            data = b"".join(_escaped(line) for line in data.splitlines(keepends=True))
        data = data.replace(b"\n", variant.newline)
        header = b"From: ann@example.org\nSubject: %d\n" % number
        if variant.dialect.startswith("cl"):
            header += b"Content-Length: %d\n" % len(data)
        start = (ENVELOPE + header + b"\n").replace(b"\n", variant.newline)
        parts.append(start + data + variant.newline)
    box = b"".join(parts)
    return box if variant.last_blank else box[: -len(variant.newline)]


def _escaped(line: bytes) -> bytes:
    return b">" + line if line.lstrip(b">").startswith(b"From ") else line


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_dialect_gives_back_every_body(variant: Variant, tmp_path: Path) -> None:
    wanted = bodies(variant.seed)
    if variant.dialect == "unescaped":
        # A full envelope followed by a field is a message; nobody can tell it from text.
        wanted = [body.replace("Subject: no header", "no header") for body in wanted]
        wanted = [body.replace("Content-Length: 3", "no length") for body in wanted]
        wanted = [body.replace("2024\n\n", "2024\n.\n") for body in wanted]
    path = tmp_path / "box.mbox"
    path.write_bytes(written(wanted, variant))
    found = drafts(source(path))
    assert [draft.body for draft in found] == wanted
    assert [draft.subject for draft in found] == [str(n) for n in range(5)]


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
def test_blocks_of_any_size_give_the_same_messages(block: int) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(block, size if size and size > 0 else block))

    data = written(bodies(3), Variant("rd", b"\n", True, 3))
    whole = list(Scanner(io.BytesIO(data), 1 << 20).messages())
    assert list(Scanner(Slow(data), 1 << 20).messages()) == whole


def test_lines_and_bytes_of_a_message_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "box"
    data = written(bodies(5), Variant("rd", b"\n", True, 5))
    path.write_bytes(data)
    lines = data.split(b"\n")
    for draft in drafts(source(path)):
        span = draft.locator
        assert span.first_byte is not None
        assert span.last_byte is not None
        assert data[span.first_byte :].startswith(ENVELOPE)
        assert data[span.first_byte : span.last_byte].endswith(b"end\n")
        assert lines[span.first_line - 1].startswith(b"From ann@")
        assert lines[span.last_line - 1] == b"end"


SEPARATORS = {
    "usual": b"From a@b.org Mon Mar  4 10:12:13 2024\nFrom: a",
    "with a zone": b"From a@b.org Mon Mar  4 10:12:13 +0100 2024\nFrom: a",
    "with a named zone": b"From a@b.org Mon Mar  4 10:12:13 PST 2024\nFrom: a",
    "without seconds": b"From a@b.org Mon Mar  4 10:12 2024\nFrom: a",
    "Thunderbird": b"From - Mon Mar  4 10:12:13 2024\nX-Mozilla-Status: 1",
    "Gmail Takeout": b"From 1792@xxx Mon Mar 04 10:12:13 +0000 2024\nX-GM-THRID: 17",
    "local user": b"From ann Mon Mar  4 10:12:13 2024\nReturn-Path: <a>",
    "RFC date": b"From a@b.org Mon, 4 Mar 2024 10:12:13 +0100\nFrom: a",
    "ISO date": b"From a@b.org 2024-03-04 10:12:13\nFrom: a",
    "quoted name": b'From "Ann Lee"@b.org Mon Mar  4 10:12:13 2024\nFrom: a',
    "second envelope": b"From a@b.org Mon Mar  4 10:12:13 2024\n>From a@b.org Mon",
    "no header": b"From a@b.org Mon Mar  4 10:12:13 2024\n\nbody",
    "carriage return": b"From a@b.org Mon Mar  4 10:12:13 2024\r\nFrom: a\r\n",
    "uucp": b"From a!b Mon Mar  4 10:12:13 2024 remote from c\nFrom: a",
}

NO_SEPARATORS = {
    "prose": b"From the desk of Ann\nFrom: a",
    "prose with a clock": b"From 10:12 we walked\nFrom: a",
    "prose with date and clock": b"From Monday 10:12 on in 2024\nwe walked",
    "envelope above prose": b"From a@b.org Mon Mar  4 10:12:13 2024\nwrote this line",
    "no date": b"From a@b.org\nFrom: a",
    "field": b"From: a@b.org Mon Mar  4 10:12:13 2024\nTo: a",
}


@pytest.mark.parametrize("form", SEPARATORS)
def test_separator(form: str) -> None:
    assert is_separator(SEPARATORS[form], 0)


@pytest.mark.parametrize("form", NO_SEPARATORS)
def test_no_separator(form: str) -> None:
    assert not is_separator(NO_SEPARATORS[form], 0)


@pytest.mark.parametrize("form", SEPARATORS)
def test_box_with_that_separator_is_recognised(form: str, tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(SEPARATORS[form] + b"\n\nhello\n")
    assert len(drafts(source(path))) == 1


def test_wrong_content_length_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "box"
    message = ENVELOPE + b"Subject: x\nContent-Length: 7\n\nHello there, Bob.\n\n"
    path.write_bytes(message * 3)
    assert [d.body for d in drafts(source(path))] == ["Hello there, Bob.\n"] * 3


def test_missing_blank_line_loses_no_message(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes((ENVELOPE + b"Subject: x\n\nHello\n") * 3)
    assert [d.body for d in drafts(source(path))] == ["Hello\n"] * 3


def test_date_comes_from_the_envelope_when_there_is_no_other(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(ENVELOPE + b"Subject: x\n\nHello\n")
    (draft,) = drafts(source(path))
    assert draft.date_source == "envelope"
    assert str(draft.sent_at) == "2024-03-04 10:12:13+00:00"
    assert draft.sender.addresses == ("ann@example.org",)


def test_oversized_message_is_cut_and_its_neighbours_are_read(tmp_path: Path) -> None:
    path = tmp_path / "box"
    small = ENVELOPE + b"Subject: small\n\nHello\n\n"
    big = ENVELOPE + b"Subject: big\n\n" + b"word word word\n" * 400_000 + b"\n"
    path.write_bytes(small + big + small)
    found = drafts(source(path, Limits(message_bytes=1 << 20)))
    assert [d.subject for d in found] == ["small", "big", "small"]
    assert any("cut" in warning for warning in found[1].warnings)
    assert found[2].body == "Hello\n"
    lines = path.read_bytes().split(b"\n")
    assert lines[found[2].locator.first_line - 1].startswith(b"From ann@")


def test_empty_message_between_others_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "box"
    whole = ENVELOPE + b"Subject: x\n\nHello\n\n"
    path.write_bytes(whole + ENVELOPE + b"\n\n" + whole)
    found = source(path)
    assert len(drafts(found)) == 2
    assert reasons(found) == ["empty message"]


def test_memory_does_not_grow_with_the_box(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "box"
    message = ENVELOPE + b"Subject: x\n\n" + b"Hello there, this is a line.\n" * 4_000 + b"\n"
    path.write_bytes(message * 200)
    tracemalloc.start()
    with path.open("rb") as stream:
        count = sum(1 for _ in Scanner(stream, 1 << 20).messages())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 200
    assert peak < 8 << 20 < path.stat().st_size
