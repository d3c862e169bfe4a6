"""What a message says: the text of its body, its attachments, and the mail attached to it."""

from dataclasses import dataclass, field

from ingest import tnef
from ingest.attached import attached_text, is_pdf, is_readable
from ingest.charset import html_charset
from ingest.decoding import decode_charset, decode_transfer
from ingest.html_text import html_to_text
from ingest.inline_files import is_binhex, take_inline_files
from ingest.mime import MAIL_TYPES, PLAIN_ENCODINGS, Census, Part, read_part
from ingest.model import Attachment
from ingest.outlook_msg import is_outlook_message, outlook_to_mail
from ingest.part_text import (
    BODY_TYPES,
    STUB_CHARS,
    as_plain,
    decoded_size,
    is_body_text,
    is_scaffold,
    is_stub,
    leaf,
    piece_of,
    reheaded,
)
from ingest.rich_text import rich_text
from ingest.shape import is_text, looks_like_mail
from ingest.smime import signed_content

_SMIME = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
#: Names under which programs attach mail as a file of no declared type.
_MAIL_SUFFIXES = (".eml", ".msg", ".nws")
_BINHEX = "BinHex file: kept as an attachment, its content is not readable"
#: Bytes of a body that tell whether it is text.
_SAMPLE = 4_096


@dataclass(frozen=True, slots=True)
class Nested:
    """Attached mail: a part of `raw`, or all of `raw` where it had to be decoded first."""

    raw: bytes
    part: Part | None = None


@dataclass(slots=True)
class Content:
    """The decoded content of one message, in the order of its parts."""

    texts: list[str] = field(default_factory=list)
    attached_texts: list[str] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    nested: list[Nested] = field(default_factory=list)
    is_cut: bool = False
    #: Characters of text that may still be added.
    left: int = 0

    @property
    def text(self) -> str:
        """The body: the text parts below each other."""
        return "\n".join(text for text in self.texts if text)


