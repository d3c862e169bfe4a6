"""The exported model gives the vectors of the original, starts without torch, and is checked."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import ModelMissing
from rag.adapters import embedder_export
from rag.adapters.embedder_export import open_embedder
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.adapters.onnx_embedder import OnnxEmbedder
from rag.adapters.sentence_transformer import (
    DEFAULT_SHA256,
    SentenceTransformerEmbedder,
    model_folder,
)

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "openai-emails-2024-12.txt"
TEXTS = [
    "Ok",
    "",
    "Ann Lee to Bob Ray, 20 Sep 2017, The boat:\nIt costs 4,200 crowns and leaves at noon.",
    "The harbour is closed. " * 80,
    "価格 цена 🙂 \ud800",
]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A models folder with the pinned model exported."""
    folder = tmp_path_factory.mktemp("models")
    embedder = open_embedder(folder)
    assert embedder.onnx_trouble == ""
    assert isinstance(embedder, OnnxEmbedder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def original() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder()


@pytest.fixture(scope="module")
def onnx(models: Path) -> OnnxEmbedder:
    return OnnxEmbedder(models / DEFAULT_SHA256)


def cosines(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.min(np.sum(a * b, axis=1)))


def test_the_export_gives_the_vectors_of_the_original(
    onnx: OnnxEmbedder, original: SentenceTransformerEmbedder
) -> None:
    texts = [text.replace("\ud800", "?") for text in TEXTS]
    assert cosines(onnx.embed_passages(texts), original.embed_passages(texts)) >= 0.9999
    assert cosines(onnx.embed_queries(texts), original.embed_queries(texts)) >= 0.9999


@pytest.mark.skipif(not CORPUS.exists(), reason="the released emails are not at hand")
def test_the_export_gives_the_vectors_of_the_original_on_real_passages(
    onnx: OnnxEmbedder, original: SentenceTransformerEmbedder
) -> None:
    text = CORPUS.read_text(encoding="utf-8")
    passages = [text[start : start + 420] for start in range(0, len(text), 12_600)]
    assert cosines(onnx.embed_passages(passages), original.embed_passages(passages)) >= 0.999
    assert onnx.count_tokens(passages) == original.count_tokens(passages)


def test_vectors_are_unit_float32_and_do_not_depend_on_their_neighbours(onnx: OnnxEmbedder) -> None:
    together = onnx.embed_passages(TEXTS)
    assert together.shape == (len(TEXTS), 384)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, together, strict=True):
        assert onnx.embed_passages([text])[0].tobytes() == vector.tobytes()
    assert onnx.embed_passages([]).shape == (0, 384)


def test_tokens_are_counted_without_special_ones_and_beyond_the_window(onnx: OnnxEmbedder) -> None:
    assert onnx.count_tokens(["", "hello world", "word " * 700]) == [0, 2, 700]


def test_the_exported_route_imports_neither_torch_nor_transformers(models: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from rag.adapters.embedder_export import open_embedder\n"
        f"e = open_embedder(Path({str(models)!r})); e.embed_queries(['Who?'])\n"
        "print([m for m in ('torch', 'transformers', 'sentence_transformers') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_an_altered_export_is_refused(models: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(models / DEFAULT_SHA256, tmp_path / DEFAULT_SHA256)
    with (folder / "model.onnx").open("r+b") as file:
        file.seek(50_000_000)
        file.write(b"\x13")
    embedder = open_embedder(tmp_path)
    with pytest.raises(ModelMissing, match=r"altered: delete .*, then run `exhibit ingest`"):
        embedder.embed_queries(["Who?"])


def test_an_export_of_other_weights_is_not_used(models: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(models / DEFAULT_SHA256, tmp_path / "other")
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "extra": 1}))
    with pytest.raises(ModelMissing, match="no exported model"):
        OnnxEmbedder(folder)


def test_altered_weights_are_refused(tmp_path: Path) -> None:
    folder = shutil.copytree(model_folder(), tmp_path / "model")
    (folder / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(ModelMissing, match="is not the pinned model"):
        SentenceTransformerEmbedder(folder, expected_sha256=DEFAULT_SHA256)


def test_pickled_weights_are_never_loaded(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(ModelMissing, match="only safetensors weights are loaded"):
        SentenceTransformerEmbedder(tmp_path)


def test_an_unknown_model_is_not_downloaded() -> None:
    with pytest.raises(ModelMissing, match=r"no embedding model 'no/such-model' on this machine"):
        SentenceTransformerEmbedder("no/such-model")


def test_a_failed_export_leaves_the_slow_route_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    embedder = open_embedder(tmp_path)
    assert isinstance(embedder, SentenceTransformerEmbedder)
    assert "cannot be exported" in embedder.onnx_trouble
    assert list(tmp_path.iterdir()) == []


def test_an_export_with_other_vectors_is_discarded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, original: SentenceTransformerEmbedder
) -> None:
    monkeypatch.setattr(embedder_export, "_SAME", 1.5)
    with pytest.raises(ModelMissing, match="gives other vectors"):
        embedder_export.export_onnx(original, tmp_path / "target")
    assert list(tmp_path.iterdir()) == []


def test_hashed_vectors_are_the_same_everywhere() -> None:
    embedder = HashingEmbedder(8)
    vectors = embedder.embed_passages(["one two", "", "one two"])
    assert vectors.shape == (3, 8)
    assert vectors[0].tobytes() == vectors[2].tobytes()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert embedder.embed_passages(["walnut"]).nonzero()[1].tolist() == [0]
