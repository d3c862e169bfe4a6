"""Charsets as wild mail names and breaks them: declared, misspelt, missing, wrong."""

import base64
import binascii

from tests.wild.case import HEAD, Wild, letter

_LATIN = "Größe naïve façade señor"
_RUSSIAN = "Привет, завтра встреча о котле в десять часов"
_POLISH = "Zażółć gęślą jaźń, przynieś rysunki kotła"
_GREEK = "Γεια σου, αύριο έχουμε συνάντηση"
_TURKISH = "Yarın ışıklı görüşme, çizimleri getir"
_HEBREW = "שלום מחר יש פגישה על הדוד"
_ARABIC = "مرحبا غدا لدينا اجتماع"
_BALTIC = "Rytoj susitikimas dėl katilo, ačiū"
_THAI = "สวัสดี พรุ่งนี้มีประชุม"
_JAPANESE = "こんにちは、明日の会議の図面です"
_CHINESE = "你好，明天有关于锅炉的会议"
_TAIWAN = "你好，明天有關於鍋爐的會議"
_KOREAN = "안녕하세요 내일 보일러 회의가 있습니다"
_VIETNAMESE = "Chào bạn, mai họp về nồi hơi"

#: Label in the mail, Python's codec, text.
LABELS: tuple[tuple[str, str, str], ...] = (
    ("iso-8859-1", "latin-1", _LATIN), ("ISO_8859-1", "latin-1", _LATIN),
    ("iso8859-1", "latin-1", _LATIN), ("latin1", "latin-1", _LATIN), ("l1", "latin-1", _LATIN),
    ("windows-1252", "cp1252", _LATIN + " “€”"), ("cp1252", "cp1252", _LATIN),
    ("iso-8859-15", "iso8859-15", _LATIN + " €"), ("latin-9", "iso8859-15", _LATIN),
    ("macintosh", "mac_roman", _LATIN), ("x-mac-roman", "mac_roman", _LATIN),
    ("cp850", "cp850", _LATIN), ("ibm850", "cp850", _LATIN), ("cp437", "cp437", "naïve señor"),
    ("iso-8859-2", "iso8859-2", _POLISH), ("windows-1250", "cp1250", _POLISH),
    ("iso-8859-3", "iso8859-3", "ĉiuĵaŭde ĝis"), ("iso-8859-4", "iso8859-4", "Rītdien tikšanās"),
    ("iso-8859-5", "iso8859-5", _RUSSIAN), ("windows-1251", "cp1251", _RUSSIAN),
    ("cp1251", "cp1251", _RUSSIAN), ("koi8-r", "koi8-r", _RUSSIAN), ("KOI8-U", "koi8-u", "Їжак"),
    ("cp866", "cp866", _RUSSIAN), ("x-mac-cyrillic", "mac_cyrillic", _RUSSIAN),
    ("iso-8859-6", "iso8859-6", _ARABIC), ("windows-1256", "cp1256", _ARABIC),
    ("iso-8859-7", "iso8859-7", _GREEK), ("windows-1253", "cp1253", _GREEK),
    ("iso-8859-8", "iso8859-8", _HEBREW), ("iso-8859-8-i", "iso8859-8", _HEBREW),
    ("windows-1255", "cp1255", _HEBREW), ("iso-8859-9", "iso8859-9", _TURKISH),
    ("windows-1254", "cp1254", _TURKISH), ("iso-8859-10", "iso8859-10", "ŧiđa"),
    ("iso-8859-13", "iso8859-13", _BALTIC), ("windows-1257", "cp1257", _BALTIC),
    ("iso-8859-14", "iso8859-14", "Ŵyr ŷd"), ("iso-8859-16", "iso8859-16", "Mâine ședință"),
    ("windows-1258", "cp1258", "Chào"), ("tis-620", "cp874", _THAI),
    ("windows-874", "cp874", _THAI), ("shift_jis", "cp932", _JAPANESE),
    ("x-sjis", "cp932", _JAPANESE), ("windows-31j", "cp932", _JAPANESE),
    ("euc-jp", "euc_jp", _JAPANESE), ("x-euc-jp", "euc_jp", _JAPANESE),
    ("iso-2022-jp", "iso2022_jp", _JAPANESE), ("iso-2022-jp-2", "iso2022_jp_2", _JAPANESE),
    ("gb2312", "gb2312", _CHINESE), ("gbk", "gbk", _CHINESE), ("gb18030", "gb18030", _CHINESE),
    ("x-gbk", "gbk", _CHINESE), ("euc-cn", "gb2312", _CHINESE), ("hz-gb-2312", "hz", _CHINESE),
    ("big5", "big5", _TAIWAN), ("big5-hkscs", "big5hkscs", _TAIWAN), ("x-big5", "big5", _TAIWAN),
    ("euc-kr", "euc_kr", _KOREAN), ("ks_c_5601-1987", "cp949", _KOREAN),
    ("x-windows-949", "cp949", _KOREAN), ("iso-2022-kr", "iso2022_kr", _KOREAN),
    ("utf-8", "utf-8", _VIETNAMESE), ("UTF8", "utf-8", _VIETNAMESE), ("utf_8", "utf-8", _KOREAN),
    ("unicode-1-1-utf-8", "utf-8", _GREEK), ("utf-7", "utf-7", _GREEK),
    ("unicode-1-1-utf-7", "utf-7", _LATIN), ("x-unicode-2-0-utf-7", "utf-7", _LATIN),
    ("utf-16", "utf-16", _GREEK), ("utf-16le", "utf-16-le", _LATIN),
    ("utf-16be", "utf-16-be", _HEBREW), ("utf-32", "utf-32", _GREEK), ("cp037", "cp037", "Boiler"),
)  # fmt: skip


