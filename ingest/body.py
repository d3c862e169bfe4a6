"""Who wrote which part of a message: own words, quoted words, forwards, signature, disclaimer.

Credit to the wrong person is the worst error here: where the mail does not say who wrote quoted
text its author is None, never the sender. Nothing is deleted; the segments cover the text.
"""

import re
from collections.abc import Sequence
from datetime import UTC, tzinfo

from ingest.armour import mark_armour
from ingest.bars import quoted_by_bars
from ingest.endings import Line, Voice, mark_endings
from ingest.header_block import (
    MARK_STARTS,
    MAX_BLOCK,
    Block,
    find_mark,
    is_lotus_date,
    read_block,
    read_label,
    read_lotus_block,
)
from ingest.model import Person, Role, Segment
from ingest.quoting import MAX_WRAP, has_said_verb, opens_attribution, read_attribution

#: Deeper quotes count as this deep; a line of a million `>` is one line.
MAX_DEPTH = 50
#: Lines of one message that are tried as header blocks or attributions; hostile mail has more.
MAX_TRIES = 20_000

_COLONS = (":", "：")
_QUOTE_PREFIX = re.compile(r"(?:[ \t]?>)+")
#: The initials that some programs put before the mark: `BH> text`.
_INITIALS = re.compile(r"[A-Z]{2,3}(?=>)")
_FORWARD_SUBJECT = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|i|vs)\s*:", re.IGNORECASE)

_NOTE = Voice("frame", None)
_UNKNOWN_QUOTE = Voice("quoted", None)


def segment(
    text: str, sender: Person | None, *, subject: str = "", zone: tzinfo = UTC
) -> tuple[Segment, ...]:
    """The segments of a message text, in order, covering it.

    `subject` tells a forward from a reply where the text does not; times of attribution lines,
    which carry no offset, are read in `zone` (mail programs print them in the replier's).
    """
    lines = _split_lines(text)
    if "|" in text:
        lines = quoted_by_bars(lines)
    voices = _Listener(lines, Voice("own", sender), subject=subject, zone=zone).voices()
    if "-----BEGIN PGP" in text:
        voices = mark_armour(lines, voices)
    voices = mark_endings(lines, voices)
    return _merge(lines, voices)


def _split_lines(text: str) -> list[Line]:
    """The lines of the text; blank lines below each other count as one."""
    lines: list[Line] = []
    start, blank_start = 0, -1
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        if end == start + 1 and text[start] == "\n":
            blank_start = start if blank_start < 0 else blank_start
        else:
            if blank_start >= 0:
                lines.append(Line(blank_start, start, 0, ""))
                blank_start = -1
            quote = _quote(text, start, end) if ">" in text[start : start + 4] else None
            lines.append(quote or Line(start, end, 0, text[start:end].strip()))
        start = end
    if blank_start >= 0:
        lines.append(Line(blank_start, start, 0, ""))
    return lines


def _quote(text: str, start: int, end: int) -> Line | None:
    """The line without its quote marks, or None when it has none."""
    initials = _INITIALS.match(text, start, end)
    prefix = _QUOTE_PREFIX.match(text, initials.end() if initials else start, end)
    if prefix is None:
        return None
    depth = min(prefix.group().count(">"), MAX_DEPTH)
    return Line(start, end, depth, text[prefix.end() : end].strip())


