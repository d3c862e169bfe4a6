"""Who plays which part in a question: whose words are asked for, said to whom, about whom. Pure."""

import re
from collections.abc import Sequence

from rag.model import Scope
from rag.names import Mention
from rag.when import hull, periods

_SAY = (
    r"(?:add|admit|advis|advoc|agre|announc|answer|argu|ask|assur|attack|beliv|believ|call|chang|cit"
    r"|claim|complain|compar|concede|congratul|consider|decid|defend|demand|describ|draw|estimat"
    r"|expect|explain|feel|felt|fear|fire|float|forward|give|gave|guess|hint|hop|inform|insist|invit"
    r"|judg|list|mean|meant|mention|nam|need|not|object|offer|oppos|paint|plan|pledg|point|predict"
    r"|prefer|press|promis|pronounc|propos|push|put|question|quot|rais|rat|react|reckon|recommend"
    r"|refus|reject|relay|repl|report|request|respond|say|said|see|saw|send|sent|set|share|shrug|sign"
    r"|specul|stat|stress|suggest|summar|take|took|tell|text|think|thought|threat|told|urg|view|want"
    r"|warn|welcom|wish|wonder|worr|writ|wrote)\w*"
)
_AUXILIARY = r"(?:did|does|do|has|had|have|was|is|would|could|should|might|can)"
_TELL = (
    r"(?:tell|told|ask|asked|inform|informed|assure|assured|warn|warned|brought|give|gave|send|sent"
)
_TELL += r"|show|showed|write|wrote|report|reported|reply|replied|respond|responded|answer|answered"
_TELL += r"|advise|advised|text|texted|message|messaged|email|emailed|urge|urged)"
_WORK = (
    r"(?:mail|email|e-mail|message|text|note|letter|reply|response|answer|update|memo|view|opinion"
)
_WORK += (
    r"|words?|verdict|take|reaction|draft|proposal|plan|argument|account|complaint|ultimatum)s?"
)

_SENDER_AFTER = re.compile(
    rf"^(?:'s|’s|s')?\s+(?:(?:\w+ly|also|then|first|ever|never|has|had|have|was)\s+)*(?:{_SAY})\b",
    re.I,
)
_WORK_AFTER = re.compile(rf"^(?:'s|’s|s'|’)\s+(?:\S+\s+){{0,3}}?{_WORK}\b", re.I)
_SUBJECT_BEFORE = re.compile(rf"\b{_AUXILIARY}\s+$", re.I)
_BETWEEN = re.compile(rf"\b{_WORK}\s+(?:\w+\s+)?between\s+$", re.I)
#: "Ada and Charles exchanged": what each of them wrote to the other.
_EXCHANGED = re.compile(
    r"^(?:(?:\s*,|\s+and|\s*&)\s*\w[\w.'’-]*(?:\s\w+)?)?\s+(?:exchang|correspond)\w*", re.I
)
#: "How many messages did Ada get".
_MAIL_BEFORE = re.compile(
    rf"\b(?:mail|email|e-mail|message|text|letter)s?\s+{_AUXILIARY}\s+$", re.I
)
_RECEIVED = re.compile(r"^\s+(?:get|gets|got|receive[ds]?)\b", re.I)
#: "When was Ada first mentioned".
_IS_BEFORE = re.compile(r"\b(?:is|are|was|were)\s+$", re.I)
_TOLD_OF = re.compile(r"^\s+(?:\w+\s+)?(?:mentioned|named|discussed|brought\s+up)\b", re.I)
_ACCORDING = re.compile(r"\baccording\s+to\s+$", re.I)
_SOURCE_BEFORE = re.compile(r"\b(?:by|from|in)\s+$", re.I)
_TARGET_BEFORE = re.compile(rf"\b(?:to|{_TELL}(?:\s+to)?)\s+(?:both\s+)?$", re.I)
#: What stands between two names that play the same part: "to Ada, Mary and Tom".
JOINED = re.compile(r"^\s*(?:,\s*)?(?:(?:and|or|&)\s+)?$")
_FILTER_BEFORE = re.compile(
    r"\b(?:mail|email|message|text|letter|note)s?\s+(?:sent\s+)?from\s+$", re.I
)

_REPLY_VERB = re.compile(
    r"^\s+(?:\w+ly\s+)?(?:repl|respon|react|retort|an?sw?er|sa[iy]|tell|told|wr[io]te|text|come|came"
    r"|fire|shoot|shot|take|took|like|receive|greet|feel|felt|think|thought|want|agree"
    r"|accept|approve|consent|object|go\b|do\b|make\b)",
    re.I,
)
_REPLY_NOUN = re.compile(
    r"^(?:'s|’s|s')?\s+(?:\w+\s+){0,2}?(?:repl(?:y|ies)|respons\w*|reaction|answer|comeback|verdict)\b",
    re.I,
)


def guess_scope(topic: str, mentions: Sequence[Mention]) -> Scope:
    """Who a text asks about and in which part, and when, as a guess."""
    roles: dict[str, list[str]] = {"senders": [], "recipients": [], "about": []}
    explicit: set[str] = set()
    last: Mention | None = None
    role = "about"
    for mention in mentions:
        joined = last is not None and JOINED.match(topic[last.end : mention.start])
        role = role if joined else role_of(topic, mention)
        for name in ("senders", "recipients") if role == "both" else (role,):
            roles[name].extend(n for n in mention.people if n not in roles[name])
        if role == "senders" and _FILTER_BEFORE.search(topic[: mention.start]):
            explicit.add("senders")
        last = mention
    since, until = hull(periods(topic))
    return Scope(
        senders=tuple(roles["senders"]),
        recipients=tuple(roles["recipients"]),
        about=tuple(roles["about"]),
        since=since,
        until=until,
        explicit=frozenset(explicit),
    )


def role_of(topic: str, mention: Mention) -> str:
    """The part of a mentioned person: "senders", "recipients", "both" or "about"."""
    before, after = topic[: mention.start], topic[mention.end :]
    if _BETWEEN.search(before) or _EXCHANGED.search(after):
        return "both"
    if _MAIL_BEFORE.search(before) and _RECEIVED.search(after):
        return "recipients"
    if _IS_BEFORE.search(before) and _TOLD_OF.search(after):
        return "about"
    if _ACCORDING.search(before):
        return "senders"
    if _TARGET_BEFORE.search(before) and not _SENDER_AFTER.search(after):
        return "recipients"
    if _SENDER_AFTER.search(after) or _WORK_AFTER.search(after):
        return "senders"
    if _SUBJECT_BEFORE.search(before) or _SOURCE_BEFORE.search(before):
        return "senders"
    return "about"


def responders(topic: str, mentions: Sequence[Mention]) -> tuple[str, ...]:
    """Whose reply is asked for: "how did X answer", "X's reply", "when Y ..., what did X want"."""
    found: tuple[str, ...] = ()
    for mention in mentions:
        before, after = topic[: mention.start], topic[mention.end :]
        asked = _SUBJECT_BEFORE.search(before) and _REPLY_VERB.search(after)
        if asked or _REPLY_NOUN.search(after):
            found = mention.people
    return found
