"""JSON shapes of DESIGN.md section 3, and what a terminal shows of hostile mail."""

import io
import json
import re
from datetime import UTC, date, datetime

from rich.console import Console, RenderableType

from ingest.model import Chunk, Email, Person, Segment, Span
from rag.model import Answer, Citation, Hit, Scope, Sentence, Trace
from ui.render import answer_json, date_text, email_json, scope_json, search_json
from ui.terminal import answer_text, hits_text, listing
from ui.terminal_mail import email_text, thread_text
from ui.terminal_trace import trace_text

ADA = Person("Ada Lovelace", ("ada@example.org",))
BOB = Person("Bob Kahn")
BODY = "The loom costs 40 pounds.\nBob wrote: buy two."


def email(**changes: object) -> Email:
    cut = BODY.index("Bob")
    fields: dict[str, object] = {
        "id": "1843-07-01T0900-lovelace",
        "kind": "email",
        "sender": ADA,
        "to": (BOB,),
        "cc": (),
        "sent_at": datetime(1843, 7, 1, 9, tzinfo=UTC),
        "date_source": "header",
        "subject": "Looms",
        "body": BODY,
        "segments": (
            Segment(0, cut, ADA, "own"),
            Segment(cut, len(BODY), BOB, "quoted"),
        ),
        "thread_id": "looms",
        "locator": Span("/mail/box.txt", 3, 5),
    }
    return Email(**{**fields, **changes})  # type: ignore[arg-type]


def hit(of: Email) -> Hit:
    chunk = Chunk("c1", of.id, of.thread_id, 0, len(of.body), of.sender)
    return Hit(chunk, of, 0.5, dense_rank=1, lexical_rank=None)


def answer(of: Email, **changes: object) -> Answer:
    fields: dict[str, object] = {
        "question": "What does a loom cost?",
        "text": "40 pounds [1].",
        "raw_text": "40 pounds [1].",
        "status": "answered",
        "sentences": (Sentence("40 pounds [1].", (1,), "supported"),),
        "citations": (Citation(1, of, 0, 25, of.body[:25], ADA),),
        "hits": (hit(of),),
        "near_misses": (),
        "answerer": "extractive",
        "settings_hash": "abc",
        "trace": Trace(timings_ms={"total": 1.26}),
    }
    return Answer(**{**fields, **changes})  # type: ignore[arg-type]


def printed(renderable: RenderableType, width: int = 200) -> str:
    stream = io.StringIO()
    console = Console(file=stream, markup=False, emoji=False, highlight=False, width=width)
    console.print(renderable)
    return stream.getvalue()


def test_trace_reads_as_words_and_ranks() -> None:
    scope = Scope(senders=("Ada Lovelace",), since=date(1843, 1, 1), explicit=frozenset({"since"}))
    trace = Trace(
        scope=scope,
        rewritten_question="What does a loom cost?",
        rewritten_by="model",
        question_kind="fact",
        confidence=0.5,
        floor=0.25,
        dropped=("m2 was not read: it does not fit into 2048 tokens",),
        timings_ms={"total": 1.26},
        model="llama3.2",
        prompt_tokens=900,
        answer_tokens=7,
    )
    shown = printed(trace_text(answer(email(), trace=trace, answerer="ollama"))).splitlines()
    rows = [[cell for cell in re.split(r"\s{2,}", line.strip()) if cell] for line in shown if line]
    assert rows == [
        ["Trace"],
        ["kind of question", "fact"],
        ["stand-alone form", "What does a loom cost? (by the model)"],
        ["scope", "from Ada Lovelace (guess); since 1843-01-01 (filter)"],
        ["confidence", "0.500 (floor 0.250)"],
        ["written by", "ollama llama3.2: 900 tokens read, 7 written"],
        ["time: total", "1.3 ms"],
        ["left out", "m2 was not read: it does not fit into 2048 tokens"],
        ["Found", "by meaning", "by words", "score", "message"],
        ["1", "1", "·", "0.5000", "1843-07-01T0900-lovelace, Ada Lovelace: Looms"],
    ]


