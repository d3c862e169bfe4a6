"""A finding aid, as archivists call it: questions that a message answers, searched beside its text.

Indexing questions for passages is known as document expansion by query prediction (Nogueira et al.
2019, "doc2query"): people who use other words than the mail still find it. An aid is never quoted;
it only points to the sentence of the message that answers.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from ingest.model import Chunk, Email, Segment
from ingest.sentences import split_sentences

# One character for one, so that offsets stay.
_PLAIN = str.maketrans("’‘“”–—‑", "''\"\"---")


@dataclass(frozen=True, slots=True)
class Aid:
    """A question, and phrases that stand in the sentence that answers it (any one will do)."""

    question: str
    phrases: tuple[str, ...]


def aid_chunks(email: Email, aids: Sequence[Aid]) -> tuple[Chunk, ...]:
    """A chunk for each aid whose phrase stands in the message; its text is the answering sentence.

    Aids whose phrases are not there (another text of the message) are left out.
    """
    plain = email.body.translate(_PLAIN)
    spans = _spans(email)
    found = []
    for aid in aids:
        offset = _find(plain, aid.phrases)
        holder = next((s for s in spans if offset is not None and s[0] <= offset < s[1]), None)
        if holder:
            found.append(_chunk(email, *holder, aid.question))
    return tuple(dict.fromkeys(found))


def _find(plain: str, phrases: Sequence[str]) -> int | None:
    """Offset of the first phrase, in the order given, that stands in `plain`."""
    for phrase in phrases:
        words = [re.escape(word) for word in phrase.translate(_PLAIN).split()]
        match = re.search(r"(?<!\w)" + r"\s+".join(words) + r"(?!\w)", plain, re.IGNORECASE)
        if words and match:
            return match.start()
    return None


def _spans(email: Email) -> list[tuple[int, int, Segment]]:
    return [
        (segment.start + start, segment.start + end, segment)
        for segment in email.segments
        if segment.is_searched
        for start, end in split_sentences(email.body[segment.start : segment.end])
    ]


def _chunk(email: Email, start: int, end: int, segment: Segment, question: str) -> Chunk:
    facts = (email.id, str(start), email.body[start:end], segment.role, question)
    digest = sha256("\0".join(facts).encode("utf-8", "surrogatepass")).hexdigest()
    return Chunk(
        f"q{digest[:19]}",
        email.id,
        email.thread_id,
        start,
        end,
        segment.author,
        segment.role,
        question,
    )
