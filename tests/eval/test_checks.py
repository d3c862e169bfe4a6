"""Citation validity: every way of being wrong is seen."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from eval.checks import citation_faults, markers
from rag.model import Answer, Sentence
from tests.eval.little_engine import MAIL, OTTO, quoting

BODIES = {email.id: email.body for email in MAIL}
GOOD = quoting("?", "m1", "m2")


def shifted(answer: Answer) -> Answer:
    """Each sentence cites the next citation: the off-by-one of TRAPS.md."""
    count = len(answer.citations)
    turned = [
        Sentence(s.text.replace(f"[{s.citations[0]}]", f"[{n}]"), (n,), s.support)
        for s in answer.sentences
        for n in [s.citations[0] % count + 1]
    ]
    return replace(
        answer, sentences=tuple(turned), text="\n\n".join(sentence.text for sentence in turned)
    )


def other_author(answer: Answer) -> Answer:
    return replace(answer, citations=(replace(answer.citations[0], author=OTTO),))


def test_a_good_answer_has_no_faults() -> None:
    assert citation_faults(GOOD, BODIES) == ()


@pytest.mark.parametrize(
    ("bend", "fault"),
    [
        (lambda a: replace(a, text=a.text + " [7]"), "[7] is no citation"),
        (lambda a: replace(a, citations=a.citations[:1]), "[2] is no citation"),
        (lambda a: replace(a, citations=a.citations[:1] * 2), "same number"),
        (shifted, "do not stand in what is cited"),
        (other_author, "did not write"),
        (
            lambda a: replace(a, sentences=(replace(a.sentences[0], citations=(2,)),)),
            "shows [1] but cites [2]",
        ),
    ],
)
def test_faults_are_seen(bend: Callable[[Answer], Answer], fault: str) -> None:
    assert any(fault in found for found in citation_faults(bend(GOOD), BODIES))


def test_a_quote_that_the_archive_does_not_hold() -> None:
    assert "no such message" in citation_faults(GOOD, {})[0]
    assert "does not stand at" in citation_faults(GOOD, {**BODIES, "m1": "Changed."})[0]


def test_short_turns_of_phrase_need_no_source() -> None:
    said = Sentence("He calls it “so to speak” cheap [1].", (1,), "supported")
    answer = replace(GOOD, text=said.text, sentences=(said,))
    assert citation_faults(answer, BODIES) == ()


def test_markers_inside_quotes_are_the_mails_own() -> None:
    assert markers("see [1], [2, 3]") == [1, 2, 3]
    said = Sentence("She wrote “as in [9]” [1].", (1,), "supported")
    assert citation_faults(replace(GOOD, text=said.text, sentences=(said,)), BODIES) == ()
