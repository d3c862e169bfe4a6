"""Finds the message that quoted words were first sent in."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ingest.model import Email, Person, Segment
from ingest.spool import OPENING_WORDS, opening_of

#: Given the hash of an opening: an earlier message's (id, sender, own text), or None.
Lookup = Callable[[int], "Said | None"]

_MARKS = re.compile(r"^[ \t]*(?:[>|][ \t]?)+", re.MULTILINE)
#: Messages of a thread that are searched, the latest; longer threads quote what is near.
MOST_SEARCHED = 300
_LONGEST = 200_000


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says in its sender's own words. Texts have single spaces."""

    message_id: str
    author: Person
    own: str
    #: With signature and disclaimer, which a quote may include.
    whole: str


def said(email: Email) -> Said:
    """The words of a message's sender."""
    parts = [s for s in email.segments if s.role in ("own", "signature", "disclaimer")]
    whole = "\n".join(email.body[s.start : s.end] for s in parts)
    own = "\n".join(email.body[s.start : s.end] for s in parts if s.role == "own")
    return Said(email.id, email.sender, _plain(own), _plain(whole))


def with_origins(email: Email, earlier: Iterable[Said], lookup: Lookup) -> Email:
    """The message with `origin_id` on each quoted segment that an earlier message contains.

    `earlier` are the messages before it in its thread, at most MOST_SEARCHED. A quoted text of
    unknown author gets the author of the message that it is found in.
    """
    if not any(s.role in ("quoted", "forwarded") for s in email.segments):
        return email
    segments = tuple(_with_origin(email, s, earlier, lookup) for s in email.segments)
    return replace(email, segments=segments)


def _with_origin(
    email: Email, segment: Segment, earlier: Iterable[Said], lookup: Lookup
) -> Segment:
    if segment.role not in ("quoted", "forwarded"):
        return segment
    text = _plain(_MARKS.sub("", email.body[segment.start : segment.end]))
    found = next((s for s in earlier if _is_origin(s, text, segment.author)), None)
    if found is None and (opening := opening_of(text)) is not None:
        candidate = lookup(opening)
        if candidate and _is_origin(candidate, text, segment.author):
            found = candidate
    if found is None or found.message_id == email.id:
        return segment
    return replace(segment, origin_id=found.message_id, author=segment.author or found.author)


def _is_origin(origin: Said, text: str, author: Person | None) -> bool:
    """True when `text` is the whole of an author's message or at least eight words of it."""
    if author is not None and author != origin.author:
        return False
    if text == origin.own:
        return author is not None and bool(text)
    if text.count(" ") + 1 < OPENING_WORDS:
        return False
    is_long = origin.own.count(" ") + 1 >= OPENING_WORDS
    return text in origin.whole or (is_long and origin.own in text)


def _plain(text: str) -> str:
    return " ".join(text[:_LONGEST].split())
