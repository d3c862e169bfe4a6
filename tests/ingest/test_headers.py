"""Header fields: split, unfolded and decoded, however they are damaged."""

import pytest

from ingest.charset import find_charset
from ingest.headers import clean_text, decode_words, parse_parameters, split_headers
from ingest.limits import Limits
from tests.raw_mail import one

WORDS = {
    "plain": ("Boiler", "Boiler"),
    "quoted-printable": ("=?utf-8?q?caf=C3=A9?=", "café"),
    "base64": ("=?UTF-8?B?Y2Fmw6k=?=", "café"),
    "underscore is a space": ("=?utf-8?q?a_b?=", "a b"),
    "blank between words vanishes": ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
    "blank before text stays": ("=?utf-8?q?a?= b", "a b"),
    "folded": ("=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab"),
    "character split over words": ("=?utf-8?q?caf=C3?= =?utf-8?q?=A9?=", "café"),
    "base64 split over words": ("=?utf-8?b?Y2E=?= =?utf-8?b?ZsOp?=", "café"),
    "two charsets": ("=?utf-8?q?=C3=A9?= =?iso-8859-1?q?=E9?=", "éé"),
    "language tag": ("=?utf-8*en?q?tea?=", "tea"),
    "inside other text": ("Re: =?utf-8?q?caf=C3=A9?= (2)", "Re: café (2)"),
    "without blanks around": ("x=?utf-8?q?=C3=A9?=y", "xéy"),
    "space inside the word": ("=?utf-8?q?a b?=", "a b"),
    "question mark inside": ("=?utf-8?q?why??=", "why?"),
    "unknown charset": ("=?x-nothing?q?caf=C3=A9?=", "café"),
    "charset that lies": ("=?utf-8?q?caf=E9?=", "café"),
    "codec that is no charset": ("=?zlib?b?Y2Fm?=", "caf"),
    "damaged base64": ("=?utf-8?b?Y2Fm*w6k?=", "café"),
    "unfinished word": ("=?utf-8?q?abc", "=?utf-8?q?abc"),
    "japanese": ("=?iso-2022-jp?b?GyRCOiNGfBsoQg==?=", "今日"),
    "windows-1252 called latin-1": ("=?iso-8859-1?q?=93tea=94?=", "“tea”"),
}


@pytest.mark.parametrize("rule", WORDS)
def test_encoded_words(rule: str) -> None:
    written, expected = WORDS[rule]
    assert decode_words(written) == expected


PARAMETERS = {
    "quoted": ('text/plain; name="a b.txt"', {"name": "a b.txt"}),
    "bare": ("text/plain; name=a.txt", {"name": "a.txt"}),
    "upper case": ("TEXT/PLAIN; NAME=a.txt", {"name": "a.txt"}),
    "percent-encoded": ("text/plain; name*=utf-8''caf%C3%A9.txt", {"name": "café.txt"}),
    "continued": ('text/plain; name*0="a"; name*1="b.txt"', {"name": "ab.txt"}),
    "continued out of order": ('text/plain; name*1="b"; name*0="a"', {"name": "ab"}),
    "continued and encoded": ("text/plain; name*0*=utf-8''%C3; name*1*=%A9", {"name": "é"}),
    "encoded word in a parameter": ('text/plain; name="=?utf-8?q?=C3=A9?="', {"name": "é"}),
    "semicolon in quotes": ('text/plain; name="a;b"', {"name": "a;b"}),
    "escaped quote": ('text/plain; name="a\\"b"', {"name": 'a"b'}),
    "unclosed quote": ('text/plain; name="a', {"name": "a"}),
    "comment": ("text/plain (what); name=a", {"name": "a"}),
    "first of two wins": ("text/plain; name=a; name=b", {"name": "a"}),
    "nothing after the semicolon": ("text/plain;", {}),
}


@pytest.mark.parametrize("rule", PARAMETERS)
def test_parameters(rule: str) -> None:
    written, expected = PARAMETERS[rule]
    found = parse_parameters(written.encode())
    assert (found.value, dict(found.parameters)) == ("text/plain", expected)


SUBJECTS = {
    "folded": b"Subject: one\n two\n\nx",
    "folded with a tab": b"Subject: one\n\ttwo\n\nx",
    "carriage returns": b"Subject: one\r\n two\r\n\r\nx",
    "old Mac line ends": b"Subject: one two\r\rx",
    "no space after the colon": b"Subject:one two\n\nx",
    "space before the colon": b"Subject : one two\n\nx",
    "upper case": b"SUBJECT: one two\n\nx",
    "first of two": b"Subject: one two\nSubject: three\n\nx",
    "blank one first": b"Subject:\nSubject: one two\n\nx",
    "stray line in the middle": b"Subject: one\ntwo\nDate: 4 Mar 2024 10:00 +0000\n\nx",
    "From_ line inside": b"From: a@b.org\n>From a@b.org Mon Mar 4 2024\nSubject: one two\n\nx",
    "doubled blanks": b"Subject: one    two\n\nx",
    "without a body": b"Subject: one two\n",
    "without a last line end": b"Subject: one two",
}


