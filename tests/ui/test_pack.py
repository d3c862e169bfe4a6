"""An evidence pack shows what it holds, runs and fetches nothing, and no edit of it goes unseen."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import PackError, UnknownMessage
from ingest.model import Email, Person, Segment, Span
from rag.engine import Description
from rag.model import Sentence
from tests.ui.fake_archive import BOAT, QUOTE, answer, citation, email, not_found
from ui.pack.check import check_data, check_fingerprint, check_mail, check_page
from ui.pack.markdown import markdown_of
from ui.pack.model import Pack, pack_of, text_hash
from ui.pack.page import page_of
from ui.pack.reading import pack_in

AT = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
ARCHIVE = Description("mail", 2, 4, Path("/home/anna/index"), "extractive", "")
FILE = Path("pack.html")
HOSTILE = (
    '</pre><script>alert(1)</script><img src="http://evil.example/x" onerror=alert(2)>\n'
    "[x](javascript:alert(3)) ![y](//evil.example/y) &lt;b&gt; \u202egnp\x1b[2J \ud800"
)


def pack() -> Pack:
    """A question with its answer, and one that the mail does not answer."""
    told = [
        Sentence("Anna Berg to Otto Lind: “4,200 crowns” [1]", (1,), "supported"),
        Sentence("It is red.", (1,), "unsupported"),
    ]
    first = answer("What does the boat cost?", told, [citation(1, BOAT, QUOTE)])
    first = replace(first, settings_hash="aaaa-bbbb")
    made = pack_of([first, not_found("Any dragons?", BOAT)], ARCHIVE, AT)
    # The version of the program is not what these tests are about.
    return replace(made, program="exhibit 0.1.0")


def hostile_pack() -> Pack:
    mail = email(
        HOSTILE, HOSTILE, subject=HOSTILE, sender=Person(HOSTILE),
        segments=(Segment(0, len(HOSTILE), Person(HOSTILE), "own"),),
    )  # fmt: skip
    mail = replace(mail, locator=Span(f"/home/anna/x.zip!/{HOSTILE}", 1, 1))
    said = [Sentence(HOSTILE + " [1]", (1,), "partly")]
    return pack_of([answer(HOSTILE, said, [citation(1, mail, HOSTILE)])], ARCHIVE, AT)


def complaints(page: bytes) -> list[str]:
    """All that is found wrong with a file, reading errors included."""
    try:
        found = pack_in(page, FILE)
    except PackError as error:
        return [str(error)]
    return [f.message for f in (*check_page(page, found), *check_data(found)) if not f.ok]


class Tags(HTMLParser):
    """Every element and attribute of a page, and the text between them."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {(name, value or "") for name, value in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_pack_survives_its_page() -> None:
    for made in (pack(), hostile_pack()):
        assert pack_in(page_of(made), FILE) == made
        assert complaints(page_of(made)) == []


def test_pack_says_whose_words_stand_where() -> None:
    source = pack().entries[0].citations[0]
    start = BOAT.body.index(QUOTE)
    assert (source.message_id, source.quote, source.start, source.end) == (
        "m1", QUOTE, start, start + len(QUOTE),
    )  # fmt: skip
    assert source.quote_sha256 == sha256(QUOTE.encode()).hexdigest()
    assert source.body_sha256 == sha256(BOAT.body.encode()).hexdigest()
    assert (source.sender, source.to, source.date) == (
        "Anna Berg", ("Otto Lind",), "2021-05-03T09:30:00+00:00",
    )  # fmt: skip


def test_page_shows_question_answer_excerpt_and_origin() -> None:
    text = " ".join(Tags(page_of(pack())).text.split())
    for shown in (
        "What does the boat cost?",
        "“4,200 crowns” [1] ●",
        "It is red. [1] ○ not supported",
        "[1] Anna Berg to Otto Lind, 2021-05-03 09:30: The boat (verbatim)",
        QUOTE,
        "Not in this archive.",
        "Nearest messages, which do not answer it",
        "boat.mbox, lines 1-9",
        f"Fingerprint {pack().fingerprint}",
        "Settings aaaa Index bbbb",
        "2 messages, word for word",
    ):
        assert shown in text


