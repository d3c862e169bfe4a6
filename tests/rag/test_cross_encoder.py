"""Rerankers and entailment models from a folder, run by the real library on random weights."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.errors import ModelMissing
from rag.adapters.cross_encoder import CrossEncoderReranker, EntailmentModel, load
from rag.build import open_check, open_reranker
from rag.config import Answering, Retrieval, Settings
from rag.entailment import EntailmentCheck
from rag.model import Hit, Support, Verdict
from rag.retrieve import whole_message
from rag.support import support
from tests.fakes import make_email
from tests.tiny_models import make_cross_encoder

NLI = ("CONTRADICTION", "ENTAILMENT", "NEUTRAL")
HITS = [
    Hit(whole_message(email), email, 1 - n / 10)
    for n, email in enumerate(
        make_email(f"m{n}", body)
        for n, body in enumerate(["The boat leaks.", "Rye is dear.", "Ask Cy.", "Noon it is."])
    )
]


@pytest.fixture(scope="module")
def reranker_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cross_encoder(tmp_path_factory.mktemp("models") / "reranker")


@pytest.fixture(scope="module")
def nli_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield make_cross_encoder(tmp_path_factory.mktemp("models") / "nli", NLI)


def test_the_reranker_orders_by_the_models_scores(reranker_folder: Path) -> None:
    found = CrossEncoderReranker(str(reranker_folder)).rerank("Which boat?", HITS)
    scores = load(str(reranker_folder), "reranker").predict([("Which boat?", h.text) for h in HITS])
    best = [hit for _, hit in sorted(zip(scores, HITS, strict=True), key=lambda pair: -pair[0])]
    assert [hit.email.id for hit in found] == [hit.email.id for hit in best]
    assert [hit.email.id for hit in found] != [hit.email.id for hit in HITS]
    assert [hit.score for hit in found] == [hit.score for hit in HITS]


def test_settings_name_the_models(reranker_folder: Path, nli_folder: Path) -> None:
    plain = Settings()
    named = replace(
        plain,
        retrieval=Retrieval(reranker=str(reranker_folder)),
        answering=Answering(entailment=str(nli_folder)),
    )
    assert (open_reranker(plain), open_check(plain)) == (None, support)
    assert isinstance(open_reranker(named), CrossEncoderReranker)
    assert isinstance(open_check(named), EntailmentCheck)


def test_the_entailment_model_gives_its_likeliest_label(nli_folder: Path) -> None:
    scores = load(str(nli_folder), "entailment model").predict([("It rains.", "It is wet.")])[0]
    expected = ("contradicted", "entailed", "neutral")[int(scores.argmax())]
    assert EntailmentModel(str(nli_folder))("It rains.", "It is wet.") == expected


@pytest.mark.parametrize("name", ["./absent", "/absent/model", "some-lab/absent-model"])
def test_a_model_that_is_not_there_is_told_in_a_line(name: str) -> None:
    with pytest.raises(ModelMissing, match=r"absent") as caught:
        CrossEncoderReranker(name).rerank("q", HITS)
    assert "\n" not in str(caught.value)


def test_damaged_weights_are_told_in_a_line(tmp_path: Path) -> None:
    folder = make_cross_encoder(tmp_path / "damaged")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelMissing, match="cannot load the reranker") as caught:
        CrossEncoderReranker(str(folder)).rerank("q", HITS)
    assert "\n" not in str(caught.value)


def test_pickled_weights_are_not_read(tmp_path: Path) -> None:
    folder = make_cross_encoder(tmp_path / "pickled")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelMissing, match="cannot load"):
        CrossEncoderReranker(str(folder)).rerank("q", HITS)


def test_an_entailment_model_is_no_reranker(nli_folder: Path) -> None:
    with pytest.raises(ModelMissing, match="gives 3 scores where a reranker gives one"):
        CrossEncoderReranker(str(nli_folder)).rerank("q", HITS)


def test_a_reranker_is_no_entailment_model(reranker_folder: Path) -> None:
    with pytest.raises(ModelMissing, match="none of which is entailment"):
        EntailmentModel(str(reranker_folder))("It rains.", "It is wet.")


@pytest.mark.parametrize(
    ("verdict", "sentence", "expected"),
    [
        ("entailed", "The vessel takes in water.", "partly"),
        ("entailed", "The boat leaks.", "supported"),
        ("neutral", "The boat leaks.", "partly"),
        ("contradicted", "The boat leaks.", "unsupported"),
        ("entailed", "90 boats leak.", "partly"),
    ],
)
def test_the_model_moves_a_grade_by_a_step(
    verdict: Verdict, sentence: str, expected: Support
) -> None:
    asked: list[tuple[str, str]] = []

    def entails(premise: str, hypothesis: str) -> Verdict:
        asked.append((premise, hypothesis))
        return verdict

    grade = EntailmentCheck(entails)(
        f"{sentence} [1]",
        ["The boat leaks."],
        authors=["Ann Lee"],
        similarity=None,
        context=[],
        recipients=["Bob Ray"],
        people=[],
    )
    assert grade == expected
    assert asked == [("Ann Lee wrote to Bob Ray: The boat leaks.", sentence)]
