"""Numbers, dates, names and polarity as the support check reads them."""

import pytest

from rag.dates import PartialDate
from rag.facts import read_facts
from rag.support import support


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("$10B", [1e10]),
        ("10 billion dollars", [1e10]),
        ("10,000,000 users", [1e7]),
        ("ten million users", [1e7]),
        ("4-5 days", [4.0, 5.0]),
        ("four to five days", [4.0, 5.0]),
        ("4–5 million", [4e6, 5e6]),
        ("twenty-five cars and 80k", [25.0, 8e4]),
        ("95% of 1000+ cores", [95.0, 1000.0]),
        ("one of them", []),
        ("100s of machines", [100.0]),
    ],
)
def test_numbers_are_read_by_value(text: str, values: list[float]) -> None:
    assert [number.value for number in read_facts(text).numbers] == values


@pytest.mark.parametrize(
    "text", ["12 May 2019", "May 12, 2019", "12th of May 2019", "2019-05-12", "May 12th 2019"]
)
def test_dates_are_read_in_every_order(text: str) -> None:
    assert read_facts(f"It came on {text}.").dates == (PartialDate(2019, 5, 12),)


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("They did not sign the lease.", {"sign"}),
        ("I don't think that it works.", {"work"}),
        ("It failed, not because of money.", {"money"}),
        ("They never sold it but bought more.", {"sell"}),
        ("They sold not only bread.", set()),
    ],
)
def test_negation_reaches_the_word_that_it_denies(text: str, denied: set[str]) -> None:
    assert {word.stem for word in read_facts(text).words if word.denied} == denied


@pytest.mark.parametrize(
    ("sentence", "quote", "grade"),
    [
        ("Feld agreed to the sale.", "I agree to the sale.", "supported"),
        ("Feld did not agree to the sale.", "I agree to the sale.", "unsupported"),
        ("Feld will leave the board.", "I will stay on the board.", "unsupported"),
        (
            "The AGI lab is in Oslo.",
            "The artificial general intelligence lab is in Oslo.",
            "supported",
        ),
        ("Sam Teller runs the Oslo lab.", "Sam Altman runs the Oslo lab.", "unsupported"),
        ("Lind will call Feld.", "I will call you.", "unsupported"),
        ("Feld sold 3 boats and 9 cars.", "I sold 9 boats and 3 cars.", "unsupported"),
        ("Feld prüfte die alten Boote im Hafen.", "I checked the boats.", "partly"),
        ("Anything at all.", "", "unsupported"),
    ],
)
def test_grades(sentence: str, quote: str, grade: str) -> None:
    found = support(
        sentence, [quote], authors=["Nora Feld"], similarity=None, recipients=["Oskar Lind"]
    )
    assert found == grade
