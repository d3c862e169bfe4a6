"""The OpenAI-compatible adapter against the same loopback server: answers, faults, the key."""

import time
from collections.abc import Iterator

import pytest

from ingest.errors import LLMCutOff, LLMError
from rag.adapters.faults import Limits
from rag.adapters.openai_llm import OpenAILLM
from rag.ports import LLM, Prompt, Usage
from tests.ollama_double import OllamaDouble
from tests.ollama_faults import FAULTS, STATUSES

PROMPT = Prompt("Answer from the passages.", "Who wrote?", num_ctx=4096, num_predict=64)
KEY = "sk-canary-51f0"


@pytest.fixture
def double() -> Iterator[OllamaDouble]:
    with OllamaDouble() as server:
        yield server


def model_at(double: OllamaDouble, **options: int) -> OpenAILLM:
    limits = Limits(first_token_s=0.6, read_s=0.6, total_s=1.5)
    return OpenAILLM("llama3.2:latest", f"{double.url}/v1", KEY, limits=limits, **options)


def text_of(llm: LLM) -> str:
    return "".join(piece for piece in llm.stream(PROMPT) if isinstance(piece, str))


def test_an_answer_is_pieces_then_usage(double: OllamaDouble) -> None:
    double.prompt_tokens = 30
    events = [event for event in model_at(double).stream(PROMPT) if event != ""]
    assert events == ["The ", "answer ", "[1].", Usage(30, 7, "stop")]
    assert isinstance(model_at(double), LLM)


def test_request_carries_the_key_and_the_limit(double: OllamaDouble) -> None:
    text_of(model_at(double))
    seen = double.chats[0]
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert (seen.body["max_tokens"], seen.body["stream"]) == (64, True)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_one_line_without_the_key(double: OllamaDouble, fault: str) -> None:
    double.fault = fault
    start = time.monotonic()
    with pytest.raises(LLMError) as caught:
        text_of(model_at(double))
    assert time.monotonic() - start < 2.6
    assert "\n" not in str(caught.value) and KEY not in repr(caught.value)


@pytest.mark.parametrize("fault", ["stall", "rst", "cut", "no_done", "error_line", "length"])
def test_text_before_a_fault_is_marked_cut_off(double: OllamaDouble, fault: str) -> None:
    double.fault = fault
    with pytest.raises(LLMCutOff) as caught:
        text_of(model_at(double))
    assert caught.value.partial.startswith("Some text")


def test_a_key_repeated_by_the_server_is_hidden(
    double: OllamaDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STATUSES, "500", (500, f"bad key {KEY}"))  # type: ignore[arg-type]
    double.fault = "500"
    with pytest.raises(LLMError, match=r"bad key \*\*\*"):
        text_of(model_at(double))
    assert KEY not in repr(model_at(double))


def test_reasoning_is_not_part_of_the_answer(double: OllamaDouble) -> None:
    double.thinking = ("It says",)
    double.reply = ("<think>who?</th", "ink>The ", "answer [1].")
    assert text_of(model_at(double)) == "The answer [1]."


def test_closing_shuts_the_socket_at_once(double: OllamaDouble) -> None:
    double.gap_s = 0.4
    events = model_at(double).stream(PROMPT)
    next(events)
    closed = time.monotonic()
    events.close()  # type: ignore[attr-defined]
    while not double.disconnects and time.monotonic() - closed < 2:
        time.sleep(0.01)
    assert double.disconnects[0] - closed < 0.5


def test_context_length_is_set_or_asked(double: OllamaDouble) -> None:
    assert model_at(double, context_length=2048).context_length() == 2048
    assert model_at(double).context_length() == 8192


def test_another_machine_is_refused_unless_allowed() -> None:
    with pytest.raises(LLMError, match="another machine"):
        OpenAILLM("m", "https://api.example.com/v1", KEY)
    allowed = OpenAILLM("m", "https://api.example.com/v1", KEY, allow_remote=True)
    assert repr(allowed) == "OpenAILLM('m', 'https://api.example.com:443/v1')"
