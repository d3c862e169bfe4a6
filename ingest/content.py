"""What a message says: the text of its body, its attachments, and the mail attached to it."""

import binascii
import re
from dataclasses import dataclass, field

from ingest.attached import attached_text, is_pdf, is_readable
from ingest.decoding import decode_charset, decode_transfer, html_charset, unflow
from ingest.html_text import html_to_text
from ingest.mime import Census, Part, is_plain_attached_mail
from ingest.model import Attachment

_BODY_TYPES = frozenset(("text/plain", "text/html", "text/enriched", "text/richtext"))
_MAIL_TYPES = frozenset(("message/rfc822", "message/global", "message/news"))
_ENCRYPTED = frozenset(
    ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")
)
_STUB = re.compile(
    r"(?:not|n't) (?:support|display|show|read).{0,40}html|"
    r"html[- ](?:capable|compatible|enabled|only)|"
    r"(?:view|read|see) (?:this|the|it).{0,60}(?:browser|online|html)|enable html|"
    r"(?:this is an? )?(?:html|multi-?part) (?:mime )?(?:message|e-?mail)",
    re.IGNORECASE,
)
#: A plain alternative shorter than this may be a stub for the HTML one.
_STUB_CHARS = 300
#: How many times longer the HTML text must be for a short plain alternative to count as a stub.
_STUB_RATIO = 4


@dataclass(slots=True)
class Content:
    """The decoded content of one message, in the order of its parts."""

    texts: list[str] = field(default_factory=list)
    attached_texts: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    nested: list[Part] = field(default_factory=list)
    is_cut: bool = False

    @property
    def text(self) -> str:
        """The body: the text parts below each other."""
        return "\n".join(text for text in self.texts if text)


class ContentReader:
    """Walks the parts of one message and decodes what can be read."""

    def __init__(self, raw: bytes, census: Census) -> None:
        self._raw = raw
        self._census = census
        self._left = census.limits.text_chars
        self.content = Content()

    def read(self, message: Part) -> Content:
        """The content of a message part (its own body, or the parts inside it)."""
        if message.children and not is_plain_attached_mail(message):
            self._visit(message)
        elif message.media_type in _BODY_TYPES:
            self._add_text(self._part_text(message))
        else:
            self._visit(message)
        return self.content

    def _visit(self, part: Part) -> None:
        if part.media_type in _ENCRYPTED:
            self._census.warn("encrypted part: kept as an attachment, its text is not readable")
        if part.media_type in _MAIL_TYPES:
            self._add_mail(part)
        elif part.media_type == "multipart/alternative":
            self._visit_alternative(part)
        elif part.children:
            for child in part.children:
                self._visit(child)
        elif _is_body_text(part):
            self._add_text(self._part_text(part))
        else:
            self._add_attachment(part)

    def _visit_alternative(self, part: Part) -> None:
        """The plain version unless it is empty or a stub, else the richest; files from all."""
        plain = next((c for c in part.children if c.media_type == "text/plain"), None)
        rich = next((c for c in reversed(part.children) if _leaf(c).media_type in _BODY_TYPES
                     and c is not plain), None)  # fmt: skip
        plain_text = self._part_text(plain) if plain else ""
        rich_text = ""
        if rich is not None and (len(plain_text.strip()) < _STUB_CHARS):
            rich_text = self._part_text(_leaf(rich))
        chosen = rich_text if _is_stub(plain_text, rich_text) else plain_text
        self._add_text(chosen)
        for child in part.children:
            if child is not plain:
                self._visit_rest(child)

    def _visit_rest(self, part: Part) -> None:
        """Everything in a version that was not chosen (or was already read) but its text."""
        if part.children and part.media_type not in _MAIL_TYPES:
            for child in part.children:
                self._visit_rest(child)
        elif not _is_body_text(part):
            self._visit(part)

    def _add_text(self, text: str) -> None:
        if len(text) > self._left:
            limit = self._census.limits.text_chars
            self._census.warn(f"text cut to {limit} characters")
            self.content.is_cut = True
            text = text[: self._left]
        self._left -= len(text)
        self.content.texts.append(text)

    def _part_text(self, part: Part) -> str:
        limits = self._census.limits
        is_html = part.media_type == "text/html"
        allowed = limits.html_bytes if is_html else 4 * limits.text_chars
        # Transfer encodings take at most 3 bytes for one.
        raw = self._raw[part.start : min(part.end, part.start + 4 * allowed)]
        data, warning = decode_transfer(raw, part.transfer_encoding)
        is_cut = len(data) > allowed or part.end - part.start > len(raw)
        data = data[:allowed]
        if warning:
            self._census.warn(warning)
        if is_cut:
            self._census.warn(f"text part cut to {allowed} bytes")
            self.content.is_cut = True
        charset = part.content_type.parameters.get("charset")
        charset = charset or (html_charset(data) if is_html else None)
        text, warning = decode_charset(data, charset, is_cut=is_cut)
        if warning:
            self._census.warn(warning)
        return _as_plain(text, part)

    def _add_mail(self, part: Part) -> None:
        """Attached mail becomes a message of its own; here it is an attachment by name."""
        self.content.nested.append(part)
        inner = part.children[0].headers.text("subject") if part.children else ""
        name = part.file_name or inner or "attached message"
        self.content.attachments.append(Attachment(name, part.media_type, part.end - part.start))

    def _add_attachment(self, part: Part) -> None:
        raw = self._raw[part.start : part.end]
        name = part.file_name or f"unnamed {part.media_type}"
        encoding = part.transfer_encoding
        size = _decoded_size(raw, encoding)
        self.content.attachments.append(Attachment(name, part.media_type, size))
        if part.media_type in ("application/ms-tnef", "application/vnd.ms-tnef"):
            self._census.warn(f"attachment {name!r}: Outlook's winmail.dat is not opened")
        if not is_readable(part.media_type, name):
            return
        if not is_pdf(part.media_type, name):
            # At most 4 bytes for a character, 3 for an encoded byte of most text.
            raw = raw[: 12 * self._census.limits.attachment_chars]
        data, _ = decode_transfer(raw, encoding)
        charset = part.content_type.parameters.get("charset")
        text, warnings = attached_text(data, part.media_type, name, charset, self._census.limits)
        for warning in warnings:
            self._census.warn(warning)
        text = text[: self._left]
        self._left -= len(text)
        if text.strip():
            self.content.attached_texts.append(text)


