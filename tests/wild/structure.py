"""The MIME tree as wild mail builds and breaks it: boundaries, nesting, encodings, alternatives."""

import base64
import binascii

from tests.wild.case import HEAD, PLAIN, SAID, TEXT, Wild, letter, parts

_HTML = b"Content-Type: text/html\n\n<p>The boiler <b>hums</b> again.</p>\n"
_CODED = base64.encodebytes(TEXT)
_BASE64 = b"Content-Transfer-Encoding: base64"
_QP = b"Content-Transfer-Encoding: quoted-printable"


def _multi(rule: str, body: bytes, field: bytes = b'multipart/mixed; boundary="edge"') -> Wild:
    lacks = ("--edge",) if b"--edge\n" in body else ()
    return Wild(f"parts: {rule}", letter(body, b"Content-Type: " + field), lacks=lacks)


def _coded(rule: str, body: bytes, *fields: bytes) -> Wild:
    return Wild(f"encoding: {rule}", letter(body, *fields))


_BOUNDARIES = (
    _multi("closing boundary missing", b"--edge\n" + PLAIN),
    _multi("no boundary parameter", b"--edge\n" + PLAIN + b"--edge--\n", b"multipart/mixed"),
    _multi("boundary parameter wrong", b"--edge\n" + PLAIN + b"--edge--\n",
           b"multipart/mixed; boundary=other"),
    _multi("boundary parameter blank", b"--edge\n" + PLAIN + b"--edge--\n",
           b'multipart/mixed; boundary=""'),
    _multi("no part at all", TEXT),
    _multi("boundary with trailing spaces", b"--edge   \n" + PLAIN + b"--edge--  \n"),
    _multi("boundary parameter ends in a space", b"--edge\n" + PLAIN + b"--edge--\n",
           b'multipart/mixed; boundary="edge "'),
    _multi("boundary folded over lines", b"--edge\n" + PLAIN + b"--edge--\n",
           b'multipart/mixed;\n\tboundary="edge"'),
    _multi("boundary in rfc 2231 pieces", b"--edge\n" + PLAIN + b"--edge--\n",
           b"multipart/mixed; boundary*0=ed; boundary*1=ge"),
    _multi("preamble and epilogue", b"preamble\n--edge\n" + PLAIN + b"--edge--\nepilogue\n"),
    _multi("words only in the preamble", TEXT + b"--edge--\n"),
    _multi("words only around an empty part", TEXT + b"--edge\n\n\n--edge--\n"),
    _multi("words only in the epilogue", b"--edge\n\n\n--edge--\n" + TEXT),
    _multi("only the closing boundary", b"--edge--\n" + TEXT),
    _multi("part without a blank line", b"--edge\nContent-Type: text/plain\n" + TEXT + b"--edge--"),
    _multi("part without a header", b"--edge\n\n" + TEXT + b"--edge--\n"),
    _multi("part that begins with text", b"--edge\n" + TEXT + b"--edge--\n"),
    _multi("part that begins with a colon", b"--edge\nnote: " + TEXT + b"\n--edge--\n"),
    _multi("empty part first", b"--edge\n--edge\n" + PLAIN + b"--edge--\n"),
    _multi("closed twice", b"--edge\n" + PLAIN + b"--edge--\n--edge--\n"),
    _multi("part after the close", b"--edge\n\nfirst\n--edge--\n--edge\n" + PLAIN + b"--edge--\n"),
    _multi("boundary that is a pattern", b"--(.*)[x]+\n" + PLAIN + b"--(.*)[x]+--\n",
           b'multipart/mixed; boundary="(.*)[x]+"'),
    _multi("boundary of 200 characters", b"--" + b"e" * 200 + b"\n" + PLAIN,
           b"multipart/mixed; boundary=" + b"e" * 200),
    _multi("boundary in CRLF", (b"--edge\n" + PLAIN + b"--edge--\n").replace(b"\n", b"\r\n")),
    _multi("unknown subtype", b"--edge\n" + PLAIN + b"--edge--\n",
           b"multipart/x-odd; boundary=edge"),
    _multi("upper-case subtype", b"--edge\n" + PLAIN + b"--edge--\n",
           b"MULTIPART/MIXED; BOUNDARY=edge"),
    _multi("one boundary begins another", b"--edge\nContent-Type: multipart/mixed; boundary=edge2"
           b"\n\n--edge2\n" + PLAIN + b"--edge2--\n--edge--\n"),
    _multi("inner boundary equals the outer", b"--edge\nContent-Type: multipart/mixed; "
           b"boundary=edge\n\n--edge\n" + PLAIN + b"--edge--\n--edge--\n"),
    _multi("inner part never closed", b"--edge\nContent-Type: multipart/mixed; boundary=in\n\n"
           b"--in\n" + PLAIN + b"--edge--\n"),
    _multi("parts thirty deep", b"".join(
        b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1) for n in range(30))
        + b"--b30\n" + PLAIN, b"multipart/mixed; boundary=b0"),
    Wild("parts: a multipart in base64", letter(
        base64.encodebytes(b"--edge\n" + PLAIN + b"--edge--\n"),
        b"Content-Type: multipart/mixed; boundary=edge", _BASE64)),
    Wild("parts: a multipart in quoted-printable", letter(
        binascii.b2a_qp(b"--edge=1\n" + PLAIN + b"--edge=1--\n"),
        b'Content-Type: multipart/mixed; boundary="edge=1"', _QP)),
    Wild("parts: a multipart that says base64 and is not", letter(
        b"--edge\n" + PLAIN + b"--edge--\n",
        b"Content-Type: multipart/mixed; boundary=edge", _BASE64)),
)  # fmt: skip

