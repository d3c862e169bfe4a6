"""Cuts messages into the small passages that are embedded, searched and cited.

A passage never crosses from one writer's words into another's, and no word is lost or doubled.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from ingest.model import Chunk, Email, Person, Segment
from ingest.sentences import LIST_MARKER, split_sentences

#: The number of model tokens of each text, without special tokens and without truncation.
CountTokens = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class ChunkSettings:
    """Sizes of passages; part of the index stamp, because other sizes give other passages.

    Of 150, 220, 280 and 400 characters, 150 and 220 ranked best on the dev split of eval/qa.jsonl
    (MRR 0.83 and 0.82 against 0.79 at 400); 220 makes fewer passages.
    """

    #: Characters a passage should have and may have at most.
    aim: int = 220
    longest: int = 280
    #: Window of all-MiniLM-L6-v2 (256) less its two special tokens; header line included.
    max_tokens: int = 254
    #: Raised when the cutting or the embedded text changes.
    version: int = 1


DEFAULT = ChunkSettings()

#: The header line may take at most this many tokens, so that room is left for the passage; names
#: are cut to `_NAME` characters, and at most `_NAMES` recipients are listed.
_HEADING, _NAME, _NAMES = 200, 40, 4
#: A passage this short is not split again, however many tokens its characters take.
_SHORTEST = 16
#: How bad it is to cut at a place, beside how far from the aimed size it is (in shares of it).
_PARAGRAPH, _LINE, _SENTENCE, _LEAD_IN, _WORD = 0.0, 0.15, 0.35, 0.8, 3.0
_BARS = re.compile(r"[█\s]+")
_WORD_BREAK = re.compile(r"\s+")


def chunk_email(
    email: Email, *, count_tokens: CountTokens, settings: ChunkSettings = DEFAULT
) -> tuple[Chunk, ...]:
    """The passages of a message in order: what is searched, but for redaction bars alone.

    Quoted text whose original is in the archive is not searched again.
    """
    passages = [
        (segment, start, end)
        for segment in email.segments
        if segment.is_searched
        for start, end in _pieces(email.body, segment.start, segment.end, settings)
    ]
    fitting = _fitted(email, passages, count_tokens, settings)
    return tuple(_chunk(email, segment, start, end) for segment, start, end in fitting)


def embedding_text(email: Email, chunk: Chunk) -> str:
    """What is embedded and indexed by words: a who/when/subject line, then the passage.

    The line is never quoted. A hint stands for its passage.
    """
    if chunk.hint:
        return chunk.hint
    passage = email.body[chunk.start : chunk.end]
    return f"{heading(email, chunk.author, chunk.role)}\n{passage}"


def heading(email: Email, author: Person | None, role: str = "own") -> str:
    """`Ann Lee to Bob Ray, 20 Sep 2017, Plan:`, or `Cy Doe, quoted by Ann Lee to Bob Ray, ...:`."""
    writer = _short(email.sender.name)
    if role in ("quoted", "forwarded") and author is not None and author != email.sender:
        writer = f"{_short(author.name)}, {role} by {writer}"
    names = [_short(person.name) for person in email.recipients[:_NAMES]]
    if len(email.recipients) > _NAMES:
        names.append(f"{len(email.recipients) - _NAMES} others")
    if names:
        writer += f" to {', '.join(names)}"
    parts = [writer, _day(email.sent_at), email.subject]
    line = " ".join(", ".join(part for part in parts if part).split())
    return _cut_to(line, _HEADING - 1).rstrip(" :") + ":"


def _cut_to(line: str, most_tokens: int) -> str:
    """The start of `line` that surely has no more tokens: a Latin letter is at most one token, a
    character of another script up to three (Hangul is taken apart).
    """
    if line.isascii():
        return line[:most_tokens]
    total = 0
    for index, char in enumerate(line):
        total += 1 if char < "\u0370" else 3
        if total > most_tokens:
            return line[:index]
    return line


def _short(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 1] + "…"


def _day(when: datetime | None) -> str:
    # Not strftime: its month names follow the locale, and the text is part of the chunk's id.
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    return "" if when is None else f"{when.day} {months[when.month - 1]} {when.year}"


def _chunk(email: Email, segment: Segment, start: int, end: int) -> Chunk:
    draft = Chunk("", email.id, email.thread_id, start, end, segment.author, segment.role)
    author = segment.author.name if segment.author else ""
    facts = (email.id, str(start), str(end), author, segment.role, embedding_text(email, draft))
    digest = sha256("\0".join(facts).encode("utf-8", "surrogatepass")).hexdigest()
    return Chunk(digest[:20], email.id, email.thread_id, start, end, segment.author, segment.role)


def _fitted(
    email: Email,
    passages: list[tuple[Segment, int, int]],
    count_tokens: CountTokens,
    settings: ChunkSettings,
) -> list[tuple[Segment, int, int]]:
    """The passages with those that exceed the model's window halved until they fit."""
    if not passages:
        return []
    texts = [
        f"{heading(email, segment.author, segment.role)}\n{email.body[start:end]}"
        for segment, start, end in passages
    ]
    fitting: list[tuple[Segment, int, int]] = []
    for (segment, start, end), tokens in zip(passages, count_tokens(texts), strict=True):
        if tokens <= settings.max_tokens or end - start <= _SHORTEST:
            fitting.append((segment, start, end))
            continue
        half = max(_SHORTEST, (end - start + 1) // 2)
        smaller = ChunkSettings(half, half, settings.max_tokens)
        pieces = [(segment, *piece) for piece in _pieces(email.body, start, end, smaller)]
        fitting += _fitted(email, pieces, count_tokens, settings)
    return fitting


def _pieces(body: str, start: int, end: int, settings: ChunkSettings) -> Iterator[tuple[int, int]]:
    """Trimmed passages of `body[start:end]`, each at most `settings.longest` characters."""
    cuts = _cuts(body[start:end], settings.longest)
    first = 0
    text_end = cuts[-1][0] if cuts else 0
    while first < len(cuts):
        begin = start + (cuts[first - 1][0] if first else 0)
        last = _best_cut(cuts, first, begin - start, text_end, settings)
        piece = body[begin : start + cuts[last][0]]
        left = begin + len(piece) - len(piece.lstrip())
        right = begin + len(piece.rstrip())
        if right > left and not _BARS.fullmatch(body, left, right):
            yield left, right
        first = last + 1


def _best_cut(
    cuts: Sequence[tuple[int, float]],
    first: int,
    begin: int,
    text_end: int,
    settings: ChunkSettings,
) -> int:
    """Index of the cut that ends the passage which starts at `begin`."""
    left = text_end - begin
    if left <= settings.longest:
        return len(cuts) - 1
    # The rest of a text is shared out evenly rather than leaving a scrap at its end.
    aim = left / 2 if left < 2 * settings.aim else settings.aim
    best, best_cost = first, float("inf")
    for index in range(first, len(cuts)):
        position, badness = cuts[index]
        if position - begin > settings.longest and index > first:
            break
        cost = badness + abs(position - begin - aim) / aim
        if cost <= best_cost:
            best, best_cost = index, cost
    return best


def _cuts(text: str, longest: int) -> list[tuple[int, float]]:
    """Where `text` may be cut, ascending, with how bad a cut there is; the last is its end."""
    sentences = split_sentences(text)
    cuts: list[tuple[int, float]] = []
    for index, (start, end) in enumerate(sentences):
        if end - start > longest:
            cuts += [(cut, _WORD) for cut in _word_cuts(text, start, end, longest)]
        following = sentences[index + 1][0] if index + 1 < len(sentences) else len(text)
        cuts.append((end, _badness(text, (start, end), following)))
    return cuts


def _badness(text: str, sentence: tuple[int, int], following: int) -> float:
    """How bad it is to cut after `sentence` when the next one begins at `following`."""
    end = sentence[1]
    breaks = text.count("\n", end, following)
    if text[end - 1] == ":":
        return _LEAD_IN
    if breaks > 1:
        # Items of a list stay together rather than with what is around them.
        return _LINE if LIST_MARKER.match(text, following) else _PARAGRAPH
    return _LINE if breaks else _SENTENCE


def _word_cuts(text: str, start: int, end: int, longest: int) -> Iterator[int]:
    """Cuts inside a long sentence: between words, and inside a word longer than a passage."""
    last = start
    for match in _WORD_BREAK.finditer(text, start, end):
        yield from range(last + longest, match.start(), longest)
        yield match.start()
        last = match.end()
    yield from range(last + longest, end, longest)
