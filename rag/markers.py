"""Reads the citation markers of a model's answer: `[1]`, `[1, 3-5]`, `【2】`. Pure text."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ingest.sentences import split_sentences
from rag.prompt import NOT_IN_ARCHIVE

_MOST_MARKERS = 8
_LONGEST_RANGE = 20

_MARKER = re.compile(
    r"[ \t]*[\[【［]\s*(?:(?:passages?|sources?|messages?|mails?|emails?|refs?|no\.?|\^|#)\s*)*"
    r"([0-9]{1,6}(?:\s*(?:[,;–—-]|and|&)\s*(?:passages?\s*)?[0-9]{1,6})*)(?:†[^\]】］]{0,40})?\s*[\]】］]",
    re.IGNORECASE,
)
_BULLET = re.compile(r"\s*(?:[-*•–]|\d{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of the answer without markers, what stood before it, and the numbers it cites."""

    text: str
    gap: str
    cited: tuple[int, ...]
    unknown: tuple[int, ...] = ()


def statements(raw_text: str, shown: Collection[int]) -> list[Statement]:
    """The answer cut into sentences; a marker belongs to the words before it on its line."""
    plain, marks = _located(_answer_part(raw_text))
    spans = [span for span in split_sentences(plain) if re.search(r"\w", plain[slice(*span)])]
    owned: list[list[int]] = [[] for _ in spans]
    for at, numbers in marks:
        if spans:
            owned[_owner(at, spans, plain)].extend(numbers)
    found: list[Statement] = []
    position = 0
    for (start, end), cited in zip(spans, owned, strict=True):
        bullet = _BULLET.match(plain, start, end)
        start = bullet.end() if bullet else start
        gap = plain[position:start] if found or bullet else ""
        known = tuple(dict.fromkeys(n for n in cited if n in shown))[:_MOST_MARKERS]
        unknown = tuple(dict.fromkeys(n for n in cited if n not in shown))
        text = without_markers(plain[start:end])
        found.append(Statement(text, gap or " " * bool(found), known, unknown))
        position = end
    return _borrowed(found)


def _owner(at: int, spans: Sequence[tuple[int, int]], plain: str) -> int:
    """Index of the sentence that a marker at offset `at` belongs to."""
    before = [i for i, (start, _) in enumerate(spans) if start < at]
    if not before:
        return 0
    new_line = "\n" in plain[spans[before[-1]][1] : at]
    return min(before[-1] + new_line, len(spans) - 1)


def without_markers(text: str) -> str:
    """`text` without anything that reads as a marker, also where brackets were nested."""
    while _MARKER.search(text):
        text = _MARKER.sub("", text)
    return text.strip()


def _answer_part(raw_text: str) -> str:
    """The answer without stray reasoning, code fences and the word for "not in the archive"."""
    text = re.split(r"</think(?:ing)?>", raw_text, flags=re.IGNORECASE)[-1]
    return text.replace("```", "").replace(NOT_IN_ARCHIVE, "").strip()


def _located(text: str) -> tuple[str, list[tuple[int, tuple[int, ...]]]]:
    """The text without markers, and for each marker its offset there and the numbers in it."""
    parts: list[str] = []
    marks: list[tuple[int, tuple[int, ...]]] = []
    position = length = 0
    for match in _MARKER.finditer(text):
        parts.append(text[position : match.start()])
        length += len(parts[-1])
        marks.append((length, tuple(_marker_numbers(match[1]))))
        position = match.end()
    return "".join([*parts, text[position:]]), marks


def _marker_numbers(inside: str) -> list[int]:
    """The numbers of "1, 3-5 and 7"; an absurd range gives its ends only."""
    found: list[int] = []
    for part in re.split(r"\s*(?:[,;&]|and)\s*", inside, flags=re.IGNORECASE):
        ends = [int(number) for number in re.findall(r"[0-9]+", part)]
        if len(ends) == 2 and 0 < ends[1] - ends[0] <= _LONGEST_RANGE:
            found.extend(range(ends[0], ends[1] + 1))
        else:
            found.extend(ends)
    return found


def _borrowed(statements: Sequence[Statement]) -> list[Statement]:
    """Sentences without a marker take those of the next cited sentence of their paragraph."""
    found: list[Statement] = []
    following: tuple[int, ...] = ()
    for statement in reversed(statements):
        cites_nothing = not statement.cited and not statement.unknown
        cited = following if cites_nothing else statement.cited
        found.append(Statement(statement.text, statement.gap, cited, statement.unknown))
        following = () if "\n" in statement.gap else cited
    return found[::-1]


def with_markers(text: str, numbers: Sequence[int]) -> str:
    """`text` with its markers before the full stop."""
    if not numbers:
        return text
    marks = " " + "".join(f"[{n}]" for n in numbers)
    return f"{text[:-1]}{marks}{text[-1]}" if text.endswith((".", "!", "?")) else text + marks
