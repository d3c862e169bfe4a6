"""Conversations that the browser keeps come back as they were, as far as the mail still says so."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ingest.errors import UnknownMessage
from ingest.model import Email
from rag.model import Scope, Sentence
from tests.ui.fake_archive import BOAT, QUOTE, answer, citation, email, not_found
from ui import html_kept
from ui.web import keeping
from ui.web.keeping import CHANGED, MOST, Kept, keep, read_kept, restored, written
from ui.web.session import Exchange, Session
from ui.web.talk import conversation

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SCOPE = Scope(senders=("Anna Berg",), since=date(2021, 1, 1), explicit=frozenset({"since"}))
SAID = answer(
    "q", [Sentence("It costs much [1].", (1,), "partly")], [citation(1, BOAT, QUOTE)], scope=SCOPE,
    rewritten_question="What does the boat cost?", notes=("cut off",),
)  # fmt: skip
SESSION = Session(
    (
        Exchange("q", SAID, scope=SCOPE),
        Exchange("dragons?", not_found("dragons?", BOAT)),
        Exchange("x", error="no"),
        Exchange("y", partial="half"),
    ),
    archive="a",
)


def stored(session: Session) -> object:
    """As the browser gives it back."""
    return json.loads(json.dumps(written(keep([], session, "here", NOON))))


def holding(*emails: Email) -> Callable[[str], Email]:
    known = {e.id: e for e in emails}

    def message(name: str) -> Email:
        if name not in known:
            raise UnknownMessage(f"no message {name}")
        return known[name]

    return message


def test_conversation_looks_the_same_after_it_was_kept() -> None:
    [kept] = read_kept(stored(SESSION))
    again = restored(kept, "a", holding(BOAT))
    assert conversation(again) == conversation(SESSION)
    assert (again.id, again.archive, again.history()) == (SESSION.id, "a", SESSION.history())
    assert again.exchanges[0].scope == SCOPE


@pytest.mark.parametrize("held", [(), (email("m1", "The boat costs 9 crowns."),)])
def test_citation_whose_words_are_gone_is_dropped_and_told(held: tuple[Email, ...]) -> None:
    [kept] = read_kept(stored(SESSION))
    first = restored(kept, "a", holding(*held)).exchanges[0].answer
    assert first is not None
    assert first.citations == ()
    assert CHANGED in first.trace.notes


def test_later_form_takes_the_place_of_the_earlier_one() -> None:
    kept = keep([], replace(SESSION, exchanges=SESSION.exchanges[:1]), "here", NOON)
    kept = keep(kept, Session((Exchange("other", error="no"),), id="other"), "here", NOON)
    kept = keep(kept, SESSION, "here", NOON)
    assert [(k.id, len(k.exchanges)) for k in kept] == [(SESSION.id, 4), ("other", 1)]


def test_empty_conversation_is_not_kept() -> None:
    assert keep([], Session(), "here", NOON) == []


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Kept] = []
    for number in range(MOST + 5):
        kept = keep(kept, replace(SESSION, id=str(number)), "here", NOON)
    assert len(kept) == MOST
    monkeypatch.setattr(keeping, "MOST_BYTES", 1000)
    assert len(keep([], SESSION, "here", NOON)[0].exchanges) < len(SESSION.exchanges)


@pytest.mark.parametrize("found", [None, "x", 7, [{"id": 1}], {"a": []}])
def test_what_the_page_did_not_write_is_nothing(found: object) -> None:
    assert read_kept(found) == []


def test_titles_are_text() -> None:
    shown = html_kept.conversations([("i", "<img src=x onerror=alert(1)>", NOON.isoformat())], "i")
    assert "<img" not in shown
    assert 'data-keep="open:i" aria-current="true"' in shown
