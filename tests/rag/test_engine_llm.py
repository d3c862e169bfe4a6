"""The one way to ask, with a language model: the real Ollama client against a loopback server."""

import re
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag.config import Answerer, Settings
from rag.engine import Engine
from rag.model import Answer, Progress, Token, Turn
from rag.ports import Prompt
from tests.ollama_double import OllamaDouble
from tests.rag.small_archive import INES, WALTER, engine_in, settings_for

BAND = "Why should we not hire a brass band?"
REFUSED = (Turn("user", "Did Walter refuse the brass band?"),)
CLAIM = "Walter Croft wrote that a brass band frightens the geese"
Body = dict[str, object]


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp()


@pytest.fixture
def double() -> Iterator[OllamaDouble]:
    # As many as a real tokenizer would count, so that nothing looks cut off.
    with OllamaDouble(prompt_tokens=1500) as server:
        yield server


def settings_at(
    base: Path, host: str, *, answerer: Answerer = "auto", wait_s: float = 20.0
) -> Settings:
    """Settings for a server; it may take `wait_s` to its first token and between two."""
    plain = settings_for(base)
    limits = {"first_token_timeout_s": wait_s, "read_timeout_s": wait_s}
    answering = replace(plain.answering, **limits)  # type: ignore[arg-type]
    return replace(plain, answerer=answerer, ollama_host=host, answering=answering)


def engine_at(base: Path, double: OllamaDouble, *, answerer: Answerer = "auto") -> Engine:
    return engine_in(base, settings_at(base, double.url, answerer=answerer))


def citing(*sentences: tuple[str, str]) -> Callable[[Body], Sequence[str]]:
    """A reply of sentences, each with the number of the passage that holds some words."""

    def reply(body: Body) -> list[str]:
        shown = str(body["messages"])
        found = {
            int(number): text
            for number, text in re.findall(r"\[\[passage (\d+) \w+\]\](.*?)\[\[end", shown, re.S)
        }
        holders = [next(n for n, t in found.items() if words in t) for _, words in sentences]
        return [f"{text} [{n}]. " for (text, _), n in zip(sentences, holders, strict=True)]

    return reply


def free_host() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_cited_answer_is_resolved(base: Path, double: OllamaDouble) -> None:
    double.write = citing((CLAIM, "frightens"))
    answer = engine_at(base, double).ask(BAND)
    assert (answer.status, answer.answerer, answer.trace.notes) == ("answered", "ollama", ())
    assert re.fullmatch(rf"{CLAIM} \[1\]\.?", answer.text)
    (citation,) = answer.citations
    assert (citation.message_id, citation.author and citation.author.name) == (
        "open2@mill.example",
        WALTER,
    )
    assert "frightens the geese" in citation.quote
    assert [sentence.support for sentence in answer.sentences] == ["supported"]


def test_raw_text_and_token_counts_are_kept(base: Path, double: OllamaDouble) -> None:
    double.write, double.prompt_tokens = citing((CLAIM, "frightens")), 4000
    answer = engine_at(base, double).ask(BAND)
    assert answer.raw_text.startswith(CLAIM)
    assert (answer.trace.prompt_tokens, answer.trace.answer_tokens) == (4000, 7)


def test_tokens_come_before_the_answer(base: Path, double: OllamaDouble) -> None:
    double.write = citing((CLAIM, "frightens"))
    *before, last = engine_at(base, double).ask_stream(BAND)
    assert isinstance(last, Answer)
    assert "".join(e.text for e in before if isinstance(e, Token)) == last.raw_text
    stages = [event.stage for event in before if isinstance(event, Progress)]
    assert stages[:3] == ["searching", "reading", "waiting"]


def test_passages_are_whole_messages_with_their_header(base: Path, double: OllamaDouble) -> None:
    engine_at(base, double).ask(BAND)
    sent = str(double.chats[0].body["messages"])
    assert "From: Walter Croft | To: Priya Nair | Date: 5 May 2022" in sent
    assert f"Question: {BAND}" in sent


