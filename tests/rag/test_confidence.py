"""When an answer is withheld: which signs raise the confidence and which lower it."""

from dataclasses import replace

import pytest

from rag.adapters.hashing_embedder import HashingEmbedder
from rag.confidence import Signs, confidence, model_for, read_signs, unknown_words
from rag.config import Retrieval
from rag.library import Library
from rag.names import NameIndex
from rag.question import understand
from rag.retrieve import Retrieved, retrieve
from tests.rag.small_archive import library_in

#: A finding aid was searched, or there is none; a selector has read sentences, or not.
MIDDLE = [
    Signs(0.4, 1.0, 0.1, 0.2, 0.0, 0.0, answers, aided)
    for aided in (True, False)
    for answers in (0.0, None)
]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library_in(tmp_path_factory.getbasetemp())


def signs_of(library: Library, text: str) -> Signs:
    question = understand(text, library.names)
    vector = HashingEmbedder().embed_queries([question.topic])[0]
    found = retrieve(question, vector, library, Retrieval())
    return read_signs(question, found, (), library.is_known)


@pytest.mark.parametrize("middle", MIDDLE)
def test_a_near_passage_and_a_good_message_raise_it(middle: Signs) -> None:
    low = confidence(middle)
    assert confidence(replace(middle, similarity=0.9)) > low
    assert confidence(replace(middle, message=2.0)) > low
    assert confidence(replace(middle, lead=0.8)) >= low


@pytest.mark.parametrize("middle", MIDDLE)
def test_unknown_names_and_empty_periods_lower_it(middle: Signs) -> None:
    high = confidence(middle)
    assert confidence(replace(middle, unknown_name=1.0)) < high
    assert confidence(replace(middle, out_of_time=1.0)) < high


@pytest.mark.parametrize("middle", [signs for signs in MIDDLE if signs.answers is not None])
def test_a_sentence_that_was_read_as_an_answer_raises_it(middle: Signs) -> None:
    assert confidence(replace(middle, answers=3.0)) > confidence(middle)


def test_a_question_like_one_that_has_no_answer_lowers_it() -> None:
    middle = MIDDLE[0]
    assert confidence(replace(middle, untold=0.9)) < confidence(middle)


@pytest.mark.parametrize("aided", [True, False])
@pytest.mark.parametrize("answers", [(6.0, -6.0), (None, None)])
def test_confidence_and_floor_are_probabilities(
    aided: bool, answers: tuple[float | None, float | None]
) -> None:
    sure = Signs(1.0, 3.0, 2.0, 0.0, 0.0, 0.0, answers[0], aided)
    for signs in (Signs(-1.0, 0.0, 0.0, 1.0, 1.0, 1.0, answers[1], aided), sure):
        assert 0 < confidence(signs) < 1
        assert 0 < model_for(signs).floor < 1


def test_what_the_mail_says_is_surer_than_what_it_never_mentions(library: Library) -> None:
    known = signs_of(library, "What would a slate roof cost?")
    foreign = signs_of(library, "Which submarine did Captain Nemo command?")
    assert confidence(known) > confidence(foreign)
    assert (known.unknown_name, foreign.unknown_name) == (0.0, 1.0)


@pytest.mark.parametrize(
    "text", ["What would a slate roof cost?", "Which submarine did Captain Nemo command?", "", "?"]
)
def test_any_question_has_signs(library: Library, text: str) -> None:
    signs = signs_of(library, text)
    assert -1 <= signs.similarity <= 1.0001
    assert {signs.unknown_name, signs.out_of_time} <= {0.0, 1.0}


def test_a_finding_aid_is_noticed_and_its_question_is_near(library: Library) -> None:
    signs = signs_of(library, "Which musician suits nervous birds?")
    assert signs.aided
    assert signs.similarity > 0.99


def test_nothing_found_is_not_sure() -> None:
    question = understand("Who?", NameIndex([]))
    signs = read_signs(question, Retrieved(()), (), lambda _stem: True)
    assert signs == Signs(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, None, aided=False)
    assert confidence(signs) < model_for(signs).floor


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
