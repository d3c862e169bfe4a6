"""Reads the dates of an English sentence, as far as it gives them. Pure."""

import re
from dataclasses import dataclass

_MONTHS = {
    name[:length]: number
    for number, name in enumerate(
        (
            "january february march april may june july august september october november december"
        ).split(),
        1,
    )
    for length in (3, 4, len(name))
    if length == len(name) or (length == 3 and name != "may") or name == "september"
}
_ISO = re.compile(r"\b((?:19|20)\d\d)-(\d\d)-(\d\d)\b")
_DAY_MONTH = re.compile(
    r"\b(\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?\s+([A-Z][a-z]{2,8})\.?,?(?:\s+((?:19|20)\d\d))?\b"
)
_MONTH_DAY = re.compile(
    r"\b([A-Z][a-z]{2,8})\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s+((?:19|20)\d\d))?(?![\d:])"
)
_MONTH_YEAR = re.compile(r"\b([A-Z][a-z]{2,8})\.?,?(?:\s+of)?\s+((?:19|20)\d\d)\b")
_MONTH = re.compile(
    r"\b(?:[Ii]n|[Bb]y|[Ss]ince|[Uu]ntil|[Tt]ill|[Oo]f|[Ff]or|[Ff]rom|[Tt]o|[Bb]efore|[Aa]fter"
    r"|[Dd]uring|[Aa]round|[Tt]hrough|[Ee]arly|[Ll]ate|[Ll]ast|[Nn]ext|[Tt]his|[Ee]nd|[Mm]id)[ -]"
    r"([A-Z][a-z]{2,8})\b"
)
#: Month names that are no other word.
_MONTH_NAME = re.compile(
    r"\b(January|February|April|June|July|August|September|October|November|December)\b"
)
_DAY = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)\b")
_YEAR = re.compile(r"(?<![\d$€£.,:])((?:19|20)\d\d)(?![\d,]?\d|%|[a-z])")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as far as the text gives it."""

    year: int | None = None
    month: int | None = None
    day: int | None = None


def take_dates(text: str) -> tuple[tuple[PartialDate, ...], str]:
    """The dates of `text`, and `text` without them."""
    found: list[PartialDate] = []

    def take(match: re.Match[str], year: str | None, month: str | None, day: str | None) -> str:
        number = _month(month)
        if (month and number is None) or (day and not 1 <= int(day) <= 31):
            return match.group()
        found.append(PartialDate(int(year) if year else None, number, int(day) if day else None))
        return " "

    text = _ISO.sub(lambda m: take(m, m[1], m[2], m[3]), text)
    text = _DAY_MONTH.sub(lambda m: take(m, m[3], m[2], m[1]), text)
    text = _MONTH_DAY.sub(lambda m: take(m, m[3], m[1], m[2]), text)
    text = _MONTH_YEAR.sub(lambda m: take(m, m[2], m[1], None), text)
    text = _MONTH.sub(lambda m: take(m, None, m[1], None), text)
    text = _MONTH_NAME.sub(lambda m: take(m, None, m[1], None), text)
    text = _YEAR.sub(lambda m: take(m, m[1], None, None), text)
    text = _DAY.sub(lambda m: f"{take(m, None, None, m[1])}{m[1]}", text)
    return tuple(found), text


def _month(name: str | None) -> int | None:
    if name and name.isdigit():
        return int(name) if 1 <= int(name) <= 12 else None
    return _MONTHS.get(name.lower()) if name else None
