"""How sure we are that what was found answers the question: the number abstention is decided by.

A logistic model over a few signs, fitted on the dev split of eval/qa.jsonl (`eval/README.md` tells
how); it knows no question and no archive.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.model import Email
from rag.extract import Candidate
from rag.question import Question
from rag.retrieve import Retrieved, in_period
from rag.terms import terms
from rag.when import periods

_CAPITAL = re.compile(r"(?<![.?!]\s)(?<!^)\b[A-Z][\w-]+")


@dataclass(frozen=True, slots=True)
class Signs:
    """Each in [0, 1] but `similarity`, a cosine."""

    #: Best cosine of the question with a passage of the three best messages.
    similarity: float
    #: Share of the question's words, by rarity, in the best sentence.
    overlap: float
    #: The same for the whole best message.
    coverage: float
    #: Share of the question's words, by rarity, that the archive never uses.
    unknown: float
    #: 1 when a capitalised word of the question stands nowhere in the archive.
    unknown_name: float
    #: 1 when the best sentence holds the kind of thing asked for.
    expected: float
    #: Score of the best sentence (see `rag.extract`), about 0 to 20.
    sentence: float
    #: Share of the question's capitalised words that the best three messages do not hold.
    missing_names: float
    #: 1 when the question names a period in which the archive has no message that was found.
    out_of_time: float


@dataclass(frozen=True, slots=True)
class Model:
    """Coefficients of the logistic model and the floor below which an answer is withheld."""

    bias: float = -4.0
    similarity: float = 8.0
    overlap: float = 1.0
    coverage: float = 1.0
    unknown: float = -3.0
    unknown_name: float = -1.5
    expected: float = 0.3
    floor: float = 0.35


MODEL = Model()


def confidence(signs: Signs, model: Model = MODEL) -> float:
    """Estimated probability in (0, 1) that the archive answers the question."""
    total = (
        model.bias
        + model.similarity * signs.similarity
        + model.overlap * signs.overlap
        + model.coverage * signs.coverage
        + model.unknown * signs.unknown
        + model.unknown_name * signs.unknown_name
        + model.expected * signs.expected
    )
    return 1 / (1 + math.exp(-total))


def read_signs(
    question: Question,
    retrieved: Retrieved,
    ranked: Sequence[Candidate],
    rarity: Callable[[str], float],
    is_known: Callable[[str], bool],
) -> Signs:
    """The signs of a question and what was found for it."""
    weighted = {term: rarity(term) for term in dict.fromkeys(terms(question.topic))}
    total = sum(weighted.values()) or 1.0
    best = ranked[0] if ranked else None
    held = set(terms(f"{best.email.subject} {best.email.body}")) if best else set()
    near = [
        hit.similarity
        for found in retrieved.hits[:3]
        for hit in retrieved.passages.get(found.email.id, ())
        if hit.similarity is not None
    ]
    timed = bool(question.scope.since or question.scope.until)
    capitals = [stem for word in named_things(question) for stem in terms(word)]
    shown = {
        stem
        for hit in retrieved.hits[:3]
        for stem in terms(f"{hit.email.subject} {hit.email.body} {_people(hit.email)}")
    }
    return Signs(
        similarity=max(near, default=0.0),
        overlap=best.overlap if best else 0.0,
        coverage=sum(w for t, w in weighted.items() if t in held) / total,
        unknown=sum(w for t, w in weighted.items() if not is_known(t)) / total,
        unknown_name=float(any(not is_known(term) for term in capitals)),
        expected=best.expected if best else 0.0,
        sentence=best.score() if best else 0.0,
        missing_names=sum(c not in shown for c in capitals) / (len(capitals) or 1),
        out_of_time=float(
            timed and not any(in_period(hit.email, question.scope) for hit in retrieved.hits)
        ),
    )


def unknown_words(question: Question, is_known: Callable[[str], bool]) -> tuple[str, ...]:
    """Capitalised words of the question that stand nowhere in the archive, in order."""
    return tuple(w for w in named_things(question) if any(not is_known(t) for t in terms(w)))


def named_things(question: Question) -> tuple[str, ...]:
    """Capitalised words of the question, less its first words, its dates and the archive's people."""
    taken = [(m.start, m.end) for m in question.mentions]
    taken += [(p.start, p.end) for p in periods(question.topic)]
    return tuple(
        dict.fromkeys(
            match.group()
            for match in _CAPITAL.finditer(question.topic)
            if not any(start <= match.start() < end for start, end in taken)
        )
    )


def _people(email: Email) -> str:
    return " ".join(person.name for person in (email.sender, *email.recipients))
