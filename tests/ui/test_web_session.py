"""What a tab remembers, and what its buttons ask."""

from datetime import date

import pytest

from ingest.errors import UsageError
from rag.model import Scope, Sentence, Turn
from tests.ui.fake_archive import BOAT, answer, not_found
from ui.web.session import Exchange, Session, without_chip
from ui.web.talk import Asked, clicked

SAID = answer("q", [Sentence("A.", (), "supported")], [], scope=Scope(senders=("Anna Berg",)))


def test_history_holds_answers_and_leaves_out_failures() -> None:
    session = Session((Exchange("q", SAID), Exchange("x", error="no"), Exchange("y", partial="h")))
    assert session.history() == (Turn("user", "q"), Turn("assistant", "A."))


def test_removed_chip_is_not_guessed_again() -> None:
    scope = without_chip(Scope(senders=("Anna Berg",), since=date(2021, 1, 1)), "senders:Anna Berg")
    assert scope == Scope(since=date(2021, 1, 1), explicit=frozenset({"senders"}))


def test_unknown_chip_changes_nothing() -> None:
    assert without_chip(Scope(), "explicit:senders") == Scope()


def test_chip_asks_the_last_question_again_without_it() -> None:
    before = Session((Exchange("before", SAID),))
    session = before.with_exchange(Exchange("q", SAID))
    expected = Scope(explicit=frozenset({"senders"}))
    assert clicked("drop:senders:Anna Berg", session) == Asked("q", before, expected)


def test_ask_again_repeats_an_earlier_question_at_the_end() -> None:
    session = Session((Exchange("one", SAID), Exchange("two", not_found("two", BOAT))))
    assert clicked("again:0", session) == Asked("one", session)


@pytest.mark.parametrize("request_key", ["again:9", "again:x", "drop:senders:A", "nonsense", "q: "])
def test_button_of_a_lost_conversation_is_told(request_key: str) -> None:
    with pytest.raises(UsageError):
        clicked(request_key, Session())
