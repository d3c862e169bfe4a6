"""What wild mail encloses: mail, reports, keys, winmail.dat, and files as before MIME."""

import base64
import binascii
import struct

from tests.wild.case import HEAD, PLAIN, SAID, TEXT, Wild, letter, parts

_INNER = b"From: Cay Ode <cay@example.com>\nSubject: Valve\n\nThe valve sticks.\n"
_STICKS = "The valve sticks."
_OUTER = _INNER.replace(b"valve", b"pump").replace(b"Valve", b"Pump")
_FILE = b"Pressure rises at noon.\n" * 8
_RISES = "Pressure rises at noon."


def _part(kind: bytes, content: bytes, *fields: bytes) -> bytes:
    return b"\n".join([b"Content-Type: " + kind, *fields, b"", content])


def _base64(kind: bytes, content: bytes) -> bytes:
    coded = base64.encodebytes(content)
    return _part(kind, coded, b"Content-Transfer-Encoding: base64")


def tnef(*attributes: tuple[int, int, bytes]) -> bytes:
    """A winmail.dat of (level, attribute, value)."""
    body = b"".join(
        struct.pack("<BII", level, number, len(value))
        + value
        + struct.pack("<H", sum(value) & 65535)
        for level, number, value in attributes
    )
    return struct.pack("<IH", 0x223E9F78, 1) + body


def prop(kind: int, number: int, value: bytes) -> bytes:
    """One MAPI property of variable length with one value."""
    padded = value + b"\0" * (-len(value) % 4)
    return struct.pack("<HHII", kind, number, 1, len(value)) + padded


def props(*some: bytes) -> bytes:
    """A list of properties."""
    return struct.pack("<I", len(some)) + b"".join(some)


def ber(tag: int, *values: bytes) -> bytes:
    """A BER element of definite length."""
    value = b"".join(values)
    size = len(value).to_bytes(4, "big")
    return bytes([tag, 0x84]) + size + value


def _named(name: str, data: bytes) -> tuple[tuple[int, int, bytes], ...]:
    long_name = props(prop(0x1F, 0x3707, name.encode("utf-16-le") + b"\0\0"))
    return ((2, 0x69002, b"\0" * 14), (2, 0x68010, b"SHORT~1.TXT\0"), (2, 0x6800F, data),
            (2, 0x69005, long_name))  # fmt: skip


_WINMAIL = tnef((1, 0x78008, b"IPM.Note\0"), *_named("readings.txt", _FILE))
_BODIED = tnef(
    (1, 0x69003, props(struct.pack("<HHI", 3, 0x0E07, 1), prop(0x1E, 0x1000, TEXT + b"\0")))
)
_HTML_BODIED = tnef((1, 0x69003, props(prop(0x102, 0x1013, b"<p>The boiler hums again.</p>"))))
_SIGNED_ENTITY = b"Content-Type: text/plain\n\n" + TEXT
_DATA = ber(0x06, bytes.fromhex("2a864886f70d010701"))
_SIGNED_DATA = ber(0x06, bytes.fromhex("2a864886f70d010702"))


def _signed(content: bytes) -> bytes:
    signed = ber(0x30, ber(0x02, b"\1"), ber(0x31), ber(0x30, _DATA, ber(0xA0, content)))
    return ber(0x30, _SIGNED_DATA, ber(0xA0, signed))


_ENVELOPED = ber(0x30, ber(0x06, bytes.fromhex("2a864886f70d010703")), ber(0xA0, b"\x30\0"))
_UU = b"begin 644 readings.txt\n" + b"".join(
    binascii.b2a_uu(_FILE[at : at + 45]) for at in range(0, len(_FILE), 45)
)  # fmt: skip


