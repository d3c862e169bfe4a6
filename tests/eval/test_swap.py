"""The swap: consistent, reversible, and nothing of the original left."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.swap import draw_swap

TEXTS = (
    "On 3 May 2016 at 10:30 Anna told Otto that Volvo would pay $40m for 15% of it.",
    "He met anna in Oslo, and VOLVO paid 40m. Then Oslo froze; we saw Volvo in Oslo again.",
    "By 2019 the bridge, built by McKay in the port, had cost 1,250 crowns. See 12:45.",
)
NAMES = ("Anna Berg", "Otto Lind")
SWAP = draw_swap(TEXTS, NAMES, seed=4)


def test_names_places_amounts_and_years_are_swapped() -> None:
    swapped = " ".join(map(SWAP.text, TEXTS))
    for original in (
        "Anna",
        "anna",
        "Otto",
        "Volvo",
        "VOLVO",
        "Oslo",
        "McKay",
        "40",
        "15%",
        "1,250",
    ):
        assert original not in swapped.split(), original
    assert "2016" not in swapped
    assert SWAP.remaining(map(SWAP.text, TEXTS)) == []


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("We asked OpenAI, and openAI said that openai is one.", ("OpenAI", "openAI", "openai")),
        ("They sold Teslas to Tesla. TeslaAI beat Tesla.", ("Teslas", "Tesla", "TeslaAI")),
        ("The schools (Berkeley/Stanford / MIT) left.", ("Berkeley", "Stanford", "MIT")),
        ("Give us $1B now, then 9k and 5%.", ("1", "9", "5")),
        ("I saw the\u00a0Falcon fly.\nAlphaZero won.", ("Falcon", "AlphaZero")),
    ],
)  # fmt: skip
def test_every_spelling_of_a_name_and_every_amount_goes(text: str, gone: Sequence[str]) -> None:
    swap = draw_swap([text], [], seed=3)
    assert set(gone).isdisjoint(re.findall(r"[^\W\d_]+|\d+", swap.text(text)))
    assert swap.inverse().text(swap.text(text)) == text


def test_a_name_that_is_a_common_word_leaves_the_word_alone() -> None:
    text = "He will come, she will go, and it will rain. Did Will Marsh agree? AI and a CEO did."
    swapped = draw_swap([text], ["Will Marsh"], seed=3).text(text)
    assert swapped.count("will") == 3
    assert "Will Marsh" not in swapped
    assert "AI and a CEO" in swapped


def test_days_times_and_common_words_stay() -> None:
    swapped = SWAP.text(TEXTS[0])
    assert swapped.startswith("On 3 May 2044 at 10:30 ")
    assert "told" in swapped


def test_swapping_is_consistent_over_spellings() -> None:
    small, capital = SWAP.text("anna"), SWAP.text("Anna")
    assert capital == small.capitalize() != "Anna"
    assert SWAP.text("Anna's boat").startswith(f"{capital}'s")


def test_inverse_gives_the_original_back() -> None:
    assert [SWAP.inverse().text(SWAP.text(text)) for text in TEXTS] == list(TEXTS)
    when = datetime(2016, 2, 29, tzinfo=UTC)
    moved = SWAP.date(when)
    assert moved is not None
    assert (moved.weekday(), moved.month, moved.day) == (when.weekday(), 2, 29)
    assert SWAP.inverse().date(moved) == when


def test_the_seed_decides() -> None:
    assert draw_swap(TEXTS, NAMES, seed=4) == SWAP
    assert draw_swap(TEXTS, NAMES, seed=5).words != SWAP.words


@given(st.lists(st.text(alphabet="aAbBzZ 0159.,-$%:é\n", max_size=60), min_size=1, max_size=4))
def test_any_text_can_be_undone(texts: list[str]) -> None:
    swap = draw_swap(texts, ["Zab Aba"], seed=1)
    assert [swap.inverse().text(swap.text(text)) for text in texts] == texts


def test_released_emails_are_swapped_without_rest() -> None:
    corpus = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
    source = corpus / "openai-emails-2024-12.txt"
    if not source.exists():
        pytest.skip("the verbatim emails are not beside this checkout")
    text = source.read_text()
    people = ["Elon Musk", "Sam Altman", "Ilya Sutskever", "Greg Brockman", "Shivon Zilis"]
    swap = draw_swap([text], people, seed=0)
    swapped = swap.text(text)
    assert swap.remaining([swapped]) == []
    assert swap.inverse().text(swapped) == text
    # Looked for by other means than the swap's own: words in any capitals, amounts, years.
    words = {word.lower() for word in re.findall(r"[A-Za-z]+", swapped)}
    names = "musk altman ilya sutskever openai deepmind tesla microsoft msft google yc zilis"
    assert words.isdisjoint(names.split())
    amounts = set(re.findall(r"\d[\d.,]*(?=MM|M|B|k\b)|(?<=\$)\d[\d.,]*\d", swapped))
    assert amounts.isdisjoint(re.findall(r"(?<=\$)\d[\d.,]*\d", text))
    assert not re.findall(r"\b20[01]\d\b", swapped)