def test_a_number_that_was_never_shown_is_removed(base: Path, double: OllamaDouble) -> None:
    good = citing((CLAIM, "frightens"))
    double.write = lambda body: [*good(body), "The fiddler is free in May [99]."]
    answer = engine_at(base, double).ask(BAND)
    assert "[99]" not in answer.text
    assert "[99]" in answer.raw_text
    assert [s.support for s in answer.sentences] == ["supported", "unsupported"]
    assert any("[99] was removed" in line for line in answer.trace.dropped)


def test_unsupported_sentences_can_be_left_out(base: Path, double: OllamaDouble) -> None:
    double.write = citing((CLAIM, "frightens"), ("The band costs 700 crowns", "frightens"))
    settings = settings_at(base, double.url)
    answering = replace(settings.answering, show_unsupported=False)
    answer = engine_in(base, replace(settings, answering=answering)).ask(BAND)
    assert [s.support for s in answer.sentences] == ["supported"]
    assert "700" not in answer.text


@pytest.mark.parametrize("reply", ["The moon is cheese.", f"{CLAIM} [99]."])
def test_nothing_borne_out_gives_quotes(base: Path, double: OllamaDouble, reply: str) -> None:
    double.reply = (reply,)
    answer = engine_at(base, double).ask(BAND)
    assert (answer.status, answer.answerer) == ("answered", "extractive")
    assert {sentence.support for sentence in answer.sentences} == {"supported"}
    assert reply not in answer.text
    (note,) = answer.trace.notes
    assert note.endswith("showing quotes from the mail instead")


def test_a_false_claim_is_marked(base: Path, double: OllamaDouble) -> None:
    double.write = citing((CLAIM, "frightens"), ("The band costs 700 crowns", "frightens"))
    answer = engine_at(base, double).ask(BAND)
    assert [s.support for s in answer.sentences] == ["supported", "unsupported"]


def test_forwarded_words_keep_their_writer(base: Path, double: OllamaDouble) -> None:
    double.write = citing(("The bank can offer thirty thousand crowns", "thirty thousand"))
    answer = engine_at(base, double).ask("What can the bank offer?")
    assert answer.citations[0].author and answer.citations[0].author.name == INES


@pytest.mark.parametrize("reply", [("NOT_IN_ARCHIVE",), ("NOT_IN", "_ARCHIVE."), ("[3]",)])
def test_the_model_may_refuse(base: Path, double: OllamaDouble, reply: tuple[str, ...]) -> None:
    double.reply = reply
    answer = engine_at(base, double).ask(BAND)
    assert (answer.status, answer.citations) == ("not_in_archive", ())
    assert answer.text.startswith("Not in this archive.")
    assert answer.near_misses == answer.hits[:3] != ()


def test_a_person_is_introduced_when_the_model_refuses(base: Path, double: OllamaDouble) -> None:
    double.reply = ("NOT_IN_ARCHIVE",)
    answer = engine_at(base, double).ask("Who is Walter?")
    assert (answer.status, answer.answerer) == ("answered", "extractive")
    assert " messages and received " in answer.text


def test_half_an_answer_is_told_but_not_shown(base: Path, double: OllamaDouble) -> None:
    double.write, double.done_reason = citing((CLAIM, "frightens")), "length"
    answer = engine_at(base, double).ask(BAND)
    (note,) = answer.trace.notes
    assert f"cut off and unchecked: “{CLAIM}.”" in note
    assert (answer.status, answer.answerer) == ("answered", "extractive")
    assert "open2@mill.example" in [c.message_id for c in answer.citations]


@pytest.mark.parametrize("answerer", ["auto", "ollama"])
def test_after_a_fault_the_next_question_is_fine(
    base: Path, double: OllamaDouble, answerer: Answerer
) -> None:
    engine = engine_at(base, double, answerer=answerer)
    double.fault = "500"
    assert engine.ask(BAND).answerer == "extractive"
    double.fault, double.write = "", citing((CLAIM, "frightens"))
    assert (engine.ask(BAND).answerer, engine.ask(BAND).trace.notes) == ("ollama", ())