class ContentReader:
    """Walks the parts of one message and decodes what can be read."""

    def __init__(self, raw: bytes, census: Census, content: Content | None = None) -> None:
        """`content` is added to where this reads what stands decoded inside another part."""
        self._raw = raw
        self._census = census
        self.content = content or Content(left=census.limits.text_chars)

    def read(self, message: Part) -> Content:
        """The content of a message part (its own body, or the parts inside it)."""
        if message.media_type in BODY_TYPES and not message.children:
            if self._is_binary(message):
                self._census.warn("the body is no text: kept as an attachment")
                size = message.end - message.start
                self._add_file("unnamed", "application/octet-stream", b"", size=size)
            else:
                self._add_text(self._part_text(message))
        else:
            self._visit(message)
        if message.children and not self.content.text.strip():
            self._add_text_around(message)
        return self.content

    def _visit(self, part: Part) -> None:
        if part.media_type == "multipart/encrypted":
            self._census.warn("encrypted part: kept as an attachment, its text is not readable")
        if part.media_type in MAIL_TYPES:
            self._add_mail(part)
        elif part.media_type == "multipart/alternative" and part.children:
            self._visit_alternative(part)
        elif part.children:
            for child in part.children:
                self._visit(child)
        elif part.media_type.startswith("multipart/") and part.transfer_encoding:
            self._read_inside(reheaded(part, self._decoded(part)))
        elif part.media_type in _SMIME:
            self._visit_smime(part)
        elif part.media_type in tnef.MEDIA_TYPES or part.file_name.lower() == "winmail.dat":
            self._visit_tnef(part)
        elif is_body_text(part):
            self._add_text(self._part_text(part))
        else:
            self._add_attachment(part)

    def _visit_smime(self, part: Part) -> None:
        """Signed mail is readable without its certificates; encrypted mail is not."""
        signed = signed_content(self._decoded(part))
        if signed is None:
            self._census.warn("encrypted part: kept as an attachment, its text is not readable")
            self._add_attachment(part)
        else:
            self._read_inside(signed)

    def _visit_tnef(self, part: Part) -> None:
        """The files in a winmail.dat, and its text where the mail has no other."""
        found = tnef.read_tnef(self._decoded(part))
        if found is None:
            self._census.warn("damaged winmail.dat: not opened")
            self._add_attachment(part)
            return
        if not self.content.text.strip():
            self._add_text(found.text or self._html_text(found.html) or rich_text(found.rich))
        for file in found.files[: self._census.limits.parts]:
            self._add_file(file.name or "unnamed", file.media_type, file.data)

    def _html_text(self, html: bytes) -> str:
        allowed = html[: self._census.limits.html_bytes]
        return html_to_text(decode_charset(allowed, html_charset(allowed), is_cut=False)[0])

    def _read_inside(self, entity: bytes) -> None:
        """Add the content of a MIME entity that was decoded."""
        census = self._census
        if census.encoded >= census.limits.encoded_depth:
            census.warn(f"encoded parts deeper than {census.limits.encoded_depth} were left out")
            return
        census.encoded += 1
        part = read_part(entity, 0, len(entity), census)
        ContentReader(entity, census, self.content).read(part)
        census.encoded -= 1

    def _add_text_around(self, part: Part) -> None:
        """Words that stand only before the first part or behind the last: a damaged message."""
        first, last = part.children[0], part.children[-1]
        around = self._raw[part.start : first.start], self._raw[last.end : part.end]
        lines = [line for text in around for line in text.splitlines()]
        words = [line for line in lines if not is_scaffold(line)]
        text, _ = decode_charset(b"\n".join(words), None, is_cut=False)
        if text.strip() and part.media_type.startswith("multipart/"):
            self._census.warn("text outside the parts was read: no part holds any")
            self._add_text(text)

    def _visit_alternative(self, part: Part) -> None:
        """The plain version unless it is empty or a stub, else the richest; files from all."""
        plain = next((c for c in part.children if c.media_type == "text/plain"), None)
        rich = next((c for c in reversed(part.children) if leaf(c).media_type in BODY_TYPES
                     and c is not plain), None)  # fmt: skip
        plain_text = self._part_text(plain) if plain else ""
        rich_text = ""
        if rich is not None and (len(plain_text.strip()) < STUB_CHARS):
            rich_text = self._part_text(leaf(rich))
        chosen = rich_text if is_stub(plain_text, rich_text) else plain_text
        self._add_text(chosen)
        for child in part.children:
            if child is not plain:
                self._visit_rest(child)

    def _visit_rest(self, part: Part) -> None:
        """Everything in a version that was not chosen (or was already read) but its text."""
        if part.children and part.media_type not in MAIL_TYPES:
            for child in part.children:
                self._visit_rest(child)
        elif not is_body_text(part):
            self._visit(part)

    def _add_text(self, text: str) -> None:
        if len(text) > self.content.left:
            limit = self._census.limits.text_chars
            self._census.warn(f"text cut to {limit} characters")
            self.content.is_cut = True
            text = text[: self.content.left]
        self.content.left -= len(text)
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
        if part.media_type == "text/plain":
            data, files = take_inline_files(data)
            for file in files:
                if file.data is None:
                    self._census.warn(_BINHEX)
                media_type = "application/octet-stream"
                self._add_file(file.name, media_type, file.data or b"", size=file.size)
        charset = part.content_type.parameters.get("charset")
        charset = charset or (html_charset(data) if is_html else None)
        text, warning = decode_charset(data, charset, is_cut=is_cut)
        if warning:
            self._census.warn(warning)
        return as_plain(text, part)

    def _add_mail(self, part: Part) -> None:
        """Attached mail becomes a message of its own; here it is an attachment by name."""
        inner = part.children[0].headers.text("subject") if part.children else ""
        name = part.file_name or inner or "attached message"
        self.content.attachments.append(Attachment(name, part.media_type, part.end - part.start))
        if part.children:
            self.content.nested.append(Nested(self._raw, part))
        elif part.transfer_encoding not in PLAIN_ENCODINGS:
            self.content.nested.append(Nested(self._decoded(part)))

    def _add_attachment(self, part: Part) -> None:
        name = part.file_name or f"unnamed {part.media_type}"
        charset = part.content_type.parameters.get("charset")
        if name.lower().endswith(_MAIL_SUFFIXES):
            data = self._decoded(part)
            is_outlook = is_outlook_message(data)
            if is_outlook or looks_like_mail(data):
                self.content.attachments.append(Attachment(name, part.media_type, len(data)))
                self.content.nested.append(Nested(outlook_to_mail(data) if is_outlook else data))
                return
        raw, encoding = self._raw[part.start : part.end], part.transfer_encoding
        size = decoded_size(raw, encoding)
        if part.media_type == "message/partial":
            self._census.warn(piece_of(part))
        if is_binhex(part.media_type, raw[:_SAMPLE]):
            self._census.warn(_BINHEX)
            self.content.attachments.append(Attachment(name, part.media_type, size))
            return
        if not is_pdf(part.media_type, name):
            # At most 4 bytes for a character, 3 for an encoded byte of most text.
            raw = raw[: 12 * self._census.limits.attachment_chars]
        data = decode_transfer(raw, encoding)[0] if is_readable(part.media_type, name) else b""
        self._add_file(name, part.media_type, data, size=size, charset=charset)

    def _add_file(
        self,
        name: str,
        media_type: str,
        data: bytes,
        *,
        size: int | None = None,
        charset: str | None = None,
    ) -> None:
        """An attachment, with its text where that can be read; `data` may be cut."""
        size = len(data) if size is None else size
        self.content.attachments.append(Attachment(name, media_type, size))
        if not data or not is_readable(media_type, name):
            return
        text, warnings = attached_text(data, media_type, name, charset, self._census.limits)
        for warning in warnings:
            self._census.warn(warning)
        text = text[: self.content.left]
        self.content.left -= len(text)
        if text.strip():
            self.content.attached_texts.append(text)

    def _decoded(self, part: Part) -> bytes:
        data, warning = decode_transfer(self._raw[part.start : part.end], part.transfer_encoding)
        if warning:
            self._census.warn(warning)
        return data

    def _is_binary(self, part: Part) -> bool:
        """True for a body of no declared type or charset that is no text."""
        if part.transfer_encoding not in PLAIN_ENCODINGS or part.content_type.parameters:
            return False
        return not is_text(self._raw[part.start : min(part.end, part.start + _SAMPLE)])
