"""Reads the transcripts of the released emails: web compilations of court exhibits as text.

Three layouts are told apart by content: titled plain text, Markdown of a web page, and plain text
without subjects. Who wrote which part of a message is decided in `transcript_segments`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from pathlib import Path

from ingest.errors import SourceError
from ingest.formats import transcript_markdown as markdown
from ingest.formats.transcript_header import Header, bare_header, full_header, slug
from ingest.formats.transcript_segments import Context, enclosure_name, segment
from ingest.model import Attachment, DateSource, Draft, Kind, Person, Segment, Skipped, Span

_SUBJECT = re.compile(r"^Subject:\s*(?P<subject>.*)$")
_CHAT = re.compile(r"^(?P<subject>iMessages?\b.*)$")
_BETWEEN = re.compile(r"\bbetween (.+?) and (.+)$")
_RECEIVED = re.compile(r"\bgot this from (\w+)", re.IGNORECASE)
#: What is left of a footnote's back link when a web page is copied as plain text.
_BACK_LINK = "^"
_CONTINUATION = "(continuation)"


@dataclass(slots=True)
class _Thread:
    """A thread being read; `people` grows with its headers."""

    subject: str
    is_chat: bool
    people: list[Person] = field(default_factory=list)
    day: date | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class _Block:
    """A header and the lines below it, up to the next header or title; numbers are 1-based."""

    header: Header
    thread: _Thread | None
    day: date | None
    number: int
    lines: tuple[str, ...]


def sniff(head: str) -> bool:
    """True when `head` (the first 64 KiB will do) shows at least two transcript headers."""
    found = 0
    for line in head.split("\n"):
        title = markdown.HEADER.match(line)
        found += full_header(markdown.plain(title[1]) if title else line) is not None
        if found == 2:
            return True
    return False


def read_transcript(path: Path) -> Iterator[Draft | Skipped]:
    """The messages in file order, then what the compilers put below them, as skipped.

    Ids follow the content (`2017-09-20T1408-sutskever`); a second message with the same local
    time and surname gets `-2`. Raises SourceError when the file cannot be read.
    """
    raw = _read(path)
    lines, footnotes = _mail_lines(raw)
    blocks = _blocks(lines)
    if not blocks:
        yield Skipped(Span(str(path.absolute()), 1, len(raw)), "no message header found")
        return
    yield from _drafts(path, blocks, raw)
    if footnotes is not None:
        yield Skipped(Span(str(path.absolute()), *footnotes), "footnotes of the compilation")


def _read(path: Path) -> list[str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}; check the path") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    return [line.removesuffix("\r") for line in text.split("\n")]


def _mail_lines(raw: list[str]) -> tuple[list[str], tuple[int, int] | None]:
    """The lines as written, one for one, up to the footnotes; and the lines these take."""
    is_markdown = any(markdown.TITLE.match(line) for line in raw)
    last = max((n for n, line in enumerate(raw, 1) if line.strip()), default=0)
    first = last + 1
    if is_markdown:
        notes = [n for n, line in enumerate(raw, 1) if markdown.FOOTNOTE.match(line)]
        first = notes[0] if notes else first
    elif last and raw[last - 1].strip() == _BACK_LINK:
        first = last
    kept = raw[: first - 1]
    lines = markdown.plain_lines(kept) if is_markdown else kept
    return lines, (first, last) if first <= last else None


def _blocks(lines: Sequence[str]) -> list[_Block]:
    """Headers with their lines. Bare headers count only inside a chat, for people known there."""
    result: list[_Block] = []
    starts: list[tuple[int, Header | None, _Thread | None, date | None]] = []
    thread: _Thread | None = None
    day: date | None = None
    for index, line in enumerate(lines):
        title = _title(lines, index)
        header = None if title else _header(line, thread)
        if title:
            thread = title
            starts.append((index, None, None, None))
        elif header:
            day = header.day or day
            if thread is not None:
                _join(thread, header)
            starts.append((index, header, thread, day))
    starts.append((len(lines), None, None, None))
    for (index, header, thread, day), following in pairwise(starts):
        if header is not None:
            text = tuple(lines[index + 1 : following[0]])
            result.append(_Block(header, thread, day, index + 1, text))
    return result


def _title(lines: Sequence[str], index: int) -> _Thread | None:
    """The thread that starts at this line: a title line directly above a header."""
    match = _SUBJECT.match(lines[index]) or _CHAT.match(lines[index])
    if match is None:
        return None
    subject = match["subject"].replace("📎", "").strip()
    is_chat = match.re is _CHAT
    between = _BETWEEN.search(subject)
    people = [Person(between[1]), Person(between[2])] if is_chat and between else []
    thread = _Thread(subject, is_chat, people)
    following = next((line for line in lines[index + 1 : index + 5] if line.strip()), "")
    return thread if _header(following, thread) else None


def _header(line: str, thread: _Thread | None) -> Header | None:
    header = full_header(line)
    if header is None and thread is not None and thread.is_chat:
        return bare_header(line, frozenset(person.name for person in thread.people))
    return header


def _join(thread: _Thread, header: Header) -> None:
    known = set(thread.people)
    thread.people += [p for p in (header.sender, *header.to) if p not in known]


def _drafts(path: Path, blocks: Sequence[_Block], raw: Sequence[str]) -> Iterator[Draft]:
    ids = _ids(blocks)
    names = [p for b in blocks for p in (b.header.sender, *b.header.to, *b.header.cc)]
    correspondents: dict[tuple[int, Person], Person] = {}
    for index, (block, message_id) in enumerate(zip(blocks, ids, strict=True)):
        key = (id(block.thread), block.header.sender)
        draft = _draft(path, block, correspondents.get(key))
        received = _RECEIVED.search(draft.body)
        known = _named(received[1], names) if received else None
        if known is not None:
            correspondents[key] = known
        yield replace(
            draft,
            message_id=message_id,
            thread_key=_thread_key(block.thread, message_id),
            references=_continued(index, blocks, ids),
            warnings=_warnings(draft, block, raw),
        )


def _draft(path: Path, block: _Block, correspondent: Person | None) -> Draft:
    header, subject = block.header, block.thread.subject if block.thread else ""
    body, last = _body(block)
    context = Context(header.sender, subject, header.author, correspondent)
    segments = segment(body, context)
    return Draft(
        locator=Span(str(path.absolute()), block.number, last),
        kind=_kind(block, body, segments),
        sender=header.sender,
        to=header.to or _others(block),
        cc=header.cc,
        sent_at=None if block.day is None else header.sent_at(block.day),
        date_source=_date_source(block),
        subject=subject,
        body=body,
        segments=segments,
        time_known=header.clock is not None,
        attachments=_attachments(body, segments),
    )


def _date_source(block: _Block) -> DateSource:
    if block.day is None:
        return "none"
    return "header" if block.header.day else "inferred"


def _body(block: _Block) -> tuple[str, int]:
    """The text as printed without blank lines at its ends, and the number of its last line."""
    filled = [index for index, line in enumerate(block.lines) if line.strip()]
    if not filled:
        return "", block.number
    text = "\n".join(block.lines[filled[0] : filled[-1] + 1])
    return text.rstrip(), block.number + 1 + filled[-1]


def _kind(block: _Block, body: str, segments: Sequence[Segment]) -> Kind:
    """`forwarded` when the header or an editor's note says that mail was passed on."""
    if block.thread is not None and block.thread.is_chat:
        return "imessage"
    notes = (body[s.start : s.end].lower() for s in segments if s.role == "note")
    passed_on = block.header.author is not None or any("forward" in note for note in notes)
    return "forwarded" if passed_on else "email"