def _declared() -> tuple[Wild, ...]:
    cases = []
    for label, codec, text in LABELS:
        field = f"Content-Type: text/plain; charset={label}".encode()
        coded = base64.encodebytes((text + "\n").encode(codec))
        word = f"Subject: =?{label}?B?".encode() + binascii.b2a_base64(text.encode(codec)).strip()
        quoted = b"".join(b"=%02X" % byte for byte in text.encode(codec))
        short = b"=?" + label.encode() + b"?Q?" + quoted + b"?="
        cases += [
            Wild(
                f"body in {label}, base64",
                letter(coded, field, b"Content-Transfer-Encoding: base64"),
                (text,),
            ),
            Wild(
                f"subject and name in {label}",
                b"From: " + short + b" <ann@example.org>\n" + word + b"?=\n\nThe boiler\n",
                ("The boiler",),
                subject=" ".join(text.split()),
                sender=None if "," in text else " ".join(text.split()),
            ),
        ]
        if codec.startswith(("utf-16", "utf-32", "cp037")):
            continue
        cases.append(
            Wild(f"body in {label}, 8bit", letter(text.encode(codec) + b"\n", field), (text,))
        )
    return tuple(cases)


def _field(value: str) -> bytes:
    return f"Content-Type: text/plain; charset={value}".encode()


