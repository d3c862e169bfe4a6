"""What a question asks for: who, when, which kind of question, what kind of answer.

Understanding is a guess from plain words; it raises scores and never hides mail. Only the typed
query grammar (`from:zilis date:2018-04`, "emails from Zilis") filters.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from ingest.errors import UsageError
from rag.model import Scope
from rag.names import Mention, NameIndex
from rag.when import periods
from rag.who import guess_scope, responders

QuestionKind = Literal["fact", "reply", "first", "last", "count", "list", "change"]
Expected = Literal["person", "date", "amount", "place", "reason", "yesno", "text"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, understood. `topic` is its text without query grammar."""

    text: str
    topic: str
    kind: QuestionKind
    expects: Expected
    scope: Scope
    mentions: tuple[Mention, ...] = ()
    #: People whose reply is asked for; empty unless `kind` is "reply".
    responders: tuple[str, ...] = ()
    #: Words that a follow-up brings into the conversation; see `rag.followup.brought_in`.
    new: tuple[str, ...] = ()


_REPLY = re.compile(
    r"\b(?:repl(?:y|ied|ies)|respon\w+|react\w*|retort\w*|an?sw?er(?:ed|s)?\b|(?:sa[yi]\w*|w\w*te?|c[ao]me|fire[d]?"
    r"|wr[io]te?|shot|shoot|text(?:ed)?)\s+(?:it\s+)?back|in\s+return|comeback|take\s+(?:it|that|the)\b)",
    re.I,
)
_AFTER_EVENT = re.compile(
    r"^\W*(?:when|after|once)\b[^?]+?[,;]\s*(?:and\s+)?(?:how|what)\s+(?:did|was|were)\b"
    r"|\bhow\s+did\s+\S+(?:\s+\S+)?\s+(?:take|like|receive|greet|feel\s+about)\b"
    r"|\bwhat\s+did\s+\S+(?:\s+\S+)?\s+(?:say|write|tell|do)\b[^?]*?\b(?:when|after|once)\s+"
    r"(?!(?:he|she|they|it|his|her|their)\b)",
    re.I,
)
_MESSAGES = r"(?:e-?mails?|mails?|i?messages?|texts?|letters?|notes?|items?)\b"
_MENTIONED = r"(?:mention(?:ed|s)?|named|discussed|raised|c[ao]mes?\s+up|appears?|brought\s+up)\b"
_WRITE = r"\s+(?:write|e-?mail|mail|message|text|contact)\b"
_WROTE = r"(?:wr[io]tes?|said|says|sent|sends|e-?mail(?:s|ed)|messaged|texted|mention(?:s|ed))\b"
_WHEN_WRITTEN = r"\bwhen\s+did\s+(?:[\w<>]+\s+){1,2}"
#: Words for people of the mail as such.
PEOPLE = r"(?:people|persons|senders|writers|authors|correspondents|participants)"
_RANKED = r"(?:most|fewest|least)"
#: What happens to things in mail. "How often should they meet" asks for what a message says.
_IN_MAIL = (
    r"(?:mention|nam(?:e|ed)|discuss|(?:talk(?:s|ed)?|speaks?|spoken?)\s+(?:about|of)\b|refer"
    r"|c[ao]mes?\s+up|appear|occur|rais(?:e|ed)|br(?:ing|ought)\s+up|wr[io]te|written|e-?mail|mail"
    r"|messag|text|sen[dt]|contact|in\s+touch|hear|sa(?:y|ys|id)\b|us(?:e|es|ed)\s+the\b)"
)
_PLANNED = (
    r"(?:should|will|would|could|can|must|might|may|supposed|going|planning|planned|meant|expected"
    r"|(?:was|were|are|is)(?:\s+\w+){0,3}\s+to\s+be)\b"
)
_HOW_OFTEN = (
    r"\b(?:how\s+(?:often|many\s+times)|(?:count|number|tally)\s+(?:of\s+)?(?:the\s+)?times)\b"
    rf"(?!.*\b{_PLANNED}).*\b{_IN_MAIL}"
)
_IN_ARCHIVE = r"in\s+(?:the|this|my)\s+(?:archive|mail|mailbox|e-?mails?)\b"
_COUNT = re.compile(
    rf"\b(?:how\s+many|count|number\s+of|tally)\s+(?:of\s+)?(?:the\s+|all\s+)*(?:[\w'’-]+\s+){{0,2}}?"
    rf"(?:{_MESSAGES}|threads?\b|{PEOPLE}\s+(?:(?:wrote|sent)\b|are\s+(?:there\s+)?{_IN_ARCHIVE}"
    r"|did\s+(?:\w+\s+){1,2}(?:write|e-?mail|mail|message|text)\b))"
    rf"|{_HOW_OFTEN}"
    rf"|\bwhom?\b.*\b{_RANKED}\s+(?:often\b|{_MESSAGES})"
    rf"|\b(?:which|what)\s+(?:year|month|day|date)\b.*\b{_RANKED}\s*(?:\w+\s+)?"
    rf"(?:often\b|active\b|{_MESSAGES}|\W*$)"
    r"|\b(?:busiest|quietest|most\s+active)\s+(?:year|month|day)\b"
    rf"|\bwhen\s+(?:was|were|did)\b.*\b{_RANKED}\s+(?:of\s+)?(?:the\s+)?{_MESSAGES}",
    re.I,
)
#: "List everybody who wrote in May": the answer is people, not messages.
LISTED_PEOPLE = re.compile(
    rf"\b(?:list|name|show|give|tell|which|what|who\s+(?:are|were))\b.*\b"
    rf"(?:{PEOPLE}|everyone|everybody)\s+(?:(?:that|who)\s+)?"
    rf"(?:(?:wr[io]tes?|sent|sends|e-?mail(?:s|ed)?|mailed|texted|messaged)\b|(?:are\s+)?{_IN_ARCHIVE})",
    re.I,
)
_LIST = re.compile(
    r"^\W*(?:every|each)\s+time\b|"
    rf"\b(?<!\bat\s)(?:every|all(?:\s+of)?(?:\s+the)?|any|each|list(?:\s+the)?|which(?:\s+of)?)\s+"
    rf"(?:[\w'’]+\s+){{0,2}}?(?:{_MESSAGES}|times\b)"
    rf"|\bwhat\s+(?:e-?mails|mails|messages|texts|letters)\b"
    rf"|^\W*(?:(?:show|give|find)\s+(?:me\s+)?)?{_MESSAGES}\s+"
    r"(?:between|about|that|which|mention\w*|with|to|sent)\b"
    r"|\beverything\s+(?:that\s+)?(?:\w+\s+){1,2}(?:wrote|sent|said)\b"
    r"|\b(?:every|all(?:\s+the)?|any|each)\s+(?:mention|reference|occurrence)s?\b"
    rf"|^\W*where\s+(?:is|are|was|were|does|do|did)\b.*\b{_MENTIONED}"
    rf"|^\W*(?:is|are|was|were)\b.*\b(?:ever\s+{_MENTIONED}|{_MENTIONED}\s+(?:anywhere|at\s+all)\b)",
    re.I,
)
_FIRST = re.compile(
    r"\b(?:first|earliest|oldest)\s+(?:\w+\s+){0,2}?(?:e-?mail|mail|message|text|letter|note|mention)\b"
    rf"|\b(?:first|earliest)\s+(?:time\s+)?(?:that\s+)?(?:we\s+)?hear|{_WHEN_WRITTEN}first{_WRITE}"
    rf"|\bfirst\s+(?:{_MENTIONED}|thing\s+(?:that\s+)?\w+\s+{_WROTE}"
    rf"|time\s+(?:that\s+)?(?:\w+\s+){{1,2}}{_WROTE})",
    re.I,
)
_LAST = re.compile(
    r"\b(?:last|latest|newest|most\s+recent|final)\s+(?:\w+\s+){0,2}?"
    r"(?:e-?mail|mail|message|text|letter|note|mention)\b"
    rf"|\blast\s+(?:time\s+)?(?:that\s+)?(?:we\s+)?hear|{_WHEN_WRITTEN}last{_WRITE}"
    rf"|\blast\s+(?:{_MENTIONED}|thing\s+(?:that\s+)?\w+\s+{_WROTE}"
    rf"|time\s+(?:that\s+)?(?:\w+\s+){{1,2}}{_WROTE})",
    re.I,
)
#: Words that by themselves ask for a course of events.
COURSE = (
    r"(?:over\s+(?:time|the\s+(?:years|months|course\s+of))|evol\w+|timeline|chronolog\w*"
    r"|walk\s+(?:me|us)\s+through|(?:year|month|week|step)\s+by\s+(?:year|month|week|step))"
)
_GROWING = r"(?:grow|grown|rise|risen|swing|swung|increased?|decreased?|shr[iu]nk)"
_CHANGE = re.compile(
    rf"\b(?:{COURSE}|develop(?:ed)?\s+(?:from|between|over)"
    r"|(?:how\s+(?:did|has|have)|follow|trace|track)\b.*\b(?:chang\w+|shift\w*|develop\w*|unfold\w*"
    rf"|{_GROWING}|from\b.*\bto\b))",
    re.I,
)

