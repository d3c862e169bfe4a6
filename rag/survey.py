"""Counting and listing: every message is looked at, and the answer says how many were.

"How many emails did Zilis send", "every email that mentions Tesla", "the last mail of Brockman".
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from math import inf
from typing import Protocol

from ingest.message_store import Header
from ingest.model import Email, Kind, Person
from rag.compose import Composed, headed, quote_answer
from rag.extract import Candidate
from rag.model import Hit
from rag.names import NameIndex
from rag.question import LISTED_PEOPLE, Question
from rag.retrieve import in_period, whole_message
from rag.signs import sentences
from rag.tally import tally
from rag.terms import terms, without
from rag.when import periods

_KINDS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (
        re.compile(r"\b(?:i-?messages?|text\s+messages?|(?<!and )texts(?! and)|sms)\b", re.I),
        "imessage",
    ),
    (re.compile(r"\bforward\w*\b", re.IGNORECASE), "forwarded"),
)
#: Words that ask for a survey and say nothing about what the messages hold.
_FRAME = frozenset(
    terms(
        """every all each list count counted total number how many times first last latest earliest
        recent final oldest newest hear heard come comes came up appear appears name
        names named mention mentions mentioned mentioning talk talks talked discuss
        discusses discussed refer contain contains containing text texts letter letters
        note notes item items thread threads released release imessage imessages
        forwarded order date dated dates send sent sends sender receive received find
        found show there word words topic subject rather e-mail author written exist
        give everything often bring brings brought between time year month day
        chronological collection altogether overall exchange exchanged get gets got thing mention
        mentions reference references occurrence occurrences anywhere ever people persons sender
        senders writers authors correspondents participants everyone everybody different most
        fewest least busiest quietest active per archive
        go goes went carry carries include includes including concern concerns concerning speak
        speaks total"""
    )
)


#: The people that such a question names are spoken of, and need not have written anything.
_MENTIONING = re.compile(
    r"\b(?:mention\w*|nam(?:e|es|ed|ing)|discuss\w*|talk\w*|refer\w*|about|c[ao]mes?\s+up)\b", re.I
)
#: "uses the word Tesla": only what follows is looked for.
_THE_WORD = re.compile(
    r"\bus(?:es?|ed|ing)\s+(?:of\s+)?the\s+(?:word|term|phrase|name|expression)s?\b", re.I
)

_WORD = re.compile(r"[^\W\d_][\w.'’-]*")
_EITHER = re.compile(rf"({_WORD.pattern})\s+or\s+({_WORD.pattern})", re.I)
_BOTH = re.compile(r"\bboth\b", re.I)

#: Content words from which on a sentence is more than a greeting.
_SAYS_SOMETHING = 3
#: Sentences quoted of a message that is the whole answer: the first, the last.
_SENTENCES_ALONE = 3
#: Messages quoted in a list, and given as found; the count is of all of them.
MOST_LISTED, MOST_HITS = 20, 100


class Mail(Protocol):
    """All messages, as they are surveyed."""

    @property
    def headers(self) -> Sequence[Header]:
        """Every message without its body."""

    def bodies(self, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Id and body of these messages."""

    def emails(self, ids: Iterable[str]) -> Mapping[str, Email]:
        """These messages."""


@dataclass(frozen=True, slots=True)
class _Words:
    """Stems that a message must hold: all, or any one when "or" stands between two of them."""

    stems: frozenset[str]
    is_either: bool

    def are_met(self, holds: Callable[[str], bool]) -> bool:
        """True for a message that holds what is asked for, also when nothing is."""
        found = map(holds, self.stems)
        return not self.stems or (any(found) if self.is_either else all(found))


@dataclass(frozen=True, slots=True)
class Survey:
    """The messages that fit, in time order; `scanned` is how many were looked at."""

    found: tuple[Header, ...]
    scanned: int
    #: Stems that were looked for.
    stems: frozenset[str]
    question: Question


def survey(question: Question, mail: Mail, names: NameIndex) -> Survey | None:
    """All messages that fit the people, time, kind and words of the question.

    Those that mention a person hold a word that means nobody else; `names` knows them. None for a
    list that names nothing a message could be tested for.
    """
    question = widened(question)
    words = _topic_words(question)
    kind = next((kind for pattern, kind in _KINDS if pattern.search(question.topic)), None)
    tests = kind or words.stems or LISTED_PEOPLE.search(question.topic)
    if question.scope.is_empty and not tests and question.kind == "list":
        return None
    told_of = [frozenset(terms(" ".join(names.words_for(n)))) for n in question.scope.about]
    found = {header.id: header for header in mail.headers if _fits(header, question)}
    if kind:
        found = {i: found[i] for i, email in mail.emails(found).items() if email.kind == kind}
    if words.stems or told_of:
        bodies = mail.bodies(list(found))
        found = {
            i: found[i]
            for i, body in bodies
            if _mentions(f"{found[i].subject} {body}", words, told_of)
        }
    ordered = sorted(found.values(), key=_moment)
    if question.kind in ("first", "last"):
        dated = [header for header in ordered if header.sent_at] or ordered
        ordered = dated[:1] if question.kind == "first" else dated[-1:]
    return Survey(tuple(ordered), len(mail.headers), words.stems, question)


