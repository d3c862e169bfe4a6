"""What the answer selector is fitted to: answers, and sentences near to them that are none."""

from itertools import groupby

import numpy as np
import pytest

from corpus.finding_aid import untold
from eval.fit_selector import Draw, Pair, Text
from rag.extract import Candidate
from tests.fakes import make_email

MAIL = make_email("plan", " ".join(f"Sentence number {n}." for n in range(10, 40)))
SENTENCES = [
    Candidate(MAIL, start, start + len("Sentence number 10."), MAIL.sender)
    for start in range(0, len(MAIL.body), len("Sentence number 10. "))
]
TOLD = {f"What is number {n}?": n for n in range(0, 30, 3)}
LOST = untold()[:10]
NOISE = np.random.default_rng(1)
VECTORS = {question: NOISE.standard_normal(8).astype(np.float32) for question in (*TOLD, *LOST)}
TEXT = Text(SENTENCES, NOISE.standard_normal((30, 8)).astype(np.float32), TOLD)


def drawn(epochs: float = 1.0) -> dict[str, list[Pair]]:
    pairs = Draw([TEXT], VECTORS).pairs(epochs)
    return {q: list(found) for q, found in groupby(pairs, key=lambda pair: pair.question)}


@pytest.mark.parametrize("question", TOLD)
def test_a_question_is_paired_with_its_answer_and_with_others_apart_from_it(question: str) -> None:
    right, *others = drawn()[question]
    assert (right.answers, right.sentence) == (True, SENTENCES[TOLD[question]])
    assert 1 <= len(others) <= 2
    assert not any(other.answers for other in others)
    places = [SENTENCES.index(other.sentence) for other in others]
    assert all(abs(place - TOLD[question]) > 1 for place in places)


@pytest.mark.parametrize("question", LOST)
def test_no_sentence_answers_what_no_mail_tells(question: str) -> None:
    pairs = drawn()[question]
    assert 1 <= len(pairs) <= 2
    assert not any(pair.answers for pair in pairs)


def test_each_question_is_read_once_an_epoch_and_the_order_repeats() -> None:
    assert drawn().keys() == {*TOLD, *LOST}
    assert len(drawn(0.5)) == 10
    assert drawn() == drawn()


def test_a_question_about_a_message_that_is_held_out_is_left_out() -> None:
    text = Text(SENTENCES, TEXT.vectors, {q: n for q, n in TOLD.items() if n})
    asked = {pair.question for pair in Draw([text], VECTORS).pairs(1.0)}
    assert asked == {*TOLD, *LOST} - {"What is number 0?"}
