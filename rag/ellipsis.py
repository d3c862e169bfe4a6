"""Follow-ups that name nothing but other people or another time: "and Greg?", "in 2018?".

They ask the question before them again with these in place of its own.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.model import Turn
from rag.names import Mention, NameIndex
from rag.question import asks_nothing, kind_of
from rag.terms import without
from rag.when import Period, periods
from rag.who import JOINED, role_of

_LEAD = re.compile(r"^\W*(?:(?:and|but|or|so|also|then|ok|(?:what|how)\s+about)\b\W*)*", re.I)
#: Words that may stand beside a name or a date without asking anything.
_SMALL = frozenset(
    """a after and at before between both by during for from in just of on only or same since the
    through to until with""".split()
)
_WORD = re.compile(r"[^\W\d_]+")
_PREPOSITION = re.compile(
    r"(?:\b(?:after|at|before|between|by|during|for|from|in|of|on|since|through|throughout|until)\s+"
    r"(?:the\s+)?)+$",
    re.I,
)
_TO, _FROM = re.compile(r"\bto\s+(?:both\s+)?$", re.I), re.compile(r"\b(?:from|by)\s+$", re.I)
#: "Which of them mention chips?"
_OF_THEM = re.compile(
    r"^\W*(?:and\s+)?(?:how\s+many|which(?:\s+ones?)?)\s+of\s+(?:them|those|these)\s+(?P<rest>\w.*)",
    re.I,
)
_END = " \t\n?!.,"


def completed(history: Sequence[Turn], names: NameIndex) -> tuple[Turn, ...]:
    """The turns with each such question written out, without those that ask nothing."""
    before, turns, is_asked = "", [], True
    for turn in history:
        if turn.role == "user":
            is_asked = not asks_nothing(turn.content)
            if is_asked:
                before = complete(turn.content, before, names) or turn.content
                turns.append(replace(turn, content=before))
        elif is_asked:
            turns.append(turn)
    return tuple(turns)


def complete(question: str, before: str, names: NameIndex) -> str | None:
    """The question `before` as `question` asks it again; None when that asks something else."""
    if not before:
        return None
    narrowed = _OF_THEM.match(question)
    if narrowed and kind_of(before) in ("count", "list"):
        return f"{before.rstrip(_END)} which {narrowed['rest'].rstrip(_END)}?"
    lead = len(question) - len(_LEAD.sub("", question, count=1))
    if not question.rstrip().endswith("?") and not question[:lead].strip():
        return None
    people, times = names.find(question), periods(question)
    if not (people or times) or _says_more(question, lead, people, times):
        return None
    text: str | None = before
    if people:
        text = _with_people(before, question, people, names)
    return _with_time(text, question, times) if text and times else text


def _says_more(
    question: str, lead: int, people: Sequence[Mention], times: Sequence[Period]
) -> bool:
    """True when words besides the first `lead` characters, the people and the times say more."""
    spans = [(person.start, person.end) for person in people]
    spans += [(time.start, time.end) for time in times]
    rest = without(question, [(0, lead), *spans])
    return any(word.lower() not in _SMALL for word in _WORD.findall(rest))


def _with_people(
    before: str, question: str, people: Sequence[Mention], names: NameIndex
) -> str | None:
    """`before` with these people in the part that they are named for, or else its first part."""
    new, named = question[people[0].start : people[-1].end], question[: people[0].start]
    wanted = "recipients" if _TO.search(named) else "senders"
    groups = list(_groups(before, names.find(before)))
    part = next((g for g in groups if role_of(before, g[0]) in (wanted, "both")), None)
    if part is None and wanted == "recipients":
        return f"{before.rstrip(_END)} to {new}?"
    if part is None and groups and not _FROM.search(named):
        part = groups[0]
    return before[: part[0].start] + new + before[part[-1].end :] if part else None


def _groups(text: str, mentions: Sequence[Mention]) -> Iterator[list[Mention]]:
    """Mentions that stand together: "Ada, Mary and Tom"."""
    group: list[Mention] = []
    for mention in mentions:
        if group and not JOINED.match(text[group[-1].end : mention.start]):
            yield group
            group = []
        group.append(mention)
    if group:
        yield group


def _with_time(before: str, question: str, times: Sequence[Period]) -> str:
    """`before` with this time in place of its own, or after it."""
    begin = _begin(question, times[0])
    new = question[begin : times[-1].end]
    if begin == times[0].start:
        new = f"in {new}"
    own = periods(before)
    if not own:
        return f"{before.rstrip(_END)} {new}?"
    return before[: _begin(before, own[0])] + new + before[own[-1].end :]


def _begin(text: str, period: Period) -> int:
    """Where the period begins, its preposition included."""
    found = _PREPOSITION.search(text[: period.start])
    return found.start() if found else period.start