@pytest.mark.parametrize("answerer", ["auto", "ollama"])
def test_without_a_server_there_are_quotes_also_when_it_was_asked_for(
    base: Path, answerer: Answerer
) -> None:
    engine = engine_in(base, settings_at(base, free_host(), answerer=answerer))
    answer = engine.ask(BAND)
    assert (answer.status, answer.answerer) == ("answered", "extractive")
    (note,) = answer.trace.notes
    assert "ollama serve" in note
    assert engine.describe().note == note
    assert engine.describe().answerer == "extractive"


def test_auto_without_the_model_names_the_pull(base: Path, double: OllamaDouble) -> None:
    double.models = ("mistral:7b",)
    answer = engine_at(base, double).ask(BAND)
    assert (answer.answerer, double.chats) == ("extractive", [])
    assert "ollama pull llama3.2" in answer.trace.notes[0]


def test_extractive_asks_no_server(base: Path, double: OllamaDouble) -> None:
    assert engine_at(base, double).ask(BAND, answerer="extractive").answerer == "extractive"
    assert double.requests == []


def test_an_abstention_asks_no_server(base: Path, double: OllamaDouble) -> None:
    settings = settings_at(base, double.url)
    sure = replace(settings, answering=replace(settings.answering, floor=1.0))
    assert engine_in(base, sure).ask("Who painted Zanzibar?").status == "not_in_archive"
    assert double.requests == []


def test_a_count_asks_no_server(base: Path, double: OllamaDouble) -> None:
    assert engine_at(base, double).ask("How many emails did Walter send?").status == "answered"
    assert double.requests == []


def test_describe_names_the_model(base: Path, double: OllamaDouble) -> None:
    told = engine_at(base, double).describe()
    assert (told.answerer, told.model, told.note) == ("ollama", "llama3.2", "")


def test_closing_the_iterator_closes_the_models_stream(base: Path, double: OllamaDouble) -> None:
    double.fault = "slow_tokens"
    events = engine_at(base, double).ask_stream(BAND)
    while not isinstance(next(events), Token):
        pass
    closed = time.monotonic()
    events.close()  # type: ignore[attr-defined]
    while not double.disconnects and time.monotonic() - closed < 5:
        time.sleep(0.01)
    assert double.disconnects[0] - closed < 1.0


class Endless:
    """A model whose stream never ends, and which notices when it is closed."""

    name = "endless"
    closed = 0

    def context_length(self) -> int:
        return 8192

    def stream(self, prompt: Prompt) -> "Endless":
        return self

    def __iter__(self) -> "Endless":
        return self

    def __next__(self) -> str:
        return "word "

    def close(self) -> None:
        self.closed += 1


def test_any_model_is_closed_when_the_iterator_is(base: Path) -> None:
    llm = Endless()
    settings = replace(settings_for(base), answerer="auto")
    events = engine_in(base, settings, llm=lambda _answerer: llm).ask_stream(BAND)
    while not isinstance(next(events), Token):
        pass
    events.close()  # type: ignore[attr-defined]
    assert llm.closed == 1


def test_a_prompt_that_was_cut_is_told(base: Path, double: OllamaDouble) -> None:
    double.write, double.prompt_tokens = citing((CLAIM, "frightens")), 9
    assert "read only 9 of about" in engine_at(base, double).ask(BAND).trace.notes[0]


def test_the_question_is_sent_as_it_reads_alone(base: Path, double: OllamaDouble) -> None:
    engine_at(base, double).ask("why?", REFUSED)
    assert "Question: why? (following: Did Walter refuse" in str(double.chats[-1].body["messages"])


def rewriting(question: str) -> Callable[[Body], Sequence[str]]:
    """Writes `question` when asked for a stand-alone form, and answers the band question."""
    answer = citing((CLAIM, "frightens"))
    return lambda body: [question] if "Rewritten:" in str(body["messages"]) else answer(body)


