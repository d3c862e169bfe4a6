"""Sentence boundaries in mail: prose, hard-wrapped lines, lists, greetings. Offsets only.

A line break ends a sentence unless the line was wrapped by the mail program of its writer.
"""

import re
from collections.abc import Iterator

#: A list marker at the start of a line: "- ", "* ", "1. ", "2) ", "(a) ", "iv. ".
LIST_MARKER = re.compile(
    r"[ \t]*(?:[-*+•‣◦·–—]|\(?(?:\d{1,3}|[A-Za-z]|[ivx]{1,4})[.)])[ \t]+(?=\S)"
)

#: RFC 5322 and RFC 3676 ask for lines up to 78 characters; programs wrap between 60 and 80, and
#: quote marks add a few. A block with longer lines is not wrapped: each line is a paragraph.
_NARROWEST_WRAP, _WIDEST_WRAP = 45, 100
# Starts at the first mark of a run and never backtracks: linear on a megabyte of "!".
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»)\]*_]*+(?=\s|$)|[。！？]++[”’」』)]*", re.MULTILINE)
_NEXT = re.compile(r"\s*[\"'“‘«(\[*_]*(\S)")
_LAST_WORD = re.compile(r"[^\s(\[\"“]+$")
_INITIALS = re.compile(r"(?:[A-Za-z]\.)+")
#: Abbreviations that a sentence goes on after; "etc." and "Inc." may end one and are left out
#: here because a capital after them settles it.
_ABBREVIATIONS = frozenset(
    """mr. mrs. ms. dr. prof. st. rev. gen. sen. rep. gov. hon. e.g. i.e. vs. v. cf. ca. approx.
    dept. est. fig. figs. vol. pp. p. al. jr. sr. z.b. d.h. bzw. usw. m. mme. mlle. sra. attn.
    re.""".split()
)
#: Abbreviations that a sentence goes on after only when a digit follows ("No. 5", "Sept. 20").
_BEFORE_NUMBERS = frozenset(
    """no. nos. nr. jan. feb. mar. apr. jun. jul. aug. sep. sept. oct. nov. dec. art. sec.
    ch.""".split()
)


def split_sentences(text: str) -> list[tuple[int, int]]:
    """(start, end) of each sentence, in order, trimmed; every non-space character is in one."""
    return [
        (sentence_start, sentence_end)
        for start, end in _passages(text)
        for sentence_start, sentence_end in _sentences(text, start, end)
    ]


def line_spans(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """(start, end) of each line of `text[start:end]`, without the line break."""
    while start < end:
        stop = text.find("\n", start, end)
        stop = end if stop < 0 else stop
        yield start, stop
        start = stop + 1


def _passages(text: str) -> Iterator[tuple[int, int]]:
    """Runs of lines that belong together: a paragraph, a list item, a heading."""
    lines = list(line_spans(text, 0, len(text)))
    widest = _widths(text, lines)
    first: int | None = None
    for index, (start, end) in enumerate(lines):
        if not text[start:end].strip():
            first = None
            continue
        first = start if first is None else first
        follows = lines[index + 1] if index + 1 < len(lines) else None
        if follows is None or not _is_wrapped(text, (start, end), follows, widest[index]):
            yield first, end
            first = None


def _widths(text: str, lines: list[tuple[int, int]]) -> list[int]:
    """For each line the length of the longest line of its block (lines between blank lines)."""
    widths = [0] * len(lines)
    begin = 0
    for index in range(len(lines) + 1):
        if index == len(lines) or not text[slice(*lines[index])].strip():
            longest = max((end - start for start, end in lines[begin:index]), default=0)
            widths[begin:index] = [longest] * (index - begin)
            begin = index + 1
    return widths


def _is_wrapped(text: str, line: tuple[int, int], follows: tuple[int, int], widest: int) -> bool:
    """True when the break after `line` was put there by a mail program to keep lines short."""
    this, after = text[slice(*line)].rstrip(), text[slice(*follows)]
    words = after.split(maxsplit=1)
    if not words or LIST_MARKER.match(after) or widest > _WIDEST_WRAP:
        return False
    if len(this) < _NARROWEST_WRAP or this.endswith(":"):
        return False
    would_not_fit = len(this) + 1 + len(words[0]) > widest
    return would_not_fit or (words[0][0].islower() and this[-1] not in ".!?")


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    marker = LIST_MARKER.match(text, start, end)
    begin, search = start, marker.end() if marker else start
    for match in _END.finditer(text, search, end):
        if match.end() < end and _ends_sentence(text, match, begin, end):
            yield from _trimmed(text, begin, match.end())
            begin = match.end()
    yield from _trimmed(text, begin, end)


def _ends_sentence(text: str, match: re.Match[str], begin: int, end: int) -> bool:
    if match.group()[0] in "。！？":
        return True
    following = _NEXT.match(text, match.end(), end)
    if following is None:
        return False
    mark, after = match.group(), following.group(1)
    if after.islower():
        # "wait... what" goes on; "really? yes" is two sentences in careless mail.
        return mark[0] in "!?" and not mark.startswith("?)") and len(mark) == 1
    # A word of more than 40 characters is an address, not an abbreviation.
    before = text[max(begin, match.start() - 40) : match.start()]
    last = _LAST_WORD.search(before)
    word = ((last.group() if last else "") + mark[0]).lower()
    if mark[0] != "." or mark.startswith(".."):
        return True
    if word in _ABBREVIATIONS or (word in _BEFORE_NUMBERS and after.isdigit()):
        return False
    is_initial = _INITIALS.fullmatch(word) is not None and word not in ("a.m.", "p.m.", "i.")
    return not (is_initial and after.isupper())


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    right = len(piece.rstrip())
    if right > left:
        yield start + left, start + right
