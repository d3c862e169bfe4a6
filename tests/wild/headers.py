"""Header fields as wild mail writes and breaks them: addresses, encoded words, folding, fields."""

from tests.wild.case import HEAD, TEXT, Wild


def _from(value: str, name: str | None, rule: str) -> Wild:
    raw = f"From: {value}\nSubject: Boiler\n\n".encode() + TEXT
    return Wild(f"from: {rule}", raw, sender=name)


def _subject(value: str, subject: str, rule: str) -> Wild:
    raw = f"From: Ann Lee <ann@example.org>\nSubject: {value}\n\n".encode() + TEXT
    return Wild(f"subject: {rule}", raw, subject=subject)


def _head(raw: bytes, rule: str, subject: str | None = "Boiler") -> Wild:
    return Wild(f"header: {rule}", raw + b"\n" + TEXT, subject=subject)


_FROM = (
    _from("ann@example.org", "ann@example.org", "address alone"),
    _from("<ann@example.org>", "ann@example.org", "address in brackets"),
    _from("Ann Lee", "Ann Lee", "name alone"),
    _from('"Lee, Ann" <ann@example.org>', "Lee, Ann", "comma in quotes"),
    _from("Lee, Ann <ann@example.org>", "Lee, Ann", "comma without quotes"),
    _from("ann@example.org (Ann Lee)", "Ann Lee", "name in a comment"),
    _from("Ann (the (nested) one) Lee <ann@example.org>", "Ann Lee", "nested comment"),
    _from('"Ann \\"Boiler\\" Lee" <ann@example.org>', 'Ann "Boiler" Lee', "escaped quotes"),
    _from('"Ann Lee <ann@example.org>', None, "quote never closed"),
    _from("Ann Lee <ann@example.org", "Ann Lee", "bracket never closed"),
    _from("Ann Lee ann@example.org>", None, "bracket never opened"),
    _from("Ann Lee <<ann@example.org>>", "Ann Lee", "doubled brackets"),
    _from("Ann Lee [mailto:ann@example.org]", "Ann Lee", "mailto in square brackets"),
    _from("Ann Lee <ann@[192.0.2.1]>", "Ann Lee", "domain literal"),
    _from("<[x@example.org]>", None, "address in two kinds of brackets"),
    _from('To: "', None, "nothing but an open quote"),
    _from("Ann Lee <@relay.example,@b.example:ann@example.org>", "Ann Lee", "source route"),
    _from("Ann Lee <ann @ example . org>", "Ann Lee", "spaces in the address"),
    _from("Ann Lee <ann@example.org>, Bob Hart <bob@example.net>", "Ann Lee", "two writers"),
    _from("Boiler Team: Ann Lee <ann@example.org>, bob@example.net;", "Ann Lee", "group"),
    _from("undisclosed-recipients:;", "<unknown>", "empty group"),
    _from("=?utf-8?Q?Ann_L=C3=A9e?= <ann@example.org>", "Ann Lée", "encoded word"),
    _from('"=?utf-8?Q?Ann_L=C3=A9e?=" <ann@example.org>', "Ann Lée", "encoded word in quotes"),
    _from("=?utf-8?Q?L=C3=A9e=2C_Ann?= <ann@example.org>", "Lée, Ann", "encoded comma"),
    _from("=?utf-8?B?QW5uIEzDqWU=?=<ann@example.org>", "Ann Lée", "no space after the word"),
    _from("=?utf-8?Q?Ann_L=C3=A9e_=3Cann=40example=2Eorg=3E?=", None, "address in the word"),
    _from("Ann Lee\t <ann@example.org>", "Ann Lee", "tab"),
    _from("Ann\n Lee\n\t<ann@example.org>", "Ann Lee", "folded"),
    _from("ann@example.org <ann@example.org>", "ann@example.org", "address as its own name"),
    _from("'Ann Lee' <ann@example.org>", "Ann Lee", "single quotes"),
    _from("<> Ann Lee <ann@example.org>", None, "empty brackets before"),
    _from("MAILER-DAEMON (Mail System)", None, "daemon without domain"),
    _from("Ann Lee via List <list@example.org>", None, "via a list"),
    _from(" ", "<unknown>", "blank"),
    _from("Ann Lee <ann@exämple.org>", "Ann Lee", "international domain"),
    _from("Ann Lee <ann@xn--exmple-cua.org>", "Ann Lee", "punycode domain"),
    _from("Ann.Lee@Example.ORG", None, "upper-case domain"),
    _from("Ann Lee <ann@example.org>;", "Ann Lee", "semicolon at the end"),
    _from(",,, Ann Lee <ann@example.org>,,", "Ann Lee", "stray commas"),
    _from("Ann Lee <ann@example.org> (home) (work)", "Ann Lee", "comments behind"),
    _from("/C=US/A=X/G=Ann/S=Lee/@gw.example", None, "x.400 address"),
    _from("gate!host!ann", None, "bang path"),
    _from("\u202eAnn Lee\u202c <ann@example.org>", None, "bidi controls"),
)

