"""Raw mail in odd shapes made ordinary (UTF-16, Mac and doubled line ends); what looks like mail.

Mail programs, Windows editors and file transfers leave such files; readers after this see bytes
with one kind of line end.
"""

import codecs
import re

_BOM = codecs.BOM_UTF8
_UTF16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
#: Bytes that tell whether text is UTF-16, and how the lines of a header end.
_SAMPLE = 512
_BARE_CR = re.compile(rb"\r(?!\n)")

_FIELD_LINE = re.compile(rb"[!-9;-~\x80-\xff]{1,100}[ \t]*:")
_MAIL_FIELD = re.compile(
    rb"(from|to|cc|bcc|date|subject|received|message-id|return-path|mime-version|delivered-to|"
    rb"envelope-to|x-mailer|x-envelope-(?:from|to)|in-reply-to|references|reply-to|sender|"
    rb"content-(?:type|transfer-encoding|disposition)|dkim-signature|domainkey-signature|"
    rb"newsgroups|path|xref|x-received|x-original-to|x-uidl|resent-(?:from|to|date)|"
    rb"original-recipient|arc-seal|authentication-results|list-id|precedence)[ \t]*:",
    re.IGNORECASE,
)
#: Fields that letters, lists and configuration files have as well: alone they prove nothing.
_WEAK = frozenset((b"date", b"path", b"references", b"to", b"from", b"sender", b"precedence"))
#: Lines in front of a header, such as a comment of who saved the file, that are overlooked.
_MOST_STRAY = 3
#: Controls that no text holds, and how many of them damage may leave.
_CONTROLS = bytes(n for n in range(32) if n not in b"\t\n\r\f\v\x1b\x08\x0e\x0f") + b"\x7f"
_FEW_CONTROLS = 16


def to_ordinary(raw: bytes) -> bytes:
    """The mail as bytes whose lines end in LF or CRLF; UTF-16 becomes UTF-8."""
    raw = _from_utf16(raw)
    if b"\r" not in raw[:_SAMPLE]:
        return raw
    if b"\r\r\n" in raw[:_SAMPLE]:
        raw = raw.replace(b"\r\r\n", b"\r\n")
    first_line = raw[:_SAMPLE].partition(b"\n")[0]
    # A header of Mac line ends: its first LF, if any, ends no line of the header.
    if _BARE_CR.search(first_line[:-1] if b"\n" in raw[:_SAMPLE] else first_line):
        return _BARE_CR.sub(b"\n", raw)
    return raw


def from_header(raw: bytes) -> bytes:
    """An ordinary message file without the byte order mark and blank lines before its header."""
    return to_ordinary(raw).removeprefix(_BOM).lstrip(b"\r\n")


def looks_like_mail(head: bytes) -> bool:
    """True when the file begins with a header of mail.

    Two mail fields are enough, or one that only mail has where nothing but fields stand above the
    first blank line.
    """
    head = from_header(head)
    block = re.split(rb"\r?\n[ \t]*\r?\n", head, maxsplit=1)[0]
    lines = block.splitlines()
    stray = next((n for n, line in enumerate(lines) if _FIELD_LINE.match(line)), len(lines))
    if stray > _MOST_STRAY:
        return False
    fields = [match for line in lines if (match := _MAIL_FIELD.match(line))]
    names = {match.group(1).lower() for match in fields}
    if any(b"@" in match.string for match in fields):
        names.add(b"address")
    if len(names - {b"address"}) >= 2 + stray:
        return True
    return bool(names - _WEAK) and not stray and all(map(_is_field_or_fold, lines))


def is_text(head: bytes) -> bool:
    """False for bytes that no text of mail holds many of: NUL and other controls."""
    sample = to_ordinary(head[:4_096]).rstrip(b"\0")
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls < _FEW_CONTROLS or controls * 16 <= len(sample)


def _is_field_or_fold(line: bytes) -> bool:
    return line[:1] in (b" ", b"\t") or _FIELD_LINE.match(line) is not None


def _from_utf16(raw: bytes) -> bytes:
    for mark, codec in _UTF16:
        if raw.startswith(mark):
            return raw[2:].decode(codec, "replace").encode("utf-8", "replace")
    sample = raw[:_SAMPLE]
    if sample.count(b"\0") * 3 < len(sample) or len(sample) < 8:
        return raw
    # A header is ASCII: in UTF-16 every other byte of it is NUL.
    for first, codec in ((0, "utf-16-be"), (1, "utf-16-le")):
        if not sample[first::2].strip(b"\0") and b"\0" not in sample[1 - first :: 2]:
            return raw.decode(codec, "replace").encode("utf-8", "replace")
    return raw
