"""Quotes marked with bars (`| text`), as some mail and news programs do, told apart from tables."""

import re
from collections.abc import Sequence

from ingest.endings import Line

_BARS = re.compile(r"\|(?:[ \t]?[|>])*(?:[ \t]|\Z)")
#: Lines below each other that are a quote where no attribution introduces them.
_ENOUGH = 2


def quoted_by_bars(lines: Sequence[Line]) -> list[Line]:
    """The lines, those that bars mark as quoted with their depth and without the marks.

    The rows of a table have bars inside or at their end; a single line needs an introduction.
    """
    result = list(lines)
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and _BARS.match(lines[end].content):
            end += 1
        if end > start and _is_quote(lines, start, end):
            result[start:end] = map(_deeper, lines[start:end])
        start = max(end, start + 1)
    return result


def _is_quote(lines: Sequence[Line], start: int, end: int) -> bool:
    rows = [_deeper(line).content for line in lines[start:end]]
    if any("|" in row or row.startswith(("+--", "---")) for row in rows) or not any(rows):
        return False
    before = next(
        (line for line in reversed(lines[max(0, start - 3) : start]) if not line.is_blank), None
    )
    is_introduced = before is not None and before.content.endswith(":")
    return is_introduced or sum(map(bool, rows)) >= _ENOUGH


def _deeper(line: Line) -> Line:
    marks = _BARS.match(line.content)
    if marks is None:
        return line
    depth = sum(mark in "|>" for mark in marks.group())
    return line._replace(depth=line.depth + depth, content=line.content[marks.end() :].strip())
