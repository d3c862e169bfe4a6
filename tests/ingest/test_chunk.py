"""Passages: small, of one writer, nothing lost."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunk import ChunkSettings, chunk_email, embedding_text
from ingest.model import Email, Person, Segment, Span

ANN, BOB = Person("Ann Lee"), Person("Bob Ray")


def count_words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def count_characters(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


def email(body: str, segments: tuple[Segment, ...] | None = None) -> Email:
    own = (Segment(0, len(body), ANN, "own"),)
    return Email(
        id="m1",
        kind="email",
        sender=ANN,
        to=(BOB,),
        cc=(),
        sent_at=datetime(2017, 9, 20, 14, tzinfo=UTC),
        date_source="header",
        subject="The plan",
        body=body,
        segments=own if segments is None else segments,
        thread_id="m1",
        locator=Span("/a", 1, 1),
    )


def passages(mail: Email) -> list[str]:
    return [mail.body[c.start : c.end] for c in chunk_email(mail, count_tokens=count_words)]


SENTENCE = "The quick brown fox jumps over the lazy dog near the river bank today."


def test_tiny_message_is_one_passage() -> None:
    assert passages(email("Ok\n")) == ["Ok"]


def test_copy_of_an_archived_message_is_no_passage_again() -> None:
    copied = Segment(4, 9, BOB, "quoted", origin_id="m0")
    assert passages(email("No.\nWhy?\n", (Segment(0, 4, ANN, "own"), copied))) == ["No."]
    unknown = replace(copied, origin_id=None)
    both = passages(email("No.\nWhy?\n", (Segment(0, 4, ANN, "own"), unknown)))
    assert both == ["No.", "Why?"]


def test_empty_message_has_no_passage() -> None:
    assert passages(email("", ())) == []


def test_passages_end_at_paragraphs_where_they_can() -> None:
    paragraph = " ".join([SENTENCE] * 3)
    assert passages(email(f"{paragraph}\n\n{paragraph}\n\n{paragraph}")) == [paragraph] * 3


def test_long_paragraph_is_cut_between_sentences() -> None:
    found = passages(email(" ".join([SENTENCE] * 13)))
    assert all(piece.endswith("today.") and len(piece) <= 280 for piece in found)
    assert min(map(len, found)) > 120


def test_lead_in_stays_with_its_first_item() -> None:
    lead = "These are the points that I would like us to settle before the meeting:"
    body = " ".join([SENTENCE] * 4) + f"\n\n{lead}\n" + "\n".join(f"- {SENTENCE}" for _ in range(6))
    (holding,) = [piece for piece in passages(email(body)) if lead in piece]
    assert f"{lead}\n- {SENTENCE}" in holding


def test_word_longer_than_a_passage_is_cut() -> None:
    found = passages(email("x" * 1000))
    assert "".join(found) == "x" * 1000
    assert max(map(len, found)) <= 280


def test_passages_never_mix_segments() -> None:
    body = "Mine.\n> Yours.\n-- \nAnn"
    parts = (
        Segment(0, 6, ANN, "own"),
        Segment(6, 15, BOB, "quoted"),
        Segment(15, len(body), ANN, "signature"),
    )
    chunks = chunk_email(email(body, parts), count_tokens=count_words)
    assert [(body[c.start : c.end], c.author, c.role) for c in chunks] == [
        ("Mine.", ANN, "own"),
        ("> Yours.", BOB, "quoted"),
    ]


def test_redaction_bars_alone_are_no_passage() -> None:
    assert passages(email("█████ ███\n")) == []


def test_passage_and_header_line_fit_the_window() -> None:
    mail = email("漢字" * 600)
    chunks = chunk_email(mail, count_tokens=count_characters)
    assert max(len(embedding_text(mail, c)) for c in chunks) <= 254
    assert "".join(mail.body[c.start : c.end] for c in chunks) == mail.body


def test_header_line_says_who_when_and_what() -> None:
    mail = email("Hello there")
    (chunk,) = chunk_email(mail, count_tokens=count_words)
    assert embedding_text(mail, chunk) == (
        "Ann Lee to Bob Ray, 20 Sep 2017, The plan:\nHello there"
    )


def test_header_line_of_quoted_words_names_their_writer() -> None:
    mail = email("> Hi", (Segment(0, 4, BOB, "quoted"),))
    (chunk,) = chunk_email(mail, count_tokens=count_words)
    assert embedding_text(mail, chunk).startswith("Bob Ray, quoted by Ann Lee to Bob Ray, ")


def test_many_recipients_and_a_long_subject_leave_room_for_the_passage() -> None:
    crowd = tuple(Person(f"Person Number {n}") for n in range(500))
    mail = replace(email("Hello"), to=crowd, subject="й" * 5000)
    (chunk,) = chunk_email(mail, count_tokens=count_characters)
    assert "496 others" in embedding_text(mail, chunk)
    assert len(embedding_text(mail, chunk)) <= 206


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Another"},
        {"sender": BOB},
        {"to": ()},
        {"id": "m2"},
        {"sent_at": None},
        {"body": "Hallo", "segments": (Segment(0, 5, ANN, "own"),)},
        {"segments": (Segment(0, 5, BOB, "own"),)},
    ],
)
def test_passage_id_changes_with_what_is_embedded(change: dict[str, object]) -> None:
    mail = email("Hello")
    other = replace(mail, **change)  # type: ignore[arg-type]
    first, second = (chunk_email(m, count_tokens=count_words)[0].id for m in (mail, other))
    assert first != second


@given(
    st.lists(
        st.text(alphabet=st.sampled_from("abC. \n:-é漢"), max_size=40)
        | st.sampled_from([SENTENCE, "\n\n", "\n- item ", "z" * 500, " " * 500]),
        max_size=30,
    ),
    st.integers(20, 60),
)
def test_every_character_is_in_exactly_one_passage(parts: list[str], longest: int) -> None:
    body = "".join(parts)
    mail = email(body, (Segment(0, len(body), ANN, "own"),) if body else ())
    chunks = chunk_email(
        mail, count_tokens=count_characters, settings=ChunkSettings(longest - 5, longest, 120)
    )
    joined = "".join("".join(body[c.start : c.end].split()) for c in chunks)
    assert joined == "".join(body.split())
    assert all(body[c.start : c.end] == body[c.start : c.end].strip() for c in chunks)
    assert all(0 < c.end - c.start <= longest for c in chunks)
