"""A follow-up as a question that stands alone, written by the language model when there is one.

The model may choose words of the conversation, not add any: what fails a check is left to the rules
of `rag.followup`.
"""

import re
import secrets
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ingest.errors import LLMError, UsageError
from rag.ellipsis import complete, completed
from rag.followup import brought_in, standalone
from rag.line import Line
from rag.markers import without_markers
from rag.model import Progress, Turn
from rag.names import NameIndex
from rag.ports import LLM, Prompt, Usage, opened
from rag.prompt import NOT_IN_ARCHIVE, one_line, rewrite_prompt
from rag.terms import terms

_LABEL = re.compile(r"^\W*(?:rewritten(?: question)?|question)\W*:\s*", re.IGNORECASE)
_QUOTES = "\"'“”*` "
_ASKS = re.compile(
    r"^\W*(?:who|whom|whose|what|when|where|which|why|how|did|does|do|is|are|was|were|has|have|had"
    r"|can|could|would|will|should|in what|at what|on what|to whom|from whom|by whom|list|show|tell"
    r"|name|find|count|give|summari[sz]e|describe|explain|compare)\b",
    re.IGNORECASE,
)
#: A capital inside a sentence names something; digits date or count something.
_PARTICULAR = re.compile(r"(?<=[a-z,;'’] )[A-Z][\w-]*|\d+")
_PARTS = re.compile(r"[^\W_]+")
#: Seconds between two looks at the line.
_BEAT_S = 0.25
#: Characters of a rewrite: as many times the question, and of a question at least.
_LONGEST, _SHORTEST = 4, 60


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A stand-alone question and who wrote it; `rejected` says why the model's was not used.

    `asked` is what the follow-up asks by itself. `waited_in_vain`: the model was waited for and
    wrote none. `new` are the words as typed that the follow-up brings into the conversation.
    """

    text: str
    by: Literal["rules", "model"]
    asked: str = ""
    rejected: str = ""
    waited_in_vain: bool = False
    new: tuple[str, ...] = ()


def rewrite(
    question: str,
    history: Sequence[Turn],
    names: NameIndex,
    llm: LLM | None,
    line: Line,
    *,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> Generator[Progress, None, Rewrite | None]:
    """The stand-alone form of `question`; None when it stands alone as it is.

    The model is asked only where the rules see a follow-up, and for `seconds` at most, those in
    `line` included. Yields while nothing comes; closing the generator closes the model's stream.
    """
    history = completed(history, names)
    before = next((turn.content for turn in reversed(history) if turn.role == "user"), "")
    whole = complete(question, before, names)
    asked = whole or question
    ruled = standalone(asked, history, names)
    if ruled is None:
        return Rewrite(whole, "rules", whole) if whole else None
    by_rules = Rewrite(ruled, "rules", asked, new=brought_in(question, history, names))
    if llm is None:
        return by_rules
    try:
        prompt = rewrite_prompt(
            question,
            history,
            context_length=llm.context_length(),
            nonce=secrets.token_hex(8),
        )
        raw = yield from _in_turn(llm, prompt, line, _Until(clock, clock() + seconds))
    except (LLMError, UsageError) as error:
        return replace(by_rules, rejected=str(error), waited_in_vain=True)
    if raw is None:
        too_long = f"it took longer than {seconds:g} s"
        return replace(by_rules, rejected=too_long, waited_in_vain=True)
    written = read_rewrite(raw)
    why_not = doubt(written, question, history, names)
    if why_not:
        return replace(by_rules, rejected=why_not)
    return replace(by_rules, text=written, by="model")


def read_rewrite(raw: str) -> str:
    """The question in the model's reply: its first line, without label, quotes or markers."""
    raw = without_markers(raw)
    lines = (_LABEL.sub("", one_line(line)).strip(_QUOTES) for line in raw.splitlines())
    return next((line for line in lines if line), "")


def doubt(written: str, question: str, history: Sequence[Turn], names: NameIndex) -> str:
    """Why `written` cannot be what `question` means after `history`; "" when it can.

    It must ask, keep what was asked, and bring in no name or number that was not said before.
    """
    if not written:
        return "it is empty"
    if NOT_IN_ARCHIVE in written or not (written.endswith("?") or _ASKS.match(written)):
        return "it does not ask"
    if len(written) > _LONGEST * max(len(question), _SHORTEST):
        return "it is too long"
    if terms(written) == terms(question):
        return "it is the follow-up again"
    said = [question, *(turn.content for turn in history)]
    if foreign := _foreign(written, said, names):
        return f"it brings in {foreign}, which nobody mentioned"
    asked = set(terms(question))
    if len(asked - set(terms(written))) > len(asked) / 2:
        return "it asks something else"
    return ""


def _foreign(written: str, said: Iterable[str], names: NameIndex) -> str:
    """The first name or number of `written` that the conversation lacks; "" when there is none."""
    before = "\n".join(said)
    known = {part.casefold() for part in _PARTS.findall(before)}
    people = {name for mention in names.find(before) for name in mention.people}
    known |= {part.casefold() for name in people for part in _PARTS.findall(name)}
    particulars: list[str] = [written[m.start : m.end] for m in names.find(written)]
    particulars.extend(_PARTICULAR.findall(written))
    for particular in particulars:
        if not known.issuperset(part.casefold() for part in _PARTS.findall(particular)):
            return particular
    return ""


@dataclass(frozen=True, slots=True)
class _Until:
    """A moment after which nobody waits any more."""

    clock: Callable[[], float]
    end: float

    @property
    def is_over(self) -> bool:
        return self.clock() >= self.end


def _in_turn(
    llm: LLM, prompt: Prompt, line: Line, until: _Until
) -> Generator[Progress, None, str | None]:
    """What the model writes when it is this question's turn; None when that takes too long."""
    waiting = Progress("reading", f"{llm.name} reads the follow-up")
    yield waiting
    with line.place(llm.name) as place:
        while not place.is_served(within_s=_BEAT_S):
            if until.is_over:
                return None
            yield waiting
        pieces: list[str] = []
        with opened(llm, prompt) as stream:
            for piece in stream:
                if isinstance(piece, Usage):
                    break
                pieces.append(piece)
                if until.is_over:
                    return None
                if not piece:
                    yield waiting
    return "".join(pieces)
