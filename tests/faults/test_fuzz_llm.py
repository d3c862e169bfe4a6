"""Damaged streams of a language model: seeded mutations end as an answer or as one line, in time.

200 for each adapter on each run, 5,000 in `make fuzz`.
"""

import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from ingest.errors import LLMError
from rag.adapters.faults import Limits
from rag.adapters.ollama_llm import OllamaLLM
from rag.adapters.openai_llm import OpenAILLM
from rag.ports import LLM, Prompt, Usage
from tests.ollama_double import OllamaDouble

IS_STRESS = "EXHIBIT_STRESS" in os.environ
pytestmark = [pytest.mark.stress] if IS_STRESS else []
STREAMS = 5_000 if IS_STRESS else 200
SLOWEST_S = 10
PROMPT = Prompt("Answer from the passages.", "Who wrote?", num_ctx=4096, num_predict=64)
LIMITS = Limits(first_token_s=5, read_s=5, total_s=8)

#: What a field may hold that it should not.
ODD: tuple[object, ...] = (
    None, True, 5, -1, 1e308, 10**40, "", "\ud800", "\x00\u2028\u202e", "<think>", "</think>",
    "x" * 9000, [], [[]], {}, {"content": {}}, [None], float("nan"), float("inf"),
)  # fmt: skip


def ollama_events() -> list[object]:
    def said(content: str, **more: object) -> dict[str, object]:
        return {
            "model": "m",
            "created_at": "2026-01-01T00:00:00Z",
            "message": {"role": "assistant", "content": content, **more},
            "done": False,
        }

    counts = {"prompt_eval_count": 40, "eval_count": 3}
    end = {**said(""), "done": True, "done_reason": "stop", **counts}
    return [said("", thinking="hm"), said("The <thi"), said("nk>x</think>an"), said("é [1]."), end]


def openai_events() -> list[object]:
    def said(**delta: object) -> dict[str, object]:
        return {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}

    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    usage = {"choices": [], "usage": {"prompt_tokens": 40, "completion_tokens": 3}}
    return [said(role="assistant"), said(content="The "), said(content="é [1]."), end, usage]


def as_lines(events: Sequence[object]) -> bytes:
    return "".join(json.dumps(event) + "\n" for event in events).encode()


def as_sse(events: Sequence[object]) -> bytes:
    sent = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    return f"{sent}data: [DONE]\n\n".encode()


def with_odd_value(value: object, chance: random.Random) -> object:
    """The value with something odd at one place of it."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(sorted(value))
        return {**value, key: with_odd_value(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        at = chance.randrange(len(value))
        return [*value[:at], with_odd_value(value[at], chance), *value[at + 1 :]]
    return chance.choice(ODD)


def shuffled(events: list[object], chance: random.Random) -> list[object]:
    kept = [event for event in events if chance.random() < 0.8]
    return chance.sample(kept * chance.randint(1, 2), len(kept))


def damaged_bytes(raw: bytes, chance: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        if chance.random() < 0.5:
            data[at : at + 1] = bytes([chance.randrange(256)])
        else:
            data[at:at] = chance.choice((b"\n", b"\r", b"\0", b"\xff", b"{", b"data:", b"[" * 3000))
    return bytes(data[: chance.randint(1, len(data))] if chance.random() < 0.3 else data)


def stream(
    events: list[object], encode: Callable[[Sequence[object]], bytes], chance: random.Random
) -> list[bytes]:
    """A damaged stream in pieces of any size."""
    way = chance.randrange(4)
    if way == 0:
        events = shuffled(events, chance)
    elif way == 1:
        at = chance.randrange(len(events))
        events = [*events[:at], with_odd_value(events[at], chance), *events[at + 1 :]]
    raw = encode(events)
    raw = damaged_bytes(raw, chance) if way == 2 and raw else raw
    cuts = sorted(chance.randrange(len(raw) + 1) for _ in range(chance.randrange(6)))
    return [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]


def ollama_at(url: str) -> LLM:
    return OllamaLLM("llama3.2", host=url, limits=LIMITS)


def openai_at(url: str) -> LLM:
    return OpenAILLM("llama3.2:latest", f"{url}/v1", limits=LIMITS)


@pytest.fixture
def double() -> Iterator[OllamaDouble]:
    with OllamaDouble() as server:
        yield server


@pytest.mark.parametrize(
    ("model_at", "events", "encode"),
    [(ollama_at, ollama_events, as_lines), (openai_at, openai_events, as_sse)],
    ids=["Ollama", "OpenAI"],
)
def test_a_damaged_stream_is_an_answer_or_one_line(
    double: OllamaDouble,
    model_at: Callable[[str], LLM],
    events: Callable[[], list[object]],
    encode: Callable[[Sequence[object]], bytes],
) -> None:
    llm, ended, slowest = model_at(double.url), {"whole": 0, "told": 0}, 0.0
    for seed in range(STREAMS):
        double.raw = stream(events(), encode, random.Random(seed)) or [b"\n"]
        started = time.monotonic()
        try:
            *pieces, last = llm.stream(PROMPT)
            assert isinstance(last, Usage), seed
            assert "".join(map(str, pieces)).strip(), seed
            ended["whole"] += 1
        except LLMError as error:
            assert "\n" not in str(error) and len(str(error)) < 400, seed
            ended["told"] += 1
        slowest = max(slowest, time.monotonic() - started)
    print(f"{STREAMS} streams: {ended}, slowest {slowest:.2f} s")
    assert slowest < SLOWEST_S
    assert min(ended.values()) > STREAMS / 10
    assert not [thread for thread in threading.enumerate() if thread.name == "exhibit-llm"]
