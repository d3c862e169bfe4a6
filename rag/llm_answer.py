"""An answer written by a language model: prompt, stream, then every citation checked.

The model is shown whole messages; what it wrote reaches the user only through `rag.cite`.
"""

import secrets
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from ingest.errors import LLMCutOff
from rag.cite import resolve
from rag.compose import Composed
from rag.config import Settings
from rag.model import Event, Hit, Passage, Token
from rag.ports import LLM, Prompt, Usage
from rag.prompt import build_prompt, refuses, truncation_warning
from rag.question import Question


@dataclass(frozen=True, slots=True)
class Written:
    """What the model wrote, after checking. `refused`: it says that the passages do not answer."""

    composed: Composed
    raw_text: str
    refused: bool
    usage: Usage
    notes: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def write(
    question: Question, hits: Sequence[Hit], llm: LLM, settings: Settings
) -> Generator[Event, None, Written]:
    """Yield the tokens as they come and return the checked answer; raises LLMError.

    A stream that breaks off after some text gives what was written, with a note that says so.
    """
    shown = [_passage(n, hit) for n, hit in enumerate(hits[: settings.retrieval.messages], 1)]
    built = build_prompt(
        question.topic,
        shown,
        context_length=llm.context_length(),
        num_predict=settings.answering.num_predict,
        nonce=secrets.token_hex(8),
    )
    raw_text, usage, cut = yield from _streamed(llm, built.prompt)
    notes = [note for note in (truncation_warning(built.estimate, usage), cut) if note]
    if refuses(raw_text):
        return Written(Composed((), ()), raw_text, True, usage, tuple(notes), built.notes)
    checked = resolve(raw_text, {passage.n: passage for passage in built.kept})
    return Written(
        Composed(checked.sentences, checked.citations),
        raw_text,
        False,
        usage,
        tuple(notes),
        (*built.notes, *checked.dropped),
    )


def _streamed(llm: LLM, prompt: Prompt) -> Generator[Event, None, tuple[str, Usage, str]]:
    """The whole text, the usage, and the reason when the stream broke off."""
    pieces: list[str] = []
    usage = Usage(None, None, "")
    stream = llm.stream(prompt)
    try:
        for piece in stream:
            if isinstance(piece, Usage):
                usage = piece
            else:
                pieces.append(piece)
                yield Token(piece)
    except LLMCutOff as error:
        return error.partial or "".join(pieces), usage, f"the answer is cut off: {error}"
    finally:
        close = getattr(stream, "close", None)
        if close:
            close()
    return "".join(pieces), usage, ""


def _passage(n: int, hit: Hit) -> Passage:
    return Passage(n, hit.email, 0, len(hit.email.body))