_SOMEBODY = (
    r"(?:person|people|man|men|woman|women|(?:founder|investor|backer|donor|columnist|journalist"
    r"|reporter|researcher|scientist|engineer|employee|executive|colleague|director|advis[eo]r"
    r"|recruit|candidate|lawyer|author|professor)s?)"
)
_EXPECTED: tuple[tuple[Expected, re.Pattern[str]], ...] = (
    (
        "date",
        re.compile(
            r"\b(?:when|wen)(?:'s|\s+(?:and|exactly|did|do|does|is|was|were|will|would|has|had|can|cud|could))\b"
            r"|\b(?:what|which)\s+(?:date|day|year|month)\b",
            re.I,
        ),
    ),
    (
        "amount",
        re.compile(
            r"\bhow\s+(?:many|much|big|large|long|often|high|far|old)\b|\b(?:percent\w*|price|cost|salary|amount|sum|odds|valuation)\b",
            re.I,
        ),
    ),
    (
        "person",
        re.compile(
            rf"\b(?:who|whom|whose|which\s+(?:\w+\s+){{0,2}}?{_SOMEBODY}|name\s+(?:of\s+)?the)\b",
            re.I,
        ),
    ),
    ("place", re.compile(r"\b(?:where|which\s+(?:city|place|country|state|building))\b", re.I)),
    ("reason", re.compile(r"\b(?:why|reasons?|how\s+come|because)\b", re.I)),
    (
        "yesno",
        re.compile(
            r"^\W*(?:did|does|do|is|are|was|were|has|have|had|would|will|can|could|should)\b", re.I
        ),
    ),
)