def _leaf(part: Part) -> Part:
    """The root of a multipart/related or the first text of a nested multipart; else the part."""
    while part.children and part.media_type.startswith("multipart/"):
        part = next((c for c in part.children if c.media_type == "text/html"), part.children[0])
    return part


def _is_body_text(part: Part) -> bool:
    """True for a part that belongs to the letter, not to its enclosures."""
    return (
        part.media_type in _BODY_TYPES
        and part.disposition.value != "attachment"
        and not part.file_name
    )


def _is_stub(plain: str, rich: str) -> bool:
    """True when the plain version only says that there is an HTML one."""
    text = plain.strip()
    if not rich.strip():
        return False
    if not text:
        return True
    if len(text) >= _STUB_CHARS:
        return False
    return bool(_STUB.search(text)) or len(rich.strip()) > _STUB_RATIO * _STUB_CHARS


def _as_plain(text: str, part: Part) -> str:
    if part.media_type == "text/html":
        return html_to_text(text)
    if part.media_type in ("text/enriched", "text/richtext"):
        return re.sub(r"<[^<>]*>", "", text.replace("<<", "<"))
    parameters = part.content_type.parameters
    if parameters.get("format", "").lower() == "flowed":
        return unflow(text, delete_space=parameters.get("delsp", "").lower() == "yes")
    return text


def _decoded_size(raw: bytes, encoding: str) -> int:
    """Bytes of the attached file, without decoding large base64."""
    if encoding == "base64":
        letters = len(raw) - sum(raw.count(blank) for blank in (b"\r", b"\n", b" ", b"\t"))
        return max(0, letters * 3 // 4 - raw[-8:].count(b"="))
    return len(binascii.a2b_qp(raw)) if encoding == "quoted-printable" else len(raw)