def _yenc(data: bytes) -> bytes:
    coded = bytes((byte + 42) % 256 for byte in data)
    for critical in (b"=", b"\0", b"\n", b"\r"):
        coded = coded.replace(critical, b"=" + bytes([(critical[0] + 64) % 256]))
    size = str(len(data)).encode()
    return b"=ybegin line=128 size=%b name=readings.txt\n%b\n=yend size=%b\n" % (size, coded, size)


_MAIL = (
    Wild("attached mail", parts(b"mixed", PLAIN, _part(b"message/rfc822", _INNER)),
         (SAID, _STICKS), messages=2, attached=("Valve",)),
    Wild("attached mail as the whole body", letter(_INNER, b"Content-Type: message/rfc822"),
         (_STICKS,), messages=2),
    Wild("attached mail in base64", parts(b"mixed", PLAIN, _base64(b"message/rfc822", _INNER)),
         (SAID, _STICKS), messages=2),
    Wild("attached mail in quoted-printable", parts(b"mixed", PLAIN, _part(b"message/rfc822",
         binascii.b2a_qp(_INNER), b"Content-Transfer-Encoding: quoted-printable")),
         (SAID, _STICKS), messages=2),
    Wild("mail attached to mail attached in base64", parts(b"mixed", PLAIN, _base64(
         b"message/rfc822", parts(b"mixed", _part(b"message/rfc822", _INNER)))),
         (SAID, _STICKS), messages=3),
    Wild("mail in base64 in mail in base64", parts(b"mixed", PLAIN, _base64(b"message/rfc822",
         parts(b"mixed", _base64(b"message/rfc822", _INNER)))), (SAID, _STICKS), messages=3),
    Wild("mail attached as a file of no type", parts(b"mixed", PLAIN, _base64(
         b"application/octet-stream; name=valve.eml", _INNER)), (SAID, _STICKS), messages=2,
         attached=("valve.eml",)),
    Wild("a file named like mail that is none", parts(b"mixed", PLAIN, _base64(
         b"application/octet-stream; name=valve.msg", bytes(range(256)))), attached=("valve.msg",)),
    Wild("digest", parts(b"digest", b"\n" + _INNER, b"\n" + _OUTER),
         (_STICKS, "The pump sticks."), messages=3),
    Wild("digest whose parts name their type", parts(b"digest", _part(b"message/rfc822", _INNER)),
         (_STICKS,), messages=2),
    Wild("attached mail without a header", parts(b"mixed", PLAIN,
         _part(b"message/rfc822", b"\nThe valve sticks.\n")), (SAID, _STICKS), messages=2),
    Wild("attached mail with a From_ line", parts(b"mixed", PLAIN, _part(b"message/rfc822",
         b"From cay@example.com Mon Mar  4 10:12:13 2024\n" + _INNER)), (_STICKS,), messages=2),
    Wild("attached news article", parts(b"mixed", PLAIN, _part(b"message/news", _INNER)),
         (SAID, _STICKS), messages=2),
    Wild("attached international mail", parts(b"mixed", PLAIN, _part(b"message/global", _INNER)),
         (SAID, _STICKS), messages=2),
    Wild("mail attached five deep", letter(
         (HEAD + b"Content-Type: message/rfc822\n\n") * 4 + _INNER,
         b"Content-Type: message/rfc822"), (_STICKS,), messages=6),
    Wild("part of a split message", letter(_INNER,
         b"Content-Type: message/partial; id=a; number=1; total=2"), (_STICKS,)),
    Wild("external body", parts(b"mixed", PLAIN, _part(
         b'message/external-body; access-type=anon-ftp; name="valve.ps"',
         b"Content-Type: application/postscript\n\nphantom\n")), (SAID, "phantom")),
)  # fmt: skip

