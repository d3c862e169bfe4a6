"""Reading dates and periods out of plain words: "in autumn 2017", "before April 2018", "2018-04".

Only what names a year is read; a bare month or weekday is left to the words of the question.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = {name.lower(): i for i, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): i for i, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?<![$€£\d.,])(?P<year>(?:19|20)\d\d)(?![\d%]|[.,]\d)"
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_FIRST_DAY = r"(?P<first_day>[0-3]?\d)(?:st|nd|rd|th)?"
_TO = r"\s*(?:to|and|through|till|until|-|–)\s*(?:the\s+)?"
_PART = (
    r"(?:(?P<part>early|mid|late|the\s+end\s+of|end\s+of|beginning\s+of|start\s+of"
    r"|(?:first|last)\s+(?:few\s+)?(?:days|weeks?)\s+of)[\s-]+)?"
)
_ORDINALS = {
    "first": 1,
    "1st": 1,
    "second": 2,
    "2nd": 2,
    "third": 3,
    "3rd": 3,
    "fourth": 4,
    "4th": 4,
}
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "nine": 9}
_ORDINAL = rf"(?P<ordinal>{'|'.join(_ORDINALS)}|last)"

#: First month and number of months of a season (northern hemisphere, as English mail uses it).
_SEASONS = {"spring": (3, 3), "summer": (6, 3), "autumn": (9, 3), "fall": (9, 3), "winter": (12, 3)}

_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"\b(?P<year>(?:19|20)\d\d)-(?P<month_no>[01]?\d)-(?P<day>[0-3]?\d)\b",
        r"\b(?P<year>(?:19|20)\d\d)-(?P<month_no>[01]?\d)\b",
        rf"\b{_FIRST_DAY}(?:\s+(?:of\s+)?(?P<opening>{_MONTH})\.?)?{_TO}{_DAY}"
        rf"\s+(?:of\s+)?(?P<month>{_MONTH})\.?,?\s+{_YEAR}\b",
        rf"\b(?P<opening>{_MONTH})\.?\s+{_FIRST_DAY}{_TO}(?:(?P<month>{_MONTH})\.?\s+)?{_DAY}"
        rf",?\s+{_YEAR}\b",
        rf"\b{_DAY}\s+(?:of\s+)?(?P<month>{_MONTH})\.?,?\s+{_YEAR}\b",
        rf"\b(?P<month>{_MONTH})\.?\s+{_DAY},?\s+{_YEAR}\b",
        rf"\b(?P<opening>{_MONTH})\.?{_TO}(?P<month>{_MONTH})\.?,?\s+(?:of\s+)?{_YEAR}\b",
        rf"\b{_PART}(?P<month>{_MONTH})\.?,?\s+(?:of\s+)?{_YEAR}\b",
        rf"\b(?P<season>{'|'.join(_SEASONS)})\s+(?:of\s+)?{_YEAR}\b",
        rf"\b(?:Q|quarter\s+)(?P<quarter>[1-4])\s+(?:of\s+)?{_YEAR}\b",
        rf"\b{_ORDINAL}\s+(?P<unit>quarter|half)\s+(?:of\s+)?{_YEAR}\b",
        rf"\b{_ORDINAL}\s+(?P<months>{'|'.join(_NUMBERS)}|[2-9])\s+months\s+of\s+{_YEAR}\b",
        rf"\bH(?P<half>[12])\s+(?:of\s+)?{_YEAR}\b",
        rf"\b(?P<christmas>christmas(?:\s+day|\s+eve)?)\s+(?:of\s+)?{_YEAR}\b",
        rf"\b(?P<newyear>new\s+year(?:'s)?(?:\s+day|\s+eve)?)\s+(?:of\s+)?{_YEAR}\b",
        rf"\b{_PART}{_YEAR}\b",
    )
)

_BEFORE = re.compile(r"\b(?:before|until|till|up\s+to|prior\s+to|by)\s+(?:the\s+)?$", re.IGNORECASE)
_AFTER = re.compile(r"\b(?:since|after|from|starting(?:\s+in)?)\s+(?:the\s+)?$", re.IGNORECASE)
#: "between the founding and autumn 2017": it begins with what has no date.
_BETWEEN = re.compile(r"\bbetween\s+(?P<event>[^.,;?!]+?)\s+and\s+(?:the\s+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Period:
    """Inclusive days; None leaves that side open. `start`, `end` are offsets into the question."""

    since: date | None
    until: date | None
    start: int
    end: int


def periods(text: str) -> tuple[Period, ...]:
    """All dates and periods named in `text`, in order; a reading inside another is left out."""
    found: list[Period] = []
    for form in _FORMS:
        for match in form.finditer(text):
            days = _days(match)
            if days and not any(match.start() < p.end and p.start < match.end() for p in found):
                found.append(Period(*days, match.start(), match.end()))
    return tuple(_with_side(text, p) for p in sorted(found, key=lambda p: p.start))


def hull(found: tuple[Period, ...]) -> tuple[date | None, date | None]:
    """The days from the first to the last period; an open side stays open only when alone."""
    since = [p.since for p in found if p.since]
    until = [p.until for p in found if p.until]
    return (min(since) if since else None, max(until) if until else None)


def _with_side(text: str, period: Period) -> Period:
    before = text[: period.start]
    if earlier := _BEFORE.search(before):
        includes = not earlier.group().lower().startswith(("before", "prior"))
        until = period.until if includes or not period.since else period.since - timedelta(days=1)
        return Period(None, until, period.start, period.end)
    event = _BETWEEN.search(before)
    if event and not periods(event["event"]):
        return Period(None, period.until, period.start, period.end)
    after = _AFTER.search(before)
    if after and not (after.group().lower().startswith("from") and _names_one_period(text, period)):
        leaves_out = after.group().lower().startswith("after")
        since = period.until + timedelta(days=1) if leaves_out and period.until else period.since
        return Period(since, None, period.start, period.end)
    return period


def _names_one_period(text: str, period: Period) -> bool:
    # "from 2017 to 2018" opens a range; "the mails from March 2018" names one period.
    return not re.match(r"\s*(?:to|until|till|through|on|onwards?|-|–)\b", text[period.end :])


def _days(match: re.Match[str]) -> tuple[date, date] | None:
    found = match.groupdict()
    year = int(found["year"])
    if span := _span(found):
        return _months(year, *span)
    if found.get("newyear"):
        return date(year - 1, 12, 30), date(year, 1, 7)
    if found.get("christmas"):
        return date(year, 12, 24), date(year, 12, 26)
    if found.get("first_day"):
        return _days_between(year, found)
    month = _month(found)
    if opening := found.get("opening"):
        first, last = _MONTHS[opening.lower()], _MONTHS[found["month"].lower()]
        return _months(year - (first > last), first, (last - first) % 12 + 1)
    if month is None:
        return _part_of_year(year, found.get("part")) if "month" not in found else None
    if found.get("day"):
        return _one_day(year, month, int(found["day"]))
    return _part_of_month(year, month, found.get("part"))


def _span(found: dict[str, str | None]) -> tuple[int, int] | None:
    """First month and number of months of a season, a quarter, a half, "the last two months"."""
    if season := found.get("season"):
        return _SEASONS[season.lower()]
    if quarter := found.get("quarter"):
        return 3 * int(quarter) - 2, 3
    if half := found.get("half"):
        return 6 * int(half) - 5, 6
    ordinal = (found.get("ordinal") or "").lower()
    if not ordinal:
        return None
    if months := found.get("months"):
        length = _NUMBERS.get(months.lower()) or int(months)
    else:
        length = 3 if (found.get("unit") or "").lower() == "quarter" else 6
    first = 13 - length if ordinal == "last" else length * _ORDINALS[ordinal] - length + 1
    return (first, length) if first + length <= 13 else None


def _month(found: dict[str, str | None]) -> int | None:
    if name := found.get("month"):
        return _MONTHS[name.lower()]
    number = int(found.get("month_no") or 0)
    return number if 1 <= number <= 12 else None


def _one_day(year: int, month: int, day: int) -> tuple[date, date] | None:
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return date(year, month, day), date(year, month, day)


def _days_between(year: int, found: dict[str, str | None]) -> tuple[date, date] | None:
    """From "16 to 20 September", "28 December to 3 January", "May 3 to 5"."""
    opening, month = found["opening"], found["month"]
    first, last = (_MONTHS[str(name).lower()] for name in (opening or month, month or opening))
    since = _one_day(year - (first > last), first, int(found["first_day"] or 0))
    until = _one_day(year, last, int(found["day"] or 0))
    return (since[0], until[1]) if since and until and since[0] <= until[1] else None


def _months(year: int, first: int, length: int) -> tuple[date, date]:
    last = first + length - 1
    end_year, end_month = year + (last - 1) // 12, (last - 1) % 12 + 1
    return date(year, first, 1), date(
        end_year, end_month, calendar.monthrange(end_year, end_month)[1]
    )


def _part_of_year(year: int, part: str | None) -> tuple[date, date]:
    kind = _part(part)
    if kind == "early":
        return _months(year, 1, 4)
    if kind == "mid":
        return _months(year, 5, 4)
    if kind == "late":
        return _months(year, 9, 4)
    return date(year, 1, 1), date(year, 12, 31)


def _part_of_month(year: int, month: int, part: str | None) -> tuple[date, date]:
    since, until = _months(year, month, 1)
    kind = _part(part)
    if kind == "early":
        return since, since + timedelta(days=11)
    if kind == "mid":
        return since + timedelta(days=8), since + timedelta(days=20)
    if kind == "late":
        return since + timedelta(days=18), until
    return since, until


def _part(words: str | None) -> str:
    if not words:
        return ""
    lowered = words.lower()
    if "end" in lowered or lowered.startswith("la"):
        return "late"
    return "early" if lowered.startswith(("start", "beginning", "first")) else lowered