def test_a_follow_up_is_written_out_by_the_model(base: Path, double: OllamaDouble) -> None:
    double.write = rewriting("Why did Walter refuse the brass band?")
    answer = engine_at(base, double).ask("why?", REFUSED)
    assert (answer.trace.rewritten_question, answer.trace.rewritten_by) == (
        "Why did Walter refuse the brass band?",
        "model",
    )
    assert "Question: Why did Walter refuse the brass band?" in str(double.chats[-1].body)
    assert (answer.answerer, len(double.chats), answer.trace.dropped) == ("ollama", 2, ())


def test_a_doubtful_form_of_a_follow_up_is_told(base: Path, double: OllamaDouble) -> None:
    double.write = rewriting("Why did Bezos refuse?")
    trace = engine_at(base, double).ask("why?", REFUSED).trace
    assert trace.rewritten_by == "rules"
    assert "brings in Bezos" in trace.dropped[0]


@pytest.mark.parametrize("fault", ["silent", "500", "cut", "empty"])
def test_after_a_fault_a_follow_up_is_read_by_the_rules(
    base: Path, double: OllamaDouble, fault: str
) -> None:
    double.fault = fault
    engine = engine_in(base, settings_at(base, double.url, wait_s=0.4))
    answer = engine.ask("why?", REFUSED)
    assert (answer.trace.rewritten_by, answer.answerer) == ("rules", "extractive")
    assert len(answer.trace.notes) == 1 and answer.citations


@pytest.mark.parametrize(("rewrite_s", "chats"), [(20.0, 1), (0.5, 2)])
def test_a_silent_model_is_waited_for_once_not_for_the_follow_up_and_the_answer(
    base: Path, double: OllamaDouble, rewrite_s: float, chats: int
) -> None:
    double.fault = "silent"
    settings = settings_at(base, double.url, wait_s=1.5)
    answering = replace(settings.answering, rewrite_timeout_s=rewrite_s)
    started = time.monotonic()
    answer = engine_in(base, replace(settings, answering=answering)).ask("why?", REFUSED)
    assert time.monotonic() - started < 1.5 + 1
    assert len(double.chats) == chats
    (note,) = answer.trace.notes
    assert "wrote nothing within 1.5 s, neither the follow-up" in note


def test_closing_while_a_follow_up_is_read_closes_the_stream(
    base: Path, double: OllamaDouble
) -> None:
    double.fault = "silent"
    events = engine_at(base, double).ask_stream("why?", REFUSED)
    while not isinstance(event := next(events), Progress) or event.stage != "reading":
        pass
    next(events)
    closed = time.monotonic()
    events.close()  # type: ignore[attr-defined]
    while not double.disconnects and time.monotonic() - closed < 5:
        time.sleep(0.01)
    assert double.disconnects[0] - closed < 1.0


def openai_at(base: Path, double: OllamaDouble, answerer: Answerer) -> Engine:
    settings = settings_at(base, double.url, answerer=answerer)
    return engine_in(base, replace(settings, openai_base_url=f"{double.url}/v1"))


def test_an_openai_server_answers_alike(base: Path, double: OllamaDouble) -> None:
    double.write = citing((CLAIM, "frightens"))
    answer = openai_at(base, double, "openai").ask(BAND)
    assert (answer.answerer, [c.message_id for c in answer.citations]) == (
        "openai",
        ["open2@mill.example"],
    )


def test_the_answerer_named_in_the_call_is_told(base: Path, double: OllamaDouble) -> None:
    double.write = citing((CLAIM, "frightens"))
    assert openai_at(base, double, "auto").ask(BAND, answerer="openai").answerer == "openai"


def test_a_refusal_names_the_answerer(base: Path, double: OllamaDouble) -> None:
    double.reply = ("NOT_IN_ARCHIVE",)
    assert engine_at(base, double).ask(BAND).answerer == "ollama"
