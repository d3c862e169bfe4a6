"""Putting quotes into an answer: lead-ins from metadata, numbered citations, nothing in own words.

Everything quoted is `email.body[start:end]`; the lead-in says who wrote it, to whom and when.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.model import Email, Person, Segment
from rag.extract import Candidate, joined
from rag.model import Citation, Sentence

#: The ">" in front of quoted lines: shown neither in a sentence nor counted as its words.
_QUOTE_MARKS = re.compile(r"^(?:> ?)+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Composed:
    """Sentences, the citations that they carry, and the text shown, with `[n]` markers."""

    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    text: str


def quote_answer(picked: Sequence[Candidate]) -> Composed:
    """An answer of quotes in the given order; neighbours in one message share a citation."""
    citations = tuple(_citation(n, quoted) for n, quoted in enumerate(joined(picked), 1))
    sentences = tuple(
        Sentence(
            f"{lead_in(c)}: “{flat(_QUOTE_MARKS.sub('', c.quote))}” [{c.n}]", (c.n,), "supported"
        )
        for c in citations
    )
    return Composed(sentences, citations, _lines(sentences))


def headed(headline: str, body: Composed) -> Composed:
    """The same answer under a line of its own that rests on all its citations."""
    marks = "".join(f"[{c.n}]" for c in body.citations)
    first = Sentence(f"{headline} {marks}".strip(), tuple(c.n for c in body.citations), "supported")
    sentences = (first, *body.sentences)
    return Composed(sentences, body.citations, _lines(sentences))


def stated(text: str) -> Composed:
    """An answer of one line that cites nothing, such as "Not in this archive."."""
    return Composed((Sentence(text, (), "supported"),), (), text)


def _lines(sentences: Iterable[Sentence]) -> str:
    return "\n\n".join(sentence.text for sentence in sentences)


def lead_in(citation: Citation) -> str:
    """Who wrote the quoted words, to whom, when: "Ilya Sutskever to Elon Musk, 20 Sep 2017"."""
    email = citation.email
    line = _writer(citation)
    if email.to:
        line += f" to {_names(email.to)}"
    if email.sent_at:
        line += f", {email.sent_at.day} {email.sent_at:%b %Y}"
    if email.text_kind == "restated":
        line += " (restated)"
    return line


def flat(text: str) -> str:
    """`text` on one line, for showing inside a sentence."""
    return " ".join(text.split())


def _writer(citation: Citation) -> str:
    segment = segment_at(citation.email, citation.start)
    sender = citation.email.sender.name
    if segment is None or segment.role == "own":
        return sender
    author = segment.author.name if segment.author else "an unnamed writer"
    verbs = {"quoted": "quoted by", "forwarded": "forwarded by"}
    if segment.role == "attachment":
        return f"Attachment sent by {sender}"
    return f"{author}, {verbs.get(segment.role, 'noted with a message by')} {sender}"


def segment_at(email: Email, offset: int) -> Segment | None:
    """The segment of the message that holds the character at `offset`."""
    return next((s for s in email.segments if s.start <= offset < s.end), None)


def _names(people: Iterable[Person]) -> str:
    names = [person.name for person in people]
    if len(names) > 3:
        return f"{', '.join(names[:2])} and {len(names) - 2} others"
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]


def _citation(n: int, quoted: Sequence[Candidate]) -> Citation:
    """One quote of neighbouring sentences; the first given, the best, is its highlight."""
    best = quoted[0]
    start, end = min(c.start for c in quoted), max(c.end for c in quoted)
    highlight = (best.start, best.end) if len(quoted) > 1 else None
    return Citation(n, best.email, start, end, best.email.body[start:end], best.author, highlight)