def survey_answer(result: Survey, mail: Mail) -> tuple[Composed, tuple[Hit, ...]]:
    """The count, what was scanned, and a quote from each message found, in time order.

    Of a long list the first messages only.
    """
    alone = result.question.kind in ("first", "last")
    most = _SENTENCES_ALONE if alone else 1
    counted = tally(result.question, result.found)
    shown = counted.shown if counted else result.found
    # Some more than are listed: a message without text has no entry.
    quoted = mail.emails(header.id for header in shown[: 2 * MOST_LISTED]).values()
    chosen = (e for email in quoted for e in entries(email, result.stems, most))
    given = mail.emails(header.id for header in result.found[:MOST_HITS]).values()
    hits = tuple(
        Hit(whole_message(email), email, 1 - n / (len(result.found) + 1))
        for n, email in enumerate(given)
    )
    listed = quote_answer(list(islice(chosen, MOST_LISTED)))
    if alone:
        return listed, hits
    count = len(result.found)
    line = f"{count} message{'s' * (count != 1)} found; all {result.scanned} were looked at."
    if counted:
        line = f"{counted.line} {line}"
    if len(shown) > MOST_LISTED:
        line += f" The first {MOST_LISTED}:"
    return headed(line, listed), hits


def entries(email: Email, stems: frozenset[str], most: int) -> list[Candidate]:
    """The sentences of a message that hold most of the words, else its first that say something.

    In reading order; none for a message without text.
    """

    def worth(span: tuple[int, int, Person | None]) -> tuple[int, bool, int]:
        held = terms(email.body[span[0] : span[1]])
        return -len(stems & set(held)), len(held) < _SAYS_SOMETHING, span[0]

    best = sorted(sentences(email), key=worth)[:most]
    return [Candidate(email, *span) for span in sorted(best, key=lambda span: span[0])]


def _moment(header: Header) -> tuple[float, str]:
    # Dates of several zones take ten times as long to compare.
    return (header.sent_at.timestamp() if header.sent_at else inf, header.id)


def _fits(header: Header, question: Question) -> bool:
    scope = question.scope
    if scope.senders and header.sender.name not in scope.senders:
        return False
    if scope.recipients:
        reached = [name in {p.name for p in header.recipients} for name in scope.recipients]
        if not (all(reached) if _BOTH.search(question.topic) else any(reached)):
            return False
    return not (scope.since or scope.until) or in_period(header, scope)


def _mentions(text: str, words: _Words, told_of: Sequence[frozenset[str]]) -> bool:
    may_hold = partial(_begins_in, text.lower().replace("’", "'"))
    if not (_names_all(told_of, may_hold) and words.are_met(may_hold)):
        return False
    held = set(terms(text))

    def has(stem: str) -> bool:
        # "TeslaAI" mentions Tesla: a stem of four letters or more may be part of a longer word.
        return stem in held or (len(stem) > 3 and any(stem in word for word in held))

    return _names_all(told_of, held.__contains__) and words.are_met(has)


def _names_all(told_of: Sequence[frozenset[str]], holds: Callable[[str], bool]) -> bool:
    """True when each of these people is named in one of the spellings."""
    return all(any(map(holds, spellings)) for spellings in told_of)


def _begins_in(text: str, stem: str) -> bool:
    """False when no word of the text can have the stem: 100 times as fast as stemming them.

    Stemming changes the end of a word only; short irregular verbs (dying, die) keep one letter.
    """
    return (stem[:-1] if len(stem) > 3 else stem[:1]) in text


def _topic_words(question: Question) -> _Words:
    """The words of the question that a message must hold: neither frame, people nor dates."""
    spans = [(m.start, m.end) for m in question.mentions]
    spans += [(p.start, p.end) for p in periods(question.topic)]
    text = _THE_WORD.sub(" ", without(question.topic, spans))
    found = [_asked(word) for word in _WORD.findall(text)]
    either = any(_asked(one) and _asked(other) for one, other in _EITHER.findall(text))
    return _Words(frozenset().union(*found), either)


def _asked(word: str) -> frozenset[str]:
    """The stems of a word, none when it belongs to the frame."""
    stems = frozenset(terms(word))
    return stems if not stems & _FRAME else frozenset()


def widened(question: Question) -> Question:
    """The question with people it only names read as senders: "the last mail of Brockman".

    Not "every mail that mentions Brockman".
    """
    scope = question.scope
    if scope.senders or not scope.about or _MENTIONING.search(question.topic):
        return question
    return replace(question, scope=replace(scope, senders=scope.about, about=()))