def test_folders_of_this_machine_stay_here() -> None:
    for made in (pack(), hostile_pack()):
        assert b"/home/anna" not in page_of(made)
        assert b"/mail/" not in page_of(made)
        assert "/home/anna" not in markdown_of(made)


def test_hostile_mail_is_text_that_runs_and_fetches_nothing() -> None:
    page = Tags(page_of(hostile_pack()))
    assert page.names == set(
        "html head meta title style body header main section h1 h2 h3 p dl dt dd code span a "
        "figure figcaption b blockquote details summary pre".split()
    )
    assert {name for name, _ in page.attributes} == set(
        "lang charset http-equiv content name class id href title".split()
    )
    assert {value for name, value in page.attributes if name == "href"} == {"#q1-1"}
    assert "<script>alert(1)</script>" in page.text
    assert "&lt;b&gt;" in page.text
    assert "<U+202E>gnp␛[2J <U+D800>" in page.text


def test_page_allows_its_own_style_and_nothing_else() -> None:
    page = page_of(pack()).decode()
    assert "default-src 'none'; style-src 'sha256-" in page


def test_every_altered_byte_is_found() -> None:
    page = page_of(pack())
    # Each byte in turn would take a minute; 61 and the length have no common factor.
    for position in range(0, len(page), 61):
        altered = bytearray(page)
        altered[position] ^= 1
        assert complaints(bytes(altered)), position


@given(st.data())
def test_any_cut_or_insertion_is_found(data: st.DataObject) -> None:
    page = page_of(pack())
    first = data.draw(st.integers(0, len(page)))
    last = data.draw(st.integers(first, min(len(page), first + 80)))
    put = data.draw(st.binary(max_size=20))
    altered = page[:first] + put + page[last:]
    assert (altered == page) or complaints(altered)


def test_a_last_line_end_that_is_cut_off_or_added_is_found() -> None:
    page = page_of(pack())
    for altered in (page[:-1], page + b"\n"):
        assert any("is not what the data gives" in line for line in complaints(altered))


def test_altered_words_are_named() -> None:
    altered = page_of(pack()).replace(b"4,200 crowns.", b"9,900 crowns.")
    told = "question 1: [1] m1: the excerpt was altered, its sha256 is another"
    assert told in complaints(altered)


def test_field_that_is_shown_nowhere_is_sealed_too() -> None:
    page = page_of(pack())
    altered = page.replace(b'"thread_id": "t1"', b'"thread_id": "t2"', 1)
    assert altered != page
    assert "data: altered, the page shows the fingerprint of other data" in complaints(altered)


def test_data_outside_the_format_is_found() -> None:
    page = page_of(pack())
    assert complaints(page.replace(b' "layout": 1,', b' "layout": 1,\n "extra": 0,'))
    assert complaints(page.replace(b'"status": "answered"', b'"status": "proven"'))


def forged() -> Pack:
    """A pack made anew around other words, all its hashes right."""
    made = pack()
    entry = made.entries[0]
    lie = "The boat costs 9,900 crowns."
    source = replace(entry.citations[0], quote=lie, quote_sha256=text_hash(lie))
    return replace(made, entries=(replace(entry, citations=(source,)),))


def test_pack_made_anew_passes_alone_but_not_beside_the_mail_or_its_fingerprint() -> None:
    assert complaints(page_of(forged())) == []
    assert not check_fingerprint(forged(), pack().fingerprint).ok
    assert check_fingerprint(forged(), f" {forged().fingerprint.upper()}\n").ok
    found = [f.message for f in check_mail(forged(), lambda name: BOAT)]
    assert found == ["question 1: [1] m1: the excerpt does not stand at its place in the message"]