_REPORTS = (
    Wild("bounce", parts(b"report", PLAIN, _part(b"message/delivery-status",
         b"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; bob@example.net\nStatus: 5.1.1\n"),
         _part(b"message/rfc822", _INNER)), (SAID, "5.1.1", _STICKS), messages=2),
    Wild("bounce with headers only", parts(b"report", PLAIN, _part(b"message/delivery-status",
         b"Reporting-MTA: dns; mx\n"), _part(b"text/rfc822-headers", b"Subject: Valve\n")),
         (SAID, "Subject: Valve")),
    Wild("read receipt", parts(b"report", PLAIN, _part(b"message/disposition-notification",
         b"Disposition: manual-action/MDN-sent-manually; displayed\n")), (SAID, "displayed")),
    Wild("abuse report", parts(b"report", PLAIN, _part(b"message/feedback-report",
         b"Feedback-Type: abuse\n"), _part(b"message/rfc822", _INNER)), messages=2),
)  # fmt: skip

_SEALED = (
    Wild("PGP/MIME signed", parts(b"signed", PLAIN, _part(b"application/pgp-signature; name=s.asc",
         b"-----BEGIN PGP SIGNATURE-----\niQ==\n-----END PGP SIGNATURE-----")),
         lacks=("iQ==",), attached=("s.asc",)),
    Wild("PGP/MIME encrypted", parts(b"encrypted", _part(b"application/pgp-encrypted",
         b"Version: 1"), _part(b"application/octet-stream; name=e.asc", b"-----BEGIN PGP-----")),
         (), attached=("unnamed application/pgp-encrypted", "e.asc")),
    Wild("PGP signed in the text", letter(b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\n"
         + TEXT + b"-----BEGIN PGP SIGNATURE-----\n\niQEc==\n-----END PGP SIGNATURE-----\n")),
    Wild("S/MIME detached signature", parts(b"signed", PLAIN, _base64(
         b"application/pkcs7-signature; name=smime.p7s", b"xx")), attached=("smime.p7s",)),
    Wild("S/MIME opaque signature", letter(base64.encodebytes(_signed(ber(0x04, _SIGNED_ENTITY))),
         b"Content-Type: application/pkcs7-mime; name=smime.p7m",
         b"Content-Transfer-Encoding: base64")),
    Wild("S/MIME signature in pieces of indefinite length", letter(base64.encodebytes(_signed(
         b"\x24\x80" + ber(0x04, _SIGNED_ENTITY[:30]) + ber(0x04, _SIGNED_ENTITY[30:]) + b"\0\0")),
         b"Content-Type: application/x-pkcs7-mime", b"Content-Transfer-Encoding: base64")),
    Wild("S/MIME encrypted", letter(base64.encodebytes(_ENVELOPED),
         b"Content-Type: application/pkcs7-mime; name=smime.p7m",
         b"Content-Transfer-Encoding: base64"), (), attached=("smime.p7m",)),
    Wild("S/MIME of trash", letter(b"!!!", b"Content-Type: application/pkcs7-mime"), ()),
)  # fmt: skip

