"""What an evidence pack holds: questions, answers and excerpts, each with where it comes from.

Plain values that go to JSON and back without loss. No path of this machine is among them.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version

from ingest.model import Email, Span, TextKind
from rag.engine import Description
from rag.model import Answer, Citation, Hit, Status, Support
from ui.render import date_text, names

FORMAT = "exhibit evidence pack"
#: Raised with every change of what `ui.pack.page` or `ui.pack.markdown` makes of the same values:
#: a pack is checked by making its page again.
LAYOUT = 1


@dataclass(frozen=True, slots=True)
class Source:
    """Which words of which message: `quote` is `body[start:end]`, `n` its number in the answer.

    `body_sha256` and `quote_sha256` are of the text in UTF-8. `place` is file and lines, without
    the folders, which are nobody else's business.
    """

    n: int
    message_id: str
    thread_id: str
    sender: str
    author: str | None
    to: tuple[str, ...]
    date: str | None
    subject: str
    text_kind: TextKind
    place: str
    start: int
    end: int
    quote: str
    highlight: tuple[int, int] | None
    quote_sha256: str
    body_sha256: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer, the numbers of what it cites, and whether that bears it out."""

    text: str
    citations: tuple[int, ...]
    support: Support


@dataclass(frozen=True, slots=True)
class Entry:
    """One question and its answer. `near_misses` are the nearest messages when there is none."""

    question: str
    rewritten_question: str | None
    status: Status
    answer: str
    statements: tuple[Statement, ...]
    citations: tuple[Source, ...]
    near_misses: tuple[Source, ...]
    notes: tuple[str, ...]
    answerer: str
    model: str
    settings_hash: str
    index_stamp: str


@dataclass(frozen=True, slots=True)
class Pack:
    """A conversation over one archive, oldest question first."""

    created_at: str
    program: str
    corpus: str
    messages: int
    passages: int
    entries: tuple[Entry, ...]
    format: str = FORMAT
    layout: int = LAYOUT

    def to_json(self) -> str:
        """The one spelling of these values: keys sorted, ASCII, indented by one."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    @property
    def fingerprint(self) -> str:
        """sha256 of `to_json`: equal for two packs only when all they say is equal."""
        return sha256(self.to_json().encode()).hexdigest()


def pack_of(answers: Iterable[Answer], archive: Description, at: datetime) -> Pack:
    """The pack of a conversation; `at` is when it was made."""
    return Pack(
        created_at=at.astimezone(UTC).isoformat(timespec="seconds"),
        program=f"exhibit {version('exhibit-mail')}",
        corpus=archive.corpus,
        messages=archive.messages,
        passages=archive.chunks,
        entries=tuple(_entry(answer) for answer in answers),
    )


def text_hash(text: str) -> str:
    """sha256 of a text in UTF-8; halves of surrogate pairs, which mail may hold, count as well."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _entry(answer: Answer) -> Entry:
    settings, _, stamp = answer.settings_hash.partition("-")
    return Entry(
        question=answer.question,
        rewritten_question=answer.trace.rewritten_question,
        status=answer.status,
        answer=answer.text,
        statements=tuple(Statement(s.text, s.citations, s.support) for s in answer.sentences),
        citations=tuple(_cited(citation) for citation in answer.citations),
        near_misses=tuple(_near(n, hit) for n, hit in enumerate(answer.near_misses, 1)),
        notes=answer.trace.notes,
        answerer=answer.answerer,
        model=answer.trace.model,
        settings_hash=settings,
        index_stamp=stamp,
    )


def _cited(citation: Citation) -> Source:
    author = citation.author.name if citation.author else None
    span = (citation.start, citation.end)
    return _source(citation.n, citation.email, span, author, citation.highlight)


def _near(n: int, hit: Hit) -> Source:
    author = hit.chunk.author.name if hit.chunk.author else None
    return _source(n, hit.email, (hit.chunk.start, hit.chunk.end), author)


def _source(
    n: int,
    email: Email,
    span: tuple[int, int],
    author: str | None,
    highlight: tuple[int, int] | None = None,
) -> Source:
    start, end = span
    quote = email.body[start:end]
    return Source(
        n=n,
        message_id=email.id,
        thread_id=email.thread_id,
        sender=email.sender.name,
        author=author,
        to=tuple(names(email.to)),
        date=date_text(email),
        subject=email.subject,
        text_kind=email.text_kind,
        place=_place(email.locator),
        start=start,
        end=end,
        quote=quote,
        highlight=highlight,
        quote_sha256=text_hash(quote),
        body_sha256=text_hash(email.body),
    )


def _place(locator: Span) -> str:
    """`box.mbox, lines 3-9`; of `box.zip!/in/a.eml` the archive's name and the member."""
    archive, mark, member = locator.path.partition("!/")
    name = archive.replace("\\", "/").rpartition("/")[2]
    first, last = locator.first_line, locator.last_line
    lines = f"line {first}" if first == last else f"lines {first}-{last}"
    return f"{name}{mark}{member}, {lines}"


def cited_messages(entries: Sequence[Entry]) -> int:
    """How many different messages are cited."""
    return len({source.message_id for entry in entries for source in entry.citations})
