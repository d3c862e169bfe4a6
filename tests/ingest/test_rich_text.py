"""Outlook's rich text: packed or not, plain or around HTML, in any writing system."""

import random
import struct

import pytest

from ingest.rich_text import rich_text, rtf_to_text, unpacked
from tests.compound_writer import compound, properties
from tests.raw_mail import drafts, multipart, read
from tests.wild.enclosed import prop, props, tnef

#: The example of [MS-OXRTFCP] section 4.1.
EXAMPLE = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a00726370673132354232"
    "0af32068656c090020627705b06c647d0a800fa0"
)
HTML = (
    rb"{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}}"
    rb"{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Die \'c4rzte \htmlrtf\par}\htmlrtf0 "
    rb"{\*\htmltag84 <b>}\htmlrtf {\b\htmlrtf0 kommen{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0 "
    rb".{\*\htmltag72 </p>}}"
)


def packed(rtf: bytes) -> bytes:
    """Rich text as Outlook keeps it, without compression."""
    return struct.pack("<II4sI", len(rtf) + 12, len(rtf), b"MELA", 0) + rtf


def test_the_example_of_the_specification_is_unpacked() -> None:
    assert unpacked(EXAMPLE) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert rich_text(EXAMPLE) == "hello world"


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (rb"{\rtf1 One\par Two\tab three}", "One\nTwo\tthree"),
        (rb"{\rtf1{\fonttbl{\f0 Arial;}}{\*\generator x;}{\info{\author A}}Text}", "Text"),
        (rb"{\rtf1\ansicpg1251 \'cf\'f0\'e8\'e2\'e5\'f2}", "Привет"),
        (rb"{\rtf1 \u8364?5 \uc2\u228ab\u246\'f6\'f6.}", "€5 äö."),
        (rb"{\rtf1 \u-10179?\u-8694?}", "😊"),
        (rb"{\rtf1 a\\b\{c\}\~d}", "a\\b{c}\xa0d"),
        (rb"{\rtf1{\fonttbl{\f4\fswiss\fcharset134 S;}}a{\f4 \'d4\'ad}b}", "a原b"),
        (rb"{\rtf1{\pict 0102}\lquote so\rquote}", "‘so’"),
        (rb"}}}{\rtf1 open", "open"),
    ],
)
def test_text_is_taken_from_rtf(rtf: bytes, text: str) -> None:
    assert rtf_to_text(rtf) == text


def test_the_html_that_rtf_wraps_is_read() -> None:
    assert rtf_to_text(HTML).strip() == "Die Ärzte kommen."


def test_mail_with_nothing_but_rich_text_is_read() -> None:
    rich = packed(rb"{\rtf1 The boiler hums.}")
    winmail = tnef((1, 0x69003, props(prop(0x102, 0x1009, rich))))
    part = b"Content-Type: application/ms-tnef; name=winmail.dat\n\n" + winmail
    outlook = b"Content-Type: application/octet-stream; name=a.msg\n\n" + compound(
        properties(32, {0x0037: "Boiler", 0x1009: rich})
    )
    (first,) = drafts(read(multipart("mixed", part)))
    assert first.body.strip() == "The boiler hums."
    assert drafts(read(multipart("mixed", b"\nSee.", outlook)))[1].body.strip() == (
        "The boiler hums."
    )


def test_an_attached_rtf_file_is_read() -> None:
    part = rb"Content-Type: application/rtf; name=a.rtf" + b"\n\n" + rb"{\rtf1 Readings:\par 19}"
    (found,) = drafts(read(multipart("mixed", b"\nSee.", part)))
    assert found.body.endswith("Readings:\n19")


@pytest.mark.parametrize("seed", range(40))
def test_damage_raises_nothing(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(EXAMPLE if seed % 2 else packed(HTML))
    for _ in range(chance.randrange(1, 8)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    assert isinstance(rich_text(bytes(data[: chance.randrange(len(data) + 1)])), str)


def test_a_bomb_of_rich_text_is_bounded() -> None:
    endless = struct.pack("<II4sI", 0, 0, b"LZFu", 0) + b"\xff" * (8 << 20)
    assert len(rich_text(endless)) <= 4 << 20
    assert len(rtf_to_text(b"{" * 500_000 + b"\\u1?" * 500_000)) <= 2 << 20
