"""Times as mail writes them: every wild form is right, or is recognised as no date."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from ingest.dates import is_plausible, parse_date, parse_day
from tests.raw_mail import one

ROOT = Path(__file__).resolve().parents[2]
#: Written form and the same moment in UTC.
WRITTEN = [
    ("Mon, 04 Mar 2024 10:12:13 +0100", "2024-03-04 09:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 -0800", "2024-03-04 18:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 +0530", "2024-03-04 04:42:13"),
    ("Mon, 4 Mar 2024 10:12:13 +1400", "2024-03-03 20:12:13"),
    ("Mon, 4 Mar 2024 10:12 +0100", "2024-03-04 09:12:00"),
    ("4 Mar 2024 10:12:13 +0100", "2024-03-04 09:12:13"),
    ("Mon,4 Mar 2024 10:12:13+0100", "2024-03-04 09:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 +01:00", "2024-03-04 09:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 GMT", "2024-03-04 10:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 UT", "2024-03-04 10:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 Z", "2024-03-04 10:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 EST", "2024-03-04 15:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 EDT", "2024-03-04 14:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 CST", "2024-03-04 16:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 PST", "2024-03-04 18:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 PDT", "2024-03-04 17:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 CET", "2024-03-04 09:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 CEST", "2024-03-04 08:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 MEZ", "2024-03-04 09:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 BST", "2024-03-04 09:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 IST", "2024-03-04 04:42:13"),
    ("Mon, 4 Mar 2024 10:12:13 JST", "2024-03-04 01:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 AEDT", "2024-03-03 23:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 GMT+1", "2024-03-04 09:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 GMT-0500", "2024-03-04 15:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 +0100 (CET)", "2024-03-04 09:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 -0800 (PST (really))", "2024-03-04 18:12:13"),
    ("(a comment) Mon, 4 Mar 2024 10:12:13 +0100", "2024-03-04 09:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 -0000", "2024-03-04 10:12:13"),
    ("Mon, 4 Mar 2024 10:12:13", "2024-03-04 10:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 +9999", "2024-03-04 10:12:13"),
    ("Mon, 4 Mar 2024 10:12:13 XYZ", "2024-03-04 10:12:13"),
    ('Mon, 4 Mar 2024 10:12:13 "GMT"', "2024-03-04 10:12:13"),
    ("Mon, 4 Mar 99 10:12:13 +0000", "1999-03-04 10:12:13"),
    ("Mon, 4 Mar 24 10:12:13 +0000", "2024-03-04 10:12:13"),
    ("Mon, 4 Mar 102 10:12:13 +0000", "2002-03-04 10:12:13"),
    ("Mon, 4-Mar-2024 10:12:13 +0100", "2024-03-04 09:12:13"),
    ("Monday, 04-Mar-24 10:12:13 GMT", "2024-03-04 10:12:13"),
    ("Mon Mar  4 10:12:13 2024", "2024-03-04 10:12:13"),
    ("Mon Mar  4 10:12:13 PST 2024", "2024-03-04 18:12:13"),
    ("Mon Mar  4 10:12:13 2024 -0800", "2024-03-04 18:12:13"),
    ("Mon Mar  4 10:12:13 +0000 2024", "2024-03-04 10:12:13"),
    ("Mon, Mar 4, 2024 10:12:13 +0100", "2024-03-04 09:12:13"),
    ("Monday, March 4, 2024 10:12 AM", "2024-03-04 10:12:00"),
    ("Monday, March 4, 2024 12:05 AM", "2024-03-04 00:05:00"),
    ("Monday, March 4, 2024 12:05 PM", "2024-03-04 12:05:00"),
    ("March 4, 2024 at 10:12:00 AM GMT+1", "2024-03-04 09:12:00"),
    ("4 Mar 2024 1:12:13 pm +0000", "2024-03-04 13:12:13"),
    ("4 Mar 2024 1:12:13 p.m. +0000", "2024-03-04 13:12:13"),
    ("Mar 4, 2024, at 9 AM", "2024-03-04 09:00:00"),
    ("Mon, 4 Mar 2024 9:5:3 +0100", "2024-03-04 08:05:03"),
    ("Mon, 4 Mar 2024 10.12.13 +0100", "2024-03-04 09:12:13"),
    ("2024-03-04T10:12:13Z", "2024-03-04 10:12:13"),
    ("2024-03-04T10:12:13+01:00", "2024-03-04 09:12:13"),
    ("2024-03-04 10:12:13.123+05:30", "2024-03-04 04:42:13"),
    ("2024-03-04 10:12", "2024-03-04 10:12:00"),
    ("2024/03/04 10:12:13 +0000", "2024-03-04 10:12:13"),
    ("20240304101213", "2024-03-04 10:12:13"),
    ("20240304T101213Z", "2024-03-04 10:12:13"),
    ("04.03.2024 10:12", "2024-03-04 10:12:00"),
    ("04.03.24 10.12", "2024-03-04 10:12:00"),
    ("3/14/2024 1:12 PM", "2024-03-14 13:12:00"),
    ("14/3/2024 13:12", "2024-03-14 13:12:00"),
    ("Mo, 4 Mär 2024 10:12:13 +0100", "2024-03-04 09:12:13"),
    ("Montag, 4. März 2024 um 10:12", "2024-03-04 10:12:00"),
    ("Di, 5 Dez 2023 10:12:13 +0100", "2023-12-05 09:12:13"),
    ("Do, 17 Okt 2024 10:12:13 +0200", "2024-10-17 08:12:13"),
    ("lun., 4 mars 2024 10:12:13 +0100", "2024-03-04 09:12:13"),
    ("jeu. 15 févr. 2024 à 10:12", "2024-02-15 10:12:00"),
    ("mer., 14 août 2024 10:12:13 +0200", "2024-08-14 08:12:13"),
    ("dim. 1 déc. 2024 10h12", "2024-12-01 10:12:00"),
    ("lun, 8 ene 2024 10:12:13 +0100", "2024-01-08 09:12:13"),
    ("4 de marzo de 2024 10:12", "2024-03-04 10:12:00"),
    ("vie, 5 abr 2024 10:12:13 -0300", "2024-04-05 13:12:13"),
    ("gio 7 mar 2024 10:12", "2024-03-07 10:12:00"),
    ("4 maggio 2024 10:12", "2024-05-04 10:12:00"),
    ("ma 4 mrt 2024 10:12", "2024-03-04 10:12:00"),
    ("seg., 5 de fev. de 2024 10:12", "2024-02-05 10:12:00"),
    ("2024年3月4日(月) 10:12", "2024-03-04 10:12:00"),
    ("31 Dec 2016 23:59:60 +0000", "2016-12-31 23:59:59"),
    ("29 Feb 2024 10:12:13 +0000", "2024-02-29 10:12:13"),
    ("Tue, 4 Mar 2024 10:12:13 +0100 +0200", "2024-03-04 09:12:13"),
]

NOT_A_DATE = [
    "",
    "yesterday",
    "31 Feb 2024 10:00:00 +0000",
    "29 Feb 2023 10:00:00 +0000",
    "Mon, 4 Mar 2024 25:12:13 +0100",
    "Mon, 4 Mar 2024 10:72:13 +0100",
    "4 Mar 2024 13:12 PM",
    "Mon, 4 Mar 2024",
    "10:12:13 +0100",
    "04/03/2024 10:12",
    "0 Mar 2024 10:12",
    "Mon, 4 Mar 10:12:13 +0100",
    "9" * 5_000,
    ":" * 5_000,
    "( " * 2_000,
    "\0\ufffd",
]


@pytest.mark.parametrize(("written", "expected"), WRITTEN)
def test_written_date_is_read(written: str, expected: str) -> None:
    found = parse_date(written)
    assert found is not None
    assert found.astimezone(UTC) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("written", NOT_A_DATE)
def test_impossible_date_is_none(written: str) -> None:
    assert parse_date(written) is None


def test_local_clock_and_offset_are_kept() -> None:
    found = parse_date("Mon, 4 Mar 2024 23:12:13 -0800")
    assert found is not None
    assert (found.hour, found.utcoffset()) == (23, timedelta(hours=-8))


def test_zone_stands_in_only_when_none_is_written() -> None:
    zone = timezone(timedelta(hours=2))
    assert parse_date("4 Mar 2024 10:12", zone=zone) == datetime(2024, 3, 4, 10, 12, tzinfo=zone)
    assert parse_date("4 Mar 2024 10:12 UTC", zone=zone) == datetime(2024, 3, 4, 10, 12, tzinfo=UTC)


def test_ambiguous_numeric_date_needs_an_order() -> None:
    day_first = parse_date("3/4/2024 10:12", numeric_order="day-first")
    month_first = parse_date("3/4/2024 10:12", numeric_order="month-first")
    assert day_first == datetime(2024, 4, 3, 10, 12, tzinfo=UTC)
    assert month_first == datetime(2024, 3, 4, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "is_named"), [("+0100", True), ("+0000", True), ("-0000", False), ("", False)]
)
def test_zone_that_stands_in_is_told_from_one_that_is_written(text: str, is_named: bool) -> None:
    zone = timezone(timedelta(0), "none")
    found = parse_date(f"Mon, 4 Mar 2024 10:12:13 {text}", zone=zone)
    assert found is not None
    assert (found.tzinfo is not zone) is is_named


def test_plausible_times_begin_on_the_second_day_of_1970() -> None:
    assert not is_plausible(datetime(1970, 1, 1, tzinfo=UTC))
    assert is_plausible(datetime(1970, 1, 2, tzinfo=UTC))
    assert not is_plausible(datetime(2100, 1, 1, tzinfo=UTC))


def test_day_without_a_time() -> None:
    assert parse_day("Mon, 4 Mar 2024") == datetime(2024, 3, 4, tzinfo=UTC)
    assert parse_day("soon") is None


def _dated(*fields: str) -> bytes:
    return "\n".join(["From: ann@example.org", *fields, "", "hello"]).encode()


#: Header fields, and the date (UTC) with its source.
FALLBACKS = [
    (("Date: Mon, 4 Mar 2024 10:12:13 +0100",), "2024-03-04 09:12:13", "header"),
    (
        ("Date: never", "Received: by a; Mon, 4 Mar 2024 10:00:00 +0000"),
        "2024-03-04 10:00:00",
        "received",
    ),
    (
        (
            "Received: by b; Mon, 4 Mar 2024 10:00:02 +0000",
            "Received: by a; Mon, 4 Mar 2024 10:00:09 +0000",
        ),
        "2024-03-04 10:00:09",
        "received",
    ),
    (
        ("Date: Thu, 1 Jan 1970 00:00:00 +0000", "Received: by a; 4 Mar 2024 10:00:00 +0000"),
        "2024-03-04 10:00:00",
        "received",
    ),
    (
        ("Date: 1 Jan 2099 00:00:00 +2500", "Received: by a; 4 Mar 2124 10:00:00 +0000"),
        "2099-01-01 00:00:00",
        "header",
    ),
    (("Subject: x",), None, "none"),
    (("Date: 31 Feb 2024 10:00:00 +0000",), None, "none"),
]


@pytest.mark.parametrize(("fields", "expected", "source"), FALLBACKS)
def test_date_falls_back_and_says_so(
    fields: tuple[str, ...], expected: str | None, source: str
) -> None:
    draft = one(_dated(*fields))
    moment = draft.sent_at.astimezone(UTC) if draft.sent_at else None
    assert moment == (datetime.fromisoformat(expected).replace(tzinfo=UTC) if expected else None)
    assert draft.date_source == source
    assert bool(draft.warnings) == (source != "header" or "2099" in fields[0])


def test_date_without_time_is_a_day() -> None:
    draft = one(_dated("Date: Mon, 4 Mar 2024"))
    assert (draft.sent_at, draft.time_known) == (datetime(2024, 3, 4, tzinfo=UTC), False)


def reading() -> str:
    """What every date and every header of the tables above gives, one line each."""
    moments = [parse_date(written) for written, _ in WRITTEN] + [*map(parse_date, NOT_A_DATE)]
    drafts = [one(_dated(*fields)) for fields, _, _ in FALLBACKS]
    return "\n".join([*map(str, moments), *(f"{d.sent_at} {d.date_source}" for d in drafts)])


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
def test_dates_do_not_depend_on_the_machine(zone: str) -> None:
    """RELIABILITY R12: a hundred dates and headers, read on machines of three time zones."""
    code = (
        "import importlib.util, sys\n"
        "spec = importlib.util.spec_from_file_location('dates', sys.argv[1])\n"
        "dates = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(dates)\n"
        "print(dates.reading())\n"
    )
    environment = {**os.environ, "TZ": zone, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", code, __file__],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(WRITTEN) + len(NOT_A_DATE) + len(FALLBACKS) >= 100
    assert result.stdout.strip() == reading()
