"""The one way to ask, without a language model: over an invented archive indexed for real."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.errors import IndexMissing, UnknownMessage, UsageError
from rag.build import build_engine, open_llm, open_reranker
from rag.config import Settings
from rag.engine import Engine
from rag.library import Library
from rag.model import Answer, Progress, Scope, Turn
from rag.ports import LLM, Prompt, Usage
from tests.rag.small_archive import (
    COUNT,
    FREYA,
    INES,
    PRIYA,
    TOMAS,
    WALTER,
    engine_in,
    index_in,
    library_in,
    settings_for,
)

SLATE = "What would a slate roof cost?"
QUESTIONS = (
    SLATE,
    "How did Tomas respond to the slate roof?",
    "What did the bank offer?",
    "Who is the joiner, and what did the bakery order?",
    "How did the interest change over time?",
    "How many emails did Walter send?",
    "What was Freya's first email?",
    "What did Walter write in August 2022?",
    "Which submarine did Nemo steer?",
    "",
)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp()


@pytest.fixture
def engine(base: Path) -> Engine:
    return engine_in(base)


@pytest.fixture
def strict(base: Path) -> Engine:
    """Sure of nothing: every question that is not surveyed is refused."""
    return engine_in(base, settings_for(base, floor=1.0))


def cited(answer: Answer) -> list[str]:
    return [citation.message_id.removesuffix("@mill.example") for citation in answer.citations]


def untimed(answer: Answer) -> Answer:
    return replace(answer, trace=replace(answer.trace, timings_ms={}))


class NeverAsked:
    """A language model that must not be called."""

    name = "never"

    def context_length(self) -> int:
        raise AssertionError("the model was asked")

    def stream(self, prompt: Prompt) -> Iterator[str | Usage]:
        raise AssertionError("the model was asked")


@pytest.mark.parametrize("text", QUESTIONS)
def test_every_quote_is_an_exact_span(engine: Engine, text: str) -> None:
    answer = engine.ask(text)
    for citation in answer.citations:
        assert engine.message(citation.message_id).body[citation.start : citation.end] == (
            citation.quote
        )
    numbers = [citation.n for citation in answer.citations]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {n for sentence in answer.sentences for n in sentence.citations} == set(numbers)


@pytest.mark.parametrize("text", QUESTIONS)
def test_ask_is_the_last_event_of_the_stream(engine: Engine, text: str) -> None:
    *before, last = engine.ask_stream(text)
    assert isinstance(last, Answer)
    assert all(isinstance(event, Progress) for event in before)
    assert untimed(last) == untimed(engine.ask(text))


@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_more_sentences_than_allowed(base: Path, most: int) -> None:
    engine = engine_in(base, settings_for(base, max_sentences=most))
    for text in QUESTIONS[:4]:
        assert 1 <= len(engine.ask(text).citations) <= most


def test_thanks_are_not_taken_for_a_question(engine: Engine) -> None:
    history = (Turn("user", "What does the mill cost?"), Turn("assistant", "Nothing."))
    answer = engine.ask("Great, thanks!", history)
    assert (answer.status, answer.citations, answer.hits) == ("not_in_archive", (), ())
    assert answer.text.startswith("That asks nothing of the mail")


def test_a_name_alone_asks_the_last_question_about_it(engine: Engine) -> None:
    first = engine.ask("How many emails did Freya send?")
    history = (Turn("user", first.question), Turn("assistant", first.text))
    again = engine.ask("and Tomas?", history)
    assert again.trace.rewritten_question == "How many emails did Tomas send?"
    assert again.trace.rewritten_by == "rules"
    assert again.text == engine.ask("How many emails did Tomas send?").text


def test_a_fact_is_quoted_with_who_to_whom_and_when(engine: Engine) -> None:
    answer = engine.ask("Which musician suits nervous birds?")
    assert (answer.status, answer.answerer) == ("answered", "extractive")
    assert answer.sentences[0].text == (
        "Walter Croft to Priya Nair, 5 May 2022: "
        "“A brass band frightens the geese, hire a fiddler.” [1]"
    )
    assert answer.hits[0].email.id == "open2@mill.example"


def test_restated_mail_is_called_restated(engine: Engine) -> None:
    answer = engine.ask("How many sacks of rye flour did the bakery order?")
    assert answer.text.startswith("Walter Croft to Freya Lund, 1 Aug 2022 (restated): “")


def test_forwarded_words_are_credited_to_their_writer(engine: Engine) -> None:
    answer = engine.ask("What can the bank offer against the meadow as security?")
    found = next(c for c in answer.citations if "thirty thousand" in c.quote)
    assert found.author and found.author.name == INES
    assert f"{INES}, forwarded by {TOMAS} to {WALTER}, 9 Nov 2021" in answer.text


def test_quoted_words_are_credited_to_their_writer(engine: Engine) -> None:
    scope = Scope(senders=(TOMAS,), explicit=frozenset({"senders"}))
    answer = engine.ask(SLATE, scope=scope)
    found = next(c for c in answer.citations if "8,400" in c.quote)
    assert (found.message_id, found.author and found.author.name) == ("roof2@mill.example", FREYA)
    assert f"{FREYA}, quoted by {TOMAS}" in answer.text


def test_a_reply_question_quotes_the_reply(engine: Engine) -> None:
    answer = engine.ask("What was Walter's reply to the brass band?")
    assert answer.trace.question_kind == "reply"
    assert "open2" in cited(answer)
    assert answer.hits[0].email.sender.name == WALTER


def test_both_clauses_are_answered(engine: Engine) -> None:
    answer = engine.ask("Who is the joiner in Skagen, and what did the bakery order?")
    assert {"wheel1", "flour1"} <= set(cited(answer))


def test_what_asks_several_things_is_as_sure_as_its_clauses(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = "Who is the joiner in Skagen, and what did the bakery order?"
    for whole, expected in ((0.1, 0.7), (0.9, 0.9)):
        sure = iter([whole, 0.8, 0.6])
        monkeypatch.setattr("rag.finding.confidence", lambda _signs, sure=sure: next(sure))
        assert engine.ask(question).trace.confidence == pytest.approx(expected)


def test_change_is_told_in_date_order(engine: Engine) -> None:
    answer = engine.ask("How did the interest change over time?")
    dates = [c.email.sent_at for c in answer.citations if c.email.sent_at]
    assert all(earlier <= later for earlier, later in pairwise(dates))
    assert {"loan3", "loan4"} <= set(cited(answer))


def test_change_in_a_period_is_told_of_that_period(engine: Engine) -> None:
    answer = engine.ask("How did the interest change between January and February 2022?")
    assert cited(answer) == ["loan3"]


def test_a_count_says_how_many_were_looked_at(strict: Engine) -> None:
    answer = strict.ask("How many emails did Walter send?")
    assert (answer.status, answer.trace.question_kind) == ("answered", "count")
    assert answer.text.startswith(f"5 messages found; all {COUNT} were looked at.")
    assert len(answer.citations) == len(answer.hits) == 5


def test_a_count_of_none_is_an_answer_and_a_list_of_none_is_not(engine: Engine) -> None:
    none = f"0 messages found; all {COUNT} were looked at."
    for text, status in (
        ("How many emails mention Zanzibar?", "answered"),
        ("Every email that mentions Zanzibar", "not_in_archive"),
    ):
        assert (engine.ask(text).status, engine.ask(text).text) == (status, none)


def test_a_list_of_no_message_with_all_the_words_is_answered_from_the_nearest(
    engine: Engine,
) -> None:
    """Each word stands in the archive, no message holds both."""
    answer = engine.ask("Every email that mentions Holger and rye")
    assert answer.status == "answered"
    assert "were looked at" not in answer.text
    assert engine.ask("Every email that mentions Holger and Zanzibar").status == "not_in_archive"


def test_below_the_floor_nothing_is_claimed(base: Path) -> None:
    settings = replace(settings_for(base, floor=1.0), answerer="auto")
    engine = engine_in(base, settings, llm=lambda _answerer: NeverAsked())
    answer = engine.ask("What did Zanzibar and Freya pay for the paddles?")
    assert (answer.status, answer.citations) == ("not_in_archive", ())
    assert answer.text == "Not in this archive. No message mentions Zanzibar."
    assert answer.near_misses == answer.hits[:3]
    assert len(answer.near_misses) == 3
    assert answer.trace.confidence < answer.trace.floor == 1.0


def test_unknown_names_are_only_told_when_there_are_some(strict: Engine) -> None:
    assert strict.ask(SLATE).text == "Not in this archive."


def test_what_the_mail_says_is_surer_than_what_it_does_not(engine: Engine) -> None:
    known, foreign = (engine.ask(t).trace.confidence for t in (SLATE, QUESTIONS[8]))
    assert known > foreign


def test_the_default_floor_is_the_fitted_one(base: Path) -> None:
    answer = engine_in(base, settings_for(base, floor=-1.0)).ask(SLATE)
    assert 0 < answer.trace.floor < 1


def test_an_empty_scope_is_not_in_the_archive(engine: Engine) -> None:
    scope = Scope(since=date(1999, 1, 1), until=date(1999, 12, 31))
    answer = engine.ask(SLATE, scope=replace(scope, explicit=frozenset({"since", "until"})))
    assert (answer.status, answer.hits, answer.near_misses) == ("not_in_archive", (), ())


@pytest.mark.parametrize("text", [SLATE, "How did Tomas respond to it?", "crowns in 2021"])
def test_explicit_scope_holds_for_everything_shown(engine: Engine, text: str) -> None:
    scope = Scope(senders=(PRIYA,), explicit=frozenset({"senders"}))
    answer = engine.ask(text, scope=scope)
    shown = [hit.email for hit in answer.hits] + [c.email for c in answer.citations]
    assert {email.sender.name for email in shown} == {PRIYA}
    assert answer.trace.scope.senders == (PRIYA,)


def test_a_follow_up_is_rewritten_in_the_trace(engine: Engine) -> None:
    history = [Turn("user", "What did Freya propose for the slate roof?"), Turn("assistant", "It.")]
    answer = engine.ask("and what did Tomas say to that?", history)
    assert answer.question == "and what did Tomas say to that?"
    assert "slate roof" in (answer.trace.rewritten_question or "")
    assert "roof2" in [hit.email.id.removesuffix("@mill.example") for hit in answer.hits[:3]]
    assert engine.ask(SLATE, history).trace.rewritten_question is None


def test_a_follow_up_that_says_enough_is_asked_by_itself_where_the_whole_finds_nothing(
    base: Path,
) -> None:
    engine = engine_in(base, settings_for(base, floor=0.6))
    refused = engine.ask("Which submarine did Nemo steer?")
    history = (Turn("user", refused.question), Turn("assistant", refused.text))
    answer = engine.ask("And what would a slate roof cost?", history)
    assert (answer.status, answer.trace.rewritten_question) == ("answered", None)
    assert "roof1" in cited(answer)
    for vague in ("and the roof?", "And what would it cost to roof?"):
        assert engine.ask(vague, history).trace.rewritten_question is not None


ASKED_BEFORE = (
    Turn("user", SLATE),
    Turn("assistant", "Freya Lund to Tomas Vale: “A slate roof would cost 8,400 crowns” [1]."),
)


def test_a_follow_up_about_something_foreign_is_not_answered_from_what_was_asked_before(
    base: Path,
) -> None:
    answer = engine_in(base, settings_for(base, floor=0.01)).ask(
        "what about the submarine?", ASKED_BEFORE
    )
    assert (answer.status, answer.text) == (
        "not_in_archive",
        "Not in this archive. No message mentions submarine.",
    )
    assert answer.near_misses and answer.trace.confidence == 0.0
    assert answer.trace.notes == ("nothing that was found is about submarine",)


@pytest.mark.parametrize("text", ["and the century?", "what about his beams?", "why? is that bad"])
def test_a_follow_up_about_what_was_found_is_answered(base: Path, text: str) -> None:
    answer = engine_in(base, settings_for(base, floor=0.01)).ask(text, ASKED_BEFORE)
    assert (answer.status, answer.trace.notes) == ("answered", ())


def test_the_trace_tells_where_the_time_went(engine: Engine) -> None:
    trace = engine.ask(SLATE).trace
    stages = {"question", "embedding", "retrieval", "reading", "selecting"}
    assert set(trace.timings_ms) == {*stages, "total"}
    assert sum(trace.timings_ms.values()) <= 2 * trace.timings_ms["total"] + 1


def test_the_settings_hash_changes_with_the_settings(base: Path, engine: Engine) -> None:
    other = engine_in(base, settings_for(base, max_sentences=1))
    assert engine.ask(SLATE).settings_hash == engine.ask(QUESTIONS[2]).settings_hash
    assert engine.ask(SLATE).settings_hash != other.ask(SLATE).settings_hash


def test_a_stream_can_be_left_at_any_event(engine: Engine) -> None:
    for count in range(3):
        events = engine.ask_stream(SLATE)
        for _ in range(count):
            next(events)
        events.close()  # type: ignore[attr-defined]
    assert engine.ask(SLATE).status == "answered"


def test_search_gives_one_hit_per_message(engine: Engine) -> None:
    result = engine.search("crowns for paddles", k=4)
    ids = [hit.email.id for hit in result.hits]
    assert len(ids) == len(set(ids)) == 4
    assert ids[0] == "wheel3@mill.example"
    assert [h.email.id for h in engine.search("crowns for paddles", k=500).hits][:4] == ids


def test_search_reads_the_query_grammar(engine: Engine) -> None:
    result = engine.search("from:walter date:2022-05 geese")
    assert [hit.email.id for hit in result.hits] == ["open2@mill.example"]
    assert result.scope.explicit == {"senders", "since", "until"}


def test_messages_threads_and_people_are_looked_up(engine: Engine) -> None:
    thread = engine.message("roof2@mill.example").thread_id
    assert [e.id.split("@")[0] for e in engine.thread(thread)] == ["roof1", "roof2", "roof3"]
    assert engine.thread("none") == ()
    assert [thread.count for thread in engine.threads()] == [3, 3, 4, 2, 4]
    assert {p.person.name: p.sent for p in engine.people()}[WALTER] == 5
    with pytest.raises(UnknownMessage, match=r"did you mean roof2@mill\.example"):
        engine.message("roof2@mill.exampel")


def test_describe_tells_what_is_in_use(base: Path, engine: Engine) -> None:
    told = engine.describe()
    assert (told.corpus, told.messages, told.index) == ("mail", COUNT, index_in(base))
    assert (told.answerer, told.model, told.note) == ("extractive", "", "")
    assert told.chunks >= COUNT


def test_an_engine_costs_nothing_until_it_is_asked(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path / "none", models_dir=tmp_path, answerer="extractive")
    engine = build_engine(settings)
    assert list(tmp_path.iterdir()) == []
    assert next(engine.ask_stream("x")) == Progress("searching", "searching the archive")


def test_a_missing_index_is_said_on_first_use(base: Path, tmp_path: Path) -> None:
    from rag.adapters.hashing_embedder import HashingEmbedder
    from rag.index import open_index

    def absent() -> Library:
        return Library(open_index(tmp_path))

    def no_model(_answerer: str) -> LLM | None:
        return None

    engine = Engine(settings_for(base), library=absent, embedder=HashingEmbedder, llm=no_model)
    with pytest.raises(IndexMissing, match="exhibit ingest"):
        engine.ask(SLATE)


def test_unknown_answerer_is_refused(engine: Engine) -> None:
    with pytest.raises(UsageError, match="unknown answerer 'oracle'"):
        engine.ask(SLATE, answerer="oracle")


def test_only_what_is_configured_is_built(base: Path) -> None:
    settings = settings_for(base)
    assert open_llm(settings, "extractive") is None
    assert open_reranker(settings) is None


def test_one_library_serves_several_questions_at_once(base: Path, engine: Engine) -> None:
    from concurrent.futures import ThreadPoolExecutor

    assert library_in(base) is library_in(base)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(engine.ask, QUESTIONS[:8] * 3))
    for answer, text in zip(answers, QUESTIONS[:8] * 3, strict=True):
        assert untimed(answer) == untimed(engine.ask(text))