class _Listener:
    """One pass over the lines that follows who is speaking at each quote depth."""

    def __init__(self, lines: Sequence[Line], own: Voice, *, subject: str, zone: tzinfo) -> None:
        self._lines = lines
        self._zone = zone
        self._is_forward = _FORWARD_SUBJECT.match(subject) is not None
        self._announced: Role | None = None
        self._by_depth: dict[int, Voice] = {0: own}
        self._voices: list[Voice | None] = []
        self._introducing = _may_introduce(lines)
        self._tries = 0

    def voices(self) -> list[Voice | None]:
        """A voice for each line; None for blank lines, which go with the line before."""
        index = 0
        while index < len(self._lines):
            line = self._lines[index]
            if line.is_blank:
                self._voices.append(None)
                index += 1
                continue
            length = self._read_introduction(index)
            if length:
                self._voices += [_NOTE] * length
                index += length
                continue
            self._voices.append(self._voice_at(index))
            index += 1
        return self._voices

    def _read_introduction(self, index: int) -> int:
        """Number of lines at `index` that introduce another voice, 0 when they do not."""
        if index not in self._introducing or self._tries > MAX_TRIES:
            return 0
        return self._read_block(index) or self._read_attribution(index)

    def _voice_at(self, index: int) -> Voice:
        line = self._lines[index]
        if self._announced is not None:
            # An announced original whose header block is missing: the author is not known.
            self._listen(line.depth, Voice(self._announced, None))
            self._announced = None
        if line.content.endswith(":") and has_said_verb(line.content):
            self._listen(line.depth + 1, _UNKNOWN_QUOTE)
        return self._by_depth.get(line.depth, _UNKNOWN_QUOTE)

    def _listen(self, depth: int, voice: Voice) -> None:
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
        self._listen(line.depth, Voice(role, block.author, block.sent_at))
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
        if index + 1 < len(self._lines) and is_lotus_date(self._lines[index + 1].content):
            return read_lotus_block(self._same_depth(index, MAX_BLOCK), zone=self._zone)
        if ":" not in line.content:
            return None
        self._tries += 1
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
        self._tries += 1
        found = read_attribution(" ".join(wrapped), zone=self._zone)
        if found is None:
            return 0
        self._announced = None
        depth = self._lines[index].depth
        next_depth = self._depth_after(index + len(wrapped))
        voice = Voice("quoted", found.author, found.sent_at)
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
        if line.content.endswith(_COLONS):
            return [line.content]
        ends = [
            below.content.endswith(_COLONS) for below in self._lines[index + 1 : index + MAX_WRAP]
        ]
        if True not in ends or not opens_attribution(line.content):
            return []
        wrapped = self._lines[index : index + ends.index(True) + 2]
        if any(below.is_blank or below.depth != line.depth for below in wrapped):
            return []
        return [below.content for below in wrapped]

    def _depth_after(self, index: int) -> int | None:
        """Depth of the first line from `index` on that is not blank, at most 3 lines ahead."""
        for line in self._lines[index : index + 4]:
            if not line.is_blank:
                return line.depth
        return None

    def _quotes_below(self, index: int, depth: int) -> bool:
        return any(line.depth > depth for line in self._lines[index : index + 200])


def _may_introduce(lines: Sequence[Line]) -> set[int]:
    """Indices of the lines that are worth a look: most lines of most mail are not.

    Attributions and header blocks have a colon, in their first line or where that is wrapped to.
    """
    found: set[int] = set()
    for index, line in enumerate(lines):
        content = line.content
        if ":" in content or "：" in content:
            found.update(range(index - MAX_WRAP + 1, index + 1))
        elif content.endswith("*") or content.startswith(MARK_STARTS):
            found.add(index)
    return found


def _merge(lines: Sequence[Line], voices: Sequence[Voice | None]) -> tuple[Segment, ...]:
    """Segments from the voices of consecutive lines; leading blank lines go with what follows."""
    segments: list[Segment] = []
    start, current = 0, None
    for line, voice in zip(lines, voices, strict=True):
        if voice is current or voice is None or voice == current:
            continue
        if current is not None:
            segments.append(_segment(start, line.start, current))
            start = line.start
        current = voice
    if lines:
        segments.append(_segment(start, lines[-1].end, current or _NOTE))
    return tuple(segments)


def _segment(start: int, end: int, voice: Voice) -> Segment:
    return Segment(start, end, voice.author, voice.role, voice.sent_at)