_ALTERNATIVES = (
    Wild("alternative: plain and html say it once", parts(b"alternative", PLAIN, _HTML),
         lacks=("<b>",)),
    Wild("alternative: html first", parts(b"alternative", _HTML, PLAIN), lacks=("<b>",)),
    Wild("alternative: html alone", parts(b"alternative", _HTML), lacks=("<b>",)),
    Wild("alternative: plain empty",
         parts(b"alternative", b"Content-Type: text/plain\n\n\n", _HTML), lacks=("<b>",)),
    Wild("alternative: plain a stub", parts(b"alternative", b"Content-Type: text/plain\n\n"
         b"This is an HTML message.\n", _HTML), lacks=("<b>",)),
    Wild("alternative: html inside related", parts(b"alternative", b"Content-Type: text/plain\n\n",
         b"Content-Type: multipart/related; boundary=rel\n\n--rel\n" + _HTML
         + b"--rel\nContent-Type: image/png; name=a.png\n\nxx\n--rel--"), attached=("a.png",)),
    Wild("alternative: three versions", parts(b"alternative", PLAIN,
         b"Content-Type: text/enriched\n\n<bold>The boiler</bold>\n", _HTML)),
    Wild("alternative: calendar beside text", parts(b"alternative", PLAIN,
         b"Content-Type: text/calendar; name=invite.ics\n\nBEGIN:VCALENDAR\nSUMMARY:Boiler day\n"
         b"END:VCALENDAR\n"), (SAID, "Boiler day")),
    Wild("html alone", letter(b"<p>The boiler <b>hums</b> again.</p>", b"Content-Type: text/html"),
         lacks=("<b>",)),
    Wild("html without its type, below a header",
         letter(b"<html><body>The boiler <b>hums</b> again.</body></html>"), lacks=("<b>",)),
    Wild("html with scripts and styles", letter(b"<style>p{color:red}</style><script>alert(1)"
         b"</script><p>The boiler hums again.</p>", b"Content-Type: text/html"),
         lacks=("alert", "color")),
    Wild("html never closed", letter(b"<html><body><div><p>The boiler hums again.",
         b"Content-Type: text/html")),
    Wild("html of comments", letter(b"<!-- note --><p>The boiler hums again.</p><!-- x",
         b"Content-Type: text/html"), lacks=("note",)),
    Wild("html entities", letter(b"<p>The boiler&nbsp;hums &#97;gain&period;</p>",
         b"Content-Type: text/html"), ("again.",)),
    Wild("html conditional comments", letter(b"<!--[if mso]><p>word</p><![endif]-->"
         b"<p>The boiler hums again.</p>", b"Content-Type: text/html")),
    Wild("enriched text", letter(b"<bold>The boiler</bold> hums again.",
         b"Content-Type: text/enriched"), lacks=("<bold>",)),
)  # fmt: skip

