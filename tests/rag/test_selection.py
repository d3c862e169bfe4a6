"""What a selector that reads question and sentence together changes of the order of sentences."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from rag.extract import Candidate
from rag.model import Scope
from rag.question import Question
from rag.selection import BARE, Reading, selected
from tests.fakes import make_email

PLAN = make_email("plan", " ".join(f"Sentence number {n}." for n in range(10, 20)))
QUESTION = Question("Which number?", "Which number?", "fact", "text", Scope())


class Likes:
    """A selector that likes sentences with one of these words, and notes what it is given."""

    def __init__(self, *words: str, most: float = 5.0) -> None:
        self.words = words
        self.most = most
        self.seen: list[tuple[str, str]] = []

    def log_odds(self, question: str, sentences: Sequence[tuple[str, str]]) -> list[float]:
        self.seen += sentences
        return [
            self.most if any(word in text for word in self.words) else -self.most
            for text, _ in sentences
        ]


def sentences(count: int = 10) -> list[Candidate]:
    """All just as good by their signs."""
    found = []
    for n in range(10, 10 + count):
        start = PLAN.body.index(str(n)) - len("Sentence number ")
        found.append(Candidate(PLAN, start, start + len("Sentence number 10."), PLAN.sender))
    return found


def test_what_answers_comes_first() -> None:
    best, *_ = selected(QUESTION, sentences(), Likes("13"), BARE)
    assert (best.text, best.answers) == ("Sentence number 13.", 5.0)


def test_the_selector_reads_the_first_sentences_and_who_wrote_them() -> None:
    selector = Likes("13")
    selected(QUESTION, sentences(), selector, Reading(3, 1.0))
    assert len(selector.seen) == 3
    assert selector.seen[0] == ("Sentence number 10.", sentences()[0].heading)
    assert "The boat" in sentences()[0].heading


def test_what_was_not_read_counts_as_the_least_likely() -> None:
    ranked = selected(QUESTION, sentences(), Likes("13", "19"), BARE)
    assert [c.text for c in ranked if c.answers == 5.0] == ["Sentence number 13."]
    assert {c.answers for c in ranked[1:]} == {-5.0}


def test_of_nothing_nothing_is_selected() -> None:
    assert selected(QUESTION, (), Likes(), BARE) == ()


@given(st.integers(0, 10), st.floats(0, 1e6))
def test_no_sentence_is_lost_and_odds_stay_within_bounds(count: int, most: float) -> None:
    ranked = selected(QUESTION, sentences(count), Likes("11", most=most), BARE)
    assert {c.start for c in ranked} == {c.start for c in sentences(count)}
    assert all(c.answers is not None and -6 <= c.answers <= 6 for c in ranked)
