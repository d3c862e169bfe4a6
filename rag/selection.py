"""Has an answer selector read the best sentences beside the question. Pure but for the selector."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.extract import Candidate
from rag.ports import AnswerSelector
from rag.question import Question

#: Log-odds beyond are as sure as these.
_SUREST = 6.0


@dataclass(frozen=True, slots=True)
class Reading:
    """How many sentences are read, each of which takes some milliseconds, and what that counts."""

    most: int
    #: Weight of the log-odds in the score of a sentence.
    weight: float


#: Where a finding aid points to sentences, and where there is none. On dev questions over both
#: texts of the released emails the best sentence holds what is asked for in .868 with 4 that are
#: read, .871 with 6, .848 unread; without the aid in .488, .516, .385. With a weight of 0.5 beside
#: an aid as many answers are right of 494, and four fewer of 87.
AIDED, BARE = Reading(most=4, weight=0.2), Reading(most=6, weight=0.5)


def selected(
    question: Question, ranked: Sequence[Candidate], selector: AnswerSelector, reading: Reading
) -> tuple[Candidate, ...]:
    """The sentences, best first, with what the selector makes of the first ones.

    The others count as the least likely of those.
    """
    read = [(candidate.text, candidate.heading) for candidate in ranked[: reading.most]]
    odds = [max(-_SUREST, min(_SUREST, o)) for o in selector.log_odds(question.topic, read)]
    odds += [min(odds, default=0.0)] * (len(ranked) - len(odds))
    judged = (
        replace(candidate, answers=answers, raised=reading.weight * answers)
        for candidate, answers in zip(ranked, odds, strict=True)
    )
    return tuple(sorted(judged, key=lambda candidate: -candidate.score))
