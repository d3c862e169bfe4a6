"""When an answer is withheld: which signs raise the confidence and which lower it."""

from dataclasses import fields, replace
from itertools import pairwise

import pytest

from rag.adapters.hashing_embedder import HashingEmbedder
from rag.confidence import MODEL, Signs, confidence, read_signs, unknown_words
from rag.config import Retrieval
from rag.extract import candidates
from rag.library import Library
from rag.question import understand
from rag.retrieve import retrieve
from tests.rag.small_archive import library_in

MIDDLE = Signs(**dict.fromkeys((f.name for f in fields(Signs)), 0.4))
#: Signs that are shares or yes and no.
SHARES = ("overlap", "coverage", "unknown", "unknown_name", "missing_names", "out_of_time")


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library_in(tmp_path_factory.getbasetemp())


def signs_of(library: Library, text: str) -> Signs:
    question = understand(text, library.names)
    vector = HashingEmbedder().embed_queries([question.topic])[0]
    found = retrieve(question, vector, library, Retrieval())
    ranked = candidates(question, found, library.rarity, messages=8)
    return read_signs(question, found, ranked, library.rarity, library.is_known)


@pytest.mark.parametrize("name", ["similarity", "overlap"])
def test_signs_of_an_answer_never_lower_it(name: str) -> None:
    steps = [confidence(replace(MIDDLE, **{name: value / 4})) for value in range(5)]
    assert all(low <= high for low, high in pairwise(steps))


@pytest.mark.parametrize("name", ["unknown", "unknown_name"])
def test_unknown_words_never_raise_it(name: str) -> None:
    steps = [confidence(replace(MIDDLE, **{name: value / 4})) for value in range(5)]
    assert all(low >= high for low, high in pairwise(steps))


@pytest.mark.parametrize("value", [-1.0, 0.0, 1.0])
def test_confidence_is_a_probability(value: float) -> None:
    assert 0 < confidence(Signs(**dict.fromkeys((f.name for f in fields(Signs)), value))) < 1
    assert 0 < MODEL.floor < 1


def test_what_the_mail_says_is_surer_than_what_it_never_mentions(library: Library) -> None:
    known = signs_of(library, "What would a slate roof cost?")
    foreign = signs_of(library, "Which submarine did Captain Nemo command?")
    assert confidence(known) > confidence(foreign)
    assert (known.unknown, known.unknown_name) == (0.0, 0.0)
    assert foreign.unknown > 0.5
    assert foreign.unknown_name == 1.0


@pytest.mark.parametrize(
    "text", ["What would a slate roof cost?", "Which submarine did Captain Nemo command?", "", "?"]
)
def test_signs_are_in_their_ranges(library: Library, text: str) -> None:
    signs = signs_of(library, text)
    assert -1 <= signs.similarity <= 1.0001
    assert all(0 <= getattr(signs, name) <= 1 for name in SHARES)


def test_the_kind_of_thing_asked_for_is_a_sign(library: Library) -> None:
    assert signs_of(library, "How much would a slate roof cost?").expected == 1.0


def test_a_period_without_mail_is_a_sign(library: Library) -> None:
    assert signs_of(library, "What would a slate roof cost in 1999?").out_of_time == 1.0
    assert signs_of(library, "What would a slate roof cost in 2021?").out_of_time == 0.0


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("What did Zanzibar pay for the paddles?", ("Zanzibar",)),
        ("Did Nemo meet Holger and Quixote, or Nemo alone?", ("Nemo", "Quixote")),
        ("What would a slate roof cost?", ()),
        ("Zanzibar paid what?", ()),
        ("Did Freya Lund buy a submarine?", ()),
    ],
)
def test_names_that_stand_nowhere_are_told(
    library: Library, text: str, unknown: tuple[str, ...]
) -> None:
    assert unknown_words(understand(text, library.names), library.is_known) == unknown