@pytest.mark.parametrize("rule", SUBJECTS)
def test_subject_is_found(rule: str) -> None:
    assert one(SUBJECTS[rule]).subject == "one two"


def test_body_follows_a_header_that_no_blank_line_ends() -> None:
    assert one(b"Subject: one\nHello there.\nMore.").body == "Hello there.\nMore."


def test_eight_bit_subject_is_utf8_or_windows() -> None:
    assert one(b"Subject: caf\xc3\xa9\n\nx").subject == "café"
    assert one(b"Subject: caf\xe9\n\nx").subject == "café"


def test_long_field_is_cut_and_reported() -> None:
    raw = b"Subject: " + b"a" * 5_000 + b"\n\n"
    headers, _ = split_headers(raw, 0, len(raw), Limits(header_bytes=1_000))
    assert len(headers.get("subject")) == 1_000
    assert headers.warnings == ("header subject cut to 1000 bytes of 5000",)


@pytest.mark.parametrize("name", ["zlib", "base64", "idna", "punycode", "undefined", "", "no such"])
def test_unsafe_or_unknown_codecs_are_no_charsets(name: str) -> None:
    assert find_charset(name) is None


def test_text_is_cleaned_of_what_cannot_be_stored() -> None:
    assert clean_text("a\r\nb\rc\0d\ud800e") == "a\nb\nc\ufffdd\ufffde"


IDS = {
    "usual": (b"Message-ID: <a@b>", "a@b"),
    "without brackets": (b"Message-ID: a@b", "a@b"),
    "without an at sign": (b"Message-ID: <abc>", "abc"),
    "two ids": (b"Message-ID: <a@b> <c@d>", "a@b"),
    "comment behind": (b"Message-ID: <a@b> (mailer)", "a@b"),
    "blank inside": (b"Message-ID: <a @b>", "a@b"),
    "folded inside": (b"Message-ID: <a\n @b>", "a@b"),
    "unclosed": (b"Message-ID: <a@b", "a@b"),
    "none": (b"X-Nothing: 1", None),
    "blank": (b"Message-ID:", None),
    "empty brackets": (b"Message-ID: <>", None),
    "two fields": (b"Message-ID: <a@b>\nMessage-ID: <c@d>", "a@b"),
}


@pytest.mark.parametrize("rule", IDS)
def test_message_id(rule: str) -> None:
    field, expected = IDS[rule]
    assert one(b"Subject: x\n" + field + b"\n\nhello").message_id == expected


REFERENCES = {
    "references": (b"References: <a@b> <c@d>", ("a@b", "c@d")),
    "in-reply-to alone": (b"In-Reply-To: <a@b>", ("a@b",)),
    "answered one comes last": (b"References: <c@d> <a@b>\nIn-Reply-To: <c@d>", ("a@b", "c@d")),
    "folded": (b"References: <a@b>\n <c@d>", ("a@b", "c@d")),
    "without blanks": (b"References: <a@b><c@d>", ("a@b", "c@d")),
    "twice": (b"References: <a@b> <a@b>", ("a@b",)),
    "itself": (b"Message-ID: <a@b>\nReferences: <a@b> <c@d>", ("c@d",)),
    "words in In-Reply-To": (b"In-Reply-To: Your message of Monday <a@b>", ("a@b",)),
    "only words in In-Reply-To": (b"In-Reply-To: your message", ()),
}


@pytest.mark.parametrize("rule", REFERENCES)
def test_references(rule: str) -> None:
    field, expected = REFERENCES[rule]
    assert one(b"Subject: x\n" + field + b"\n\nhello").references == expected


SENDERS = {
    "from": (b"From: Ann Lee <a@b.org>\nSender: s@b.org", ("Ann Lee", ("a@b.org",))),
    "sender": (b"Sender: Ann <a@b.org>", ("Ann", ("a@b.org",))),
    "blank from": (b"From:\nReply-To: Ann <a@b.org>", ("Ann", ("a@b.org",))),
    "return path": (b"Return-Path: <a@b.org>", ("a@b.org", ("a@b.org",))),
    "name of X-From": (b"From: a@b.org\nX-From: Lee, Ann <x>", ("Lee, Ann", ("a@b.org",))),
    "nobody": (b"Subject: x", ("<unknown>", ())),
}


@pytest.mark.parametrize("rule", SENDERS)
def test_sender(rule: str) -> None:
    field, expected = SENDERS[rule]
    sender = one(field + b"\n\nhello").sender
    assert (sender.name, sender.addresses) == expected


def test_gmail_thread_number_is_a_thread_key() -> None:
    assert one(b"X-GM-THRID: 17\nFrom: a@b.org\n\nhello").thread_key == "gmail:17"