_FILES = (
    Wild("winmail.dat beside text", parts(b"mixed", PLAIN, _base64(
         b"application/ms-tnef; name=winmail.dat", _WINMAIL)), (SAID, _RISES),
         attached=("readings.txt",)),
    Wild("winmail.dat of no type", parts(b"mixed", PLAIN, _base64(
         b"application/octet-stream; name=winmail.dat", _WINMAIL)), attached=("readings.txt",)),
    Wild("winmail.dat holds the only text", letter(base64.encodebytes(_BODIED),
         b"Content-Type: application/ms-tnef", b"Content-Transfer-Encoding: base64")),
    Wild("winmail.dat holds the only text in html", parts(b"mixed", _base64(
         b"application/ms-tnef", _HTML_BODIED)), lacks=("<p>",)),
    Wild("winmail.dat cut", parts(b"mixed", PLAIN, _base64(
         b"application/ms-tnef; name=winmail.dat", _WINMAIL[:90]))),
    Wild("winmail.dat of trash", parts(b"mixed", PLAIN, _base64(
         b"application/ms-tnef; name=winmail.dat", b"trash")), attached=("winmail.dat",)),
    Wild("uuencoded file in the text", letter(TEXT + _UU + b"`\nend\nBest, Ann\n"),
         (SAID, _RISES, "Best, Ann"), lacks=("begin 644",), attached=("readings.txt",)),
    Wild("uuencoded file cut short", letter(TEXT + _UU[:400]), (SAID,)),
    Wild("words that begin like uuencode", letter(TEXT + b"begin 644 now\nand go on\n"),
         (SAID, "begin 644 now", "and go on"), attached=()),
    Wild("yEnc file in the text", letter(TEXT + _yenc(_FILE)), (SAID, _RISES),
         lacks=("=ybegin",), attached=("readings.txt",)),
    Wild("yEnc never ended", letter(TEXT + _yenc(_FILE)[:90])),
    Wild("BinHex file in the text", letter(TEXT + b"(This file must be converted with BinHex 4.0)\n"
         b":#8G(D@PcFf!!!!\"!8&4&@&4dG(kd!!!\n!!8!N!3:\n"), lacks=("8G(D@",),
         attached=("unnamed.hqx",)),
    Wild("AppleDouble", parts(b"mixed", PLAIN, b"Content-Type: multipart/appledouble; boundary=ad"
         b"\n\n--ad\nContent-Type: application/applefile; name=a.txt\n\nxx\n--ad\n"
         + _part(b"text/plain; name=a.txt", _FILE) + b"\n--ad--"), (SAID, _RISES),
         attached=("a.txt", "a.txt")),
    Wild("file name in rfc 2231 pieces", parts(b"mixed", PLAIN, _part(
         b"image/png", b"xx", b"Content-Disposition: attachment; filename*0*=utf-8''caf%C3%A9;",
         b" filename*1=-two.png")), attached=("café-two.png",)),
    Wild("file name as encoded word", parts(b"mixed", PLAIN, _part(
         b'image/png; name="=?utf-8?Q?caf=C3=A9.png?="', b"xx")), attached=("café.png",)),
    Wild("file name in raw utf-8", parts(b"mixed", PLAIN, _part(
         'image/png; name="café.png"'.encode(), b"xx")), attached=("café.png",)),
    Wild("file name with folders", parts(b"mixed", PLAIN, _part(
         b'image/png; name="..\\\\..\\\\c:/etc/a.png"', b"xx")), attached=("a.png",)),
    Wild("file name never closed", parts(b"mixed", PLAIN, _part(
         b'image/png; name="a.png', b"xx")), attached=("a.png",)),
    Wild("file without a name", parts(b"mixed", PLAIN, _part(b"image/png", b"xx")),
         attached=("unnamed image/png",)),
    Wild("text file as attachment", parts(b"mixed", PLAIN, _part(
         b"text/plain", _FILE, b"Content-Disposition: attachment; filename=r.txt")),
         (SAID, _RISES), attached=("r.txt",)),
    Wild("text part shown inline", parts(b"mixed", PLAIN, _part(
         b"text/plain", _FILE, b"Content-Disposition: inline")), (SAID, _RISES), attached=()),
    Wild("disposition misspelt", parts(b"mixed", PLAIN, _part(
         b"image/png", b"xx", b"Content-Disposition: attachment filename=a.png"))),
    Wild("empty attachment", parts(b"mixed", PLAIN, _part(b"image/png; name=a.png", b"")),
         attached=("a.png",)),
    Wild("PDF that is damaged", parts(b"mixed", PLAIN, _base64(
         b"application/pdf; name=a.pdf", b"%PDF-1.4 trash")), attached=("a.pdf",)),
    Wild("vCard", parts(b"mixed", PLAIN, _part(b"text/vcard; name=a.vcf",
         b"BEGIN:VCARD\nFN:Ann Lee\nEND:VCARD")), (SAID, "FN:Ann Lee"), attached=("a.vcf",)),
)  # fmt: skip

CASES = _MAIL + _REPORTS + _SEALED + _FILES
