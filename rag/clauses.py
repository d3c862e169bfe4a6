"""Questions that ask several things: each clause is searched and its sentences are judged apart."""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.model import Scope
from rag.names import Mention
from rag.question import COURSE, Question, expected, kind_of
from rag.terms import terms
from rag.who import guess_scope, responders

_ASKING = r"(?:what|how|who|whom|whose|which|where|when|why)\b"
_BEFORE = r"(?:about|against|at|by|for|from|in|into|of|on|to|towards?|under|with)\b"
#: "Greg for 2019": the same is asked of another.
_LIKEWISE = rf"(?-i:[A-Z])\w+\s+{_BEFORE}"
#: Where the next clause begins: with a question, "and to whom ...", "and Greg for 2019".
_CLAUSE = re.compile(
    rf"(?<=\?)\s+|;\s+|,\s+(?={_ASKING})"
    rf"|[,.]?\s+and\s+(?=(?:{_BEFORE}\s+)?{_ASKING}|(?:did|does|do|is|was|were)\b)"
    rf"|,\s+and\s+(?={_LIKEWISE})",
    re.I,
)
_HELPING = r"(?:can|could|did|do|does|had|has|have|is|was|were|will|would|should)\b"
_ASKS = re.compile(
    rf"\b{_ASKING}|\?$|^{_HELPING}"
    r"|^(?:compare|describe|explain|give|list|name|show|summari[sz]e|tell)\b",
    re.I,
)
#: "When he left, ..." says when; "When did he leave" asks.
_WHILE = re.compile(rf"(?:when|where|while)\s+(?!{_HELPING})", re.I)
_GOES_ON = re.compile(_LIKEWISE, re.I)
#: How a question asks for a course of events: says nothing of which.
_COURSE = re.compile(
    rf"\b(?:how\s+(?:did|does|has|have|had)|{COURSE}|chang(?:e|es|ed|ing)|shift(?:s|ed|ing)?"
    r"|develop(?:s|ed|ing|ments?)?|unfold\w*|trac(?:e|k|es|ks|ed|ing)|follow)\b",
    re.I,
)
#: "and did Ada go along?": asks for her answer to what the clause before asks about.
_SIDES = re.compile(
    r"\b(?:accept|agree|approve|consent|object|(?:go|come|play)\s+(?:along|down)|say\s+(?:yes|no))",
    re.I,
)
_PRONOUN = re.compile(r"\b(?:he|she|they|him|her|them|his|hers|their|theirs)\b", re.I)
_MOST_CLAUSES = 3
#: A clause with fewer content words ("and who was on it?") says too little to be searched for.
_CLAUSE_TERMS = 2


def parts(topic: str) -> tuple[str, ...]:
    """The whole question, then its clauses when it asks several things: they are searched apart."""
    clauses = [c for c in _clauses(topic) if len(terms(c)) >= _CLAUSE_TERMS]
    if len(clauses) < 2:
        return (topic,)
    return (topic, *clauses[:_MOST_CLAUSES])


def _clauses(topic: str) -> list[str]:
    """What is asked one after another; what asks nothing ("In May 2018, ...") stays beside it."""
    edges = [0, *(edge for match in _CLAUSE.finditer(topic) for edge in match.span()), len(topic)]
    found: list[tuple[int, int]] = []
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        if _asks(topic[begin:end], is_first=not found):
            found.append((begin if found else 0, end))
        elif found:
            found[-1] = found[-1][0], end
    return [topic[begin:end].strip() for begin, end in found]


def _asks(clause: str, *, is_first: bool) -> bool:
    clause = clause.strip()
    if _WHILE.match(clause):
        return False
    return bool(_ASKS.search(clause) or (_GOES_ON.match(clause) and not is_first))


def asked_apart(question: Question) -> tuple[Question, ...]:
    """The question, then one for each of its clauses, as their sentences are judged."""
    _, *clauses = parts(question.topic)
    return (question, *(_read(clause, question) for clause in clauses))


def _read(clause: str, whole: Question) -> Question:
    """The clause with the kind, people and time that it names itself, else with those it shares."""
    start = whole.topic.index(clause)
    named = tuple(
        replace(m, start=m.start - start, end=m.end - start)
        for m in whole.mentions
        if start <= m.start and m.end <= start + len(clause)
    )
    asked = responders(clause, named)
    is_reply = asked and (whole.kind == "reply" or (start > 0 and _SIDES.search(clause)))
    kind = "reply" if is_reply else kind_of(clause)
    return replace(
        whole,
        topic=clause,
        kind=kind,
        expects=expected(clause),
        scope=_scope(clause, named, whole),
        mentions=named,
        responders=asked if kind == "reply" else (),
    )


def _scope(clause: str, named: Sequence[Mention], whole: Question) -> Scope:
    """Who and when; people of the other clauses only where a pronoun points to them."""
    shared = whole.scope
    if shared.explicit or shared != guess_scope(whole.topic, whole.mentions):
        return shared  # What was set or carried over says more than the words.
    own = guess_scope(clause, named)
    people = shared if not named and _PRONOUN.search(clause) else own
    dates = own if own.since or own.until else shared
    return replace(people, since=dates.since, until=dates.until)


def in_context(clause: Question, whole: Question) -> Question:
    """A clause as it is searched: the whole beside it says what "he" or "it" is.

    A course of events ("how did X evolve over time") is searched by what took it (X).
    Recall@5 on the dev split 0.997, against 0.986 for bare clauses.
    """
    if clause.topic == whole.topic:
        return _without_course(clause) if clause.kind == "change" else clause
    return replace(clause, topic=f"{clause.topic} ({whole.topic})")


def _without_course(question: Question) -> Question:
    topic = " ".join(_COURSE.sub(" ", question.topic).split())
    return replace(question, topic=topic) if terms(topic) else question
