"""Outlook's .msg files: what was written, by whom, to whom, when, and what was attached."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.model import Draft, Skipped
from ingest.outlook_msg import is_outlook_message, outlook_to_mail
from tests.compound_writer import Tree, compound, properties
from tests.raw_mail import drafts, multipart, read, reasons, source

NINE = datetime(2024, 3, 4, 9, 12, 13, tzinfo=UTC)
HEADERS = (
    "Microsoft Mail Internet Headers Version 2.0\r\n"
    "Received: from mx.example.org;\r\n\tMon, 4 Mar 2024 10:12:14 +0100\r\n"
    "From: Bob Hart <bob@example.org>\r\nDate: Mon, 4 Mar 2024 10:12:13 +0100\r\n"
    "Message-ID: <two@example.org>\r\nContent-Type: multipart/mixed;\r\n\tboundary=gone\r\n\r\n"
)


def recipient(name: str, address: str, field: int) -> Tree:
    return properties(8, {0x3001: name, 0x39FE: address, 0x0C15: field})


def sent(start: int = 32, **more: "bytes | Tree") -> Tree:
    """A message as Outlook keeps what it sent: without a header of the Internet."""
    known = {0x0037: "Boiler", 0x1000: "The boiler is on.\r\nÄrger?", 0x0042: "Ann Lee"}
    known |= {0x5D02: "ann@example.org", 0x1035: "<one@example.org>", 0x1042: "<zero@example.org>"}
    return {
        **properties(start, {**known, 0x0039: NINE}),
        "__recip_version1.0_#00000000": recipient("Bob Hart", "bob@example.org", 1),
        "__recip_version1.0_#00000001": recipient("Cara Moss", "cara@example.org", 2),
        "__recip_version1.0_#00000002": recipient("Eve", "eve@example.org", 3),
        **more,
    }


def came(start: int = 32) -> Tree:
    html = "<p>Höher <b>drehen</b>.</p>".encode("cp1252")
    return properties(start, {0x0037: "Heizung", 0x007D: HEADERS, 0x1013: html, 0x3FDE: 1252})


def attached(name: str, data: "bytes | Tree") -> Tree:
    own = properties(8, {0x3707: name, 0x370E: "text/csv"})
    kind = "0102" if isinstance(data, bytes) else "000D"
    return own | {f"__substg1.0_3701{kind}": data}


def one(tree: Tree) -> Draft:
    (found,) = drafts(read(outlook_to_mail(compound(tree))))
    return found


def test_a_sent_message_tells_who_what_and_when() -> None:
    found = one(sent())
    assert (str(found.sender), found.sender.addresses) == ("Ann Lee", ("ann@example.org",))
    assert [str(p) for p in found.to] == ["Bob Hart"]
    assert [str(p) for p in found.cc] == ["Cara Moss"]
    assert (found.sent_at, found.date_source) == (NINE, "header")
    assert (found.subject, found.body) == ("Boiler", "The boiler is on.\nÄrger?")
    assert (found.message_id, found.references) == ("one@example.org", ("zero@example.org",))


def test_a_message_that_came_keeps_its_header_and_its_html_is_read() -> None:
    found = one(came())
    assert (str(found.sender), found.subject) == ("Bob Hart", "Heizung")
    assert str(found.sent_at) == "2024-03-04 10:12:13+01:00"
    assert found.message_id == "two@example.org"
    assert "Höher drehen." in found.body


def test_text_of_an_older_outlook_is_read_in_its_codepage() -> None:
    tree = properties(32, {0x3FFD: 1251})
    tree |= {"__substg1.0_0037001E": b"Note\0", "__substg1.0_1000001E": "Привет".encode("cp1251")}
    found = one(tree)
    assert (found.subject, found.body.strip()) == ("Note", "Привет")


def test_attached_files_and_messages_are_read() -> None:
    table = attached("Größe.csv", b"room,degrees\nhall,19\n" * 300)
    more = {
        "__attach_version1.0_#00000000": table,
        "__attach_version1.0_#00000001": attached("Heizung", came(24)),
    }
    first, second = drafts(read(outlook_to_mail(compound(sent(**more)))))
    assert [(a.name, a.media_type) for a in first.attachments] == [
        ("Größe.csv", "text/csv"),
        ("Heizung", "message/rfc822"),
    ]
    assert first.attachments[0].size == 6_300
    assert "hall,19" in first.body
    assert (str(second.sender), second.attached_to) == ("Bob Hart", first.locator)


def test_files_are_known_by_what_they_hold(tmp_path: Path) -> None:
    (tmp_path / "a.msg").write_bytes(compound(sent()))
    (tmp_path / "b").write_bytes(compound(sent()))
    (tmp_path / "c.doc").write_bytes(compound({"WordDocument": b"x"}))
    (tmp_path / "d.msg").write_bytes(compound({"WordDocument": b"x"}))
    found = source(tmp_path)
    assert [draft.subject for draft in drafts(found)] == ["Boiler", "Boiler"]
    assert [reason.partition(",")[0] for reason in reasons(found)] == [
        "unknown format (binary file): not a mailbox",
        "no Outlook message",
    ]


def test_a_message_attached_to_mail_becomes_a_message() -> None:
    inner = b"Content-Type: application/vnd.ms-outlook; name=a.msg\n\n" + compound(sent())
    first, second = drafts(read(multipart("mixed", b"\nSee this.", inner)))
    assert [a.name for a in first.attachments] == ["a.msg"]
    assert (second.subject, second.attached_to) == ("Boiler", first.locator)


def test_a_line_of_a_name_makes_no_field() -> None:
    tree = properties(32, {0x0037: "A\r\nBcc: eve@example.org", 0x0042: "Ann\r\nTo: y"})
    found = one(tree)
    assert (found.subject, found.to, found.cc) == ("A Bcc: eve@example.org", (), ())
    assert str(found.sender) == "Ann To: y"


@pytest.mark.parametrize("seed", range(60))
def test_damage_loses_no_more_than_it_hits(seed: int) -> None:
    chance = random.Random(seed)
    more = {"__attach_version1.0_#00000000": attached("a", came(24))}
    data = bytearray(compound(sent(**more)))
    if seed % 3 == 0:
        del data[chance.randrange(8, len(data)) :]
    for _ in range(chance.randrange(1, 20)):
        data[chance.randrange(8, len(data))] = chance.choice([0, 1, 254, 255])
    if is_outlook_message(bytes(data)):
        found = read(outlook_to_mail(bytes(data)))
        assert found
        assert all(isinstance(one, Draft | Skipped) for one in found)
