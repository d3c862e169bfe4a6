"""Says who wrote which part of a transcript message, where the text itself proves it.

The transcripts print quoted text without quote marks. A part is taken from its sender only on
evidence in the words around it; indentation alone is none, because lists are indented too.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.model import Person, Role, Segment

_NOTE = re.compile(r"^\[[A-Z][^\[\]]{8,}\]$")
_FORWARDED = re.compile(r"^\[Forwarded message from (?P<author>[^\[\]]{2,60}?) to [^\[\]]+\]$")
#: A title that refers to an enclosure; the compilation that holds it prints it right below.
_STUB = re.compile(r"^(?P<name>[^.!?:]{2,60})\[\d\]$")
_ANSWER = re.compile(r"^(?:i )?got this (?:back|from (?P<name>\w+)): (?=\S)", re.IGNORECASE)
_TEMPLATE = re.compile(r"\btemplate\b", re.IGNORECASE)
_QUESTIONS = re.compile(r"\bquestions\b", re.IGNORECASE)
_REVIEW = re.compile(r"\b(?:quick read|how(?:'s| is) this|any thoughts\?)", re.IGNORECASE)
_RULE = re.compile(r"^(?:-{3,}|_{2,}|={3,})(?: \S|$)")
_SHARED = re.compile(r"^Shared from \S")
#: A lone indented line shorter than this may be a list item or an address.
_QUOTED_WORDS = 12
#: What follows a request to review must be at least this long to be the draft under review.
_DRAFT_WORDS = 25
_REVIEW_WORDS = 12


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of a message besides its body.

    `author` wrote the body when the sender only passed it on; `correspondent` is the one person
    whose message the sender last said to have received in this thread.
    """

    sender: Person
    subject: str = ""
    author: Person | None = None
    correspondent: Person | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str
    indented: bool


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    author: Person | None
    role: Role


def segment(body: str, context: Context) -> tuple[Segment, ...]:
    """Segments that cover `body` in order; what nothing marks belongs to the writer."""
    lines = _lines(body)
    forwarded = _FORWARDED.match(lines[0].text) if lines else None
    if forwarded is not None:
        context = replace(context, author=Person(forwarded["author"]))
    marks = [*_notes(lines), *_enclosures(lines)]
    if context.author is None:
        for mark in _quotations(lines, context):
            if all(mark.end <= other.start or other.end <= mark.start for other in marks):
                marks.append(mark)
    marks.sort(key=lambda mark: mark.start)
    return tuple(_filled(body, marks, context))


def enclosure_name(body: str) -> str | None:
    """Name of the enclosure the body refers to by a footnote number, such as `Draft post`."""
    match = next(filter(None, (_STUB.match(line.text) for line in _lines(body))), None)
    return None if match is None else match["name"].strip()


def _quotations(lines: Sequence[_Line], context: Context) -> Iterator[_Mark]:
    yield from _answers(lines, context)
    yield from _news(lines, context)
    yield from _drafts(lines, context)
    yield from _templates(lines, context)
    yield from _interjections(lines)


def _notes(lines: Sequence[_Line]) -> Iterator[_Mark]:
    """Whole lines in square brackets: the compilers' own remarks."""
    for line in lines:
        if _NOTE.match(line.text):
            yield _Mark(line.start, line.end, None, "note")


def _enclosures(lines: Sequence[_Line]) -> Iterator[_Mark]:
    """Everything below an enclosure's title is the enclosure."""
    for line, following in pairwise(lines):
        if _STUB.match(line.text):
            yield _Mark(following.start, lines[-1].end, None, "attachment")
            return


def _answers(lines: Sequence[_Line], context: Context) -> Iterator[_Mark]:
    """`got this back: ...`: the words of the person the sender is corresponding with."""
    for line in lines:
        match = _ANSWER.match(line.text)
        if match:
            author = None if match["name"] else context.correspondent
            yield _Mark(line.start + match.end(), line.end, author, "quoted")


