"""Turning a follow-up ("and what did he say to that?") into a question that stands alone.

Rules only: the topic, people and time of the last questions are carried over. A language model,
when there is one, writes a better one (`rag.rewrite`).
"""

import re
from collections.abc import Iterator, Sequence

from rag.model import WITHHELD, Turn
from rag.names import NameIndex
from rag.question import kind_of
from rag.terms import terms, without
from rag.when import periods

_POINTING = re.compile(
    r"\b(?:he|she|him|her|his|hers|it|its|they|them|their|that|this|those|these|there|then|else"
    r"|the\s+(?:same|other|former|latter|first|second|one|deal|plan|offer|proposal|terms|post)"
    r"|afterwards?|next(?=\W*$))\b",
    re.IGNORECASE,
)
#: How a question goes on from the one before, and how it may.
_GOING_ON = re.compile(r"^\W*(?:and|but|then|what\s+about|how\s+about|also)\b", re.IGNORECASE)
_OPENING = re.compile(r"^\W*(?:so|why|how\s+come)\b", re.IGNORECASE)
#: A question with fewer content words than this leans on the one before.
_FEW_TERMS = 2
#: Characters of an answer that are carried over.
_LONGEST = 240
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
#: Words that ask on about what was said and name nothing that mail must hold.
_ASKING_ON = frozenset(
    terms(
        """elaborate clarify explain specify continue expand summarise summarize repeat rephrase
        translate describe discuss quote detail example mean meaning happen next afterwards later
        reaction response reply answer reason context exact source proof"""
    )
)
#: Words of a question for a reply that does not say to what.
_REPLYING = _ASKING_ON | frozenset(
    terms("react replied respond responded answered retort comeback feel felt back return happened")
)
#: What stands before a verb or an adjective ("did he win", "was so bad"): words that may well be
#: others in the mail.
_BEFORE_PREDICATE = re.compile(
    r"\b(?:he|she|it|they|we|you|i|who|what|which|that|is|are|was|were|be|been|do|does|did|has|have"
    r"|had|will|would|can|could|should|may|might)\s+"
    r"(?:(?:so|very|too|also|ever|never|not|then|really|still|just)\s+)*$",
    re.IGNORECASE,
)


def standalone(question: str, history: Sequence[Turn], names: NameIndex) -> str | None:
    """`question` with what it leaves out taken from `history`; None when it stands alone."""
    asked = [place for place, turn in enumerate(history) if turn.role == "user"]
    if not asked or not _leans(question, history, names):
        return None
    context = history[asked[-1]].content
    if len(asked) > 1 and _leans(context, history[: asked[-1]], names):
        context = f"{history[asked[-2]].content} {context}"
    said = [turn.content for turn in history if turn.role == "assistant"]
    is_told = bool(said) and not said[-1].startswith(WITHHELD)
    answer = _carried(_without_marks(said[-1])) if is_told else ""
    return f"{question.strip()} (following: {f'{context} {answer}'.strip()})"


def says_enough(question: str) -> bool:
    """True when nothing in it points back and it can be asked by itself, if need be."""
    return not _POINTING.search(question) and len(terms(question)) >= _FEW_TERMS


def brought_in(question: str, history: Sequence[Turn], names: NameIndex) -> tuple[str, ...]:
    """The things, as typed, that a follow-up brings into a conversation; no people, no dates.

    What was asked and found to be not in the archive does not count as said before.
    """
    said = {stem for turn in _answered(history) for stem in terms(turn.content)} | _ASKING_ON
    mentions = names.find(question)
    taken = [(mention.start, mention.end) for mention in mentions]
    taken += [(period.start, period.end) for period in periods(question)]
    ends = {mention.end for mention in mentions}
    words = (
        match.group()
        for match in _WORD.finditer(question)
        if not any(start <= match.start() < end for start, end in taken)
        and len(question[: match.start()].rstrip()) not in ends
        and not _BEFORE_PREDICATE.search(question, 0, match.start())
    )
    return tuple(dict.fromkeys(word for word in words if not said.issuperset(terms(word))))


def _answered(history: Sequence[Turn]) -> Iterator[Turn]:
    """The turns without the questions that were not answered, and what was said to them."""
    for turn, after in zip(history, [*history[1:], None], strict=True):
        is_refusal = turn.role == "assistant" and turn.content.startswith(WITHHELD)
        is_refused = after is not None and after.content.startswith(WITHHELD)
        if not is_refusal and not is_refused:
            yield turn


def _leans(question: str, history: Sequence[Turn], names: NameIndex) -> bool:
    if _POINTING.search(question) or _GOING_ON.search(question):
        return True
    people = names.find(question)
    subject = terms(_OPENING.sub("", without(question, ((m.start, m.end) for m in people))))
    if kind_of(question) == "reply" and not periods(question):
        return _REPLYING.issuperset(subject)
    if _OPENING.search(question):
        said = {stem for turn in history for stem in terms(turn.content)}
        return len(subject) < _FEW_TERMS or not said.isdisjoint(subject)
    return len(terms(question)) < _FEW_TERMS and not people and not periods(question)


def _carried(answer: str) -> str:
    """Its first sentence that says something ("Yes." does not), whole words where it is long.

    Of a quote who wrote it, to whom and when: its words would only find themselves again.
    """
    found = re.split(r"(?<=[.!?])\s", answer)
    sentence = next((s for s in found if len(terms(s)) >= _FEW_TERMS), found[0])
    sentence = sentence.partition("“")[0].rstrip(": \n")
    if len(sentence) <= _LONGEST:
        return sentence
    return sentence[: _LONGEST + 1].rpartition(" ")[0] or sentence[:_LONGEST]


def _without_marks(text: str) -> str:
    return re.sub(r"\s*\[\d+\]", "", text).strip()
