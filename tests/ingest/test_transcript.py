"""The transcript reader on small files of our own wording, one oddity each."""

import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import SourceError
from ingest.formats.transcript import read_transcript, sniff
from ingest.formats.transcript_header import full_header
from ingest.formats.transcript_markdown import plain
from ingest.model import REDACTED, Attachment, Draft, Person, Skipped, Span, check_cover

MUSK, ALTMAN = Person("Elon Musk"), Person("Sam Altman")


def drafts_of(folder: Path, text: str) -> list[Draft]:
    path = folder / "mail.txt"
    path.write_text(text, encoding="utf-8")
    return [draft for draft in read_transcript(path) if isinstance(draft, Draft)]


def parts(draft: Draft) -> list[tuple[str, str | None, str]]:
    return [
        (s.role, s.author.name if s.author else None, draft.body[s.start : s.end].strip())
        for s in draft.segments
    ]


HEADERS = [
    ("Elon Musk to Sam Altman - May 2, 2015 9:10 PM", datetime(2015, 5, 2, 21, 10, tzinfo=UTC)),
    ("Elon Musk to: Sam Altman - May 2, 2015 9:10PM", datetime(2015, 5, 2, 21, 10, tzinfo=UTC)),
    ("Elon Musk to Sam Altman – October 3, 2022 3:06AM", datetime(2022, 10, 3, 3, 6, tzinfo=UTC)),
    (
        "Elon Musk to Sam Altman - Mar 1, 2016 6:53:47 AM",
        datetime(2016, 3, 1, 6, 53, 47, tzinfo=UTC),
    ),
    ("Elon Musk to Sam Altman - Sep 20, 2017 (2:17PM)", datetime(2017, 9, 20, 14, 17, tzinfo=UTC)),
    ("Elon Musk to Sam Altman - Jan 1, 2018 12:00 AM 📎", datetime(2018, 1, 1, 0, 0, tzinfo=UTC)),
    (
        "Elon Musk to Sam Altman - Jan 2, 2016 10:12 AM CST",
        datetime(2016, 1, 2, 10, 12, tzinfo=timezone(timedelta(hours=-6))),
    ),
]


@pytest.mark.parametrize(("line", "expected"), HEADERS)
def test_every_form_of_date_and_time_is_read(line: str, expected: datetime) -> None:
    header = full_header(line)
    assert header is not None
    assert header.day is not None
    sent_at = header.sent_at(header.day)
    assert (sent_at, sent_at.utcoffset()) == (expected, expected.utcoffset())


COPIES = [
    (", (cc: Sam Altman)", ("Sam Altman",), ()),
    (" (cc: Sam Altman; Greg Brockman)", ("Sam Altman", "Greg Brockman"), ()),
    (" (cc Sam Altman)", ("Sam Altman",), ()),
    (", (cc:Sam Altman)", ("Sam Altman",), ()),
    (", (cc: Sam Altman, fw: Andrej Karpathy)", ("Sam Altman",), ("Andrej Karpathy",)),
]


@pytest.mark.parametrize(("text", "cc", "passed_to"), COPIES)
def test_every_form_of_copies_is_read(
    text: str, cc: tuple[str, ...], passed_to: tuple[str, ...]
) -> None:
    header = full_header(f"Elon Musk to John D. Schulman{text} - May 2, 2015")
    assert header is not None
    assert header.to == (Person("John D. Schulman"),)
    assert tuple(p.name for p in header.cc) == cc
    assert header.passed_to == passed_to


NOT_HEADERS = [
    "He wants to talk to you - May 2, 2015",
    "Elon Musk to Sam Altman - Foo 2, 2015",
    "Elon Musk to Sam Altman - Feb 31, 2015",
    "Elon Musk to Sam Altman",
    "Elon Musk - May 2, 2015",
    "Elon:",
    "",
]


@pytest.mark.parametrize("line", NOT_HEADERS)
def test_prose_is_no_header(line: str) -> None:
    assert full_header(line) is None


def test_redacted_people_share_one_identity() -> None:
    header = full_header("<redacted> to: [redacted], Sam Altman - Jan 2, 2016")
    assert header is not None
    assert (header.sender, header.to) == (REDACTED, (REDACTED, ALTMAN))


TITLED = """---
date: 2024-11-01
---
Subject: lunch 📎
Elon Musk to Sam Altman - May 2, 2015 9:10 PM

  Noon?

Sam

Sam Altman to Elon Musk - May 2, 2015
Yes.
\x20
Subject: Fwd: dinner
Elon Musk to Sam Altman - May 3, 2015 9:10 PM
Elon Musk to Sam Altman - May 3, 2015 9:10 PM

Subject: is no title here
"""


def test_titled_text_becomes_messages_in_threads(tmp_path: Path) -> None:
    drafts = drafts_of(tmp_path, TITLED)
    assert [(d.message_id, d.thread_key, d.subject, d.body) for d in drafts] == [
        ("2015-05-02T2110-musk", "2015-05-02T2110-musk", "lunch", "  Noon?\n\nSam"),
        ("2015-05-02-altman", "2015-05-02T2110-musk", "lunch", "Yes."),
        ("2015-05-03T2110-musk", "2015-05-03T2110-musk", "Fwd: dinner", ""),
        (
            "2015-05-03T2110-musk-2",
            "2015-05-03T2110-musk",
            "Fwd: dinner",
            "Subject: is no title here",
        ),
    ]


def test_a_locator_runs_from_the_header_to_the_last_written_line(tmp_path: Path) -> None:
    path = str(tmp_path / "mail.txt")
    assert [d.locator for d in drafts_of(tmp_path, TITLED)] == [
        Span(path, 5, 9),
        Span(path, 11, 12),
        Span(path, 15, 15),
        Span(path, 16, 18),
    ]


def test_a_day_without_a_time_is_that_days_midnight(tmp_path: Path) -> None:
    draft = drafts_of(tmp_path, TITLED)[1]
    expected = (datetime(2015, 5, 2, tzinfo=UTC), False)
    assert (draft.sent_at, draft.time_known) == expected


CHAT = """Subject: before
Elon Musk to Bob Ray - May 2, 2015
Elon Musk
\x20
iMessage between Bob Ray and Ann Lee 📎
Bob Ray - 8:05 AM

got this from elon, what now?
Ann Lee\x20

Wait.
Greg Brockman
Bob Ray - 9:07 AM

got this back: Let us have lunch.
"""


def test_bare_names_are_headers_only_in_a_chat_of_theirs(tmp_path: Path) -> None:
    drafts = drafts_of(tmp_path, CHAT)
    assert [(d.kind, d.sender.name, [p.name for p in d.to], d.body[:6]) for d in drafts] == [
        ("email", "Elon Musk", ["Bob Ray"], "Elon M"),
        ("imessage", "Bob Ray", ["Ann Lee"], "got th"),
        ("imessage", "Ann Lee", ["Bob Ray"], "Wait.\n"),
        ("imessage", "Bob Ray", ["Ann Lee"], "got th"),
    ]


def test_bare_headers_inherit_the_day_and_say_so(tmp_path: Path) -> None:
    drafts = drafts_of(tmp_path, CHAT)[1:]
    assert [(d.message_id, d.date_source, d.time_known) for d in drafts] == [
        ("2015-05-02T0805-ray", "inferred", True),
        ("2015-05-02-lee", "inferred", False),
        ("2015-05-02T0907-ray", "inferred", True),
    ]


def test_a_reply_shown_to_a_third_person_belongs_to_its_writer(tmp_path: Path) -> None:
    assert parts(drafts_of(tmp_path, CHAT)[3]) == [
        ("own", "Bob Ray", "got this back:"),
        ("quoted", "Elon Musk", "Let us have lunch."),
    ]


def test_a_passed_on_message_belongs_to_its_writer(tmp_path: Path) -> None:
    text = (
        "Sam Teller received this email from Alex Thompson and forwards it to Elon Musk"
        " - April 2, 2016 7:25 AM\nHi Sam\n--\nAlex Thompson\n"
    )
    (draft,) = drafts_of(tmp_path, text)
    assert (draft.kind, draft.sender, draft.to) == ("forwarded", Person("Sam Teller"), (MUSK,))
    assert parts(draft) == [("forwarded", "Alex Thompson", "Hi Sam\n--\nAlex Thompson")]


ATTRIBUTIONS: dict[str, tuple[str, list[tuple[str, str | None, str]]]] = {
    "an editor's note has no author": (
        "[Forwarded previous message from Andrej]\n\nHe is right.",
        [
            ("note", None, "[Forwarded previous message from Andrej]"),
            ("own", "Elon Musk", "He is right."),
        ],
    ),
    "a note may name the writer of the rest": (
        "[Forwarded message from Jane Roe to Elon Musk]\n\nHi.",
        [
            ("note", None, "[Forwarded message from Jane Roe to Elon Musk]"),
            ("forwarded", "Jane Roe", "Hi."),
        ],
    ),
    "a lone indented paragraph between sentences is another's": (
        f"I dislike this.\n\n    {'word ' * 12}end\n\nLet us say no.",
        [
            ("own", "Elon Musk", "I dislike this."),
            ("quoted", None, "word " * 12 + "end"),
            ("own", "Elon Musk", "Let us say no."),
        ],
    ),
    "an indented list stays its writer's": (
        f"Points:\n\n    {'one ' * 12}\n    {'two ' * 12}\n\nBye.",
        [("own", "Elon Musk", f"Points:\n\n    {'one ' * 12}\n    {'two ' * 12}\n\nBye.")],
    ),
    "a paragraph below a colon stays its writer's": (
        f"Point:\n\n    {'one ' * 12}end.\n\nBye.",
        [("own", "Elon Musk", f"Point:\n\n    {'one ' * 12}end.\n\nBye.")],
    ),
    "an announced question is another's": (
        f"They sent questions on this:\n\n    Is {'it ' * 12}true?\n\nYes.",
        [
            ("own", "Elon Musk", "They sent questions on this:"),
            ("quoted", None, f"Is {'it ' * 12}true?"),
            ("own", "Elon Musk", "Yes."),
        ],
    ),
    "a template is quoted up to the end of its indentation": (
        "Here is the template:\n\n    Dear you,\n\n        an item\n\n- me",
        [
            ("own", "Elon Musk", "Here is the template:"),
            ("quoted", "Elon Musk", "Dear you,\n\n        an item"),
            ("own", "Elon Musk", "- me"),
        ],
    ),
    "a draft below a rule is quoted": (
        f"See below.\n---- {'word ' * 25}end",
        [("own", "Elon Musk", "See below."), ("quoted", "Elon Musk", f"---- {'word ' * 25}end")],
    ),
    "a draft below a request to read it is quoted": (
        f"how is this?\n\n{'word ' * 25}end",
        [("own", "Elon Musk", "how is this?"), ("quoted", "Elon Musk", "word " * 25 + "end")],
    ),
    "an ordinary question opens no draft": (
        f"Any thoughts on lunch?\n\n{'word ' * 25}end",
        [("own", "Elon Musk", f"Any thoughts on lunch?\n\n{'word ' * 25}end")],
    ),
    "a shared article is its publisher's": (
        "Wrong!\n\nA man bites a dog\n\nBugle\n\nIt happened.\n\nShared from Some News",
        [
            ("own", "Elon Musk", "Wrong!"),
            (
                "quoted",
                "Bugle",
                "A man bites a dog\n\nBugle\n\nIt happened.\n\nShared from Some News",
            ),
        ],
    ),
}


@pytest.mark.parametrize("name", ATTRIBUTIONS)
def test_words_are_credited_to_their_writer(tmp_path: Path, name: str) -> None:
    body, expected = ATTRIBUTIONS[name]
    text = f"Subject: Bugle: A man bites a dog\nElon Musk to Sam Altman - May 2, 2015\n{body}\n"
    (draft,) = drafts_of(tmp_path, text)
    assert parts(draft) == [(role, author, words.strip()) for role, author, words in expected]


MARKDOWN = r"""Title: A page

**Subject:** lunch
------------------

### _**Elon Musk** to: Sam Altman - May 2, 2015 9:10PM_

_Soup\_or **salad**?_ see [https://a.b/x_y_z](https://a.b/x_y_z)
> *   one
> > two

![Image 1](https://a.b/c)

The menu[\[1\]](https://a.b/#fn1)

*   Soup \*hot\*

1.  **[^](https://a.b/#fnref1)** a footnote
"""