_SUBJECTS = (
    _subject("=?utf-8?Q?Caf=C3=A9?=", "Café", "Q word"),
    _subject("=?utf-8?b?Q2Fmw6k=?=", "Café", "B word"),
    _subject("=?utf-8?b?Q2Fmw6k?=", "Café", "B word without padding"),
    _subject("=?utf-8?B?Q2Fm?= =?utf-8?B?w6k=?=", "Café", "two words are joined"),
    _subject("=?utf-8?Q?Caf=C3?=\n =?utf-8?Q?=A9?=", "Café", "bytes split over words"),
    _subject("=?iso-8859-1?Q?Caf=E9?= =?utf-8?Q?_=C3=A9t=C3=A9?=", "Café été", "two charsets"),
    _subject("plain =?utf-8?Q?caf=C3=A9?= plain", "plain café plain", "word among plain ones"),
    _subject("a=?utf-8?Q?caf=C3=A9?=b", "acaféb", "no space around the word"),
    _subject("=?utf-8?Q?caf=C3=A9 bar?=", "café bar", "space inside the word"),
    _subject("=?utf-8?Q?caf=C3=A9", "=?utf-8?Q?caf=C3=A9", "word never closed"),
    _subject("=?utf-8?X?caf?=", "=?utf-8?X?caf?=", "unknown encoding"),
    _subject("=?x-none?Q?cafe?=", "cafe", "unknown charset"),
    _subject("=?utf-8?Q?=ZZcafe?=", "=ZZcafe", "bad escapes"),
    _subject("=?utf-8*en?Q?caf=C3=A9?=", "café", "language tag (rfc 2231)"),
    _subject("=?UTF-8?Q?a=3Fb?=", "a?b", "encoded question mark"),
    _subject("=?utf-8?Q?a?b?=", "a?b", "raw question mark"),
    _subject("=?utf-8?Q??=", "", "empty word"),
    _subject("=?utf-8?B?####?=", "", "base64 of trash"),
    _subject("=?us-ascii?Q?caf=C3=A9?=", "café", "charset lies"),
    _subject("=?gb2312?B?xOO6w7Cho6wg?= =?gb2312?B?wK290w==?=", "你好啊， 拉接", "gb2312 words"),
    _subject("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本", "iso-2022-jp word"),
    _subject("line one\n line two\n\tline three", "line one line two line three", "folded"),
    _subject("\n Boiler", "Boiler", "folded before the first word"),
    _subject("Boiler\n  \n hums", "Boiler hums", "folded over a blank line"),
    _subject("Re: [list] Re: Boiler", "Re: [list] Re: Boiler", "prefixes stay"),
    _subject("   spaces    inside   ", "spaces inside", "spaces"),
    _subject("tab\tinside", "tab inside", "tab"),
    _subject("nul\0inside", "nul\ufffdinside", "NUL"),
    _subject("a" * 5_000, "a" * 5_000, "5,000 characters"),
    _subject("ok 👍 emoji", "ok 👍 emoji", "emoji"),
)

