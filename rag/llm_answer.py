"""An answer written by a language model: prompt, stream, then every citation checked.

The model is shown whole messages; what it wrote reaches the user only through `rag.cite`.
"""

import secrets
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from ingest.errors import LLMCutOff, LLMError
from rag.cite import resolve
from rag.compose import Composed, stated
from rag.config import Settings
from rag.model import Event, Hit, Passage, Progress, Token
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
    question: Question,
    hits: Sequence[Hit],
    llm: LLM,
    settings: Settings,
    *,
    people: Sequence[str] = (),
) -> Generator[Event, None, Written]:
    """Yield the tokens as they come and return the checked answer; raises LLMError.

    `people` are the full names of the archive. A stream that breaks off after some text gives what
    was written, with a note that says so.
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
        return Written(stated(""), raw_text, True, usage, tuple(notes), built.notes)
    checked = resolve(raw_text, {passage.n: passage for passage in built.kept}, people=people)
    if all(sentence.support == "unsupported" for sentence in checked.sentences):
        unproven = f"nothing that {llm.name} wrote is borne out by the mail it was shown"
        raise LLMError(cut or unproven)
    composed = Composed(checked.sentences, checked.citations, checked.text)
    if not settings.answering.show_unsupported:
        composed = _without_unsupported(composed)
    return Written(composed, raw_text, False, usage, tuple(notes), (*built.notes, *checked.dropped))


def _without_unsupported(composed: Composed) -> Composed:
    kept = tuple(s for s in composed.sentences if s.support != "unsupported")
    cited = {n for sentence in kept for n in sentence.citations}
    citations = tuple(c for c in composed.citations if c.n in cited)
    return Composed(kept, citations, " ".join(sentence.text for sentence in kept))


def _streamed(llm: LLM, prompt: Prompt) -> Generator[Event, None, tuple[str, Usage, str]]:
    """The whole text, the usage, and the reason when the stream broke off.

    The stream yields "" four times a second while nothing comes: told as progress, and a moment at
    which closing this generator closes the connection.
    """
    pieces: list[str] = []
    usage = Usage(None, None, "")
    beats = 0
    stream = llm.stream(prompt)
    try:
        for piece in stream:
            if isinstance(piece, Usage):
                usage = piece
            elif piece:
                pieces.append(piece)
                yield Token(piece)
            else:
                beats += 1
                yield Progress("waiting", f"waiting for {llm.name} {beats // 4} s")
    except LLMCutOff as error:
        return error.partial or "".join(pieces), usage, f"the answer is cut off: {error}"
    finally:
        close = getattr(stream, "close", None)
        if close:
            close()
    return "".join(pieces), usage, ""


def _passage(n: int, hit: Hit) -> Passage:
    return Passage(n, hit.email, 0, len(hit.email.body))