def test_answer_object_has_the_shape_of_the_contract() -> None:
    locator = {"path": "/mail/box.txt", "first_line": 3, "last_line": 5}
    shown = answer_json(answer(email()))
    assert shown["citations"] == [
        {
            "n": 1,
            "message_id": "1843-07-01T0900-lovelace",
            "thread_id": "looms",
            "from": "Ada Lovelace",
            "author": "Ada Lovelace",
            "to": ["Bob Kahn"],
            "date": "1843-07-01T09:00:00+00:00",
            "subject": "Looms",
            "quote": "The loom costs 40 pounds.",
            "start": 0,
            "end": 25,
            "text_kind": "verbatim",
            "locator": locator,
        }
    ]
    assert shown["retrieved"] == [
        {
            "rank": 1,
            "message_id": "1843-07-01T0900-lovelace",
            "chunk_id": "c1",
            "score": 0.5,
            "dense_rank": 1,
            "lexical_rank": None,
            "locator": locator,
        }
    ]
    assert shown["sentences"] == [
        {"text": "40 pounds [1].", "citations": [1], "support": "supported"}
    ]
    assert set(shown) >= {"question", "status", "answer", "answerer", "scope", "near_misses"}
    assert (shown["timings_ms"], shown["rewritten_question"]) == ({"total": 1.3}, None)


def test_every_object_survives_json() -> None:
    objects = [answer_json(answer(email()), with_trace=True), email_json(email())]
    objects.append(search_json("loom", Scope(), (hit(email()),)))
    assert json.loads(json.dumps(objects)) == objects


def test_scope_names_what_filters() -> None:
    scope = Scope(senders=("Ada",), since=date(1843, 1, 1), explicit=frozenset({"senders"}))
    assert scope_json(scope) == {
        "from": ["Ada"],
        "to": [],
        "about": [],
        "since": "1843-01-01",
        "until": None,
        "explicit": ["senders"],
    }


def test_day_alone_is_shown_without_a_time() -> None:
    assert date_text(email(time_known=False)) == "1843-07-01"
    assert date_text(email(sent_at=None, date_source="none")) is None


def test_terminal_answer_says_who_when_and_which_kind_of_text() -> None:
    text = printed(answer_text(answer(email(text_kind="restated"))))
    assert "40 pounds [1]." in text
    assert text.splitlines()[2:] == [
        "[1] Ada Lovelace to Bob Kahn, 1 Jul 1843 09:00",
        "    Looms (restated)  1843-07-01T0900-lovelace",
        "    The loom costs 40 pounds.",
    ]


def test_terminal_does_not_repeat_a_quote_that_the_answer_is_made_of() -> None:
    said = "Ada Lovelace to Bob Kahn, 1 Jul 1843 (verbatim): “The loom costs 40 pounds.” [1]"
    text = printed(answer_text(answer(email(), text=said)))
    assert text.splitlines()[:2] == [
        "Ada Lovelace to Bob Kahn, 1 Jul 1843 (verbatim):",
        "“The loom costs 40 pounds.” [1]",
    ]
    assert text.count("The loom costs 40 pounds.") == 1


def test_hits_fit_a_narrow_terminal_and_name_what_show_takes() -> None:
    assert printed(hits_text([hit(email())] * 2), width=40).splitlines() == [
        " 1. Ada Lovelace to Bob Kahn, 1 Jul 1843",
        "    09:00",
        "    Looms (verbatim)",
        "    1843-07-01T0900-lovelace, score",
        "    0.500",
        "    The loom costs 40 pounds.",
        "    Bob wrote: buy two.",
        "",
        " 2. Ada Lovelace to Bob Kahn, 1 Jul 1843",
        "    09:00",
        "    Looms (verbatim)",
        "    1843-07-01T0900-lovelace, score",
        "    0.500",
        "    The loom costs 40 pounds.",
        "    Bob wrote: buy two.",
    ]


