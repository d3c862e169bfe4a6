"""Times as mail writes them, read into aware datetimes that keep the sender's clock and offset.

Nothing is guessed: what is not a plausible date gives None. The local time zone is never used.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal

#: Before Unix mail or after anybody reading this: a clock that was never set, or a forgery.
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)

_MAX_CHARS = 400

_MONTH_STEMS = {
    1: "jan january januar januari janvier janv jän jänner ene enero gen gennaio janeiro "
    "янв января stycznia sty",
    2: "feb february februar februari févr fév février fevr fevrier febrero febbraio fev fevereiro "
    "февр фев февраля lut lutego",
    3: "mar march mär märz mrz maerz mars marzo março mrt maart marco мар марта marca",
    4: "apr april avr avril abr abril aprile апр апреля kwi kwietnia",
    5: "may mai mayo mag maggio maio mei maj мая май maja",
    6: "jun june juni juin junio giu giugno junho июн июня cze czerwca",
    7: "jul july juli juil juillet julio lug luglio julho июл июля lip lipca",
    8: "aug august août aout ago agosto augustus augusti авг августа sie sierpnia",
    9: "sep sept september septembre septiembre set settembre setembro "
    "сент сен сентября wrz września",
    10: "oct october okt oktober octobre octubre ott ottobre out outubro "
    "окт октября paź października",
    11: "nov november novembre noviembre novembro нояб ноя ноября lis listopada",
    12: "dec december dez dezember déc décembre decembre dic diciembre dicembre dezembro desember "
    "дек декабря gru grudnia",
}
MONTHS = {word: number for number, words in _MONTH_STEMS.items() for word in words.split()}

#: Offsets in minutes. Names that several zones share take the meaning mail software gives them:
#: the American ones of RFC 5322, India for IST, British Summer Time for BST.
ZONES = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 60, "bst": 60, "cet": 60, "met": 60,
    "mez": 60, "cest": 120, "mest": 120, "mesz": 120, "eet": 120, "sast": 120, "eest": 180,
    "msk": 180, "msd": 240, "ist": 330, "sgt": 480, "hkt": 480, "awst": 480, "pht": 480,
    "jst": 540, "kst": 540, "acst": 570, "aest": 600, "aedt": 660, "nzst": 720, "nzdt": 780,
    "nst": -210, "ndt": -150, "ast": -240, "adt": -180, "brt": -180, "art": -180, "est": -300,
    "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420,
    "akst": -540, "akdt": -480, "hst": -600,
}  # fmt: skip

_COMMENT = re.compile(r"\([^()]*\)")
_HALF_DAY = r"(?:\s?([AaPp])\.?\s?[Mm]\b\.?)?"
_TIME = re.compile(
    r"(?<![\d:])(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,]\d{1,9})?)?(?![\d:])" + _HALF_DAY
)
_DOTTED_TIME = re.compile(r"(?<![\d:.])(\d{1,2})[.h](\d{2})(?:\.(\d{2}))?(?![\d:])" + _HALF_DAY)
_HOUR = re.compile(r"(?<![\d:])(\d{1,2})\s?([AaPp])\.?[Mm]\b\.?")
_ISO = re.compile(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)T?(\d\d)(\d\d)(\d\d)?(?!\d)")
_CJK = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_OFFSET = re.compile(r"(?<![\d-])(?:GMT|UTC)?\s?([+-])(\d{1,2}):?(\d{2})?(?!\d)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")

NumericOrder = Literal["day-first", "month-first", "unknown"]


def parse_date(
    text: str, *, zone: tzinfo = UTC, numeric_order: NumericOrder = "unknown"
) -> datetime | None:
    """The time that `text` gives, aware, with the offset as written, or None.

    `zone` stands in, as it is, when none is given (RFC 5322 `-0000` included). An impossible offset
    counts as none. `numeric_order` settles dates such as 3/4/2024, which otherwise give None.
    """
    text = _without_comments(text[:_MAX_CHARS]).strip()
    compact = _COMPACT.search(text)
    if compact is not None:
        return _compact_date(compact, text, zone)
    clock, rest = _take_clock(text)
    day, rest = _take_day(rest, numeric_order)
    if day is None or clock is None:
        return None
    return _build(day, clock, _offset(rest) or zone)


def is_plausible(moment: datetime) -> bool:
    """True for times between 2 January 1970 and 2100."""
    return EARLIEST <= moment < LATEST


def parse_day(text: str) -> datetime | None:
    """Midnight UTC of the day that `text` gives without a clock time, or None."""
    day, _ = _take_day(_without_comments(text[:_MAX_CHARS]), "unknown")
    return None if day is None else _build(day, (0, 0, 0), UTC)


def _without_comments(text: str) -> str:
    for _ in range(4):
        shorter = _COMMENT.sub(" ", text)
        if shorter == text:
            break
        text = shorter
    return text


def _compact_date(match: re.Match[str], text: str, zone: tzinfo) -> datetime | None:
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups())
    zone = _offset(text[match.end() :]) or zone
    return _build((year, month, day), (hour, minute, second), zone)


def _take_clock(text: str) -> tuple[tuple[int, int, int] | None, str]:
    """Hour, minute and second of the first clock time, and the text without it."""
    match = _TIME.search(text) or _dotted_time(text)
    if match is not None:
        hour, minute, second = (int(match.group(n) or 0) for n in (1, 2, 3))
        half_day = match.group(4)
    else:
        match = _HOUR.search(text)
        if match is None:
            return None, text
        hour, minute, second, half_day = int(match.group(1)), 0, 0, match.group(2)
    if half_day:
        if not 1 <= hour <= 12:
            return None, text
        hour = hour % 12 + (12 if half_day in "Pp" else 0)
    # A leap second is kept as the last ordinary second of its minute.
    clock = (hour, minute, 59 if second == 60 else second)
    return clock, f"{text[: match.start()]} \0 {text[match.end() :]}"


def _dotted_time(text: str) -> re.Match[str] | None:
    """The first time like `10.12` or `10h12` that is no part of a date like `03.04.2024`."""
    has_month = any(word.lower() in MONTHS for word in _WORD.findall(text))
    dates = [] if has_month else [m.span() for m in _NUMERIC.finditer(text)]
    for match in _DOTTED_TIME.finditer(text):
        if not any(start < match.end() and match.start() < end for start, end in dates):
            return match
    return None


def _take_day(text: str, order: NumericOrder) -> tuple[tuple[int, int, int] | None, str]:
    """Year, month and day, and the text that may hold the zone."""
    for pattern in (_ISO, _CJK):
        match = pattern.search(text)
        if match is not None:
            year, month, day = (int(group) for group in match.groups())
            return (year, month, day), text[: match.start()] + " " + text[match.end() :]
    match = _NUMERIC.search(text)
    if match is not None:
        rest = text[: match.start()] + " " + text[match.end() :]
        return _numeric_day(match, order), rest
    return _worded_day(text)


def _numeric_day(match: re.Match[str], order: NumericOrder) -> tuple[int, int, int] | None:
    first, separator, second, year = match.groups()
    a, b = int(first), int(second)
    if separator == "." or order == "day-first" or a > 12:
        return _full_year(year), b, a
    if order == "month-first" or b > 12 or a == b:
        return _full_year(year), a, b
    return None


def _worded_day(text: str) -> tuple[tuple[int, int, int] | None, str]:
    """The date around a month name: `4 Mar 2024`, `March 4, 2024`, `Mon Mar  4 <clock> 2024`."""
    month = next((m for m in _WORD.finditer(text) if m.group().lower() in MONTHS), None)
    if month is None:
        return None, text
    before, after = _near_numbers(text, month.start(), month.end())
    if before and len(before[-1].group()) <= 2:
        day, years = before[-1], after
    elif after and len(after[0].group()) <= 2:
        day, years = after[0], after[1:]
    else:
        return None, text
    if not years:
        return None, text
    year = years[0]
    rest = text[max(day.end(), month.end()) : year.start()] + " " + text[year.end() :]
    return (_full_year(year.group()), MONTHS[month.group().lower()], int(day.group())), rest


def _near_numbers(
    text: str, start: int, end: int
) -> tuple[list[re.Match[str]], list[re.Match[str]]]:
    """Numbers before and after the month, without those that belong to an offset."""
    offsets = (m for m in _OFFSET.finditer(text) if m.group(3) and int(m.group(2)) <= 14)
    taken = [m.span() for m in offsets]
    numbers = [
        m
        for m in _NUMBER.finditer(text)
        if not any(left <= m.start() and m.end() <= right for left, right in taken)
    ]
    return [m for m in numbers if m.end() <= start], [m for m in numbers if m.start() >= end]


def _full_year(digits: str) -> int:
    """Two- and three-digit years as RFC 5322 section 4.3 reads them."""
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _offset(text: str) -> timezone | None:
    match = _OFFSET.search(text)
    if match is not None:
        sign, hours, minutes = match.groups()
        total = int(hours) * 60 + int(minutes or 0)
        if int(minutes or 0) > 59 or total > 14 * 60 or (sign == "-" and total == 0):
            return None
        return timezone(timedelta(minutes=-total if sign == "-" else total))
    for word in _WORD.findall(text):
        if word.lower() in ZONES:
            return timezone(timedelta(minutes=ZONES[word.lower()]))
    return None


def _build(day: tuple[int, int, int], clock: tuple[int, int, int], zone: tzinfo) -> datetime | None:
    try:
        moment = datetime(*day, *clock, tzinfo=zone)
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment
