"""Drafts of a language model: only what mail alone can answer is kept. Through the real client."""

import json
from collections.abc import Iterator, Sequence

import pytest

from eval.draft_llm import Drafted, draft_with_model
from eval.matching import holds
from rag.adapters.ollama_llm import OllamaLLM
from tests.eval.little_engine import ANNA, OTTO, email
from tests.ollama_double import OllamaDouble

FILL = "We walked along the harbour, looked at every boat in turn, and talked until it was dark. "
MAIL = (
    email("price", f"{FILL}The yellow yawl costs 4,200 crowns in all, sails and oars included."),
    email("capital", f"{FILL}On Sunday we sail for Oslo, the capital of Norway, if it is calm."),
    email("made-up", f"{FILL}Nobody knows yet who is to paint the hull before the summer."),
    email("echo", f"{FILL}Otto says the red canoe is the red canoe and nothing else will do."),
    email("vague", f"{FILL}It was the best day that any of us had in a long time, we agreed."),
    email("prose", f"{FILL}The keel was laid in Bergen by two brothers who had never built one."),
    email("short", "The mast is 9 metres.", sender=OTTO),
)
#: What the model drafts for each message.
DRAFTS = {
    "yellow yawl": ("What does the yellow yawl cost?", "4,200 crowns"),
    "capital of Norway": ("What is the capital of Norway?", "Oslo"),
    "paint the hull": ("Who will paint the hull?", "Ingrid"),
    "red canoe": ("What is the red canoe according to Otto?", "the red canoe"),
    "best day": ("What did they agree on about their day?", "best day"),
}


def model(body: dict[str, object]) -> Sequence[str]:
    """Drafts by its table, knows the capital of Norway by heart, reads prices but no moods."""
    messages = body["messages"]
    assert isinstance(messages, list)
    system, user = (str(message["content"]) for message in messages)
    if system.startswith("Write one question"):
        for clue, (question, answer) in DRAFTS.items():
            if clue in user:
                draft = json.dumps({"question": question, "answer": answer})
                return [f"Here you are: {draft}"]
        return ["I would ask who laid the keel."]
    if "capital of Norway?" in user:
        return ["Oslo."]
    return ["It costs 4,200 crowns." if "costs 4,200" in user else "NOT_IN_ARCHIVE"]


@pytest.fixture(scope="module")
def drafted() -> Iterator[tuple[Drafted, list[tuple[int, int]]]]:
    told: list[tuple[int, int]] = []
    with OllamaDouble(write=model) as server:
        llm = OllamaLLM("llama3.2", host=server.url)
        yield (
            draft_with_model(MAIL, llm, count=5, progress=lambda *done: told.append(done)),
            told,
        )


def test_only_what_the_mail_alone_answers_is_kept(
    drafted: tuple[Drafted, list[tuple[int, int]]],
) -> None:
    (case,) = drafted[0].cases
    assert (case.question, case.answer_any) == (
        "What does the yellow yawl cost?",
        ("4,200 crowns",),
    )
    assert (case.gold_messages, case.type, case.author) == (("price",), "made_model", ANNA.name)
    assert holds(MAIL[0].body, case.answer)


def test_every_dropped_draft_is_counted_with_its_reason(
    drafted: tuple[Drafted, list[tuple[int, int]]],
) -> None:
    assert drafted[0].dropped == {
        "known without the mail": 1,
        "the answer is no phrase of the message": 1,
        "the answer stands in the question": 1,
        "not answered from the message": 1,
        "no question and answer in the reply": 1,
    }
    assert {total for _, total in drafted[1]} == {5}


def test_drafting_stops_at_the_number_wanted() -> None:
    many = [
        email(f"m{n}", f"{FILL}The yellow yawl costs 4,200 crowns; note {n}.") for n in range(9)
    ]
    with OllamaDouble(write=model) as server:
        found = draft_with_model(many, OllamaLLM("llama3.2", host=server.url), count=1)
        asked = [r for r in server.requests if r.path == "/api/chat"]
    assert (len(found.cases), len(asked)) == (1, 3)
