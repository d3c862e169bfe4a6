"""Known messages: one id, subject and time in every compilation, and nobody else's mail touched."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.released import known_messages
from ingest.formats.transcript import read_transcript
from ingest.known import (
    KnownMessage,
    adopt,
    body_sha256,
    message_text,
    normalise_body,
    opening_sha256,
)
from ingest.model import Draft, Person, Segment, Skipped, Span

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
SHORTER = ["openai-emails-2024-11-lesswrong.md", "openai-emails-2024-11-first-pass.txt"]
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="no ../shared/corpus")

MUSK = Person("Elon Musk")
DAY = datetime(2015, 5, 2, tzinfo=UTC)


def known(id_: str, body: str, hour: int) -> KnownMessage:
    when = DAY.replace(hour=hour)
    words = len(body.split())
    hashes = (body_sha256(body), opening_sha256(body))
    return KnownMessage(id_, when, True, MUSK, "lunch", "thread", "email", words, *hashes)


def draft(body: str, *, id_: str = "2015-05-02-musk", path: str = "/a.txt") -> Draft:
    own = (Segment(0, len(body), MUSK, "own"),)
    span = Span(path, 1, 2)
    return Draft(
        span, "email", MUSK, (), (), DAY, "header", "", body, own, time_known=False, message_id=id_
    )


def ids(drafts: list[Draft], registry: list[KnownMessage]) -> list[str | None]:
    return [d.message_id for d in adopt(drafts, registry) if isinstance(d, Draft)]


LONG = "one two three four five six seven eight nine ten"


def test_equal_text_takes_over_all_known_facts() -> None:
    message = known("noon", "Yes, “please”", 12)
    (adopted,) = adopt([draft('Yes,  "please"')], [known("ten", "No", 10), message])
    assert adopted == replace(
        draft('Yes,  "please"'),
        message_id="noon",
        subject="lunch",
        thread_key="thread",
        sent_at=message.sent_at,
        time_known=True,
    )


def test_equal_opening_words_decide_when_the_rest_differs() -> None:
    registry = [known("a", LONG.replace("one", "first"), 9), known("b", LONG, 10)]
    assert ids([draft(LONG + " or so")], registry) == ["b"]


def test_nearest_length_decides_last() -> None:
    registry = [known("long", LONG * 9, 9), known("short", LONG, 10)]
    assert ids([draft("zero " + LONG)], registry) == ["short"]


def test_a_text_of_another_length_is_left_alone() -> None:
    assert ids([draft("word " * 40)], [known("a", LONG, 9)]) == ["2015-05-02-musk"]


def test_a_known_message_is_adopted_once_per_file() -> None:
    twice = [draft("Ok"), draft("Ok", id_="2015-05-02-musk-2"), draft("Ok", path="/b.txt")]
    assert ids(twice, [known("a", "Ok", 9)]) == ["a", "2015-05-02-musk-2", "a"]


def test_another_printed_time_is_another_message() -> None:
    timed = replace(draft("Ok"), sent_at=DAY.replace(hour=8), time_known=True)
    assert ids([timed], [known("a", "Ok", 9)]) == ["2015-05-02-musk"]


def test_mail_with_a_message_id_is_never_adopted() -> None:
    assert ids([draft("Ok", id_="x@y.example")], [known("a", "Ok", 9)]) == ["x@y.example"]


def test_a_printed_subject_and_skipped_items_stay() -> None:
    skipped = Skipped(Span("/a.txt", 9, 9), "footnotes")
    first, second = adopt([replace(draft("Ok"), subject="Ha"), skipped], [known("a", "Ok", 9)])
    assert isinstance(first, Draft)
    assert (first.message_id, first.subject, second) == ("a", "Ha", skipped)


def test_links_within_the_file_follow_the_adopted_ids() -> None:
    reply = draft("No", id_="2015-05-02-musk-2")
    reply = replace(reply, references=("2015-05-02-musk",), thread_key="2015-05-02-musk")
    _, adopted = adopt([draft("Ok"), reply], [known("a", "Ok", 9)])
    assert isinstance(adopted, Draft)
    assert (adopted.references, adopted.thread_key) == (("a",), "a")


def test_normalising_removes_typography_only() -> None:
    messy = "It\u2019s **bold**\\_ \u2014\u00a0\u201cso\u201d [2]\n ████ ██\u2026"
    assert normalise_body(messy) == 'It\'s bold -\u0020"so" █ ...'


@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise_body(text)
    assert " ".join(once.split()) == once
    assert body_sha256(text) == body_sha256("  " + text + "\n")


@needs_corpus
@pytest.mark.parametrize("name", SHORTER)
def test_each_shorter_file_maps_onto_the_right_51_of_85(name: str) -> None:
    fullest = read_transcript(CORPUS / "openai-emails-2024-12.txt")
    texts = {d.message_id: message_text(d) for d in fullest if isinstance(d, Draft)}
    adopted = [
        d for d in adopt(read_transcript(CORPUS / name), known_messages()) if isinstance(d, Draft)
    ]
    differing = [
        d.message_id
        for d in adopted
        if normalise_body(message_text(d)) != normalise_body(texts[d.message_id])
    ]
    plain = ["2015-12-11T1130-altman", "2018-04-23T0149-zilis", "2019-03-06T1513-altman"]
    assert len({d.message_id for d in adopted}) == 51
    assert differing == (plain if name.endswith(".txt") else [])


@needs_corpus
def test_the_first_pass_takes_over_times_subjects_and_threads() -> None:
    facts = {k.id: k for k in known_messages()}
    drafts = adopt(read_transcript(CORPUS / SHORTER[1]), known_messages())
    found = [d for d in drafts if isinstance(d, Draft) and d.message_id]
    assert all((d.sent_at, d.thread_key) == _facts(facts[d.message_id or ""]) for d in found)
    assert found[0].subject == "question"


def _facts(message: KnownMessage) -> tuple[datetime | None, str]:
    return message.sent_at, message.thread_key


@needs_corpus
def test_the_fullest_file_already_has_the_known_ids() -> None:
    path = CORPUS / "openai-emails-2024-12.txt"
    assert list(adopt(read_transcript(path), known_messages())) == list(read_transcript(path))
