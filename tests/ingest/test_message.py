"""One message into drafts: parts, charsets, transfer encodings, attachments, attached mail."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.limits import Limits
from ingest.model import Attachment, Draft, Skipped
from tests.raw_mail import mail, multipart, one, read, text_part

B64 = b"Content-Transfer-Encoding: base64"
QP = b"Content-Transfer-Encoding: quoted-printable"
HTML = b"<p>Hello <b>Bob</b></p>"

BODIES = {
    "plain": (mail(b"Hello\n"), "Hello\n"),
    "no MIME header, UTF-8": (mail("café\n".encode()), "café\n"),
    "no MIME header, Windows-1252": (mail(b"caf\xe9 at the corner\n"), "café at the corner\n"),
    "carriage returns": (mail(b"a\r\nb\r\n"), "a\nb\n"),
    "blanks kept": (mail(b"  a\n\n\n  b  \n"), "  a\n\n\n  b  \n"),
    "quoted-printable": (mail(b"caf=C3=A9 and=\n more\n", QP), "café and more\n"),
    "quoted-printable, damaged": (mail(b"50=% of =ZZ\n", QP), "50=% of =ZZ\n"),
    "base64": (mail(base64.b64encode("café\n".encode()), B64), "café\n"),
    "base64 without padding": (mail(b"SGVsbG8gQm9i\nLg", B64), "Hello Bob."),
    "base64 with stray bytes": (mail(b"SGVs*bG8=\n", B64), "Hello"),
    "declared base64 but plain": (mail(b"Hello Bob, no code\n", B64), "Hello Bob, no code\n"),
    "footer below base64": (
        mail(b"SGVsbG8=\n-- \nGarden list: write to us\n", B64),
        "Hello\n-- \nGarden list: write to us\n",
    ),
    "declared charset": (
        mail(b"caf\xe9\n", b"Content-Type: text/plain; charset=iso-8859-1"),
        "café\n",
    ),
    "charset in quotes and capitals": (
        mail(b"caf\xe9\n", b'Content-Type: text/plain; charset="ISO-8859-15"'),
        "café\n",
    ),
    "latin-1 that is Windows": (
        mail(b"\x93tea\x94\n", b"Content-Type: text/plain; charset=iso-8859-1"),
        "“tea”\n",
    ),
    "utf-8 that is latin-1": (
        mail(b"a caf\xe9 by the sea\n", b"Content-Type: text/plain; charset=utf-8"),
        "a café by the sea\n",
    ),
    "ascii that is UTF-8": (
        mail("café\n".encode(), b"Content-Type: text/plain; charset=us-ascii"),
        "café\n",
    ),
    "unknown charset": (
        mail("café\n".encode(), b"Content-Type: text/plain; charset=x-none"),
        "café\n",
    ),
    "codec that is no charset": (
        mail(b"tea\n", b"Content-Type: text/plain; charset=zlib"),
        "tea\n",
    ),
    "gb2312 beyond its table": (
        mail("朱镕基\n".encode("gb18030"), b"Content-Type: text/plain; charset=gb2312"),
        "朱镕基\n",
    ),
    "unknown transfer encoding": (
        mail(b"tea\n", b"Content-Transfer-Encoding: rot13"),
        "tea\n",
    ),
    "invalid content type": (mail(b"tea\n", b"Content-Type: text"), "tea\n"),
    "flowed": (
        mail(b"one \ntwo\n three\n", b"Content-Type: text/plain; format=flowed"),
        "one two\nthree\n",
    ),
    "flowed with delsp": (
        mail(b"one \ntwo\n", b"Content-Type: text/plain; format=flowed; delsp=yes"),
        "onetwo\n",
    ),
    "flowed quote": (
        mail(b"> one \n> two\n>> x\n", b"Content-Type: text/plain; format=flowed"),
        "> one two\n>> x\n",
    ),
    "flowed signature": (
        mail(b"one\n-- \nAnn\n", b"Content-Type: text/plain; format=flowed"),
        "one\n-- \nAnn\n",
    ),
    "html only": (mail(HTML, b"Content-Type: text/html"), "Hello Bob\n"),
    "alternative": (
        multipart("alternative", text_part(b"plain"), text_part(HTML, b"text/html")),
        "plain",
    ),
    "alternative with empty plain": (
        multipart("alternative", text_part(b" \n"), text_part(HTML, b"text/html")),
        "Hello Bob\n",
    ),
    "alternative with a stub": (
        multipart(
            "alternative",
            text_part(b"Your program does not support HTML."),
            text_part(HTML, b"text/html"),
        ),
        "Hello Bob\n",
    ),
    "alternative, html first": (
        multipart("alternative", text_part(HTML, b"text/html"), text_part(b"plain")),
        "plain",
    ),
    "mixed texts in order": (multipart("mixed", text_part(b"one"), text_part(b"two")), "one\ntwo"),
    "related": (
        multipart("related", text_part(HTML, b"text/html"), b"Content-Type: image/png\n\nxx"),
        "Hello Bob\n",
    ),
    "multipart without its end": (
        mail(b"--edge\n\nHello\n", b"Content-Type: multipart/mixed; boundary=edge"),
        "Hello\n",
    ),
    "multipart with the wrong boundary": (
        mail(
            b"--real\nContent-Type: text/plain\n\nHello\n--real--\n",
            b"Content-Type: multipart/mixed; boundary=other",
        ),
        "Hello",
    ),
    "multipart without parts": (
        mail(b"Hello\n", b"Content-Type: multipart/mixed; boundary=edge"),
        "Hello\n",
    ),
    "boundary that begins like another": (
        mail(
            b"--ab\n\n--abc is text\n--ab--\n",
            b"Content-Type: multipart/mixed; boundary=ab",
        ),
        "--abc is text",
    ),
    "blanks after the boundary": (
        mail(b"--ab  \n\nHello\n--ab-- \n", b"Content-Type: multipart/mixed; boundary=ab"),
        "Hello",
    ),
    "preamble and epilogue": (
        mail(b"pre\n--ab\n\nHello\n--ab--\npost", b"Content-Type: multipart/mixed; boundary=ab"),
        "Hello",
    ),
    "NUL in the text": (mail(b"a\0b\n"), "a\ufffdb\n"),
    "no body": (mail(b""), ""),
    "text with a file name, alone": (
        mail(b"Hello\n", b"Content-Disposition: attachment; filename=a.txt"),
        "Hello\n",
    ),
    "enriched": (mail(b"<bold>tea</bold>\n", b"Content-Type: text/enriched"), "tea\n"),
}


@pytest.mark.parametrize("rule", BODIES)
def test_body(rule: str) -> None:
    raw, expected = BODIES[rule]
    assert one(raw).body == expected


REPAIRED = [
    "base64 with stray bytes",
    "declared base64 but plain",
    "footer below base64",
    "utf-8 that is latin-1",
    "unknown charset",
    "unknown transfer encoding",
    "multipart without its end",
    "multipart with the wrong boundary",
    "multipart without parts",
]


@pytest.mark.parametrize("rule", REPAIRED)
def test_repair_is_reported(rule: str) -> None:
    assert one(BODIES[rule][0]).warnings


@pytest.mark.parametrize("rule", ["plain", "base64", "alternative", "flowed", "html only"])
def test_sound_mail_has_no_warnings(rule: str) -> None:
    assert one(BODIES[rule][0]).warnings == ()


def test_header_facts() -> None:
    draft = one(mail(b"Hello\n", b"Cc: Cara <cara@example.org>"))
    assert [draft.sender.name, draft.to[0].name, draft.cc[0].name] == [
        "Ann Lee",
        "Bob Hart",
        "Cara",
    ]
    assert (draft.subject, draft.message_id) == ("Boiler", "one@example.org")


ATTACHED = {
    "csv": (b"text/csv", b"a.csv", b"day,rain\nMon,3", "day,rain\nMon,3"),
    "text": (b"text/plain", b"a.txt", b"a note", "a note"),
    "markdown by its name": (b"application/octet-stream", b"a.md", b"# note", "# note"),
    "html": (b"text/html", b"a.html", HTML, "Hello Bob"),
    "json": (b"application/json", b"a.json", b'{"a": 1}', '{"a": 1}'),
    "picture": (b"image/png", b"a.png", b"\x89PNG", None),
    "program": (b"application/octet-stream", b"a.exe", b"MZ", None),
    "style sheet": (b"text/css", b"a.css", b"p {}", None),
}


@pytest.mark.parametrize("kind", ATTACHED)
def test_attachment(kind: str) -> None:
    media_type, name, data, text = ATTACHED[kind]
    fields = b"Content-Type: %s\nContent-Disposition: attachment; filename=%s\n" % (
        media_type,
        name,
    )
    draft = one(multipart("mixed", text_part(b"See below."), fields + b"\n" + data))
    assert draft.attachments == (Attachment(name.decode(), media_type.decode(), len(data)),)
    assert draft.body == "See below." + (f"\n\n{text}" if text else "")
    roles = [(s.role, s.author is None) for s in draft.segments]
    assert roles == [("own", False)] + ([("attachment", True)] if text else [])


def test_attachment_segment_begins_with_its_text() -> None:
    draft = one(multipart("mixed", text_part(b"Hi"), text_part(b"data", b"text/csv; name=a.csv")))
    last = draft.segments[-1]
    assert (last.role, draft.body[last.start : last.end]) == ("attachment", "data")


def test_size_of_a_base64_attachment_is_the_files() -> None:
    part = b"Content-Type: image/png; name=a.png\n" + B64 + b"\n\n" + base64.encodebytes(b"x" * 100)
    assert one(multipart("mixed", text_part(b"Hi"), part)).attachments[0].size == 100


@pytest.mark.parametrize("name", [b"../../etc/passwd", b"C:\\a\\passwd", b"/etc/passwd"])
def test_attachment_name_has_no_folders(name: bytes) -> None:
    part = b'Content-Type: image/png; name="' + name + b'"\n\nxx'
    assert one(multipart("mixed", text_part(b"Hi"), part)).attachments[0].name == "passwd"


def test_calendar_is_summarised() -> None:
    event = (
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Tea\\, late\nDTSTART:20240304T160000Z\n"
        b"ORGANIZER;CN=Ann Lee:mailto:ann@example.org\nLOCATION:Barn\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    draft = one(multipart("mixed", text_part(b"Come!"), text_part(event, b"text/calendar")))
    assert draft.body == (
        "Come!\n\nEvent: Tea, late\nStart: 2024-03-04 16:00 UTC\n"
        "Organizer: Ann Lee <ann@example.org>\nLocation: Barn"
    )


def test_attached_mail_is_a_message_of_its_own() -> None:
    inner = b"From: Cara <cara@example.org>\nSubject: Bees\n\nThey swarm.\n"
    raw = multipart("mixed", text_part(b"See."), b"Content-Type: message/rfc822\n\n" + inner)
    outer, nested = read(raw)
    assert isinstance(outer, Draft)
    assert isinstance(nested, Draft)
    assert (nested.sender.name, nested.body) == ("Cara", "They swarm.\n")
    assert nested.attached_to == outer.locator
    assert nested.locator.path == "/mail!/attached-1"
    assert raw.split(b"\n")[nested.locator.first_line - 1].startswith(b"From: Cara")
    assert outer.body == "See."


def test_attached_mail_in_base64_is_read_too() -> None:
    inner = base64.encodebytes(b"From: cara@example.org\n\nThey swarm.\n")
    part = b"Content-Type: message/rfc822\n" + B64 + b"\n\n" + inner
    found = read(multipart("mixed", text_part(b"See."), part))
    assert [one.body for one in found if isinstance(one, Draft)] == ["See.", "They swarm.\n"]


def test_digest_holds_messages() -> None:
    parts = (b"\nFrom: a@b.org\n\none", b"\nFrom: c@d.org\n\ntwo")
    found = read(multipart("digest", *parts))
    assert [one.body for one in found if isinstance(one, Draft)] == ["", "one", "two"]


def test_encrypted_mail_says_so() -> None:
    raw = multipart("encrypted", b"Content-Type: application/octet-stream; name=x.asc\n\nxx")
    assert any("encrypted" in warning for warning in one(raw).warnings)


def test_damaged_winmail_is_named_but_not_opened() -> None:
    part = b"Content-Type: application/ms-tnef; name=winmail.dat\n\nxx"
    draft = one(multipart("mixed", text_part(b"Hi"), part))
    assert draft.attachments[0].name == "winmail.dat"
    assert any("winmail" in warning for warning in draft.warnings)


@pytest.mark.parametrize(
    ("parameters", "piece"),
    [(b"number=2; total=5", "piece 2 of 5"), (b"number=2", "piece 2 of ?"), (b"", "piece ? of ?")],
)
def test_piece_of_a_split_message_is_kept_and_said_to_be_one(parameters: bytes, piece: str) -> None:
    draft = one(mail(b"the pump.\n", b'Content-Type: message/partial; id="x"; ' + parameters))
    assert "the pump." in draft.body
    assert draft.warnings == (f"{piece} of a split message: kept as it is, pieces are not joined",)


BINHEX = b'(This file must be converted with BinHex 4.0)\n\n:#8G(D@PcFf!!!!"!8&4&@&4dG(kd!!!:\n'
UNREAD = "BinHex file: kept as an attachment, its content is not readable"


@pytest.mark.parametrize("kind", ["application/mac-binhex40", "text/plain"])
def test_attached_binhex_file_is_listed_but_not_indexed(kind: str) -> None:
    head = f"Content-Type: {kind}; name=notes.txt\nContent-Disposition: attachment\n\n"
    draft = one(multipart("mixed", text_part(b"Hi"), head.encode() + BINHEX))
    assert draft.attachments == (Attachment("notes.txt", kind, len(BINHEX)),)
    assert (draft.body, draft.warnings) == ("Hi", (UNREAD,))


def test_binhex_file_in_the_text_is_listed_with_its_reason() -> None:
    draft = one(mail(b"Hi\n" + BINHEX))
    assert (draft.body, draft.warnings) == ("Hi\n", (UNREAD,))
    assert [a.name for a in draft.attachments] == ["unnamed.hqx"]


def test_long_text_is_cut_visibly() -> None:
    draft = one(mail(b"word " * 1_000), Limits(text_chars=100))
    assert draft.body.startswith("word " * 20)
    assert draft.segments[-1].role == "frame"
    assert "cut by Exhibit" in draft.body
    assert any("cut" in warning for warning in draft.warnings)


@pytest.mark.parametrize("raw", [b"", b"\n\n", b" \r\n\0"])
def test_empty_message_is_skipped_with_a_reason(raw: bytes) -> None:
    (found,) = read(raw)
    assert isinstance(found, Skipped)
    assert found.reason == "empty message"


words = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=40)
texts = st.lists(words, min_size=1, max_size=6).map(lambda lines: "\n".join(lines) + "\n")


@settings(max_examples=150, deadline=None)
@given(
    subject=words,
    body=texts,
    charset=st.sampled_from(["utf-8", "utf-16", "iso-2022-jp", "koi8-r", "cp1252"]),
    cte=st.sampled_from(["base64", "quoted-printable"]),
)
def test_what_the_standard_library_writes_is_read_back(
    subject: str, body: str, charset: str, cte: str
) -> None:
    from email.message import EmailMessage

    body = body.encode(charset, "ignore").decode(charset, "ignore")
    message = EmailMessage()
    message["From"] = "Ann Lee <ann@example.org>"
    message["Subject"] = subject
    message.set_content(body.encode(charset), "text", "plain", cte=cte)
    message.set_param("charset", charset)
    draft = one(message.as_bytes())
    assert draft.subject == " ".join(subject.split())
    assert draft.body == body.replace("\r\n", "\n").replace("\r", "\n")


trees = st.recursive(
    texts.map(lambda text: ("text", text)),
    lambda inner: st.lists(inner, min_size=1, max_size=4).map(lambda parts: ("mixed", parts)),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(trees)
def test_no_text_of_a_tree_of_parts_is_lost(tree: tuple[str, object]) -> None:
    from email.mime.multipart import MIMEMultipart
    from email.mime.text import MIMEText

    def build(node: tuple[str, object]) -> "MIMEText | MIMEMultipart":
        kind, content = node
        if kind == "text":
            return MIMEText(str(content), "plain", "utf-8")
        container = MIMEMultipart("mixed")
        for inner in content:  # type: ignore[attr-defined]
            container.attach(build(inner))
        return container

    def leaves(node: tuple[str, object]) -> list[str]:
        kind, content = node
        if kind == "text":
            return [str(content)]
        return [leaf for inner in content for leaf in leaves(inner)]  # type: ignore[attr-defined]

    draft = one(build(tree).as_bytes())
    assert draft.body == "\n".join(leaves(tree))
    assert draft.warnings == ("no Date header: left undated",)
