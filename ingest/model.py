"""The typed vocabulary of mail: people, messages, segments, chunks. No behaviour beyond invariants.

All text offsets are half-open character offsets into `Email.body`. All times are aware or None.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["email", "imessage", "forwarded"]
TextKind = Literal["verbatim", "restated"]
Role = Literal[
    "own", "quoted", "forwarded", "signature", "disclaimer", "note", "frame", "attachment"
]
DateSource = Literal["header", "received", "envelope", "inferred", "none"]

#: Roles whose text is searched and cited. Signatures, disclaimers and the frame (attribution lines,
#: marks of what was cut) are kept but not indexed.
INDEXED_ROLES: frozenset[str] = frozenset({"own", "quoted", "forwarded", "note", "attachment"})


@dataclass(frozen=True, slots=True)
class Span:
    """Where a message stands in its file: 1-based inclusive lines, and byte offsets in an mbox.

    `path` is absolute; a member of an archive or a nested message adds `!/member` parts.
    """

    path: str
    first_line: int
    last_line: int
    first_byte: int | None = None
    last_byte: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.first_line <= self.last_line:
            raise ValueError(f"lines {self.first_line}-{self.last_line} are not a 1-based range")


@dataclass(frozen=True, slots=True)
class Person:
    """One identity. `name` is the canonical display name; addresses are lower-case, sorted."""

    name: str
    addresses: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


REDACTED = Person("<redacted>")


@dataclass(frozen=True, slots=True)
class Segment:
    """`body[start:end]`, written by `author` (None where the mail does not say)."""

    start: int
    end: int
    author: Person | None
    role: Role
    #: When the mail says when a quoted text was written.
    sent_at: datetime | None = None
    #: Id of the message this text was first sent in, when that message is in the archive.
    origin_id: str | None = None

    @property
    def is_searched(self) -> bool:
        """True when its text is indexed and cited: a copy is found through its original."""
        return self.role in INDEXED_ROLES and self.origin_id is None and self.end > self.start


@dataclass(frozen=True, slots=True)
class Attachment:
    """Metadata of an attached file; text that is indexed is an `attachment` segment of the body."""

    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Variant:
    """Another copy of the same message whose text or place differs from the one kept."""

    locator: Span
    body: str
    subject: str
    #: True when the other copy is identical after normalising white space.
    identical: bool = False


@dataclass(frozen=True, slots=True)
class Email:
    """One message. `segments` cover `body` without gaps or overlaps, in order."""

    id: str
    kind: Kind
    sender: Person
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    sent_at: datetime | None
    date_source: DateSource
    subject: str
    body: str
    segments: tuple[Segment, ...]
    thread_id: str
    locator: Span
    text_kind: TextKind = "verbatim"
    #: False when the source gives only the day; `sent_at` is then that day's midnight.
    time_known: bool = True
    parent_id: str | None = None
    attachments: tuple[Attachment, ...] = ()
    variants: tuple[Variant, ...] = ()

    def __post_init__(self) -> None:
        if self.sent_at is not None and self.sent_at.tzinfo is None:
            raise ValueError(f"{self.id}: sent_at must be aware")
        check_cover(self.segments, len(self.body), self.id)

    @property
    def recipients(self) -> tuple[Person, ...]:
        """To, then Cc."""
        return self.to + self.cc


@dataclass(frozen=True, slots=True)
class Draft:
    """One message as its file tells it, before people, threads and duplicates are resolved.

    People are as spelled here: one `Person` per mention, with the one address given, if any.
    Segment authors likewise. `segments` cover `body`.
    """

    locator: Span
    kind: Kind
    sender: Person
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    sent_at: datetime | None
    date_source: DateSource
    subject: str
    body: str
    segments: tuple[Segment, ...]
    text_kind: TextKind = "verbatim"
    time_known: bool = True
    #: Message-ID without angle brackets, or an id the source itself fixes; None: made from content.
    message_id: str | None = None
    #: Message-IDs this one answers, nearest last (References, then In-Reply-To).
    references: tuple[str, ...] = ()
    #: A key shared by the messages the source itself puts into one thread (transcripts, digest).
    thread_key: str | None = None
    #: Locator of the message this one was attached to (message/rfc822).
    attached_to: Span | None = None
    attachments: tuple[Attachment, ...] = ()
    #: What was cut or repaired while reading, one line each, for the receipt.
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """An input message or file that could not become a message, and why."""

    locator: Span
    reason: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of one segment. `id` is a hash of content; its text is `email.body[start:end]`."""

    id: str
    email_id: str
    thread_id: str
    start: int
    end: int
    author: Person | None
    role: Role = "own"
    #: A question that the passage answers, searched in the passage's stead (see `ingest.aid`).
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """What became of one input message."""

    locator: Span
    outcome: Literal["indexed", "duplicate", "variant", "skipped"]
    message_id: str | None = None
    reason: str = ""


def check_cover(segments: Sequence[Segment], length: int, label: str) -> None:
    """Raise ValueError unless the segments cover `[0, length)` in order without gap or overlap."""
    position = 0
    for segment in segments:
        if segment.start != position or segment.end < segment.start:
            raise ValueError(f"{label}: segments do not cover the body at offset {position}")
        position = segment.end
    if position != length:
        raise ValueError(f"{label}: segments end at {position}, the body at {length}")
