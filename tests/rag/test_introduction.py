"""Who somebody is: a line counted over every message, and quotes of others that name them."""

from datetime import UTC, date, datetime

import pytest

from ingest.message_store import Header
from ingest.model import Person
from rag.engine import Engine
from rag.introduction import asked_who, introduction, message_of, named_by_others
from rag.library import Library
from rag.model import Scope
from rag.question import understand
from tests.fakes import ANN, BOB
from tests.rag.small_archive import (
    COUNT,
    FREYA,
    PRIYA,
    TOMAS,
    WALTER,
    engine_in,
    library_in,
    settings_for,
)

CARL = Person("Carl Roe")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library_in(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module", params=[0.0, 1.0], ids=["sure", "unsure"])
def engine(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Engine:
    base = tmp_path_factory.getbasetemp()
    return engine_in(base, settings_for(base, floor=request.param))


def header(name: str, sender: Person, *to: Person, day: int | None = None) -> Header:
    sent = datetime(2021, 3, day, tzinfo=UTC) if day else None
    return Header(name, "t", sender, to, sent, "")


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Who is Freya Lund?", [FREYA]),
        ("who's tomas", [TOMAS]),
        ("Tell me who Walter is.", [WALTER]),
        ("so who exactly is Priya?", [PRIYA]),
        ("Who are Freya and Tomas?", [FREYA, TOMAS]),
        ("Who is Freya to Tomas?", []),
        ("Who is Holger?", []),
        ("Who is it?", []),
        ("Who did Freya ask?", []),
        ("Who is Tomas? since:2021", []),
        ("What is Freya?", []),
        ("Freya", []),
    ],
)
def test_who_is_asked_for(library: Library, text: str, people: list[str]) -> None:
    assert list(asked_who(understand(text, library.names))) == people


def test_the_line_is_counted_over_all_messages() -> None:
    headers = [
        header("1", ANN, BOB, CARL, day=2),
        header("2", BOB, ANN, day=9),
        header("3", BOB, CARL, day=20),
        header("4", ANN, BOB),
    ]
    expected = "wrote 2 of 4 messages and received 1, 2 Mar 2021 to 9 Mar 2021"
    most = f"most with {BOB.name} (3), {CARL.name} (1)"
    assert introduction(ANN.name, headers) == f"{ANN.name} {expected}; {most}."


def test_of_one_day_and_of_none() -> None:
    once, never = [header("1", ANN, BOB, day=2)], [header("1", ANN, BOB)]
    assert "received 0, 2 Mar 2021; most" in introduction(ANN.name, once)
    assert "received 0; most" in introduction(ANN.name, never)
    assert introduction(ANN.name, [header("1", ANN)]).endswith("received 0.")


def test_who_writes_to_themselves_is_not_with_themselves() -> None:
    assert introduction(ANN.name, [header("1", ANN, ANN)]).endswith("received 1.")


def test_the_first_message_is_one_they_wrote_if_they_did() -> None:
    headers = [header("1", CARL), header("2", BOB, ANN), header("3", ANN, BOB), header("4", ANN)]
    assert message_of(ANN.name, headers) == "3"
    assert message_of(ANN.name, headers[:2]) == "2"


def test_only_others_introduce_them(library: Library) -> None:
    found = list(named_by_others([WALTER], library.mail, library.names))
    assert found
    for candidate in found:
        assert "Walter" in candidate.text
        assert candidate.author is None or candidate.author.name != WALTER
    assert len({c.email.id for c in found}) == len(found)


@pytest.mark.parametrize("name", [FREYA, TOMAS, PRIYA, WALTER])
def test_each_is_introduced_with_checked_quotes(
    engine: Engine, library: Library, name: str
) -> None:
    answer = engine.ask(f"Who is {name}?")
    wrote = sum(h.sender.name == name for h in library.headers)
    assert answer.status == "answered"
    assert answer.text.startswith(f"{name} wrote {wrote} of {COUNT} messages and received ")
    assert answer.citations
    for citation in answer.citations:
        assert citation.email.body[citation.start : citation.end] == citation.quote
    if any(named_by_others([name], library.mail, library.names)):
        assert all(c.author is None or c.author.name != name for c in answer.citations)


@pytest.mark.parametrize("name", ["Nemo", "Ines Boyer"])
def test_who_has_no_mail_is_not_introduced(engine: Engine, name: str) -> None:
    assert " messages and received " not in engine.ask(f"Who is {name}?").text


def test_a_filter_is_kept(engine: Engine) -> None:
    scope = Scope(since=date(2022, 1, 1), explicit=frozenset({"since"}))
    assert " messages and received " not in engine.ask("Who is Freya?", scope=scope).text
