"""What surveyed mail is counted by: people ("who wrote the most") or time ("which month ...")."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ingest.message_store import Header
from rag.question import LISTED_PEOPLE, PEOPLE, Question

_BY_PERSON = re.compile(rf"\b(?:whom?|{PEOPLE})\b", re.I)
_BY_TIME = re.compile(
    r"\b(?:which|what|per|each|every|by|busiest|quietest|most\s+active)\s+(?P<unit>year|month|day|date)\b"
    r"|\bwhen\s+(?:were|was|did)\b.*\b(?:most|fewest|least)\b",
    re.I,
)
_LEAST = re.compile(r"\b(?:fewest|least|quietest)\b", re.I)
_MOST = re.compile(r"\b(?:most|busiest)\b", re.I)

#: People or times named in a count; a list of people and a count for each time name more.
_NAMED, _NAMED_ALL = 5, 24


@dataclass(frozen=True, slots=True)
class Tally:
    """A count told in a line, and the messages that bear it out."""

    line: str
    shown: tuple[Header, ...]


def tally(question: Question, found: Sequence[Header]) -> Tally | None:
    """The messages counted by what the question asks, in time order; None when it asks none."""
    if not found:
        return None
    if question.kind == "count" and (asked := _BY_TIME.search(question.topic)):
        return _by_time(question, found, (asked["unit"] or "month").lower())
    is_counted = question.kind == "count" and _BY_PERSON.search(question.topic)
    is_listed = question.kind == "list" and LISTED_PEOPLE.search(question.topic)
    return _by_person(question, found) if is_counted or is_listed else None


def _by_person(question: Question, found: Sequence[Header]) -> Tally:
    """Who wrote them, or who got them when it is known who wrote, and a message of each."""
    if question.scope.senders:
        verb, people = "Sent to", [(p.name, email) for email in found for p in email.recipients]
    else:
        verb, people = "Written by", [(email.sender.name, email) for email in found]
    counts = Counter(name for name, _ in people)
    first = dict(reversed(people))
    ordered = sorted(counts, key=lambda name: -counts[name])
    if _LEAST.search(question.topic):
        ordered.reverse()
    named = _named(ordered, counts, _NAMED_ALL if question.kind == "list" else _NAMED)
    shown = dict.fromkeys(first[name].id for name in ordered)
    by_id = {email.id: email for email in first.values()}
    return Tally(f"{verb} {len(counts)}: {named}.", tuple(by_id[name] for name in shown))


def _by_time(question: Question, found: Sequence[Header], unit: str) -> Tally:
    """How many were sent in each year, month or day (the sender's), and those of the one asked for.

    A count for each time that ranks none shows the first message of each.
    """
    of_time: dict[date, list[Header]] = defaultdict(list)
    for email in found:
        if email.sent_at:
            of_time[_start(email.sent_at.date(), unit)].append(email)
    times = sorted(of_time)
    is_ranked = bool(_MOST.search(question.topic) or _LEAST.search(question.topic))
    if is_ranked:
        sign = 1 if _LEAST.search(question.topic) else -1
        times.sort(key=lambda time: sign * len(of_time[time]))
    counts = {told(time, unit): len(of_time[time]) for time in times}
    named = _named(list(counts), counts, _NAMED if is_ranked else _NAMED_ALL)
    shown = of_time[times[0]] if is_ranked and times else [of_time[time][0] for time in times]
    undated = sum(email.sent_at is None for email in found)
    rest = f"; {undated} without a date" if undated else ""
    return Tally(f"By {unit}: {named}{rest}.", tuple(shown))


def _named(ordered: Sequence[str], counts: Mapping[str, int], most: int) -> str:
    told = ", ".join(f"{name} {counts[name]}" for name in ordered[:most])
    return told + ", …" * (len(ordered) > most)


def _start(day: date, unit: str) -> date:
    if unit == "year":
        return day.replace(month=1, day=1)
    return day.replace(day=1) if unit == "month" else day


def told(time: date, unit: str) -> str:
    """A year, a month or a day as it is shown: "2017", "Sep 2017", "20 Sep 2017"."""
    if unit == "year":
        return f"{time:%Y}"
    return f"{time:%b %Y}" if unit == "month" else f"{time.day} {time:%b %Y}"
