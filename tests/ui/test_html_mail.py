"""The reader shows a whole message as text, its cited span marked, its quotes folded."""

import html as stdlib_html
import re

from ingest.model import Person
from tests.ui.fake_archive import BOAT, QUOTE, REPLY, REPLY_TEXT, email
from ui import html_mail
from ui.html_mail import Shown
from ui.timeline import timeline


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
    assert 'data-open="msg:m1">the original' in shown


def test_fold_with_the_cited_span_is_open() -> None:
    assert "<details open>" in html_mail.reader(Shown(REPLY, mark=(20, 30)))


def test_thread_lists_replies_indented_and_marks_the_open_one() -> None:
    shown = html_mail.reader(Shown(REPLY, thread=(BOAT, REPLY)))
    assert '<li style="--depth:1"><button data-open="msg:m2" aria-current="true">' in shown
    assert 'data-open="msg:m1">previous' in shown


def test_reader_says_verbatim_and_where_the_message_stands() -> None:
    shown = html_mail.reader(Shown(BOAT))
    assert ">verbatim</span>" in shown
    assert '<code title="/mail/boat.mbox, lines 1-9">mail/boat.mbox</code>, lines 1-9' in shown


def test_hostile_message_is_text() -> None:
    bad = '"><svg onload=alert(1)>'
    mail = email("m9", bad, sender=Person(bad, (bad,)), subject=bad)
    shown = html_mail.reader(Shown(mail, (mail, mail))) + html_mail.month("2021-05", [mail])
    assert "<svg" not in shown + timeline([mail])


def test_timeline_marks_the_months_of_cited_messages() -> None:
    shown = timeline([BOAT, REPLY], frozenset({"m2"}))
    assert 'class=cited title="2021-05: 2 messages, 1 cited"' in shown


def test_timeline_has_a_button_per_month() -> None:
    assert 'data-open="month:2021-05" title="2021-05: 2 messages"' in timeline([BOAT, REPLY])
