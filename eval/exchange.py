"""Writes an archive for an experiment in the digest's layout, which `exhibit ingest FILE` reads.

Used where a suite comes with mail of its own: swapped copies of an archive, public test sets.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ingest.model import Email, Kind


@dataclass(frozen=True, slots=True)
class Message:
    """One message, people as plain names. `sent_at` is a time, the midnight of a day, or None."""

    id: str
    sender: str
    body: str
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    sent_at: datetime | None = None
    time_known: bool = True
    subject: str = ""
    thread: str = ""
    parent: str | None = None
    kind: Kind = "email"


def message_of(email: Email) -> Message:
    """The message as plain data; who wrote which part of it is lost."""
    return Message(
        id=email.id,
        sender=email.sender.name,
        body=email.body,
        to=tuple(person.name for person in email.to),
        cc=tuple(person.name for person in email.cc),
        sent_at=email.sent_at,
        time_known=email.time_known,
        subject=email.subject,
        thread=email.thread_id,
        parent=email.parent_id,
        kind=email.kind,
    )


def write_archive(messages: Iterable[Message], path: Path) -> int:
    """Write the messages to `path`; returns how many."""
    lines = [json.dumps(_record(message), ensure_ascii=False) for message in messages]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return len(lines)


def _record(message: Message) -> dict[str, object]:
    when = message.sent_at
    if when is None:
        date = None
    else:
        date = when.isoformat() if message.time_known else when.date().isoformat()
    parent = {} if message.parent is None else {"parent": message.parent}
    return {
        "id": message.id,
        "kind": message.kind,
        "date": date,
        "date_source": "header" if when else "none",
        "from": message.sender,
        "subject": message.subject,
        "to": list(message.to),
        "cc": list(message.cc),
        "thread": message.thread or message.id,
        **parent,
        "words": len(message.body.split()),
        "sha256": hashlib.sha256(message.body.encode()).hexdigest(),
        "body": message.body,
    }
