"""Reads one header line of a released-email transcript: who wrote to whom, when.

It knows the line only; which lines are headers in their place is decided in `transcript`.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from ingest.model import REDACTED, Person

#: Minutes east of UTC of the zone names a header may print; any other name is not a time zone.
ZONES = {"UTC": 0, "GMT": 0, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300}
ZONES |= {"MST": -420, "MDT": -360, "PST": -480, "PDT": -420}

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_DAY = r"(?P<month>[A-Za-z]{3,9})\.? (?P<day>\d{1,2}), (?P<year>\d{4})"
_CLOCK = (
    r"\(?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
    r" ?(?P<half>[AaPp][Mm])\)?(?: (?P<zone>[A-Z]{3})\b)?"
)
_TAIL = r"(?P<tail>(?: \([^()]*\))?)"
_WHEN = re.compile(rf" [-–] {_DAY}(?: {_CLOCK})?{_TAIL} ?📎?\s*$")
_BARE = re.compile(rf"^(?P<sender>[^-–]{{2,60}}?)(?: [-–] {_CLOCK})?\s*$")
_FORWARD = re.compile(r"^(?P<sender>.{2,60}?) received this email from (?P<author>.{2,60}?) and ")
_FORWARD_TO = re.compile(r"^forwards it to:? (?P<to>.+)$")
_SENT = re.compile(r"^(?P<sender>.{2,60}?) to:? (?P<to>.+)$")
_COPIES = re.compile(r",? ?\(cc:?(?P<cc>[^()]*)\)$")
_PARTICLES = frozenset({"de", "den", "der", "la", "van", "von"})
_REDACTIONS = frozenset({"<redacted>", "[redacted]"})


@dataclass(frozen=True, slots=True)
class Header:
    """A header as printed. `day` None: the day is inherited; `clock` None: no time is printed.

    `author` is set when the sender only passes on what the author wrote. `passed_to` are people
    named after `fw:` among the copies: they got the message later and are no recipients.
    """

    sender: Person
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    day: date | None = None
    clock: time | None = None
    offset_minutes: int = 0
    author: Person | None = None
    passed_to: tuple[str, ...] = ()
    continues: bool = False

    def sent_at(self, day: date) -> datetime:
        """The printed local clock on `day`; midnight when no time is printed.

        The transcripts print no zone but once; where none is printed the clock is kept as UTC.
        """
        zone = timezone(timedelta(minutes=self.offset_minutes))
        return datetime.combine(day, self.clock or time(), zone)


def full_header(line: str) -> Header | None:
    """The header when `line` names a sender, recipients and a day; else None."""
    when = _WHEN.search(line)
    if when is None:
        return None
    who = line[: when.start()].strip()
    day = _day(when)
    forward = _FORWARD.match(who)
    if day is None:
        return None
    if forward is not None:
        return _forwarded(forward, who[forward.end() :], when, day)
    return _direct(who, when, day)


def bare_header(line: str, people: frozenset[str]) -> Header | None:
    """The header when `line` is one of `people`, with or without a time of day; else None."""
    match = _BARE.match(line)
    if match is None or match["sender"].strip() not in people:
        return None
    clock, offset = _clock(match)
    return Header(Person(match["sender"].strip()), clock=clock, offset_minutes=offset)


def person(text: str) -> Person:
    """The person `text` spells; every spelling of a redaction is REDACTED."""
    name = text.strip()
    return REDACTED if name.lower() in _REDACTIONS else Person(name)


def slug(sender: Person) -> str:
    """The last word of the name in lower case, for message ids."""
    words = re.findall(r"\w+", sender.name.lower())
    return words[-1] if words else "unknown"


def _direct(who: str, when: re.Match[str], day: date) -> Header | None:
    match = _SENT.match(who)
    if match is None or not _is_name(match["sender"]):
        return None
    recipients, cc, passed_to = _recipients(match["to"])
    if not recipients or not all(_is_name(name) for name in recipients + cc + passed_to):
        return None
    clock, offset = _clock(when)
    return Header(
        person(match["sender"]),
        tuple(map(person, recipients)),
        tuple(map(person, cc)),
        day,
        clock,
        offset,
        passed_to=passed_to,
        continues=when["tail"].strip().lower().startswith("(continued"),
    )


def _forwarded(match: re.Match[str], rest: str, when: re.Match[str], day: date) -> Header | None:
    to = _FORWARD_TO.match(rest)
    if to is None:
        return None
    recipients, cc, _ = _recipients(to["to"])
    clock, offset = _clock(when)
    return Header(
        person(match["sender"]),
        tuple(map(person, recipients)),
        tuple(map(person, cc)),
        day,
        clock,
        offset,
        author=person(match["author"]),
    )


def _recipients(text: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Names of the recipients, of the copies, and of those after `fw:`."""
    copies = _COPIES.search(text)
    to = text if copies is None else text[: copies.start()]
    named = () if copies is None else _names(copies["cc"])
    passed = tuple(name[3:].strip() for name in named if name.lower().startswith("fw:"))
    return _names(to), tuple(n for n in named if not n.lower().startswith("fw:")), passed


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in re.split("[,;]", text) if name.strip())


def _is_name(text: str) -> bool:
    if text.strip().lower() in _REDACTIONS:
        return True
    words = text.split()
    return 1 <= len(words) <= 5 and all(w[0].isupper() or w in _PARTICLES for w in words)


def _day(match: re.Match[str]) -> date | None:
    month = match["month"].lower()[:3]
    if month not in MONTHS:
        return None
    try:
        return date(int(match["year"]), MONTHS.index(month) + 1, int(match["day"]))
    except ValueError:
        return None


def _clock(match: re.Match[str]) -> tuple[time | None, int]:
    """Time of day and minutes east of UTC; an impossible time counts as not printed."""
    if match["hour"] is None:
        return None, 0
    hour = int(match["hour"]) % 12 + (12 if match["half"].lower() == "pm" else 0)
    minute, second = int(match["minute"]), int(match["second"] or 0)
    if minute > 59 or second > 59 or not 1 <= int(match["hour"]) <= 12:
        return None, 0
    return time(hour, minute, second), ZONES.get(match["zone"] or "UTC", 0)
