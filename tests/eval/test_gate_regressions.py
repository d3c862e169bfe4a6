"""Faults planted in the real engine on the digest make a gate fail that the sound engine passes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from eval.cases import BUNDLED, load_suite, select
from eval.gate import check, draft_gates
from eval.run import Asker, run_suite
from eval.summary import Report
from ingest.message_store import ThreadSummary
from ingest.model import Email
from rag.build import build_engine
from rag.config import Retrieval, Settings
from rag.engine import Description, Engine
from rag.model import Answer, Sentence, Turn
from ui.ingesting import Wish, ingest_mail

#: Kinds that lean on word search, threads and history: enough to show each fault, and quick.
KINDS = ("reply", "followup", "who_when", "misspelt")


@dataclass(frozen=True)
class OffByOne:
    """The engine, with every sentence citing the next citation (anything-llm, open-webui#10979)."""

    engine: Engine

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        answer = self.engine.ask(question, history)
        turned = tuple(_turned(s, len(answer.citations)) for s in answer.sentences)
        text = "\n\n".join(sentence.text for sentence in turned) or answer.text
        return replace(answer, sentences=turned, text=text)

    def message(self, message_id: str) -> Email:
        return self.engine.message(message_id)

    def thread(self, thread_id: str) -> tuple[Email, ...]:
        return self.engine.thread(thread_id)

    def threads(self) -> list[ThreadSummary]:
        return self.engine.threads()

    def describe(self) -> Description:
        return self.engine.describe()


def _turned(sentence: Sentence, count: int) -> Sentence:
    if len(sentence.citations) != 1:
        return sentence
    (old,) = sentence.citations
    new = old % count + 1
    return replace(sentence, citations=(new,), text=sentence.text.replace(f"[{old}]", f"[{new}]"))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The digest, indexed as `exhibit ingest --offline` does it."""
    folder = tmp_path_factory.mktemp("gate")
    models = tmp_path_factory.getbasetemp() / "models"
    made = Settings(
        index=folder / "index", cache=folder / "cache", models_dir=models, answerer="extractive"
    )
    ingest_mail(made, Wish(offline=True), lambda _stage, _count: None)
    return made


def ask(engine: Asker, *kinds: str) -> Report:
    return run_suite(engine, select(load_suite(BUNDLED), kinds=kinds))


@pytest.fixture(scope="module")
def gates(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A gates file drafted from a sound run over some kinds of question, each run once."""
    made: dict[tuple[str, ...], Path] = {}

    def drafted(*kinds: str) -> Path:
        if kinds not in made:
            sound = ask(build_engine(settings), *kinds)
            made[kinds] = tmp_path_factory.mktemp("gates") / "gates.toml"
            made[kinds].write_text(draft_gates([sound], "this test"))
            assert check(sound, made[kinds]) == []
        return made[kinds]

    return drafted


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [(Retrieval(dense=False), "recall@1 fell"), (Retrieval(thread=False), "(reply) fell")],
)
def test_retrieval_without_meaning_or_threads_fails(
    settings: Settings, gates: Callable[..., Path], fault: Retrieval, complaint: str
) -> None:
    planted = replace(settings, retrieval=fault)
    fallen = check(ask(build_engine(planted), *KINDS), gates(*KINDS))
    assert any(complaint in found for found in fallen), fallen


def test_an_abstention_floor_of_zero_fails(settings: Settings, gates: Callable[..., Path]) -> None:
    planted = replace(settings, answering=replace(settings.answering, floor=0.0))
    fallen = check(ask(build_engine(planted), "unanswerable"), gates("unanswerable"))
    assert any(complaint.startswith("refusal fell") for complaint in fallen), fallen


def test_citations_off_by_one_fail(settings: Settings, gates: Callable[..., Path]) -> None:
    fallen = check(ask(OffByOne(build_engine(settings)), *KINDS), gates(*KINDS))
    assert any(complaint.startswith("citation_validity fell") for complaint in fallen), fallen