_FIELD = re.compile(r"\b(from|to|about|date|since|until|after|before):(?:\"([^\"]+)\"|(\S+))", re.I)


#: What people say to a chat without asking it anything, and what may stand beside that.
_COURTESY = frozenset(
    """thanks thank thx cheers ok okay great cool nice perfect awesome hi hello hey bye
    goodbye""".split()
)
_BESIDE_COURTESY = _COURTESY | frozenset(
    """you a lot so very much many again for your help that's that is all now good morning afternoon
    evening night day it got i see wow there everyone""".split()
)
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def asks_nothing(text: str) -> bool:
    """True for thanks and greetings alone."""
    words = {word.lower().replace("’", "'") for word in _LETTERS.findall(text)}
    return bool(words & _COURTESY) and words <= _BESIDE_COURTESY


def understand(text: str, names: NameIndex) -> Question:
    """`text` with the people, dates, kind and expected answer that its words point to."""
    topic, explicit = _read_fields(text, names)
    mentions = names.find(topic)
    scope = _merge(guess_scope(topic, mentions), explicit)
    kind = kind_of(topic)
    asked = responders(topic, mentions) if kind == "reply" else ()
    return Question(text, topic.strip() or text, kind, expected(topic), scope, mentions, asked)


def follow_up(question: Question, bare: Question) -> Question:
    """A follow-up with its context, read as what it asks by itself.

    `question` was understood from the follow-up and what it follows, `bare` from the follow-up
    alone. People of the context are whom it is about: it need not ask for their words again.
    """
    before = question.scope
    people = (*before.senders, *before.recipients, *before.about)
    named = (*bare.scope.senders, *bare.scope.recipients)
    scope = Scope(
        senders=bare.scope.senders,
        recipients=bare.scope.recipients,
        about=tuple(dict.fromkeys(name for name in people if name not in named)),
        since=before.since,
        until=before.until,
        explicit=bare.scope.explicit,
    )
    return replace(
        question, kind=bare.kind, expects=bare.expects, scope=scope, responders=bare.responders
    )