def _others(block: _Block) -> tuple[Person, ...]:
    people = block.thread.people if block.thread else []
    return tuple(person for person in people if person != block.header.sender)


def _attachments(body: str, segments: Sequence[Segment]) -> tuple[Attachment, ...]:
    texts = [body[s.start : s.end] for s in segments if s.role == "attachment"]
    name = enclosure_name(body) or "attachment"
    return tuple(Attachment(name, "text/plain", len(text.encode())) for text in texts)


def _ids(blocks: Sequence[_Block]) -> list[str]:
    seen: Counter[str] = Counter()
    result = []
    for block in blocks:
        day = block.day.isoformat() if block.day else "undated"
        clock = block.header.clock.strftime("T%H%M") if block.header.clock else ""
        stem = f"{day}{clock}-{slug(block.header.sender)}"
        seen[stem] += 1
        result.append(stem if seen[stem] == 1 else f"{stem}-{seen[stem]}")
    return result


def _thread_key(thread: _Thread | None, message_id: str) -> str | None:
    """Id of the thread's first message; None where the compilation has no titles."""
    if thread is None:
        return None
    thread.key = thread.key or message_id
    return thread.key


def _continued(index: int, blocks: Sequence[_Block], ids: Sequence[str]) -> tuple[str, ...]:
    """Id of the last message of the earlier thread that this message is printed as continuing."""
    thread = blocks[index].thread
    if thread is None or not blocks[index].header.continues:
        return ()
    subject = thread.subject.removesuffix(_CONTINUATION).strip()
    earlier = [
        message_id
        for message_id, block in zip(ids[:index], blocks[:index], strict=True)
        if block.thread is not None and block.thread.subject == subject
    ]
    return tuple(earlier[-1:])


def _named(first_name: str, people: Sequence[Person]) -> Person | None:
    """The one person of that first name, None when there is none or several."""
    found = {p for p in people if p.name.lower().split()[0] == first_name.lower()}
    return found.pop() if len(found) == 1 else None


def _warnings(draft: Draft, block: _Block, raw: Sequence[str]) -> tuple[str, ...]:
    warnings = [f"also passed to {name}" for name in block.header.passed_to]
    name = enclosure_name(draft.body)
    if name is not None and not draft.attachments:
        warnings.append(f"the enclosure {name!r} is not in this file")
    if any("![" in line for line in raw[draft.locator.first_line - 1 : draft.locator.last_line]):
        warnings.append("an image is left out")
    return tuple(warnings)
