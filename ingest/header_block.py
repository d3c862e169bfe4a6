"""Header blocks ("From: / Sent: / To:") and the separators by which mail programs introduce mail.

In the languages of the common programs. Whether a block is believed is decided in `ingest.body`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Literal

from ingest.addresses import find_address
from ingest.dates import NumericOrder, parse_date
from ingest.model import Person
from ingest.quoting import MAX_NAME, PRONOUNS, is_name, read_person

#: Lines of a header block (long To lists are wrapped), and characters of its From line.
MAX_BLOCK = 30


@dataclass(frozen=True, slots=True)
class Block:
    """A header block of `length` lines, counted from where it was looked for."""

    length: int
    author: Person | None
    sent_at: datetime | None
    #: The fields as printed, by their English names ("to", "cc", "subject", ...).
    fields: Mapping[str, str] = field(default_factory=dict)


Label = Literal["from", "sent", "to", "cc", "subject", "other"]
_LABEL_WORDS: dict[Label, str] = {
    "from": "from|von|de|da|van|från|fra|od|expéditeur|mittente|lähettäjä|kimden|от|от кого|"
    "发件人|寄件者|寄件人|差出人|送信者|보낸 사람|보낸사람",
    "sent": "sent|date|gesendet|datum|envoyé|envoyé le|date d'envoi|enviado|enviado el|enviado em|"
    "enviada em|enviada|fecha|inviato|data|verzonden|skickat|sendt|dato|wysłano|odesláno|lähetetty|"
    "gönderildi|отправлено|дата|发送时间|发件时间|日期|寄件日期|傳送時間|送信日時|日時|日付|"
    "보낸 날짜|보낸날짜|날짜",
    "to": "to|an|à|a|para|aan|till|til|do|komu|destinataire|destinatario|vastaanottaja|kime|кому|"
    "收件人|收件者|宛先|받는 사람|받는사람",
    "cc": "cc|kopie|copie|copia|kopia|bcc|cci|cco|dw|копия|抄送|副本|참조",
    "subject": "subject|betreff|objet|asunto|oggetto|onderwerp|assunto|ämne|emne|temat|re|předmět|"
    "aihe|konu|тема|主题|主旨|主題|件名|제목",
    "other": "reply-to|antwort an|répondre à|importance|priority|wichtigkeit|attachments|anlagen|"
    "organization|sender|message-id|x-mailer|newsgroups|sensitivity|allegati",
}
_LABELS: dict[str, Label] = {
    word: label for label, words in _LABEL_WORDS.items() for word in words.split("|")
}
_LABELLED = re.compile(
    r"[ \t]*(?:\*{1,2}|_)?([^\W\d_][^\W\d_]{0,12}(?:[ '-][^\W\d_]{1,8}){0,2})"
    r"(?:\*{1,2}|_)?[ \t\xa0]?[:：](?:\*{1,2}|_)?[ \t\xa0]*(.*)"
)
_LOTUS_DATE = re.compile(r"\d{1,2}/\d{1,2}/\d{2,4}\s+\d{1,2}:\d\d(?::\d\d)?\s*[AP]M")
_LOTUS_FROM = re.compile(
    r"\s*(?:From:\s*)?([^\t]{2,120}?)\s+(?:on\s+)?(\d{1,2}/\d{1,2}/\d{2,4}\s+\d{1,2}:\d\d(?::\d\d)?\s*[AP]M)"
)
_FORWARDED_BY = re.compile(r"-{3,}\s*Forwarded by .{2,200}", re.IGNORECASE)
_ORIGINAL_MARKS = set(
    "original message|ursprüngliche nachricht|originalnachricht|message d'origine|message original|"
    "mensaje original|messaggio originale|oorspronkelijk bericht|mensagem original|"
    "originalmeddelande|oprindelig meddelelse|original appointment|reply message|"
    "oryginalna wiadomość|wiadomość oryginalna|původní zpráva|alkuperäinen viesti|"
    "исходное сообщение|原始邮件|邮件原件|原始郵件|元のメッセージ|원본 메시지".split("|")
)
_FORWARD_MARKS = set(
    "forwarded message|forwarded mail|begin forwarded message|weitergeleitete nachricht|"
    "anfang der weitergeleiteten nachricht|anfang der weitergeleiteten e-mail|message transféré|"
    "début du message réexpédié|début du message transféré|message transmis|mensaje reenviado|"
    "inicio del mensaje reenviado|messaggio inoltrato|inizio messaggio inoltrato|"
    "doorgestuurd bericht|begin doorgestuurd bericht|mensagem encaminhada|mensagem reencaminhada|"
    "início da mensagem reencaminhada|vidarebefordrat meddelande|videresendt meddelelse|"
    "przekazana wiadomość|přeposlaná zpráva|пересылаемое сообщение|пересланное сообщение|"
    "转发的邮件|转发邮件信息|轉寄的郵件|転送メッセージ|전달된 메시지".split("|")
)
#: A separator begins with one of these, or ends in a colon or an asterisk.
MARK_STARTS = tuple("-‐–—_=*")
Mark = Literal["original", "forward", "rule"]


def find_mark(line: str) -> Mark | None:
    """What a separator line announces: a quoted original, a forward, or nothing but a rule."""
    text = line.strip()
    if (text[:1] not in MARK_STARTS and not text.endswith((":", "*"))) or len(text) > MAX_NAME:
        return None
    if not text.strip("_") and len(text) >= 10:
        return "rule"
    if _FORWARDED_BY.match(text):
        return "forward"
    words = " ".join(text.strip("-‐–—_=*: \t").casefold().replace("’", "'").split())
    framed = text.startswith(("--", "‐‐", "—", "__", "==")) or text.rstrip("*").endswith(":")
    if framed and words in _ORIGINAL_MARKS:
        return "original"
    return "forward" if framed and words in _FORWARD_MARKS else None


def read_label(line: str) -> tuple[Label, str] | None:
    """The field that a line of a header block names, and its value."""
    match = _LABELLED.match(line[: MAX_NAME + 40])
    if match is None:
        return None
    label = _LABELS.get(match.group(1).casefold())
    return None if label is None else (label, match.group(2).strip().strip("*").strip())


def read_block(lines: Sequence[str], *, marked: bool, zone: tzinfo = UTC) -> Block | None:
    """The header block at the start of `lines`, or None.

    It needs a From line and two of Sent, To and Subject: one of them is enough when a separator
    announced it (`marked`), all are needed when it begins with another line than From.
    """
    fields: dict[Label, str] = {}
    length = 0
    label: Label = "other"
    for index, line in enumerate(lines[:MAX_BLOCK]):
        found = read_label(line)
        if found is None:
            if not _may_continue(lines, index, fields):
                break
            if label in fields:
                fields[label] = f"{fields[label]} {line}".strip()
            continue
        if found[0] in fields and found[0] not in ("other", "cc"):
            break
        label = found[0]
        fields.setdefault(*found)
        length = index + 1
    needed = 1 if marked else 2 if next(iter(fields), "") == "from" else 3
    if "from" not in fields or len(fields.keys() & {"sent", "to", "subject"}) < needed:
        return None
    if not marked and not _is_of_mail(fields):
        return None
    author = read_person(fields["from"]) if is_from_value(fields["from"]) else None
    sent = fields.get("sent", "")
    order: NumericOrder = "month-first" if re.search(r"\d\s?[AaPp]\.?[Mm]", sent) else "unknown"
    sent_at = parse_date(sent, zone=zone, numeric_order=order)
    return Block(length, author, sent_at, {str(label): value for label, value in fields.items()})


def _may_continue(lines: Sequence[str], index: int, fields: dict[Label, str]) -> bool:
    """True for a blank or wrapped line inside a header block: another field must follow soon."""
    if not fields:
        return False
    ahead = (
        lines[index + 1 : index + 2] if not lines[index].strip() else lines[index + 1 : index + 7]
    )
    for line in ahead:
        found = read_label(line)
        if found is not None:
            return found[0] not in fields or found[0] in ("other", "cc")
        if not line.strip():
            return False
    return False


def _is_of_mail(fields: Mapping[Label, str]) -> bool:
    """True for fields of mail, as opposed to a journey From Paris To Rome."""
    if not is_from_value(fields["from"]):
        return False
    is_addressed = bool(find_address(fields["from"]) or find_address(fields.get("to", "")))
    return "subject" in fields or is_addressed or parse_date(fields.get("sent", "")) is not None


def is_from_value(value: str) -> bool:
    """True when the value of a From line can be a person: an address, or a name, not a pronoun."""
    if not value or len(value) > MAX_NAME or value.casefold() in PRONOUNS:
        return False
    return bool(find_address(value)) or any(c.isupper() or c > "\u2fff" for c in value)


def read_lotus_block(lines: Sequence[str], *, zone: tzinfo = UTC) -> Block | None:
    """Lotus Notes' header: `Name on 10/12/2000 01:12:21 PM` in one line or two, To, Subject."""
    first = lines[0][:MAX_NAME]
    if len(lines) > 1 and is_lotus_date(lines[1]) and is_name(first):
        first = f"{first} {lines[1].strip()}"
    match = _LOTUS_FROM.match(first)
    found = [read_label(line) for line in lines[1:14]]
    labels = [one[0] if one else None for one in found]
    if match is None or "to" not in labels[:4] or "subject" not in labels:
        return None
    sent_at = parse_date(match.group(2), zone=zone, numeric_order="month-first")
    return Block(labels.index("subject") + 2, read_person(match.group(1)), sent_at)


def is_lotus_date(line: str) -> bool:
    """True for a line that holds only a date as Lotus Notes prints it."""
    return _LOTUS_DATE.fullmatch(line.strip()) is not None