_BROKEN = (
    Wild("no charset, utf-8 bytes", letter((_GREEK + "\n").encode()), (_GREEK,)),
    Wild("no charset, latin-1 bytes", letter((_LATIN + "\n").encode("latin-1")), (_LATIN,)),
    Wild("no charset, windows-1251", letter((_RUSSIAN + "\n").encode("cp1251")), (_RUSSIAN,)),
    Wild("no charset, koi8-r", letter((_RUSSIAN + "\n").encode("koi8-r")), (_RUSSIAN,)),
    Wild("no charset, shift_jis", letter((_JAPANESE + "\n").encode("cp932")), (_JAPANESE,)),
    Wild("no charset, euc-kr", letter((_KOREAN + "\n").encode("cp949")), (_KOREAN,)),
    Wild("no charset, big5", letter((_TAIWAN + "\n").encode("big5")), (_TAIWAN,)),
    Wild("no charset, gb18030", letter((_CHINESE * 2 + "\n").encode("gb18030")), (_CHINESE,)),
    Wild("us-ascii declared, utf-8 sent", letter(_GREEK.encode(), _field("us-ascii")), (_GREEK,)),
    Wild("us-ascii declared, latin-1 sent",
         letter(_LATIN.encode("latin-1"), _field("us-ascii")), (_LATIN,)),
    Wild("utf-8 declared, latin-1 sent",
         letter(_LATIN.encode("latin-1"), _field("utf-8")), (_LATIN,)),
    Wild("utf-8 declared, one byte damaged",
         letter(_GREEK.encode() + b"\xff boiler\n", _field("utf-8")), (_GREEK, "boiler")),
    Wild("utf-16 declared, ascii sent", letter(b"plain letters\n", _field("utf-16")),
         ("plain letters",)),
    Wild("no charset, iso-2022-jp", letter(_JAPANESE.encode("iso2022_jp")), (_JAPANESE,)),
    Wild("charset of spaces", letter(_GREEK.encode(), _field('"  "')), (_GREEK,)),
    Wild("charset empty", letter(_GREEK.encode(), _field('""')), (_GREEK,)),
    Wild("charset unknown-8bit", letter(_LATIN.encode("latin-1"), _field("unknown-8bit")),
         (_LATIN,)),
    Wild("charset x-user-defined", letter(_GREEK.encode(), _field("x-user-defined")), (_GREEK,)),
    Wild("charset is a codec that is no charset", letter(b"boiler\n", _field("rot13")),
         ("boiler",)),
    Wild("charset is a binary codec", letter(b"boiler\n", _field("zlib")), ("boiler",)),
    Wild("charset punycode", letter(b"boiler\n", _field("punycode")), ("boiler",)),
    Wild("charset undefined", letter(b"boiler\n", _field("undefined")), ("boiler",)),
    Wild("charset with a stray quote", letter(_GREEK.encode(), _field('utf-8"')), (_GREEK,)),
    Wild("charset in single quotes", letter(_GREEK.encode(), _field("'utf-8'")), (_GREEK,)),
    Wild("charset with a comment", letter(_GREEK.encode(), _field("utf-8 (Unicode)")), (_GREEK,)),
    Wild("charset given twice",
         letter(_GREEK.encode(), _field("utf-8; charset=iso-8859-1")), (_GREEK,)),
    Wild("charset with underscore escape",
         letter(_JAPANESE.encode("iso2022_jp"), _field("_iso-2022-jp$ESC")), (_JAPANESE,)),
    Wild("charset //translit", letter(_GREEK.encode(), _field("utf-8//TRANSLIT")), (_GREEK,)),
    Wild("charset in rfc 2231 form",
         letter(_GREEK.encode(), b"Content-Type: text/plain; charset*=us-ascii''utf-8"), (_GREEK,)),
    Wild("charset with a space before =",
         letter(_GREEK.encode(), b"Content-Type: text/plain; charset = utf-8"), (_GREEK,)),
    Wild("content type upper-case",
         letter(_LATIN.encode("latin-1"), b"CONTENT-TYPE: TEXT/PLAIN; CHARSET=ISO-8859-1"),
         (_LATIN,)),
    Wild("nul bytes in utf-8 text", letter(b"boi\0ler hums\n", _field("utf-8")), ("hums",)),
    Wild("surrogates in utf-8 (cesu)", letter(b"a \xed\xa0\xbd\xed\xb8\x80 boiler\n",
         _field("utf-8")), ("boiler",)),
    Wild("overlong utf-8", letter(b"a \xc0\xaf boiler\n", _field("utf-8")), ("boiler",)),
    Wild("iso-2022-jp cut in a character",
         letter(_JAPANESE.encode("iso2022_jp")[:-5] + b"\n", _field("iso-2022-jp")),
         (_JAPANESE[:6],)),
    Wild("html names its charset in a meta tag",
         letter(b'<meta charset="koi8-r"><p>' + _RUSSIAN.encode("koi8-r"),
                b"Content-Type: text/html"), (_RUSSIAN,)),
    Wild("raw koi8-r header, charset named by the body",
         f"From: Иван <ann@example.org>\nSubject: {_RUSSIAN}\n".encode("koi8-r")
         + b"Content-Type: text/plain; charset=koi8-r\n\n" + _RUSSIAN.encode("koi8-r"),
         (_RUSSIAN,), subject=_RUSSIAN, sender="Иван"),
    Wild("raw windows-1251 header, no charset at all",
         f"From: Иван <ann@example.org>\nSubject: {_RUSSIAN}\n\nboiler\n".encode("cp1251"),
         ("boiler",), subject=_RUSSIAN, sender="Иван"),
    Wild("raw latin-1 header", "From: Jörg <ann@example.org>\nSubject: Größe\n\nboiler\n"
         .encode("latin-1"), ("boiler",), subject="Größe", sender="Jörg"),
    Wild("raw utf-8 header (rfc 6532)",
         f"From: Δημήτρης <δημήτρης@παράδειγμα.gr>\nSubject: {_GREEK}\n\nboiler\n".encode(),
         ("boiler",), subject=_GREEK, sender="Δημήτρης"),
    Wild("raw iso-2022-jp header",
         HEAD.replace(b"Boiler", _JAPANESE.encode("iso2022_jp"))
         + b"Content-Type: text/plain; charset=iso-2022-jp\n\nboiler\n",
         ("boiler",), subject=_JAPANESE),
    Wild("raw euc-kr header, charset named by a part",
         HEAD.replace(b"Boiler", _KOREAN.encode("cp949"))
         + b"Content-Type: multipart/mixed; boundary=e\n\n--e\n"
         + b"Content-Type: text/plain; charset=euc-kr\n\n" + _KOREAN.encode("cp949")
         + b"\n--e--\n", (_KOREAN,), subject=_KOREAN),
)  # fmt: skip

CASES = _declared() + _BROKEN
