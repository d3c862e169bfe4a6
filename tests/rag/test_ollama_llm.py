"""The Ollama adapter against a loopback server: answers, limits, privacy, every known fault."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import httpx
import ollama
import pydantic
import pytest

from ingest.errors import LLMCutOff, LLMError
from rag.adapters import faults, stream
from rag.adapters.faults import Limits, Server, StreamFault, ThinkFilter
from rag.adapters.ollama_llm import OllamaLLM, full_tag, nearest_model
from rag.ports import LLM, Prompt, Usage
from tests.ollama_double import OllamaDouble
from tests.ollama_faults import FAULTS

PROMPT = Prompt("Answer from the passages.", "Who wrote?", num_ctx=4096, num_predict=64)


@pytest.fixture
def double() -> Iterator[OllamaDouble]:
    with OllamaDouble() as server:
        yield server


#: Far from what any fault takes that is not waited for.
PATIENT = Limits(first_token_s=20, read_s=20, total_s=60)
LIMIT_S = 0.8
SHORT = {
    "": PATIENT,
    "first_token": replace(PATIENT, first_token_s=LIMIT_S),
    "read": replace(PATIENT, read_s=LIMIT_S),
    "answer": replace(PATIENT, total_s=LIMIT_S),
}


def model_at(double: OllamaDouble, model: str = "llama3.2", limits: Limits = PATIENT) -> OllamaLLM:
    return OllamaLLM(model, host=double.url, limits=limits)


def text_of(llm: LLM) -> str:
    return "".join(piece for piece in llm.stream(PROMPT) if isinstance(piece, str))


def test_an_answer_is_pieces_then_usage(double: OllamaDouble) -> None:
    double.prompt_tokens = 30
    events = [event for event in model_at(double).stream(PROMPT) if event != ""]
    assert events == ["The ", "answer ", "[1].", Usage(30, 7, "stop")]
    assert isinstance(model_at(double), LLM)


def test_num_ctx_and_messages_are_sent(double: OllamaDouble) -> None:
    text_of(model_at(double))
    body = double.chats[0].body
    assert body["options"] == {"num_ctx": 4096, "num_predict": 64, "temperature": 0.0, "seed": 7}
    assert body["messages"] == [
        {"role": "system", "content": PROMPT.system},
        {"role": "user", "content": PROMPT.user},
    ]


@pytest.mark.parametrize(
    ("loaded", "num_ctx"),
    [
        ({"name": "llama3.2:latest", "context_length": 16_384}, 16_384),
        ({"name": "llama3.2:latest", "context_length": 2048}, 4096),
        ({"name": "mistral:7b", "context_length": 16_384}, 4096),
        ({"name": "llama3.2:latest"}, 4096),
    ],
)
def test_a_larger_context_that_is_loaded_is_kept(
    double: OllamaDouble, loaded: dict[str, object], num_ctx: int
) -> None:
    double.loaded = (loaded,)
    text_of(model_at(double))
    assert double.chats[0].body["options"]["num_ctx"] == num_ctx  # type: ignore[index]


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_one_specific_line_in_time(double: OllamaDouble, name: str) -> None:
    fault, double.fault = FAULTS[name], name
    start = time.monotonic()
    with pytest.raises(LLMError) as caught:
        text_of(model_at(double, limits=SHORT[fault.waits]))
    assert time.monotonic() - start < 5
    message = str(caught.value)
    assert fault.told(LIMIT_S) in message
    assert "\n" not in message and len(message) < 400
    assert isinstance(caught.value, LLMCutOff) == fault.begins
    assert bool(caught.value.partial) == fault.begins


def test_partial_text_is_kept_with_the_fault(double: OllamaDouble) -> None:
    double.fault = "stall"
    with pytest.raises(LLMCutOff) as caught:
        text_of(model_at(double, limits=SHORT["read"]))
    assert caught.value.partial == "Some text "


def test_refused_connection_names_the_remedy() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with pytest.raises(LLMError, match=r"refused the connection.*ollama serve"):
        text_of(OllamaLLM("llama3.2", host=f"127.0.0.1:{port}"))


def test_unknown_host_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(LLMError, match="does not resolve"):
        text_of(OllamaLLM("llama3.2", host="http://mail.invalid", allow_remote=True))


def test_a_pause_within_the_limits_is_no_fault(double: OllamaDouble) -> None:
    double.delay_s, double.gap_s = 0.45, 0.3
    limits = Limits(first_token_s=1.5, read_s=1.5, total_s=20)
    assert text_of(model_at(double, limits=limits)) == "The answer [1]."


def test_empty_pieces_mark_the_wait(double: OllamaDouble) -> None:
    double.delay_s = 0.55
    assert list(model_at(double).stream(PROMPT))[:2] == ["", ""]


@pytest.mark.parametrize("pieces_read", [0, 1, 2])
def test_closing_shuts_the_socket_at_once(double: OllamaDouble, pieces_read: int) -> None:
    double.gap_s = double.delay_s = 0.35
    events = model_at(double).stream(PROMPT)
    next(events)
    while pieces_read and (pieces_read := pieces_read - (next(events) != "")):
        pass
    closed = time.monotonic()
    with closing(events):  # type: ignore[type-var]
        pass
    while not double.disconnects and time.monotonic() - closed < 2:
        time.sleep(0.01)
    assert double.disconnects[0] - closed < 0.5


def test_no_thread_is_left_behind(double: OllamaDouble) -> None:
    for fault in ("stall", "silent", "rst", ""):
        double.fault = fault
        events = model_at(double).stream(PROMPT)
        next(events)
        with closing(events):  # type: ignore[type-var]
            pass
    assert not [thread for thread in threading.enumerate() if thread.name == "exhibit-llm"]


def test_reasoning_is_not_part_of_the_answer(double: OllamaDouble) -> None:
    double.thinking = ("It says", " so")
    double.reply = ("<thi", "nk>who? ", "me</th", "ink>\n\nThe ", "answer < 5 ", "[1].")
    assert text_of(model_at(double)) == "The answer < 5 [1]."


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_think_tags_are_found_across_pieces(size: int) -> None:
    text = "<think>a<b</think> Yes, 3 <THINKING>no</THINKING>< 4 <thin>"
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    shown = ThinkFilter()
    assert "".join([*map(shown.feed, pieces), shown.flush()]) == "Yes, 3 < 4 <thin>"


def test_line_separators_inside_text_do_not_break_lines(double: OllamaDouble) -> None:
    double.reply = ("a\u2028b", "\x85c \u20ac")
    assert text_of(model_at(double)) == "a\u2028b\x85c \u20ac"


@pytest.mark.parametrize(
    "host",
    [
        "http://10.1.2.3:11434",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "https://ollama.com",
        "evil.example:11434",
        "http://localhost.evil.example",
    ],
)
def test_a_remote_host_is_refused_unless_allowed(host: str) -> None:
    with pytest.raises(LLMError, match="another machine"):
        OllamaLLM("llama3.2", host=host)
    OllamaLLM("llama3.2", host=host, allow_remote=True)


@pytest.mark.parametrize("host", ["", "ftp://127.0.0.1", "http://", "127.0.0.1:99999"])
def test_what_is_no_address_is_refused(host: str) -> None:
    with pytest.raises(LLMError, match="is not an address"):
        OllamaLLM("llama3.2", host=host)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("localhost", "http://localhost:11434"),
        ("http://localhost", "http://localhost:11434"),
        ("0.0.0.0:1234", "http://127.0.0.1:1234"),
        ("http://[::1]", "http://[::1]:11434"),
        ("127.0.0.1:8080/", "http://127.0.0.1:8080"),
    ],
)
def test_the_port_is_11434_unless_given(host: str, url: str) -> None:
    assert repr(OllamaLLM("m", host=host)) == f"OllamaLLM('m', {url!r})"


@pytest.mark.parametrize("model", ["gpt-oss:120b-cloud", "glm-4.6:cloud", "X:20B-CLOUD"])
def test_a_cloud_model_is_refused_unless_allowed(model: str) -> None:
    with pytest.raises(LLMError, match="cloud model"):
        OllamaLLM(model)
    assert OllamaLLM(model, allow_remote=True).name == model


def test_a_local_alias_of_a_cloud_model_is_refused(double: OllamaDouble) -> None:
    double.show_extra = {"remote_host": "https://ollama.com:443", "remote_model": "gpt-oss:120b"}
    with pytest.raises(LLMError, match="cloud model"):
        model_at(double).context_length()


def test_proxy_variables_are_ignored(double: OllamaDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    with OllamaDouble() as decoy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "OLLAMA_HOST"):
            monkeypatch.setenv(name, decoy.url)
        monkeypatch.setenv("NO_PROXY", "")
        assert text_of(model_at(double)) == "The answer [1]."
        assert model_at(double).probe().reachable
        assert decoy.requests == []


def test_a_redirect_is_not_followed(double: OllamaDouble) -> None:
    double.fault = "redirect"
    with pytest.raises(LLMError, match="not sent to a second address"):
        text_of(model_at(double))


def test_context_length_is_the_models_own_and_bounded(double: OllamaDouble) -> None:
    assert model_at(double).context_length() == 8192
    double.context = 10_000_000
    assert model_at(double).context_length() == 131_072


def test_reasoning_is_switched_off_where_the_model_can(double: OllamaDouble) -> None:
    double.show_extra = {"capabilities": ["completion", "thinking"]}
    llm = model_at(double)
    llm.context_length()
    text_of(llm)
    assert double.chats[0].body["think"] is False


def test_probe_finds_the_model_by_its_full_tag(double: OllamaDouble) -> None:
    state = model_at(double).probe()
    assert (state.reachable, state.version, state.model_present) == (True, "0.30.0", True)
    assert (state.nearest, state.fix) == (None, "")


def test_probe_offers_the_nearest_tag_and_the_pull(double: OllamaDouble) -> None:
    state = model_at(double, "llama3.2:70b").probe()
    assert (state.model_present, state.nearest) == (False, "llama3.2:latest")
    assert "`ollama pull llama3.2:70b`, or use the installed 'llama3.2:latest'" in state.fix


def test_a_missing_model_names_the_nearest(double: OllamaDouble) -> None:
    with pytest.raises(LLMError, match=r"no model 'lama3.2'.*installed 'llama3.2:latest'"):
        text_of(model_at(double, "lama3.2"))


def test_probe_of_a_silent_server_is_quick() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        start = time.monotonic()
        state = OllamaLLM("m", host=f"127.0.0.1:{listener.getsockname()[1]}").probe()
    assert time.monotonic() - start < 1.5
    assert not state.reachable and "went silent for 0.7 s" in state.fix


def test_pull_reports_progress(double: OllamaDouble) -> None:
    steps = [(step.completed, step.total) for step in model_at(double).pull()]
    assert steps == [(10, 100), (100, 100), (None, None)]


def test_failed_pull_is_one_line(double: OllamaDouble) -> None:
    double.fault = "pull_error"
    with pytest.raises(LLMError, match="file does not exist"):
        list(model_at(double).pull())


@pytest.mark.parametrize(
    ("name", "tag"), [("a", "a:latest"), ("a:7b", "a:7b"), ("hf.co/x/y", "hf.co/x/y:latest")]
)
def test_a_name_without_tag_means_latest(name: str, tag: str) -> None:
    assert full_tag(name) == tag


def test_nearest_model_prefers_the_family() -> None:
    models = ("mistral:7b", "qwen2.5:7b", "llama3.1:8b")
    assert nearest_model("qwen2.5:0.5b", models) == "qwen2.5:7b"
    assert nearest_model("llama3:8b", models) == "llama3.1:8b"
    assert nearest_model("zzz", models) is None


def subclasses(kind: type[BaseException]) -> list[type[BaseException]]:
    return [kind, *(found for child in kind.__subclasses__() for found in subclasses(child))]


ROOTS = (
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    ollama.RequestError,
    ollama.ResponseError,
    pydantic.ValidationError,
)


def test_every_exception_of_the_libraries_has_a_reason() -> None:
    table = tuple(kind for kind, _ in stream.REASON_OF)
    for root in ROOTS:
        assert [kind for kind in subclasses(root) if not issubclass(kind, table)] == []


def test_no_row_of_the_table_is_shadowed() -> None:
    for index, (kind, reason) in enumerate(stream.REASON_OF):
        above = [k for k, r in stream.REASON_OF[:index] if issubclass(kind, k) and r != reason]
        assert not above, kind


def test_every_reason_has_one_line_with_a_next_step() -> None:
    server = Server("Ollama", "http://127.0.0.1:11434", "m")
    for reason in faults.REASONS:
        line = server.describe(reason, Limits(), "why\n\x1b[31m it " + "x" * 5000)
        assert "\n" not in line and "\x1b" not in line and len(line) < 400
        assert all(faults.MESSAGES[reason]) and ": " in line
    assert set(faults.MESSAGES) == set(faults.REASONS)


@pytest.mark.parametrize("status", [*range(300, 310), *range(400, 432), *range(500, 512), -1])
def test_every_status_has_a_reason(status: int) -> None:
    assert stream.reason_of_status(status) in faults.MESSAGES


def test_own_faults_keep_their_reason() -> None:
    assert stream.diagnose(StreamFault("html")) == ("html", "")
