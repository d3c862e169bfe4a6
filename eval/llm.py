"""Asking a language model one plain question, outside the engine: baselines, drafts, judge."""

from ingest.errors import LLMError
from rag.ports import LLM, Prompt, Usage
from rag.prompt import estimate_tokens


def said(llm: LLM, system: str, user: str, *, most: int = 256) -> tuple[str, Usage]:
    """What the model writes, in at most `most` tokens; raises LLMError.

    LLMError too when the prompt does not fit what the model reads: nothing is cut.
    """
    needed = estimate_tokens(system) + estimate_tokens(user) + most
    room = llm.context_length()
    if needed > room:
        raise LLMError(
            f"the prompt takes about {needed} tokens and {llm.name} reads {room}; "
            "use a model with a longer context"
        )
    pieces: list[str] = []
    usage = Usage(None, None, "")
    for piece in llm.stream(Prompt(system, user, needed, most)):
        if isinstance(piece, Usage):
            usage = piece
        else:
            pieces.append(piece)
    return "".join(pieces).strip(), usage
