"""Turning a follow-up ("and what did he say to that?") into a question that stands alone.

Rules only: the topic, people and time of the last questions are carried over. A language model,
when there is one, writes a better one (`rag.rewrite`).
"""

import re
from collections.abc import Sequence

from rag.model import Turn
from rag.names import NameIndex
from rag.terms import terms
from rag.when import periods

_POINTING = re.compile(
    r"\b(?:he|she|him|her|his|hers|it|its|they|them|their|that|this|those|these|there|then|else"
    r"|the\s+(?:same|other|former|latter|first|second|one|deal|plan|offer|proposal|terms|post))\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^\W*(?:and|but|so|then|why|how\s+come|what\s+about|how\s+about|also)\b", re.IGNORECASE
)
#: A question with fewer content words than this leans on the one before.
_FEW_TERMS = 2


def standalone(question: str, history: Sequence[Turn], names: NameIndex) -> str | None:
    """`question` with what it leaves out taken from `history`; None when it stands alone."""
    asked = [turn.content for turn in history if turn.role == "user"]
    if not asked or not _leans(question, names):
        return None
    context = asked[-1]
    if len(asked) > 1 and _leans(context, names):
        context = f"{asked[-2]} {context}"
    said = [turn.content for turn in history if turn.role == "assistant"]
    answer = _first_sentence(said[-1]) if said else ""
    return f"{question.strip()} (following: {_without_marks(f'{context} {answer}')})"


def _leans(question: str, names: NameIndex) -> bool:
    if _POINTING.search(question) or _OPENING.search(question):
        return True
    return len(terms(question)) < _FEW_TERMS and not names.find(question) and not periods(question)


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s", text.strip(), maxsplit=1)[0][:240]


def _without_marks(text: str) -> str:
    return re.sub(r"\s*\[\d+\]", "", text).strip()