_HEADS = (
    _head(HEAD.replace(b": ", b":"), "no space after the colon"),
    _head(HEAD.replace(b": ", b" : "), "space before the colon"),
    _head(HEAD.replace(b": ", b":\t"), "tab after the colon"),
    _head(HEAD.upper().replace(b"BOILER", b"Boiler").replace(b"ANN LEE", b"Ann Lee"),
          "upper-case names"),
    _head(HEAD.replace(b"\n", b"\r\n"), "CRLF header above an LF body"),
    _head(HEAD + b"Subject: second\n", "subject twice: the first counts"),
    _head(HEAD + b"From: Bob Hart <bob@example.net>\n", "from twice: the first counts"),
    _head(b"Subject:\n" + HEAD, "blank subject above the real one"),
    _head(HEAD + b"no colon here\nX-After: 1\n", "line without a colon", None),
    _head(b"X-Long: " + b"a" * 20_000 + b"\n" + HEAD, "line of 20,000 bytes"),
    _head(b"X-A:\n" * 500 + HEAD, "500 empty fields"),
    _head(b"Received: from a by b; Mon, 4 Mar 2024 10:12:13 +0100\n" * 200 + HEAD, "200 hops"),
    _head(b">From ann@example.org Mon Mar  4 10:12:13 2024\n" + HEAD, "escaped From_ line"),
    _head(b"From ann@example.org Mon Mar  4 10:12:13 2024\n" + HEAD, "From_ line"),
    _head(HEAD + b"X-Bytes: \xff\xfe\x80\n", "bytes of no charset"),
    _head(HEAD + "Größe: ja\n".encode(), "field name outside ascii"),
    _head(HEAD + b"X Spaced Name: 1\nX-After: 2\n", "space in a field name", None),
    _head(HEAD + b": no name\nX-After: 1\n", "field without a name", None),
    _head(HEAD + b"Content-Type\nX-After: 1\n", "content type without a colon", None),
    _head(HEAD + b"Content-Type: text\n", "content type of one word"),
    _head(HEAD + b"Content-Type: text/\n", "content type without subtype"),
    _head(HEAD + b"Content-Type: /plain\n", "content type without type"),
    _head(HEAD + b"Content-Type: text/plain/x\n", "content type of three words"),
    _head(HEAD + b"Content-Type:\n", "content type blank"),
    _head(HEAD + b"Content-Type: ; charset=utf-8\n", "content type of parameters only"),
    _head(HEAD + b"Content-Type: text/plain; =x; ;; charset\n", "broken parameters"),
    _head(HEAD + b"Content-Type: (c) text/plain (d); charset=utf-8 (e)\n", "comments"),
    _head(HEAD + b"Content-Type: TEXT/plain\nContent-Type: text/html\n", "content type twice"),
    _head(HEAD + b"Content-Transfer-Encoding: 7-bit\n", "encoding misspelt"),
    _head(HEAD + b"Content-Transfer-Encoding: 8bit;\n", "encoding with a semicolon"),
    _head(HEAD + b"Content-Transfer-Encoding: x-none\n", "unknown encoding"),
    _head(HEAD + b"Content-Transfer-Encoding:\n", "encoding blank"),
    _head(HEAD + b"MIME-Version: 2.0 (odd)\n", "odd MIME version"),
    _head(HEAD + b"Message-ID: <<a@b>>\nReferences: <a@b\n c@d>>\n", "broken ids"),
    _head(HEAD + b"Message-ID:\nIn-Reply-To: Your message of Monday\n", "ids of words"),
    _head(HEAD + b"To: " + b"a@b.example, " * 1_500 + b"\n", "1,500 recipients"),
    _head(HEAD + b"Status: RO\nX-Status: A\nX-Keywords:\n", "mailbox flags"),
    _head(HEAD.replace(b"Date: Mon, 4 Mar 2024 10:12:13 +0100", b"Date: Thu, 31 Feb 2024 25:61"),
          "impossible date"),
    _head(HEAD.replace(b"Date: ", b"Date: Mon Mar  4 10:12:13 CET 2024 x"), "garbled date"),
    _head(HEAD.replace(b"To: Bob Hart <bob@example.net>\n", b""), "no recipient"),
    Wild("header: no blank line before the body", HEAD + TEXT),
    Wild("header: body begins with spaces", HEAD + b"\n   " + TEXT),
    Wild("header: blank line of spaces", HEAD + b"   \n" + TEXT),
    Wild("header: blank line of a tab", HEAD + b"\t\n" + TEXT),
    Wild("header: nothing else", HEAD, holds=()),
    Wild("header: body without any field", TEXT, subject="", sender="<unknown>"),
    Wild("header: body of colons without any field", b"note: " + TEXT, subject="",
         sender="<unknown>"),
    Wild("header: subject alone", b"Subject: Boiler\n\n" + TEXT, sender="<unknown>"),
    Wild("header: sender only in Sender", b"Sender: Ann Lee <ann@example.org>\n"
         b"Subject: Boiler\n\n" + TEXT),
    Wild("header: sender only in Reply-To", b"Reply-To: Ann Lee <ann@example.org>\n"
         b"Subject: Boiler\n\n" + TEXT),
    Wild("header: sender only in the envelope", b"Return-Path: <ann@example.org>\n"
         b"Subject: Boiler\n\n" + TEXT, sender="ann@example.org"),
    Wild("header: resent", HEAD + b"Resent-From: Bob Hart <bob@example.net>\n\n" + TEXT),
    Wild("header: news article", b"Path: a!b!c\nFrom: ann@example.org (Ann Lee)\n"
         b"Newsgroups: alt.boilers\nSubject: Boiler\nXref: a alt.boilers:1\n\n" + TEXT),
)  # fmt: skip

CASES = _FROM + _SUBJECTS + _HEADS
