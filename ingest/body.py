"""Who wrote which part of a message: own words, quoted words, forwards, signature, disclaimer.

Credit to the wrong person is the worst error here: where the mail does not say who wrote quoted
text its author is None, never the sender. Nothing is deleted; the segments cover the text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from ingest.model import Person, Role, Segment
from ingest.quoting import (
    MAX_BLOCK,
    MAX_WRAP,
    Block,
    find_mark,
    has_said_verb,
    opens_attribution,
    read_attribution,
    read_block,
    read_label,
    read_lotus_block,
)

#: Deeper quotes count as this deep; a line of a million `>` is one line.
MAX_DEPTH = 50
#: Lines from the end of a person's text within which a signature may begin. Usenet's rule is 4
#: lines (RFC 3676 section 4.3 names only the separator); business signatures run to about 10.
SIGNATURE_LINES = 12
#: Lines from the end within which a confidentiality notice may begin.
DISCLAIMER_LINES = 40

_QUOTE_PREFIX = re.compile(r"(?:[ \t]?>)+")
_FORWARD_SUBJECT = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|i|vs)\s*:", re.IGNORECASE)
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
_NOTICE_SUBJECT = re.compile(
    r"e-?mail|message|communication|transmission|nachricht|courriel|correo|mensaje|messaggio|"
    r"bericht|mensagem|information|attachment",
    re.IGNORECASE,
)
_LIST_FOOTER = re.compile(r"mailing list|unsubscribe|list-info|google groups", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Line:
    """`text[start:end]` with its line end; `content` is what stands after the quote marks."""

    start: int
    end: int
    depth: int
    content: str

    @property
    def is_blank(self) -> bool:
        return not self.content


@dataclass(frozen=True, slots=True)
class _Voice:
    """Whose words a line holds."""

    role: Role
    author: Person | None
    sent_at: datetime | None = None


_NOTE = _Voice("note", None)
_UNKNOWN_QUOTE = _Voice("quoted", None)


def segment(
    text: str, sender: Person | None, *, subject: str = "", zone: tzinfo = UTC
) -> tuple[Segment, ...]:
    """The segments of a message text, in order, covering it.

    `subject` tells a forward from a reply where the text does not; times of attribution lines,
    which carry no offset, are read in `zone` (mail programs print them in the replier's).
    """
    lines = _split_lines(text)
    voices = _Listener(lines, _Voice("own", sender), subject=subject, zone=zone).voices()
    voices = _mark_endings(lines, voices)
    return _merge(lines, voices)


def _split_lines(text: str) -> list[_Line]:
    lines, start = [], 0
    while start < len(text):
        newline = text.find("\n", start)
        end = len(text) if newline < 0 else newline + 1
        lines.append(_line(text, start, end))
        start = end
    return lines


def _line(text: str, start: int, end: int) -> _Line:
    if ">" not in text[start : start + 2]:
        return _Line(start, end, 0, text[start:end].strip())
    prefix = _QUOTE_PREFIX.match(text, start, end)
    if prefix is None:
        return _Line(start, end, 0, text[start:end].strip())
    depth = min(prefix.group().count(">"), MAX_DEPTH)
    return _Line(start, end, depth, text[prefix.end() : end].strip())


class _Listener:
    """One pass over the lines that follows who is speaking at each quote depth."""

    def __init__(self, lines: Sequence[_Line], own: _Voice, *, subject: str, zone: tzinfo) -> None:
        self._lines = lines
        self._zone = zone
        self._is_forward = _FORWARD_SUBJECT.match(subject) is not None
        self._announced: Role | None = None
        self._by_depth: dict[int, _Voice] = {0: own}
        self._voices: list[_Voice | None] = []

    def voices(self) -> list[_Voice | None]:
        """A voice for each line; None for blank lines, which go with the line before."""
        index = 0
        while index < len(self._lines):
            line = self._lines[index]
            if line.is_blank:
                self._voices.append(None)
                index += 1
                continue
            length = self._read_block(index) or self._read_attribution(index)
            if length:
                self._voices += [_NOTE] * length
                index += length
                continue
            self._voices.append(self._voice_at(index))
            index += 1
        return self._voices

    def _voice_at(self, index: int) -> _Voice:
        line = self._lines[index]
        if self._announced is not None:
            # An announced original whose header block is missing: the author is not known.
            self._listen(line.depth, _Voice(self._announced, None))
            self._announced = None
        if line.content.endswith(":") and has_said_verb(line.content):
            self._listen(line.depth + 1, _UNKNOWN_QUOTE)
        return self._by_depth.get(line.depth, _UNKNOWN_QUOTE)

    def _listen(self, depth: int, voice: _Voice) -> None:
        """From here on `voice` speaks at `depth`; who spoke deeper is forgotten."""
        self._by_depth = {d: v for d, v in self._by_depth.items() if d < depth}
        self._by_depth[depth] = voice

    def _same_depth(self, index: int, count: int) -> list[str]:
        """Contents of at most `count` lines from `index` on at its depth (blank ones included)."""
        depth = self._lines[index].depth
        contents = []
        for line in self._lines[index : index + count]:
            if line.depth != depth and not line.is_blank:
                break
            contents.append(line.content)
        return contents

    def _read_block(self, index: int) -> int:
        """Number of lines of the separator or header block at `index`, 0 when there is none."""
        line = self._lines[index]
        mark = find_mark(line.content)
        if mark == "rule":
            return self._read_rule(index)
        if mark is not None:
            self._announced = "forwarded" if mark == "forward" else "quoted"
            return 1
        block = self._block_at(index, marked=self._announced is not None)
        if block is None:
            return 0
        role = self._announced or ("forwarded" if self._is_forward else "quoted")
        self._announced = None
        self._listen(line.depth, _Voice(role, block.author, block.sent_at))
        return block.length

    def _read_rule(self, index: int) -> int:
        """Outlook draws a rule above its header block; any other rule is plain text."""
        following = next(
            (i for i in range(index + 1, min(index + 4, len(self._lines)))
             if not self._lines[i].is_blank), None,
        )  # fmt: skip
        if following is None or self._block_at(following, marked=False) is None:
            return 0
        return following - index

    def _block_at(self, index: int, *, marked: bool) -> Block | None:
        line = self._lines[index]
        if ":" not in line.content:
            return None
        found = read_label(line.content)
        if found is not None:
            contents = self._same_depth(index, MAX_BLOCK)
            return read_block(contents, marked=marked, zone=self._zone) or (
                read_lotus_block(contents, zone=self._zone) if found[0] == "from" else None
            )
        if line.content.endswith("M"):
            return read_lotus_block(self._same_depth(index, MAX_BLOCK), zone=self._zone)
        return None

    def _read_attribution(self, index: int) -> int:
        """Number of lines of the attribution at `index`, 0 when there is none to be believed."""
        wrapped = self._wrapped(index)
        if not wrapped:
            return 0
        found = read_attribution(" ".join(wrapped), zone=self._zone)
        if found is None:
            return 0
        depth = self._lines[index].depth
        next_depth = self._depth_after(index + len(wrapped))
        voice = _Voice("quoted", found.author, found.sent_at)
        if next_depth is not None and next_depth > depth:
            self._listen(depth + 1, voice)
        elif next_depth == depth and found.is_strong and not self._quotes_below(index, depth):
            # Programs that do not mark quotes: a full attribution, and no quote marks below it.
            self._listen(depth, voice)
        else:
            return 0
        return len(wrapped)

    def _wrapped(self, index: int) -> list[str]:
        """The line at `index` and those it may be wrapped over, up to one that ends in a colon."""
        line = self._lines[index]
        if line.content.endswith((":", "：")):
            return [line.content]
        ahead = self._lines[index + 1 : index + MAX_WRAP]
        if not any(below.content.endswith((":", "：")) for below in ahead):
            return []
        if not opens_attribution(line.content):
            return []
        wrapped = [line.content]
        for below in ahead:
            if below.is_blank or below.depth != line.depth:
                return []
            wrapped.append(below.content)
            if below.content.endswith((":", "：")):
                return wrapped
        return []

    def _depth_after(self, index: int) -> int | None:
        """Depth of the first line from `index` on that is not blank, at most 3 lines ahead."""
        for line in self._lines[index : index + 4]:
            if not line.is_blank:
                return line.depth
        return None

    def _quotes_below(self, index: int, depth: int) -> bool:
        return any(line.depth > depth for line in self._lines[index : index + 200])


def _mark_endings(lines: Sequence[_Line], voices: list[_Voice | None]) -> list[_Voice | None]:
    """The voices with signatures and notices at the end of each person's text set apart."""
    marked = list(voices)
    for start, end in _runs(voices):
        voice = voices[start]
        if voice is None or voice.role == "note":
            continue
        notice = _notice_start(lines, start, end)
        for index in range(notice, end):
            marked[index] = _Voice("disclaimer", voice.author, voice.sent_at)
        for index in range(_signature_start(lines, start, notice), notice):
            marked[index] = _Voice("signature", voice.author, voice.sent_at)
    return marked


def _runs(voices: Sequence[_Voice | None]) -> list[tuple[int, int]]:
    """Half-open ranges of lines with one voice; blank lines belong to the run before them."""
    runs: list[tuple[int, int]] = []
    start = 0
    for index, voice in enumerate(voices):
        if voice is None or index == start:
            continue
        if voice != voices[start]:
            if index > start:
                runs.append((start, index))
            start = index
    if voices:
        runs.append((start, len(voices)))
    return runs


def _signature_start(lines: Sequence[_Line], start: int, end: int) -> int:
    """Index of the line where a signature begins, `end` when there is none."""
    last = end - 1
    while last > start and lines[last].is_blank:
        last -= 1
    for index in range(last - 1, max(start, last - SIGNATURE_LINES) - 1, -1):
        if lines[index].content in ("--", "—"):
            return index
    return last if last >= start and _DEVICE.fullmatch(lines[last].content) else end


def _notice_start(lines: Sequence[_Line], start: int, end: int) -> int:
    """Index of the line where trailing notices begin, `end` when there are none."""
    found = end
    for first, last in reversed(_paragraphs(lines, max(start, end - DISCLAIMER_LINES), end)):
        text = " ".join(line.content for line in lines[first:last])
        if not _is_notice(text):
            break
        found = first
    return found


def _paragraphs(lines: Sequence[_Line], start: int, end: int) -> list[tuple[int, int]]:
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
    if len(text) < 60 or not _NOTICE_SUBJECT.search(text):
        return False
    return len({word.lower() for word in _NOTICE_WORDS.findall(text[:4000])}) >= 3


def _merge(lines: Sequence[_Line], voices: Sequence[_Voice | None]) -> tuple[Segment, ...]:
    """Segments from the voices of consecutive lines; leading blank lines go with what follows."""
    segments: list[Segment] = []
    start, current = 0, None
    for line, voice in zip(lines, voices, strict=True):
        if voice is None or voice == current:
            continue
        if current is not None:
            segments.append(_segment(start, line.start, current))
            start = line.start
        current = voice
    if lines:
        segments.append(_segment(start, lines[-1].end, current or _NOTE))
    return tuple(segments)


def _segment(start: int, end: int, voice: _Voice) -> Segment:
    return Segment(start, end, voice.author, voice.role, voice.sent_at)
