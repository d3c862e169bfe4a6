"""Who somebody of the archive is: what they wrote and received, and where others name them.

"Who is Ann Lee?": the mail of a person tells that, though no sentence says it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from ingest.message_store import Header
from ingest.model import Email, Person
from rag.extract import Candidate
from rag.names import NameIndex
from rag.question import Question
from rag.signs import sentences
from rag.tally import told
from rag.terms import terms, without

_WORD = re.compile(r"[^\W\d_]+")
#: All that such a question says beside the name.
_WHO = frozenset({"who", "whos"})
_FRAME = _WHO | frozenset("so and again exactly tell me is was are s this person".split())
#: People introduced at once (a first name may be shared), and correspondents told of each.
_MOST, _WITH = 3, 3
#: A sentence of fewer content words says nothing of whom it names.
_TERMS = 4


def asked_who(question: Question) -> tuple[str, ...]:
    """Whom it asks to be told who they are, and nothing else; nobody where mail is filtered."""
    if question.scope.explicit:
        return ()
    spans = [(m.start, m.end) for m in question.mentions]
    rest = set(_WORD.findall(without(question.topic, spans).lower()))
    if not rest & _WHO or not rest <= _FRAME:
        return ()
    people = dict.fromkeys(name for mention in question.mentions for name in mention.people)
    return tuple(people)[:_MOST]


def introduction(name: str, headers: Sequence[Header]) -> str:
    """A line on what this person wrote and received, when, and with whom most."""
    wrote = [h for h in headers if h.sender.name == name]
    got = [h for h in headers if _is_to(name, h)]
    line = f"{name} wrote {len(wrote)} of {len(headers)} messages and received {len(got)}"
    if times := sorted((h.sent_at for h in (*wrote, *got) if h.sent_at), key=datetime.timestamp):
        days = dict.fromkeys(told(time, "day") for time in (times[0], times[-1]))
        line += f", {' to '.join(days)}"
    others = Counter(person.name for h in wrote for person in h.recipients)
    others.update(h.sender.name for h in got)
    del others[name]
    most = ", ".join(f"{other} ({count})" for other, count in others.most_common(_WITH))
    return f"{line}; most with {most}." if most else f"{line}."


def named_by_others(
    people: Sequence[str], emails: Iterable[Email], names: NameIndex
) -> Iterator[Candidate]:
    """Of each message the first sentence that names one of these people and that another wrote."""
    stems = frozenset(terms(" ".join(word for name in people for word in names.words_for(name))))
    for email in emails:
        for start, end, author in sentences(email):
            said = terms(email.body[start:end])
            is_telling = len(said) >= _TERMS and not stems.isdisjoint(said)
            if is_telling and is_by_another(author, people):
                yield Candidate(email, start, end, author)
                break


def is_by_another(author: Person | None, people: Sequence[str]) -> bool:
    """True for words that none of these people wrote, as far as is known."""
    return author is None or author.name not in people


def message_of(name: str, headers: Sequence[Header]) -> str:
    """The id of the first message that this person wrote, or else got."""
    return min(headers, key=lambda h: (h.sender.name != name, not _is_to(name, h))).id


def _is_to(name: str, header: Header) -> bool:
    return any(person.name == name for person in header.recipients)
