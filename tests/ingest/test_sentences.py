"""Sentence boundaries in mail."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sentences import split_sentences


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One thing. Another thing!", ["One thing.", "Another thing!"]),
        ("We met Dr. Ng today. Good.", ["We met Dr. Ng today.", "Good."]),
        ("It costs 3.5 million. Fine.", ["It costs 3.5 million.", "Fine."]),
        (
            "See http://a.example/x.y?z=1. Then call.",
            ["See http://a.example/x.y?z=1.", "Then call."],
        ),
        ("Well... maybe. Or not", ["Well... maybe.", "Or not"]),
        ("Well... Then no.", ["Well...", "Then no."]),
        ("really? yes", ["really?", "yes"]),
        ('He said "no." Then left.', ['He said "no."', "Then left."]),
        ("Due Sept. 20 at noon. Ok", ["Due Sept. 20 at noon.", "Ok"]),
        ("J. R. Smith agreed. So did I.", ["J. R. Smith agreed.", "So did I."]),
        ("Meet at 9 p.m. Bring it.", ["Meet at 9 p.m.", "Bring it."]),
        ("これは文。次の文。", ["これは文。", "次の文。"]),
        ("Plan:\n1. Hire people.\n2. Ship it", ["Plan:", "1. Hire people.", "2. Ship it"]),
        ("Hi Ann,\nthanks a lot", ["Hi Ann,", "thanks a lot"]),
        ("  - one\n  - two", ["- one", "- two"]),
        ("", []),
        (" \n\n ", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_hard_wrapped_line_is_continued() -> None:
    text = (
        "This paragraph was wrapped by the mail program of its writer at about\n"
        "seventy characters. It goes on here and ends on the third line of the\n"
        "block."
    )
    assert len(pieces(text)) == 2


def test_paragraphs_on_one_line_each_are_kept_apart() -> None:
    text = "A " + "very " * 30 + "long line without an end\nanother line"
    assert len(pieces(text)) == 2


@given(st.text(alphabet=st.sampled_from("aB1. !?\n-:…。\"'()\t")))
def test_every_character_is_in_exactly_one_sentence(text: str) -> None:
    spans = split_sentences(text)
    joined = "".join("".join(text[start:end].split()) for start, end in spans)
    assert joined == "".join(text.split())
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_a_million_short_lines_take_linear_time() -> None:
    assert len(split_sentences("a.\n" * 100_000)) == 100_000


def test_a_run_of_marks_takes_linear_time() -> None:
    assert len(split_sentences("!" * 200_000 + "x")) == 1
