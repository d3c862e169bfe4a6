"""Shapes of files that hold one message: line ends, marks, names, what stands before the header."""

import codecs

from tests.wild.case import HEAD, TEXT, Wild, letter

_CAFE = "café"
_MAIL = letter()
_UTF16 = (HEAD.decode() + "\n" + _CAFE + "\n").encode


def _named(rule: str, suffix: str, raw: bytes = _MAIL) -> Wild:
    return Wild(f"file: {rule}", raw, suffix=suffix)


CASES = (
    _named("CRLF", ".eml", _MAIL.replace(b"\n", b"\r\n")),
    _named("CR only", ".eml", _MAIL.replace(b"\n", b"\r")),
    _named("CR only, no name of mail", "", _MAIL.replace(b"\n", b"\r")),
    _named("CR CR LF", ".eml", _MAIL.replace(b"\n", b"\r\r\n")),
    _named("CR header, LF body", ".eml", HEAD.replace(b"\n", b"\r") + b"\r" + TEXT),
    _named("CRLF and LF mixed", ".eml", _MAIL.replace(b"\n", b"\r\n", 3)),
    _named("no line end at the end", ".eml", _MAIL.rstrip(b"\n")),
    _named("control-Z at the end", ".eml", _MAIL + b"\x1a"),
    _named("NULs at the end", ".eml", _MAIL + b"\0" * 300),
    _named("form feed", ".eml", letter(b"\x0c" + TEXT)),
    _named("utf-8 mark", ".eml", codecs.BOM_UTF8 + _MAIL),
    _named("utf-8 mark, no name of mail", "", codecs.BOM_UTF8 + _MAIL),
    _named("blank lines first", ".eml", b"\n\r\n\n" + _MAIL),
    _named("blank lines first, no name of mail", "", b"\n\n" + _MAIL),
    _named("folded line first", "", b"  (continued)\n" + _MAIL),
    _named("comment first", "", b"# saved by hand\n" + _MAIL),
    _named("escaped From_ first", "", b">From ann@example.org Mon Mar  4 10:12:13 2024\n" + _MAIL),
    _named("From_ without a date", "", b"From ann@example.org\n" + _MAIL),
    _named("From_ of a dash", "", b"From - \n" + _MAIL),
    _named("no suffix", ""),
    _named("Maildir name", ":2,S"),
    _named("number as suffix", ".1"),
    _named("txt", ".txt"),
    _named("msg", ".msg"),
    _named("mail", ".mail"),
    _named("mime", ".mime"),
    _named("rfc822", ".rfc822"),
    _named("nws", ".nws"),
    _named("mht", ".mht"),
    _named("upper-case suffix", ".EML"),
    _named("emlx without a length", ".emlx"),
    _named("emlx", ".emlx", b"%d\n" % len(_MAIL) + _MAIL + b"<?xml version='1.0'?><plist/>"),
    _named("emlx with spaces around the length", ".emlx", b"%-10d\n" % len(_MAIL) + _MAIL),
    _named("emlx with a wrong length", ".emlx", b"999999\n" + _MAIL),
    Wild("file: eml that begins with a number", b"12\nnote: a\n" + TEXT, subject="",
         sender="<unknown>"),
    Wild("file: utf-16 with mark", _UTF16("utf-16"), (_CAFE,)),
    Wild("file: utf-16-le without mark", _UTF16("utf-16-le"), (_CAFE,)),
    Wild("file: utf-16-be without mark", _UTF16("utf-16-be"), (_CAFE,)),
    Wild("file: utf-16 without the name of mail", _UTF16("utf-16"), (_CAFE,), suffix=""),
    Wild("file: html without a header", b"<html><p>" + TEXT + b"</p></html>", subject="",
         sender="<unknown>", lacks=("<p>",)),
    Wild("file: picture named eml", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, holds=(),
         lacks=("IHDR",), subject="", sender="<unknown>", attached=("unnamed",)),
    Wild("file: json named eml", b'{"body": "The boiler hums again."}', subject="",
         sender="<unknown>"),
    Wild("file: one letter", b"x", ("x",), subject="", sender="<unknown>"),
    Wild("file: one field without a line end", b"Subject: Boiler", (), sender="<unknown>"),
    Wild("file: one field without the name of mail", b"Subject: Boiler", (), sender="<unknown>",
         suffix=""),
    Wild("file: from alone without the name of mail", b"From: ann@example.org\n\n" + TEXT,
         subject="", sender="ann@example.org", suffix=""),
    Wild("file: received alone", b"Received: from a by b; Mon, 4 Mar 2024 10:12:13 +0100\n\n"
         + TEXT, subject="", sender="<unknown>", suffix=""),
    Wild("file: MIME header alone", b"MIME-Version: 1.0\nContent-Type: text/plain\n\n" + TEXT,
         subject="", sender="<unknown>", suffix=""),
    Wild("file: very long line", letter(b"a" * 200_000 + b"\n" + TEXT)),
    Wild("file: 20,000 lines", letter(b"line\n" * 20_000 + TEXT)),
    Wild("file: lines of spaces", letter(b"   \n" * 200 + TEXT)),
    Wild("file: From lines in the body", letter(b"From here on\nFrom ann to bob\n" + TEXT),
         ("From here on", "From ann to bob")),
    Wild("file: PDF mark in the first KiB", letter(b"%PDF-1.4 is how a PDF begins\n" + TEXT),
         suffix=""),
    Wild("file: mail that quotes two headers of a transcript",
         letter(b"Elon Musk to Sam Altman - May 25, 2015 9:10 PM\nx\n"
                b"Sam Altman to Elon Musk - May 26, 2015 9:10 PM\ny\n" + TEXT), suffix=""),
    Wild("file: envelope of a queue file (only body below From_)",
         b"From ann@example.org Mon Mar  4 10:12:13 2024\n\n" + TEXT, subject="",
         sender="ann@example.org", suffix=""),
)  # fmt: skip
