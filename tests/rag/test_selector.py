"""The shipped answer selector: exported once, started without torch, and able to read."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.errors import ModelMissing
from rag import build
from rag.adapters import selector_export
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.adapters.onnx_selector import OnnxSelector, open_selector
from rag.adapters.sentence_transformer import DEFAULT_SHA256
from rag.config import Answering, Settings

HEADING = "Ann Lee to Bob Ray, 20 Sep 2017, The boat:"
SENTENCES = [
    (text, HEADING)
    for text in (
        "The boat costs 4,200 crowns.",
        "I hope that you are well.",
        "Cy Doe painted it red last spring, since the old colour had faded.",
        "We could meet on Tuesday at half past nine.",
    )
]


def pinned() -> HashingEmbedder:
    """An embedder that passes for the pinned model."""
    embedder = HashingEmbedder()
    embedder.weights_hash = DEFAULT_SHA256
    return embedder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("models")
    open_selector(folder)
    yield folder


@pytest.fixture(scope="module")
def selector(models: Path) -> OnnxSelector:
    return open_selector(models)


@pytest.mark.parametrize(
    ("question", "answer"),
    [("How much is the boat?", 0), ("Who painted the boat?", 2), ("When shall we meet?", 3)],
)
def test_the_sentence_that_answers_is_the_likeliest(
    selector: OnnxSelector, question: str, answer: int
) -> None:
    odds = selector.log_odds(question, SENTENCES)
    assert odds.index(max(odds)) == answer


def test_what_no_sentence_tells_is_less_likely(selector: OnnxSelector) -> None:
    told = max(selector.log_odds("Who painted the boat?", SENTENCES))
    assert max(selector.log_odds("Who sank the boat in 1998?", SENTENCES)) < told


def test_a_sentence_does_not_depend_on_its_neighbours(selector: OnnxSelector) -> None:
    alone = [selector.log_odds("How much is it?", [one])[0] for one in SENTENCES]
    assert selector.log_odds("How much is it?", SENTENCES) == alone
    assert selector.log_odds("How much is it?", []) == []


@pytest.mark.parametrize("text", ["", "\ud800", "[SEP] [CLS] answer", "word " * 2000])
def test_any_text_can_be_read(selector: OnnxSelector, text: str) -> None:
    (odds,) = selector.log_odds(text, [(text, text)])
    assert -50 < odds < 50


def test_reading_imports_neither_torch_nor_transformers(models: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from rag.adapters.onnx_selector import open_selector\n"
        f"open_selector(Path({str(models)!r})).log_odds('Who?', [('Ann.', 'Ann:')])\n"
        "print([m for m in ('torch', 'transformers', 'sentence_transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_selector_of_another_model_is_told_and_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selector_export, "hash_weights", lambda _folder: "other")
    selector, why_not = build.open_selector(Settings(models_dir=tmp_path), pinned())
    assert selector is None
    assert why_not.startswith("the answer selector was not fitted from the model in ")
    assert list(tmp_path.iterdir()) == []


def test_an_altered_export_is_told(models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    (exported,) = models.iterdir()
    for path in exported.iterdir():
        (folder / path.name).write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelMissing, match=r"missing or altered|no exported model"):
        OnnxSelector(folder).log_odds("Who?", SENTENCES)


def test_there_is_none_beside_another_model_or_when_switched_off(tmp_path: Path) -> None:
    settings = Settings(models_dir=tmp_path)
    off = replace(settings, answering=Answering(selector=False))
    assert build.open_selector(settings, HashingEmbedder()) == (None, "")
    assert build.open_selector(off, pinned()) == (None, "")
