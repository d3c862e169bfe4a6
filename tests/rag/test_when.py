"""Dates and periods in plain words."""

import time
from datetime import date

import pytest

from rag.when import hull, periods


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("in autumn 2017", date(2017, 9, 1), date(2017, 11, 30)),
        ("winter 2017", date(2017, 12, 1), date(2018, 2, 28)),
        ("on 20 September 2017", date(2017, 9, 20), date(2017, 9, 20)),
        ("Sept 20th, 2017", date(2017, 9, 20), date(2017, 9, 20)),
        ("2017-09-20", date(2017, 9, 20), date(2017, 9, 20)),
        ("2018-04", date(2018, 4, 1), date(2018, 4, 30)),
        ("late September 2016", date(2016, 9, 19), date(2016, 9, 30)),
        ("early 2016", date(2016, 1, 1), date(2016, 4, 30)),
        ("Q1 2019", date(2019, 1, 1), date(2019, 3, 31)),
        ("New Year 2016", date(2015, 12, 30), date(2016, 1, 7)),
        ("from July 2017 to December 2018", date(2017, 7, 1), date(2018, 12, 31)),
        ("between 16 and 20 September 2016", date(2016, 9, 16), date(2016, 9, 20)),
        ("from the 16th to the 20th of September 2016", date(2016, 9, 16), date(2016, 9, 20)),
        ("16 September to 3 October 2016", date(2016, 9, 16), date(2016, 10, 3)),
        ("3-5 May 2017", date(2017, 5, 3), date(2017, 5, 5)),
        ("May 3–5, 2017", date(2017, 5, 3), date(2017, 5, 5)),
        ("between May 30 and June 2, 2017", date(2017, 5, 30), date(2017, 6, 2)),
        ("28 December to 3 January 2018", date(2017, 12, 28), date(2018, 1, 3)),
        ("between the founding and autumn 2017", None, date(2017, 11, 30)),
        ("between version 20 and 5 May 2017", None, date(2017, 5, 5)),
        ("the mails from March 2018", date(2018, 3, 1), date(2018, 3, 31)),
        ("before April 2018", None, date(2018, 3, 31)),
        ("until April 2018", None, date(2018, 4, 30)),
        ("since 2018", date(2018, 1, 1), None),
        ("from 2018 on", date(2018, 1, 1), None),
        ("by 2018", None, date(2018, 12, 31)),
        ("2017-2018", date(2017, 1, 1), date(2018, 12, 31)),
        ("between March 2017 and May 2018", date(2017, 3, 1), date(2018, 5, 31)),
        ("at the end of 2016", date(2016, 9, 1), date(2016, 12, 31)),
        ("mid-2017", date(2017, 5, 1), date(2017, 8, 31)),
        ("mid March 2017", date(2017, 3, 9), date(2017, 3, 21)),
        ("the 20th of September 2017", date(2017, 9, 20), date(2017, 9, 20)),
        ("in the first half of 2016", date(2016, 1, 1), date(2016, 6, 30)),
        ("H2 2018", date(2018, 7, 1), date(2018, 12, 31)),
        ("the third quarter of 2017", date(2017, 7, 1), date(2017, 9, 30)),
        ("the last quarter of 2017", date(2017, 10, 1), date(2017, 12, 31)),
        ("the last two months of 2017", date(2017, 11, 1), date(2017, 12, 31)),
        ("the first 3 months of 2017", date(2017, 1, 1), date(2017, 3, 31)),
        ("between May and July 2015", date(2015, 5, 1), date(2015, 7, 31)),
        ("November to February 2018", date(2017, 11, 1), date(2018, 2, 28)),
        ("the last days of October 2022", date(2022, 10, 19), date(2022, 10, 31)),
        ("the first week of October 2022", date(2022, 10, 1), date(2022, 10, 12)),
        ("Christmas 2015", date(2015, 12, 24), date(2015, 12, 26)),
        ("after 2018", date(2019, 1, 1), None),
        ("after 30 April 2018", date(2018, 5, 1), None),
        ("February 2020", date(2020, 2, 1), date(2020, 2, 29)),
    ],
)
def test_period_is_read(text: str, since: date | None, until: date | None) -> None:
    assert hull(periods(text)) == (since, until)


@pytest.mark.parametrize(
    "text", ["in April", "on Friday", "$2000 a head", "call 2017551234 now", ""]
)
def test_no_year_is_no_period(text: str) -> None:
    assert periods(text) == ()


def test_there_is_no_third_half() -> None:
    assert hull(periods("the third half of 2017")) == (date(2017, 1, 1), date(2017, 12, 31))


def test_impossible_day_is_not_that_day() -> None:
    assert all(p.since != p.until for p in periods("31 September 2017"))


def test_periods_are_told_where_they_stand() -> None:
    text = "from May 2017 to 3 June 2018"
    assert [text[p.start : p.end] for p in periods(text)] == ["May 2017", "3 June 2018"]


def test_open_sides_are_closed_by_another_period() -> None:
    assert hull(periods("since May 2017 and until June 2018")) == (
        date(2017, 5, 1),
        date(2018, 6, 30),
    )
    assert hull(()) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "2" * 5000,
        "1 " * 2000,
        "from " * 2000 + "2017",
        "may " * 2000,
        "between a " * 900 + "and 2017",
    ],
)
def test_long_texts_are_read_quickly(text: str) -> None:
    start = time.monotonic()
    periods(text)
    assert time.monotonic() - start < 2