def test_mail_that_has_every_excerpt_is_told() -> None:
    found = list(check_mail(pack(), lambda name: BOAT))
    assert [f.ok for f in found] == [True, True]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"body": BOAT.body + " "}, "the message has other words here"),
        ({"subject": "The barge"}, "sender, date or subject are not those of the message"),
        ({"sender": Person("Eve")}, "sender, date or subject are not those of the message"),
    ],
)
def test_other_mail_is_told(change: dict[str, object], complaint: str) -> None:
    body = str(change.get("body", BOAT.body))
    covered = (Segment(0, len(body), Person("Anna Berg"), "own"),)
    other = replace(BOAT, **{"segments": covered, **change})  # type: ignore[arg-type]
    assert complaint in "".join(f.message for f in check_mail(pack(), lambda name: other))


def test_words_put_into_another_mouth_are_told() -> None:
    made = pack()
    source = replace(made.entries[0].citations[0], author="Otto Lind")
    forgery = replace(made, entries=(replace(made.entries[0], citations=(source,)),))
    found = [f.message for f in check_mail(forgery, lambda name: BOAT)]
    assert found == ["question 1: [1] m1: its words are not those of Otto Lind"]


def test_message_that_the_index_lacks_is_told() -> None:
    def message(name: str) -> Email:
        raise UnknownMessage(name)

    assert [f.ok for f in check_mail(pack(), message)] == [False, False]


def test_citation_without_excerpt_is_told() -> None:
    made = pack()
    bare = replace(made, entries=(replace(made.entries[0], citations=()),))
    assert complaints(page_of(bare)) == ["question 1: [1] is cited and has no excerpt"]


@pytest.mark.parametrize(
    "junk",
    [b"", b"\xff\xfe", b"<html>", b'x<pre id="pack-data">{}</pre>', b'x<pre id="pack-data">[',
     b'x<pre id="pack-data">' + b"[" * 100_000 + b"</pre>",
     b'x<pre id="pack-data">' + b"9" * 10_000 + b"</pre>"],
)  # fmt: skip
def test_file_that_is_no_pack_is_one_line(junk: bytes) -> None:
    with pytest.raises(PackError, match=r"^pack\.html: "):
        pack_in(junk, FILE)


def test_page_of_another_layout_names_the_version_that_can_check_it() -> None:
    later = replace(pack(), layout=2, program="exhibit 9.0")
    with pytest.raises(PackError, match=r"check it with exhibit 9\.0"):
        pack_in(page_of(later), FILE)


def test_layout_number_stands_for_these_very_bytes() -> None:
    """When this fails, what packs look like has changed: raise LAYOUT, then set the hash anew."""
    assert (pack().layout, sha256(page_of(pack())).hexdigest()[:16]) == (1, "b0dcc0a44dc02cf3")


def test_markdown_shows_the_same_as_text() -> None:
    text = markdown_of(pack())
    assert "## 1. What does the boat cost?" in text
    assert "Anna Berg to Otto Lind: “4,200 crowns” \\[1\\]" in text
    assert "It is red. \\[1\\] (not supported)" in text
    assert (
        f"\\[1\\] Anna Berg, 2021-05-03 09:30, The boat (verbatim, m1)\n\n```\n{QUOTE}\n```" in text
    )
    assert "Nearest messages, which do not answer it:" in text


def test_markdown_of_hostile_mail_is_text() -> None:
    tricky = "```\n![x](http://evil.example/x.png)"
    mail = email("m9", tricky, subject="# *loud*\n- item")
    told = [Sentence("<b>no</b> &amp; [1]", (1,), "supported"), Sentence("1. one", (), "supported")]
    made = pack_of([answer("=== q", told, [citation(1, mail, tricky)])], ARCHIVE, AT)
    text = markdown_of(made)
    assert "\n````\n```\n![x](http://evil.example/x.png)\n````\n" in text
    assert r"\<b\>no\</b\> \&amp; \[1\]" in text
    assert "\n1\\. one\n" in text
    assert "## 1. \\=== q" in text
    assert r", \# \*loud\* - item (" in text
    assert not re.search(r"^- item", text, re.MULTILINE)
