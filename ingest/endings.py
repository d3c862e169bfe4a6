"""Signatures and confidentiality notices at the end of what one person wrote, set apart, kept."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ingest.model import Person, Role

#: Lines from the end of a person's text within which a signature may begin. Usenet's rule is 4
#: lines (RFC 3676 section 4.3 names only the separator); business signatures run to about 10.
SIGNATURE_LINES = 12
#: Lines from the end within which a confidentiality notice may begin.
DISCLAIMER_LINES = 40

#: Signed text has another dash before lines that begin with one.
_SEPARATORS = frozenset(("--", "—", "- --"))
_DEVICE = re.compile(
    r"(?:sent (?:from|via|with|using) |get outlook for |von meinem .{1,40} gesendet|"
    r"gesendet (?:von|mit) |envoyé (?:de|depuis) |enviado (?:desde|do|de) |inviato da(?:l| )|"
    r"verzonden (?:vanaf|met) |verstuurd vanaf |skickat från |"
    r"diese nachricht wurde von .{1,40} gesendet).{0,80}",
    re.IGNORECASE,
)
_NOTICE_WORDS = re.compile(
    r"confidential|privileged|intended (?:only|solely|recipient)|intended for|unauthori[sz]ed|"
    r"disclos|notify the sender|please delete|prohibited|legally|dissemination|"
    r"vertraulich|irrtümlich|unbefugt|confidentiel|destinataire|confidencial|destinatario|"
    r"riservat|vertrouwelijk",
    re.IGNORECASE,
)
#: A part of each alternative above, in lower case.
_NOTICE_STEMS = (
    "confiden privileged intended unauthori disclos notify prohibited legally disseminat delete "
    "vertrau vertrou irrtüm unbefugt destinat riservat"
).split()
_NOTICE_SUBJECT = re.compile(
    r"e-?mail|message|communication|transmission|nachricht|courriel|correo|mensaje|messaggio|"
    r"bericht|mensagem|information|attachment",
    re.IGNORECASE,
)
_LIST_FOOTER = re.compile(r"mailing list|unsubscribe|list-info|google groups", re.IGNORECASE)


class Line(NamedTuple):
    """`text[start:end]` with its line end; `content` is what stands after the quote marks.

    A tuple, because a message has many: a frozen dataclass takes twice the time to make.
    """

    start: int
    end: int
    depth: int
    content: str

    @property
    def is_blank(self) -> bool:
        return not self.content


@dataclass(frozen=True, slots=True)
class Voice:
    """Whose words a line holds."""

    role: Role
    author: Person | None
    sent_at: datetime | None = None


def mark_endings(lines: Sequence[Line], voices: list[Voice | None]) -> list[Voice | None]:
    """The voices with signatures and notices at the end of each person's text set apart."""
    marked = list(voices)
    for start, end in _runs(voices):
        voice = voices[start]
        if voice is None or voice.role == "frame":
            continue
        notice = _notice_start(lines, start, end)
        for index in range(notice, end):
            marked[index] = Voice("disclaimer", voice.author, voice.sent_at)
        for index in range(_signature_start(lines, start, notice), notice):
            marked[index] = Voice("signature", voice.author, voice.sent_at)
    return marked


def _runs(voices: Sequence[Voice | None]) -> list[tuple[int, int]]:
    """Half-open ranges of lines with one voice; blank lines belong to the run before them."""
    runs: list[tuple[int, int]] = []
    start = 0
    for index, voice in enumerate(voices):
        if voice is None or voice is voices[start]:
            continue
        if voice != voices[start]:
            if index > start:
                runs.append((start, index))
            start = index
    if voices:
        runs.append((start, len(voices)))
    return runs


def _signature_start(lines: Sequence[Line], start: int, end: int) -> int:
    """Index of the line where a signature begins, `end` when there is none."""
    last = end - 1
    while last > start and lines[last].is_blank:
        last -= 1
    for index in range(last - 1, max(start, last - SIGNATURE_LINES) - 1, -1):
        if lines[index].content in _SEPARATORS:
            return index
    return last if last >= start and _DEVICE.fullmatch(lines[last].content) else end


def _notice_start(lines: Sequence[Line], start: int, end: int) -> int:
    """Index of the line where trailing notices begin, `end` when there are none."""
    found = end
    for first, last in reversed(_paragraphs(lines, max(start, end - DISCLAIMER_LINES), end)):
        text = " ".join(line.content for line in lines[first:last])
        if not _is_notice(text):
            break
        found = first
    return found


def _paragraphs(lines: Sequence[Line], start: int, end: int) -> list[tuple[int, int]]:
    paragraphs, first = [], start
    for index in range(start, end):
        if lines[index].is_blank:
            if index > first:
                paragraphs.append((first, index))
            first = index + 1
    if first < end:
        paragraphs.append((first, end))
    return paragraphs


def _is_notice(text: str) -> bool:
    """True for a confidentiality notice (three of its words) and for the footer of a list."""
    if text.startswith("_____") and _LIST_FOOTER.search(text):
        return True
    if len(text) < 60 or not _may_be_notice(text.lower()) or not _NOTICE_SUBJECT.search(text):
        return False
    return len({word.lower() for word in _NOTICE_WORDS.findall(text[:4000])}) >= 3


def _may_be_notice(text: str) -> bool:
    """False for most text, a hundred times faster than the pattern says so."""
    return any(stem in text for stem in _NOTICE_STEMS)