def _news(lines: Sequence[_Line], context: Context) -> Iterator[_Mark]:
    """An article passed on by a share button, from its headline to the button's closing line."""
    closing = next((i for i, line in enumerate(lines) if _SHARED.match(line.text)), None)
    if closing is None:
        return
    for index, line in enumerate(lines[:closing]):
        is_headline = context.subject.casefold().endswith(line.text.casefold())
        if is_headline and len(line.text.split()) >= 5:
            byline = lines[index + 1].text
            source = Person(byline) if context.subject.startswith(f"{byline}:") else None
            yield _Mark(line.start, lines[closing].end, source, "quoted")
            return


def _drafts(lines: Sequence[_Line], context: Context) -> Iterator[_Mark]:
    """A text its sender submits for review: below a rule, or below a short request to read it.

    It is the sender's text, yet not said to the recipient: role `quoted`, author the sender.
    """
    for index, line in enumerate(lines):
        is_request = index == 1 and _is_review_request(lines[0].text)
        if (is_request or _RULE.match(line.text)) and _word_count(lines[index:]) >= _DRAFT_WORDS:
            yield _Mark(line.start, lines[-1].end, context.sender, "quoted")
            return


def _is_review_request(text: str) -> bool:
    is_short = len(text.split()) <= _REVIEW_WORDS
    return is_short and text.endswith("?") and _REVIEW.search(text) is not None


def _templates(lines: Sequence[_Line], context: Context) -> Iterator[_Mark]:
    """The indented block below a line that announces a template the sender uses."""
    for index, line in enumerate(lines):
        if line.text.endswith(":") and not line.indented and _TEMPLATE.search(line.text):
            block = _indented_run(lines, index + 1)
            if block:
                yield _Mark(block[0].start, block[-1].end, context.sender, "quoted")


def _interjections(lines: Sequence[_Line]) -> Iterator[_Mark]:
    """A single indented paragraph between the writer's own: another's words being answered.

    Proof is that it interrupts prose (the line above ends a sentence), or that it is one of the
    questions announced above. Nobody is named, so the author stays open.
    """
    for index in range(1, len(lines) - 1):
        above, line, below = lines[index - 1 : index + 2]
        if not line.indented or above.indented or below.indented:
            continue
        if len(line.text.split()) < _QUOTED_WORDS or above.text.startswith("-"):
            continue
        is_announced = any(_QUESTIONS.search(other.text) for other in lines[:index])
        is_question = above.text.endswith(":") and line.text.endswith("?") and is_announced
        if above.text.endswith((".", "!", "?")) or is_question:
            yield _Mark(line.start, line.end, None, "quoted")


def _indented_run(lines: Sequence[_Line], first: int) -> Sequence[_Line]:
    last = first
    while last < len(lines) and lines[last].indented:
        last += 1
    return lines[first:last]


def _filled(body: str, marks: Sequence[_Mark], context: Context) -> Iterator[Segment]:
    """The marks and what lies between them; white space between two parts goes to the first."""
    writer, role = context.sender, "own"
    if context.author is not None:
        writer, role = context.author, "forwarded"
    ends = [*(mark.start for mark in marks[1:]), len(body)]
    if not marks:
        if body:
            yield _writers(0, len(body), writer, role)
        return
    first = marks[0].start if body[: marks[0].start].strip() else 0
    if first:
        yield _writers(0, first, writer, role)
    for mark, end in zip(marks, ends, strict=True):
        start = first if mark is marks[0] else mark.start
        stop = end - len(body[mark.end : end].lstrip())
        yield Segment(start, stop, mark.author, mark.role)
        if stop < end:
            yield _writers(stop, end, writer, role)


def _writers(start: int, end: int, writer: Person, role: str) -> Segment:
    return Segment(start, end, writer, "forwarded" if role == "forwarded" else "own")


def _word_count(lines: Sequence[_Line]) -> int:
    return sum(len(line.text.split()) for line in lines)


def _lines(body: str) -> list[_Line]:
    """The lines that hold text, with their offsets in the body (surrounding space excluded)."""
    result: list[_Line] = []
    position = 0
    for raw in body.split("\n"):
        text = raw.strip()
        if text:
            start = position + len(raw) - len(raw.lstrip())
            result.append(_Line(start, start + len(text), text, raw.startswith((" ", "\t"))))
        position += len(raw) + 1
    return result
