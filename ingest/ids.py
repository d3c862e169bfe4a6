"""Message ids: the Message-ID where there is one, else made from date and sender."""

import re
from collections.abc import Callable
from datetime import datetime

from ingest.model import Person
from ingest.names import take_apart

_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f<>\ud800-\udfff]+")
#: Longest id kept whole; RFC 5322 bounds a header line at 998 characters.
_LONGEST = 250


def clean_id(message_id: str) -> str:
    """The id without angle brackets, white space and control characters; may be empty."""
    return _UNSAFE.sub("", message_id)[:_LONGEST]


def make_id(
    sender: Person, sent_at: datetime | None, digest: bytes, *, time_known: bool = True
) -> str:
    """`2017-09-20T1408-sutskever` in the sender's local time, or `undated-sutskever-1f2e3d4c`.

    `digest` is a hash of the body, at least four bytes; it tells undated messages apart.
    """
    who = surname(sender)
    if sent_at is None:
        return f"undated-{who}-{digest[:4].hex()}"
    clock = f"T{sent_at.hour:02}{sent_at.minute:02}" if time_known else ""
    return f"{sent_at.year:04}-{sent_at.month:02}-{sent_at.day:02}{clock}-{who}"


def surname(person: Person) -> str:
    """The last word of the name in lower-case ASCII, or what stands before the @."""
    name = person.name.partition("@")[0] if "@" in person.name else person.name
    words = take_apart(name).words
    letters = "".join(c for c in words[-1] if c.isascii() and c.isalnum()) if words else ""
    return letters[:40] or (words[-1][:40] if words else "unknown")


class Namer:
    """Gives each message an id of its own: what is asked for first gets it, others `-2`, `-3`."""

    def __init__(self, is_taken: Callable[[str], bool]) -> None:
        """`is_taken`: whether an id was given already; who asks for names notes them."""
        self._is_taken = is_taken
        self._counts: dict[str, int] = {}

    def name(self, stem: str) -> str:
        """The stem, or the stem with the next number that is free."""
        candidate = stem
        while self._is_taken(candidate):
            self._counts[stem] = self._counts.get(stem, 1) + 1
            candidate = f"{stem}-{self._counts[stem]}"
        return candidate
