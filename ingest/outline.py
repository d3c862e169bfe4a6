"""What is kept in memory of each message while an archive is put together: no text, only facts."""

from dataclasses import dataclass, replace
from datetime import datetime

from ingest.model import DateSource, Kind


@dataclass(frozen=True, slots=True)
class Outline:
    """One spooled draft. People are numbers of identities.

    `place` is where it stands in its file (bytes or lines), for order within the file; `digest` is
    a hash of the body with white space normalised, `length` its characters without notes.
    """

    seq: int
    path: int
    place: int
    sender: int
    recipients: tuple[int, ...]
    sent_at: datetime | None
    date_source: DateSource
    time_known: bool
    subject: str
    digest: bytes
    length: int
    #: A hash of the first words of the sender's own text; None when there are too few.
    opening: int | None = None
    kind: Kind = "email"
    is_restated: bool = False
    message_id: str | None = None
    references: tuple[str, ...] = ()
    thread_key: str | None = None
    #: `seq` of the message this one was attached to.
    carrier: int | None = None

    @property
    def has_real_id(self) -> bool:
        """True for a Message-ID, which no two messages share; False for an id from a transcript."""
        return self.message_id is not None and "@" in self.message_id

    def resolved(self, path: int, sender: int, recipients: tuple[int, ...]) -> "Outline":
        """The outline with identities for mentions and another number for its file."""
        return replace(self, path=path, sender=sender, recipients=recipients)


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies of one message: the one that is shown and the others, in a stable order."""

    kept: Outline
    others: tuple[Outline, ...] = ()

    @property
    def all(self) -> tuple[Outline, ...]:
        """Every copy, the kept one first."""
        return (self.kept, *self.others)


def content_key(outline: Outline) -> tuple[float, str, str, bytes, int, int]:
    """Sorts messages by time and content, whatever order their files are read in."""
    at = outline.sent_at.timestamp() if outline.sent_at else float("inf")
    return (
        at,
        outline.message_id or "",
        outline.subject,
        outline.digest,
        outline.sender,
        outline.place,
    )
