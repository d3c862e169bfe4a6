"""The reader shows a whole message as text, its cited span marked, its quotes folded."""

import html as stdlib_html
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.errors import SourceError
from ingest.message_store import ThreadSummary
from ingest.model import Email, Person, Span
from tests.compound_writer import compound
from tests.ui.fake_archive import BOAT, QUOTE, REPLY, REPLY_TEXT, email
from ui import html_mail, html_threads
from ui.html_mail import Shown
from ui.source_text import source_lines
from ui.timeline import Months, counted, timeline


def marks(shown: str) -> list[str]:
    return re.findall(r"<mark>(.*?)</mark>", shown, re.S)


def plain(shown: str) -> str:
    body = re.sub(r"<summary>.*?</summary>|<p class=\"origin\">.*?</p>", "", shown, flags=re.S)
    return stdlib_html.unescape(re.sub(r"<[^>]+>", "", body))


def test_cited_span_is_marked_exactly() -> None:
    start = BOAT.body.index(QUOTE)
    shown = html_mail.reader(Shown(BOAT, mark=(start, start + len(QUOTE))))
    assert marks(shown) == [QUOTE]


def test_span_past_the_end_marks_what_there_is() -> None:
    assert marks(html_mail.reader(Shown(BOAT, mark=(len(BOAT.body) - 4, 10**9)))) == ["Anna"]


def test_whole_body_is_shown() -> None:
    assert REPLY_TEXT in plain(html_mail.reader(Shown(REPLY)))


def test_quotes_are_folded_and_name_their_origin() -> None:
    shown = html_mail.reader(Shown(REPLY))
    assert "<details><summary>quoted text from Anna Berg</summary>" in shown
    assert "First said by <bdi>Anna Berg</bdi> <button" in shown
    assert 'data-open="msg:m1">open it' in shown


def test_quote_names_when_and_where_it_was_first_said() -> None:
    shown = html_mail.reader(Shown(REPLY, origins={"m1": BOAT}))
    assert "First said by <bdi>Anna Berg</bdi>, 3 May 2021, 09:30, in “The boat”" in shown


def test_fold_with_the_cited_span_is_open() -> None:
    assert "<details open>" in html_mail.reader(Shown(REPLY, mark=(20, 30)))


def test_thread_is_a_tree_of_replies_with_the_open_and_the_cited_message_marked() -> None:
    shown = html_mail.reader(Shown(REPLY, thread=(BOAT, REPLY), cited={"m1"}))
    assert '<ol><li><button data-open="msg:m1" class="is-cited">' in shown
    assert '<ol><li><button data-open="msg:m2" aria-current="true">' in shown
    assert shown.count("<ol>") == shown.count("</ol>") == 2
    assert shown.count("<li>") == shown.count("</li>") == 2
    assert 'data-open="msg:m1">previous' in shown
    assert ">2 of 2<" in shown


def test_tree_goes_back_up_for_a_later_branch() -> None:
    mails = [
        email("a", "1"),
        email("b", "2", parent_id="a"),
        email("c", "3", parent_id="b"),
        email("d", "4", parent_id="a"),
    ]
    shown = re.sub(r"<button.*?</button>", "x", html_threads.tree(mails, "a"))
    assert "<ol><li>x<ol><li>x<ol><li>x</li></ol></li><li>x</li></ol></li></ol>" in shown


def test_long_thread_shows_what_is_around_the_open_message() -> None:
    mails = [email(f"m{n}", "x") for n in range(1000)]
    shown = html_threads.tree(mails, "m500")
    assert shown.count("<li>") == 2 * html_threads.AROUND + 1
    assert "799 more" in shown


def test_original_shows_the_lines_of_the_file_as_text(tmp_path: Path) -> None:
    path = tmp_path / "box"
    path.write_bytes(b"one\nFrom: <b>\n\xff\nfour\n")
    mail = replace(BOAT, locator=Span(str(path), 2, 3))
    shown = html_mail.original(mail, source_lines(mail.locator))
    assert '<li value="2">From: &lt;b&gt;</li><li value="3">\ufffd</li></ol>' in shown


@pytest.mark.parametrize("place", ["/nowhere/box", "/mail/a.zip!/box", "/dev/zero"])
def test_original_that_cannot_be_shown_is_told(place: str) -> None:
    with pytest.raises(SourceError):
        source_lines(Span(place, 1, 2))


def test_outlooks_binary_format_has_no_lines_to_show(tmp_path: Path) -> None:
    (tmp_path / "a.msg").write_bytes(compound({}))
    with pytest.raises(SourceError, match="binary"):
        source_lines(Span(str(tmp_path / "a.msg"), 1, 1))


def test_reader_says_verbatim_and_where_the_message_stands() -> None:
    shown = html_mail.reader(Shown(BOAT))
    assert ">verbatim</span>" in shown
    assert '<code title="/mail/boat.mbox, lines 1-9">mail/boat.mbox</code>, lines 1-9' in shown


def months(*mail: Email) -> Months:
    return counted((m.sent_at, m.sender.name) for m in mail)


def test_hostile_message_is_text() -> None:
    bad = '"><svg onload=alert(1)>'
    mail = email("m9", bad, sender=Person(bad, (bad,)), subject=bad)
    shown = html_mail.reader(Shown(mail, (mail, mail))) + html_threads.month("2021-05", [mail], 1)
    assert "<svg" not in shown + timeline(months(mail))


def test_timeline_has_a_button_per_month() -> None:
    shown = timeline(months(BOAT, REPLY))
    assert 'data-open="month:2021-05" title="2021-05: 2 messages"' in shown


def test_timeline_gives_the_busiest_senders_a_colour_and_the_others_one() -> None:
    moment = datetime(2021, 5, 3, tzinfo=UTC)
    sent = [*((moment, name) for name in "AABBCCDDEEFG"), (None, "undated")]
    shown = timeline(counted(sent))
    assert re.findall(r"<i class=.s(\d). style", shown) == ["1", "2", "3", "4", "5", "0"]
    assert "2 others" in shown


def test_home_of_a_large_archive_lists_the_newest_threads() -> None:
    start = datetime(2021, 5, 3, tzinfo=UTC)
    threads = [
        ThreadSummary(f"t{n}", f"About {n}", start, start + timedelta(days=n), 1, ())
        for n in range(1000)
    ]
    shown = html_threads.archive(threads, "")
    assert "<h2>Threads, the newest 300 of 1,000</h2>" in shown
    assert re.findall(r"thread:t(\d+)", shown) == [str(n) for n in range(999, 699, -1)]


def test_large_month_says_how_many_are_not_listed() -> None:
    assert "4,998 more" in html_threads.month("2021-05", [BOAT, REPLY], 5000)
