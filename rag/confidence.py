"""How sure we are that what was found answers the question: the number abstention is decided by.

A logistic model over a few signs; it knows no question and no archive.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rag.extract import Candidate
from rag.model import Hit
from rag.question import Question, expected
from rag.retrieve import Retrieved, in_period
from rag.terms import terms
from rag.when import periods

_CAPITAL = re.compile(r"(?<![.?!]\s)(?<!^)\b[A-Z][\w-]+")


@dataclass(frozen=True, slots=True)
class Signs:
    """What confidence is read from."""

    #: Best cosine of the question with a passage; with a finding aid: with a question of it that
    #: asks for the same kind of thing (a date, a person, a reason).
    similarity: float
    #: Score of the best message (see `rag.retrieve`), 0 to about 1.3.
    message: float
    #: How far the best message stands above the second.
    lead: float
    #: Best cosine with a question that is known to have no answer in the archive.
    untold: float
    #: 1 when a capitalised word of the question stands nowhere in the archive.
    unknown_name: float
    #: 1 when the question names a period in which nothing was found.
    out_of_time: float
    #: The best log-odds that a sentence answers, within -6 and 6; None if none was read.
    answers: float | None
    #: True when a finding aid was searched.
    aided: bool


@dataclass(frozen=True, slots=True)
class Model:
    """Coefficients of the logistic model and the floor below which an answer is withheld."""

    bias: float
    similarity: float
    message: float
    lead: float
    untold: float
    unknown_name: float
    out_of_time: float
    answers: float
    floor: float


#: Fitted as eval/README.md tells ("Where the weights come from"): area under the ROC curve 0.92
#: with a finding aid, 0.90 without, where what has no answer was easier. The floors are from the
#: dev questions: with an aid 4% of the answerable and 82% of the others are refused.
AIDED = Model(-1.02, 4.19, 2.99, 1.01, -4.22, -0.62, -0.28, 0.0, floor=0.40)
BARE = Model(-2.19, 2.93, 2.76, 0.74, 0.0, -2.72, -1.24, 0.0, floor=0.5)
#: The same where an answer selector has read sentences, fitted to the dev questions of the suites
#: (`eval.fit_confidence`): area 0.99 and 0.90. The bias is moved so that the floors are as above;
#: at them 4 and 5% of the answerable ones are refused, and 90 and 63% of the others.
AIDED_READ = Model(0.45, 4.55, 2.77, 0.11, -6.39, -1.01, -0.60, 0.1, floor=0.40)
BARE_READ = Model(1.41, 1.02, 1.03, 0.0, 0.0, -1.22, -1.17, 1.0, floor=0.5)


def model_for(signs: Signs) -> Model:
    """The model fitted for archives like this one."""
    if signs.answers is None:
        return AIDED if signs.aided else BARE
    return AIDED_READ if signs.aided else BARE_READ


def confidence(signs: Signs) -> float:
    """Estimated probability in (0, 1) that the archive answers the question."""
    model = model_for(signs)
    total = (
        model.bias
        + model.similarity * signs.similarity
        + model.message * signs.message
        + model.lead * signs.lead
        + model.untold * signs.untold
        + model.unknown_name * signs.unknown_name
        + model.out_of_time * signs.out_of_time
        + model.answers * (signs.answers or 0.0)
    )
    return 1 / (1 + math.exp(-total))


def read_signs(
    question: Question,
    retrieved: Retrieved,
    ranked: Sequence[Candidate],
    is_known: Callable[[str], bool],
) -> Signs:
    """The signs of a question, what was found for it and the sentences of that."""
    passages = [hit for hits in retrieved.passages.values() for hit in hits]
    aided = retrieved.is_aided
    alike = [h for h in passages if h.chunk.hint and expected(h.chunk.hint) == question.expects]
    scores = [hit.score for hit in retrieved.hits[:2]] + [0.0, 0.0]
    timed = bool(question.scope.since or question.scope.until)
    in_time = any(in_period(hit.email, question.scope) for hit in retrieved.hits)
    return Signs(
        similarity=_nearest(alike if aided else passages),
        message=scores[0],
        lead=scores[0] - scores[1],
        untold=retrieved.untold,
        unknown_name=float(bool(unknown_words(question, is_known))),
        out_of_time=float(timed and not in_time),
        answers=max((c.answers for c in ranked if c.answers is not None), default=None),
        aided=aided,
    )


def unknown_words(question: Question, is_known: Callable[[str], bool]) -> tuple[str, ...]:
    """Capitalised words of the question that stand nowhere in the archive, in order.

    Its first word, its dates and the archive's people do not count.
    """
    taken = [(m.start, m.end) for m in question.mentions]
    taken += [(p.start, p.end) for p in periods(question.topic)]
    words = (
        match.group()
        for match in _CAPITAL.finditer(question.topic)
        if not any(start <= match.start() < end for start, end in taken)
    )
    return tuple(w for w in dict.fromkeys(words) if any(not is_known(t) for t in terms(w)))


def _nearest(hits: Iterable[Hit]) -> float:
    return max((hit.similarity for hit in hits if hit.similarity is not None), default=0.0)
