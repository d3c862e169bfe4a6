"""Slips of the pen are mended from the words of the archive; names that it lacks are left alone."""

import pytest

from rag.spelling import mended
from rag.terms import terms

WORDS = ("board", "chatbot", "collaboration", "government", "microsoft", "starting")
STEMS = {stem for word in WORDS for stem in terms(word)}


def read(text: str) -> str:
    return mended(
        text,
        is_known=lambda stem: stem in STEMS,
        is_word=lambda word: word in {"said", "about", "what"},
        vocabulary=WORDS,
    )


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("the bord", "the board"),
        ("the Mircosoft deal", "the microsoft deal"),
        ("govermnent", "government"),
        ("colaboratoin", "collaboration"),
    ],
)
def test_a_slip_is_mended(text: str, meant: str) -> None:
    assert read(text) == meant


@pytest.mark.parametrize("words", [("musk", "mums"), ("mums", "musk")])
def test_of_words_as_near_the_first_is_meant(words: tuple[str, ...]) -> None:
    nothing = frozenset[str]().__contains__
    assert mended("muks", is_known=nothing, is_word=nothing, vocabulary=words) == words[0]


@pytest.mark.parametrize(
    "text", ["ChatGPT", "chatgpt", "Starlink", "starlink", "Colaboratoin", "about", "Board", "bird"]
)
def test_what_may_be_another_word_or_a_name_is_left_alone(text: str) -> None:
    assert read(f"what is said about {text}") == f"what is said about {text}"
