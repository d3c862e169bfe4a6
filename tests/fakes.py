"""Small hand-made mail for tests: messages, passages, mbox files, archives."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.archive import Archive, read_archive
from ingest.chunk import chunk_email
from ingest.model import Chunk, Email, Person, Segment, Span
from rag.adapters.hashing_embedder import HashingEmbedder

ANN = Person("Ann Lee", ("ann@example.org",))
BOB = Person("Bob Ray", ("bob@example.org",))
CY = Person("Cy Doe", ("cy@example.org",))

_WORDS = """harbour ledger meadow copper violin granite lantern orchard saddle thimble walnut anchor
    barley candle dagger ember falcon goblet hammock island jigsaw kettle lemon magnet needle
    oyster pebble quartz ribbon sickle turnip umbrella velvet whistle yogurt zephyr""".split()


def make_email(
    message_id: str,
    body: str,
    *,
    sender: Person = ANN,
    to: Sequence[Person] = (BOB,),
    sent_at: datetime | None = datetime(2021, 5, 3, 9, 30, tzinfo=UTC),
    segments: Sequence[Segment] = (),
) -> Email:
    """A message of one own segment unless `segments` are given."""
    return Email(
        id=message_id,
        kind="email",
        sender=sender,
        to=tuple(to),
        cc=(),
        sent_at=sent_at,
        date_source="header" if sent_at else "none",
        subject="The boat",
        body=body,
        segments=tuple(segments) or (Segment(0, len(body), sender, "own"),),
        thread_id=message_id,
        locator=Span("/mail/boat.mbox", 1, 9),
    )


def passages_of(emails: Iterable[Email]) -> list[tuple[Chunk, Email]]:
    """All passages of the messages, with their messages."""
    count = HashingEmbedder().count_tokens
    return [(chunk, email) for email in emails for chunk in chunk_email(email, count_tokens=count)]


def make_mbox(path: Path, numbers: Iterable[int], *, note: str = "") -> Path:
    """An mbox of one message per number; a number always gives the same message."""
    path.write_text("".join(_mbox_entry(n, note) for n in numbers), encoding="utf-8")
    return path


@contextmanager
def opened_archive(*sources: Path) -> Iterator[Archive]:
    """The archive of these sources, read into a folder that is gone afterwards."""
    with TemporaryDirectory() as workspace:
        archive = read_archive(sources, workspace=Path(workspace))
        yield archive
        archive.store.close()


def _mbox_entry(n: int, note: str) -> str:
    sent = datetime(2019, 1, 1, 8, tzinfo=UTC) + timedelta(hours=7 * n)
    sender, receiver = (ANN, BOB) if n % 3 else (CY, ANN)
    words = [_WORDS[(n * 7 + i * (1 + n % 5)) % len(_WORDS)] for i in range(40 + n % 90)]
    return (
        f"From {sender.addresses[0]} Tue Jan  1 08:00:00 2019\n"
        f"Message-ID: <m{n}@example.org>\n"
        f"From: {sender.name} <{sender.addresses[0]}>\n"
        f"To: {receiver.name} <{receiver.addresses[0]}>\n"
        f"Date: {sent:%a, %d %b %Y %H:%M:%S +0000}\n"
        f"Subject: Report {n} {note}\n\n"
        f"Report number {n} says {' '.join(words)}. {note}\n\n"
        f"It ends with {words[0]}.\n\n"
    )