def override(question: Question, scope: Scope) -> Question:
    """The question with the fields that `scope` sets in place of what was guessed."""
    return replace(question, scope=_merge(question.scope, scope))


def _read_fields(text: str, names: NameIndex) -> tuple[str, Scope]:
    """The notmuch-style fields of `text` as an explicit scope, and the text without them."""
    scope = Scope()
    for match in _FIELD.finditer(text):
        value = match.group(2) or match.group(3)
        scope = _joined(scope, _field_scope(match.group(1).lower(), value, names))
    return _FIELD.sub(" ", text), scope


def _joined(scope: Scope, more: Scope) -> Scope:
    """Both scopes: people add up, dates of the later one win."""
    return Scope(
        senders=scope.senders + more.senders,
        recipients=scope.recipients + more.recipients,
        about=scope.about + more.about,
        since=more.since or scope.since,
        until=more.until or scope.until,
        explicit=scope.explicit | more.explicit,
    )


def _field_scope(field: str, value: str, names: NameIndex) -> Scope:
    if field in ("from", "to", "about"):
        spelled = [name.strip() for name in value.split(",") if name.strip()]
        people = tuple(n for name in spelled for n in names.resolve(name) or (name,))
        if field == "from":
            return Scope(senders=people, explicit=frozenset({"senders"}))
        if field == "to":
            return Scope(recipients=people, explicit=frozenset({"recipients"}))
        return Scope(about=people, explicit=frozenset({"about"}))
    since, until = day_range(value)
    if since is None and until is None:
        raise UsageError(f"{field}:{value} is no date: write 2018-04, 2018-04-23 or 2017..2018")
    if field == "after" and until:
        return Scope(since=until + timedelta(days=1), explicit=frozenset({"since"}))
    if field == "before" and since:
        return Scope(until=since - timedelta(days=1), explicit=frozenset({"until"}))
    if field == "since":
        return Scope(since=since, explicit=frozenset({"since"}))
    if field == "until":
        return Scope(until=until, explicit=frozenset({"until"}))
    return Scope(since=since, until=until, explicit=frozenset({"since", "until"}))


def day_range(value: str) -> tuple[date | None, date | None]:
    """First and last day of a date, month, year, or `A..B` range; (None, None) when unreadable."""
    start, dots, end = value.partition("..")
    first, last = periods(start), periods(end if dots else start)
    return (first[0].since if first else None, last[-1].until if last else None)


def _merge(guess: Scope, over: Scope) -> Scope:
    def pick(name: str) -> Scope:
        return over if getattr(over, name) or name in over.explicit else guess

    return Scope(
        senders=pick("senders").senders,
        recipients=pick("recipients").recipients,
        about=pick("about").about,
        since=pick("since").since,
        until=pick("until").until,
        explicit=guess.explicit | over.explicit,
    )


def kind_of(topic: str) -> QuestionKind:
    """Which kind of question the words ask."""
    for kind, pattern in (
        ("count", _COUNT),
        ("first", _FIRST),
        ("last", _LAST),
        ("change", _CHANGE),
        ("reply", _REPLY),
        ("reply", _AFTER_EVENT),
        ("list", _LIST),
        ("list", LISTED_PEOPLE),
    ):
        if pattern.search(topic):
            return kind  # type: ignore[return-value]  # the table holds QuestionKind literals
    return "fact"


@lru_cache(maxsize=32768)
def expected(topic: str) -> Expected:
    """The kind of thing that a question asks for."""
    for expected, pattern in _EXPECTED:
        if pattern.search(topic):
            return expected
    return "text"
