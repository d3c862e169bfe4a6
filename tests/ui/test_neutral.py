"""Text of strangers on a terminal: nothing in it acts, nothing in it hides, plain text is kept."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.neutral import neutralise, one_line


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2Jgone", "␛[2Jgone"),
        ("first\rsecond", "first␍second"),
        ("a\x9bm", "a<U+009B>m"),
        ("abc\u202edcb", "abc<U+202E>dcb"),
        ("\u2066x\u2069", "<U+2066>x<U+2069>"),
        ("a\u200bb", "a<U+200B>b"),
        ("\U000e0041", "<U+E0041>"),
        ("\U000e000a\U000e0101", "<U+E000A><U+E0101>"),
        ("a\u2028b", "a<U+2028>b"),
        ("\ud800", "<U+D800>"),
        ("\x07\x08", "␇␈"),
    ],
)
def test_acting_and_hidden_characters_become_visible(hostile: str, shown: str) -> None:
    assert neutralise(hostile) == shown


@pytest.mark.parametrize("text", ["plain\ttext\n", "naïve café — “quoted”", "👩\u200d💻", "日本語"])
def test_harmless_text_is_unchanged(text: str) -> None:
    assert neutralise(text) == text


def test_windows_line_ends_become_newlines() -> None:
    assert neutralise("one\r\ntwo") == "one\ntwo"


def test_one_line_joins_lines() -> None:
    assert one_line("a\n  b\t c \x1b") == "a b c ␛"


@given(st.text())
def test_no_control_character_survives(text: str) -> None:
    left = {unicodedata.category(c) for c in neutralise(text) if c not in "\t\n"}
    assert not left & {"Cc", "Cs", "Zl", "Zp"}