def test_markdown_is_undone(tmp_path: Path) -> None:
    (draft,) = drafts_of(tmp_path, MARKDOWN)
    assert (draft.subject, draft.message_id) == ("lunch", "2015-05-02T2110-musk")
    assert draft.body.split("\n") == [
        "Soup_or salad? see https://a.b/x_y_z",
        "        one",
        "        two",
        *["", "", "", "The menu[1]", "", "    Soup *hot*"],
    ]


def test_non_breaking_spaces_of_the_page_become_spaces() -> None:
    assert plain("a\xa0**b**") == "a b"


def test_an_enclosure_below_its_title_is_an_attachment(tmp_path: Path) -> None:
    (draft,) = drafts_of(tmp_path, MARKDOWN)
    assert parts(draft)[-1] == ("attachment", None, "Soup *hot*")
    assert draft.attachments == (Attachment("The menu", "text/plain", 10),)
    assert draft.warnings == ("an image is left out",)


def test_footnotes_are_skipped_not_glued_to_the_last_message(tmp_path: Path) -> None:
    path = tmp_path / "mail.md"
    path.write_text(MARKDOWN, encoding="utf-8")
    *_, last = read_transcript(path)
    assert last == Skipped(Span(str(path), 18, 18), "footnotes of the compilation")


def test_a_continued_thread_refers_to_the_earlier_one(tmp_path: Path) -> None:
    text = (
        "Subject: news \nElon Musk to Sam Altman - May 2, 2015\nA\n \n"
        "Subject: other\nElon Musk to Sam Altman - May 3, 2015\nB\n \n"
        "Subject: news (continuation)\n"
        "Elon Musk to Sam Altman - May 4, 2015 (continued from thread above)\nC\n"
    )
    assert [d.references for d in drafts_of(tmp_path, text)] == [(), (), ("2015-05-02-musk",)]


def test_windows_line_ends_and_codepage_are_read(tmp_path: Path) -> None:
    path = tmp_path / "mail.txt"
    path.write_bytes("Elon Musk to Sam Altman - May 2, 2015\r\nna\xefve\r\n".encode("cp1252"))
    (draft,) = read_transcript(path)
    assert isinstance(draft, Draft)
    assert draft.body == "naïve"


def test_sniffing_needs_two_headers() -> None:
    assert sniff(TITLED)
    assert sniff(MARKDOWN + MARKDOWN)
    assert not sniff("Elon Musk to Sam Altman - May 2, 2015\nYes.\n")


def test_a_file_without_messages_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "mail.txt"
    path.write_text("nothing\nhere", encoding="utf-8")
    assert list(read_transcript(path)) == [
        Skipped(Span(str(path), 1, 2), "no message header found")
    ]


PIECES = [*TITLED.split("\n"), *CHAT.split("\n"), *MARKDOWN.split("\n"), "[Forwarded by hand]", ">"]


@given(lines=st.lists(st.sampled_from(PIECES) | st.text(max_size=40), max_size=30))
def test_any_text_gives_covered_bodies_in_file_order(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
) -> None:
    drafts = drafts_of(tmp_path_factory.mktemp("any"), "\n".join(lines).replace("\r", ""))
    for draft in drafts:
        check_cover(draft.segments, len(draft.body), str(draft.message_id))
    numbers = [n for d in drafts for n in (d.locator.first_line, d.locator.last_line)]
    assert numbers == sorted(numbers)
    assert len({d.message_id for d in drafts}) == len(drafts)


BAIT = ["[" * 50_000, "![" * 50_000, "template " * 50_000, " - " * 50_000, "_ *" * 50_000]


@pytest.mark.parametrize("bait", BAIT, ids=lambda bait: bait[:3])
def test_hostile_lines_take_linear_time(tmp_path: Path, bait: str) -> None:
    started = time.process_time()
    drafts_of(tmp_path, f"**Subject:** a\n### _**A B** to C - May 2, 2015_\n{bait}\n")
    assert time.process_time() - started < 2


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot read .*gone\.txt: No such file"):
        list(read_transcript(tmp_path / "gone.txt"))