_ENCODINGS = (
    _coded("base64", _CODED, _BASE64),
    _coded("base64 in one line", _CODED.replace(b"\n", b""), _BASE64),
    _coded("base64 without padding", _CODED.rstrip(b"=\n"), _BASE64),
    _coded("base64 with trash bytes", _CODED[:8] + b"\x80!*" + _CODED[8:], _BASE64),
    _coded("base64 with a footer below", _CODED + b"--\nList of boilers\n", _BASE64),
    _coded("base64 declared, text sent", TEXT, _BASE64),
    _coded("base64 with a blank line", b"\n\n" + _CODED, _BASE64),
    _coded("base64 in two padded pieces",
           base64.encodebytes(TEXT[:10]) + base64.encodebytes(TEXT[10:]), _BASE64),
    _coded("base64 upper-case name", _CODED, b"Content-Transfer-Encoding: BASE64"),
    _coded("base64 with a comment", _CODED, b"Content-Transfer-Encoding: base64 (usual)"),
    _coded("base64 cut in a group", base64.encodebytes(TEXT + b"xyz")[:-3], _BASE64),
    _coded("quoted-printable", b"The boil=65r hums=\n again.\n", _QP),
    _coded("quoted-printable in lower case", b"The boil=65r hums ag=61in=2e\n", _QP),
    _coded("quoted-printable with bad escapes", b"The boiler hums again. =ZZ =\n", _QP),
    _coded("quoted-printable cut at the end", b"The boiler hums again.=", _QP),
    _coded("quoted-printable with 8-bit bytes", TEXT + b"\xe9\n", _QP),
    _coded("quoted-printable with spaces at line ends", b"The boiler hums =  \nagain.\n", _QP),
    _coded("uuencode", b"begin 644 a.txt\n" + binascii.b2a_uu(TEXT) + b"`\nend\n",
           b"Content-Transfer-Encoding: x-uuencode"),
    _coded("8bit", TEXT, b"Content-Transfer-Encoding: 8bit"),
    _coded("binary", TEXT, b"Content-Transfer-Encoding: binary"),
    _coded("flowed", b"The boiler \nhums again.\n", b"Content-Type: text/plain; format=flowed"),
    _coded("flowed with delsp", b"The boiler hums ag \nain.\n",
           b"Content-Type: text/plain; format=flowed; delsp=yes"),
    _coded("flowed and stuffed", b" The boiler hums again.\n",
           b"Content-Type: text/plain; format=flowed"),
)  # fmt: skip

_TYPES = tuple(
    Wild(f"type of the body: {kind}", HEAD + b"Content-Type: " + kind.encode() + b"\n\n" + TEXT)
    for kind in (
        "text/x-odd", "text/markdown", "text/x-vcard", "text/csv", "text/rfc822-headers",
        "message/delivery-status", "message/partial; id=a; number=1; total=2",
        "message/external-body; access-type=URL; URL=x", "message/x-odd", "application/json",
    )
)  # fmt: skip

CASES = _BOUNDARIES + _ALTERNATIVES + _ENCODINGS + _TYPES
