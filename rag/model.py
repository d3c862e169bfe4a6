"""What a question and its answer are made of: scope, hits, citations, sentences, the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from ingest.model import Chunk, Email, Person

Support = Literal["supported", "partly", "unsupported"]
#: What a text is to another by an entailment model.
Verdict = Literal["entailed", "neutral", "contradicted"]
Status = Literal["answered", "not_in_archive", "failed"]
#: What the text of an answer with status "not_in_archive" begins with.
WITHHELD = "Not in this archive."
Stage = Literal["loading", "searching", "reading", "waiting", "writing", "checking"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Who and when a question is about. Names are canonical people of the archive.

    Fields named in `explicit` were asked for by flag, chip or query grammar and filter hard; the
    others are guesses from plain words and only raise the score of what matches.
    `since` and `until` are inclusive local dates of the sender.
    """

    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    explicit: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """True when the question names neither people nor time."""
        return not (self.senders or self.recipients or self.about or self.since or self.until)


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage. Ranks are 1-based, None when not found; `score` is a weighted sum."""

    chunk: Chunk
    email: Email
    score: float
    dense_rank: int | None = None
    lexical_rank: int | None = None
    #: Cosine similarity of question and passage in [-1, 1]; None when not in the dense list.
    similarity: float | None = None
    #: Share of the question's words that the passage holds, by rarity.
    words: float = 0.0

    @property
    def text(self) -> str:
        """The passage, exactly as it stands in the message."""
        return self.email.body[self.chunk.start : self.chunk.end]


@dataclass(frozen=True, slots=True)
class Citation:
    """`email.body[start:end] == quote`, always. `author` wrote the quoted words."""

    n: int
    email: Email
    start: int
    end: int
    quote: str
    author: Person | None
    #: The span inside the quote that answers best, absolute offsets into the body; None: all of it.
    highlight: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.email.body[self.start : self.end] != self.quote or not self.quote:
            raise ValueError(f"citation {self.n}: the quote is not the text of {self.email.id}")

    @property
    def message_id(self) -> str:
        """Id of the cited message."""
        return self.email.id


@dataclass(frozen=True, slots=True)
class Passage:
    """`email.body[start:end]` as it is shown to a language model under the number `n` (from 1).

    `heading` is the who/when line: sender, recipients, date, subject. `found` are the places of the
    message that were found, best first: (start, end) in the body.
    """

    n: int
    email: Email
    start: int
    end: int
    heading: str = ""
    found: tuple[tuple[int, int], ...] = ()

    @property
    def text(self) -> str:
        """The passage, exactly as it stands in the message."""
        return self.email.body[self.start : self.end]

    @property
    def is_whole(self) -> bool:
        """True when nothing of the message is left out."""
        return (self.start, self.end) == (0, len(self.email.body))

    @property
    def author(self) -> Person | None:
        """Who wrote the first words of the passage."""
        segments = (s for s in self.email.segments if s.start <= self.start < s.end)
        return next((segment.author for segment in segments), self.email.sender)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One statement of the answer, the citations it rests on, and whether they bear it out."""

    text: str
    citations: tuple[int, ...]
    support: Support


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything the answer did, for `--trace` and for the page."""

    scope: Scope = field(default_factory=Scope)
    rewritten_question: str | None = None
    #: Who wrote the stand-alone form of a follow-up; "" when the question needed none.
    rewritten_by: Literal["", "rules", "model"] = ""
    question_kind: str = ""
    #: Best score and the floor it was compared with.
    confidence: float = 0.0
    floor: float = 0.0
    #: What was left out and why, one line each.
    dropped: tuple[str, ...] = ()
    #: What the user should know: fallbacks, warnings, faults of the language model.
    notes: tuple[str, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    #: The language model that wrote the answer; empty when none did.
    model: str = ""
    prompt_tokens: int | None = None
    answer_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The one result of a question. `text` carries `[n]` markers that all resolve to citations."""

    question: str
    text: str
    raw_text: str
    status: Status
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    near_misses: tuple[Hit, ...]
    answerer: str
    settings_hash: str
    trace: Trace


@dataclass(frozen=True, slots=True)
class Progress:
    """What is being done now: `stage` for machines, `detail` for people ("reading 6 emails")."""

    stage: Stage
    detail: str


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer as it is written. Not yet checked: the final `Answer` replaces it."""

    text: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the conversation so far."""

    role: Literal["user", "assistant"]
    content: str


#: What `Engine.ask_stream` yields: progress and tokens, then exactly one Answer, last.
Event = Progress | Token | Answer