def test_thread_has_short_headings_and_names_quotes_of_messages_before() -> None:
    body = "Two, then.\n> The loom costs 40 pounds.\n"
    quoted = Segment(body.index(">"), len(body), ADA, "quoted", origin_id=email().id)
    reply = email(
        id="m2", body=body, sender=BOB, to=(ADA,), segments=(Segment(0, 11, BOB, "own"), quoted)
    )
    assert printed(thread_text([email(), reply])).splitlines() == [
        " 1. Ada Lovelace to Bob Kahn, 1 Jul 1843 09:00",
        "    Looms (verbatim)  1843-07-01T0900-lovelace",
        "    The loom costs 40 pounds.",
        "    [quoted, Bob Kahn]",
        "    Bob wrote: buy two.",
        "",
        " 2. Bob Kahn to Ada Lovelace, 1 Jul 1843 09:00",
        "    Looms (verbatim)  m2",
        "    Two, then.",
        "    [quoted, Ada Lovelace: 1843-07-01T0900-lovelace]",
    ]


def test_no_line_of_a_message_ends_in_spaces() -> None:
    for shown in (email_text(email()), hits_text([hit(email())]), thread_text([email()] * 2)):
        lines = printed(shown).splitlines()
        assert lines == [line.rstrip() for line in lines]


def test_unsupported_sentence_is_marked() -> None:
    doubtful = (Sentence("It is red. [1]", (1,), "unsupported"),)
    text = printed(answer_text(answer(email(), sentences=doubtful)))
    assert "It is red. [1] (unsupported by the mail)" in text


def test_words_of_another_writer_are_attributed() -> None:
    quoted = Citation(1, email(), 26, len(BODY), BODY[26:], BOB)
    assert "words of Bob Kahn" in printed(answer_text(answer(email(), citations=(quoted,))))


def test_nearest_misses_are_listed_when_there_is_no_answer() -> None:
    missed = answer(
        email(),
        status="not_in_archive",
        text="Not in this archive.",
        sentences=(),
        citations=(),
        near_misses=(hit(email()),),
    )
    text = printed(answer_text(missed))
    assert "Not in this archive." in text
    assert "Nearest in the archive:" in text
    assert "1843-07-01T0900-lovelace" in text


def test_hostile_mail_reaches_the_terminal_as_visible_text() -> None:
    body = "\x1b[2J[bold]x[/bold]:smile:\u202e"
    hostile = email(
        subject="\x1b]0;owned\x07", body=body, segments=(Segment(0, len(body), ADA, "own"),)
    )
    for shown in (email_text(hostile), hits_text((hit(hostile),))):
        text = printed(shown)
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "␛[2J[bold]x[/bold]:smile:<U+202E>" in text


def test_highlight_keeps_the_quote_whole() -> None:
    marked = Citation(1, email(), 0, 25, BODY[:25], ADA, highlight=(15, 24))
    assert "The loom costs 40 pounds." in printed(answer_text(answer(email(), citations=(marked,))))


def test_full_message_shows_whose_the_quoted_words_are() -> None:
    text = printed(email_text(email()))
    assert "[quoted, Bob Kahn]" in text
    assert "/mail/box.txt, lines 3-5" in text
    assert "1 Jul 1843 09:00" in text


def test_listing_on_a_narrow_terminal_keeps_one_line_a_row_and_ids_whole() -> None:
    stream = io.StringIO()
    long = "A subject that is longer than the terminal is wide, and then some more words"
    rows = [("2017-09-20", long, "2017-09-20T1408-sutskever")]
    Console(file=stream, width=60).print(listing(("First", "Subject", "Id"), rows))
    _, row, rest = stream.getvalue().split("\n")
    assert (row.split()[0], row.split()[-1], rest) == ("2017-09-20", rows[0][-1], "")
    assert "…" in row
