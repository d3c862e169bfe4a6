"""An answer written by a language model: prompt, stream, then every citation checked.

The model is shown whole messages, of long ones an excerpt; what it wrote reaches the user only
through `rag.cite`.
"""

import secrets
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from ingest.errors import LLMCutOff, LLMError
from rag.cite import SupportCheck, resolve
from rag.compose import Composed, stated
from rag.config import Settings
from rag.line import Line, Place
from rag.markers import without_markers
from rag.model import Event, Hit, Passage, Progress, Token
from rag.ports import LLM, Embedder, Prompt, Usage, Vectors, opened
from rag.prompt import build_prompt, one_line, refuses, truncation_warning
from rag.question import Question
from rag.retrieve import Retrieved

#: Characters told of an answer that broke off.
_STUMP = 160
#: Places of a long message that an excerpt should hold.
_PLACES = 3
#: Seconds between two words about the place in line, and to notice a question that was given up.
_BEAT_S = 0.25


@dataclass(frozen=True, slots=True)
class Written:
    """What the model wrote, after checking. `refused`: it says that the passages do not answer."""

    composed: Composed
    raw_text: str
    refused: bool
    usage: Usage
    notes: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that the first word is waited for; `spent_s` of them on a follow-up left unread."""

    all_s: float
    spent_s: float = 0.0

    def check(self, silent_s: float, name: str) -> None:
        """LLMError once a model that was silent before has been so for too long altogether."""
        if self.spent_s and self.spent_s + silent_s >= self.all_s:
            raise LLMError(
                f"{name} wrote nothing within {self.all_s:g} s, neither the follow-up in other "
                "words nor an answer: use a smaller model or raise first_token_timeout_s"
            )


@dataclass(frozen=True, slots=True)
class Means:
    """What a written answer takes besides the model: its line, shared by all who ask, and checks.

    `embedder` tells how near a sentence is to what it cites; `people` are the archive's full names.
    """

    line: Line
    check: SupportCheck
    embedder: Embedder
    patience: Patience
    people: Sequence[str] = ()


def write(
    question: Question,
    retrieved: Retrieved,
    llm: LLM,
    settings: Settings,
    means: Means,
) -> Generator[Event, None, Written]:
    """Yield the tokens as they come and return the checked answer; raises LLMError.

    Half an answer is none: a stream that breaks off raises LLMError, which tells what was written
    until then.
    """
    best = retrieved.hits[: settings.retrieval.messages]
    shown = [_passage(n, hit, retrieved) for n, hit in enumerate(best, 1)]
    built = build_prompt(
        question.topic,
        shown,
        context_length=min(llm.context_length(), settings.answering.context_tokens),
        num_predict=settings.answering.num_predict,
        nonce=secrets.token_hex(8),
    )
    raw_text, usage = yield from _in_turn(llm, built.prompt, means)
    warning = truncation_warning(built.estimate, built.prompt.num_ctx, usage)
    notes = (warning,) if warning else ()
    if refuses(raw_text):
        return Written(stated(""), raw_text, True, usage, notes, built.notes)
    checked = resolve(
        raw_text,
        {passage.n: passage for passage in built.kept},
        check=means.check,
        similarity=_nearness(means.embedder),
        people=means.people,
    )
    if all(sentence.support == "unsupported" for sentence in checked.sentences):
        raise LLMError(f"nothing that {llm.name} wrote is borne out by the mail it was shown")
    composed = Composed(checked.sentences, checked.citations, checked.text)
    if not settings.answering.show_unsupported:
        composed = _without_unsupported(composed)
    return Written(composed, raw_text, False, usage, notes, (*built.notes, *checked.dropped))


def _nearness(embedder: Embedder) -> Callable[[str, str], float]:
    """The cosine of two texts; each text is embedded once."""

    @cache
    def vector(text: str) -> Vectors:
        return embedder.embed_queries([text])

    return lambda one, other: float(np.vdot(vector(one), vector(other)))


def _without_unsupported(composed: Composed) -> Composed:
    kept = tuple(s for s in composed.sentences if s.support != "unsupported")
    cited = {n for sentence in kept for n in sentence.citations}
    citations = tuple(c for c in composed.citations if c.n in cited)
    return Composed(kept, citations, " ".join(sentence.text for sentence in kept))


def _in_turn(llm: LLM, prompt: Prompt, means: Means) -> Generator[Event, None, tuple[str, Usage]]:
    """`_streamed` when it is this question's turn; until then its place is told as it changes."""
    means.patience.check(0.0, llm.name)
    with means.line.place(llm.name) as place:
        while not place.is_served(within_s=_BEAT_S):
            yield Progress("waiting", f"waiting for {llm.name}{place.told()}")
        return (yield from _streamed(llm, prompt, place, means.patience))


def _streamed(
    llm: LLM, prompt: Prompt, place: Place, patience: Patience
) -> Generator[Event, None, tuple[str, Usage]]:
    """The whole text and the usage; raises LLMError.

    The stream yields "" four times a second while nothing comes: told as progress, and a moment at
    which closing this generator closes the connection.
    """
    pieces: list[str] = []
    usage = Usage(None, None, "")
    beats = 0
    try:
        with opened(llm, prompt) as stream:
            for piece in stream:
                if isinstance(piece, Usage):
                    usage = piece
                elif piece:
                    pieces.append(piece)
                    yield Token(piece)
                else:
                    beats += 1
                    if not pieces:
                        patience.check(beats * _BEAT_S, llm.name)
                    waited = f"waiting for {llm.name} {beats // 4} s{place.told()}"
                    yield Progress("waiting", waited)
    except LLMCutOff as error:
        stump = one_line(without_markers(error.partial or "".join(pieces)))
        shown = stump if len(stump) <= _STUMP else f"{stump[:_STUMP]}…"
        raise LLMError(f"{error} - cut off and unchecked: “{shown}”") from error
    return "".join(pieces), usage


def _passage(n: int, hit: Hit, retrieved: Retrieved) -> Passage:
    """The whole message of a hit, and its best places."""
    chunks = [found.chunk for found in (hit, *retrieved.passages.get(hit.email.id, ()))]
    places = dict.fromkeys((chunk.start, chunk.end) for chunk in chunks)
    return Passage(n, hit.email, 0, len(hit.email.body), found=tuple(places)[:_PLACES])
