"""An index and a model that do not belong together: each of twelve ways is refused by its name."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from ingest.chunk import ChunkSettings
from ingest.errors import ModelMissing
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.adapters.onnx_embedder import OnnxEmbedder
from rag.adapters.onnx_model import CARD, MODEL, TOKENIZER, Card
from rag.index import verify_index
from rag.index.generation import publish
from rag.index.manifest import write_manifest
from rag.ports import Embedder, Vectors
from tests.faults.commands import QUESTION, ingest, make_index, run_here
from ui.cli import main


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return make_index(tmp_path)


def stamped(**facts: object) -> Callable[[Path], None]:
    """The index as another version of the program would have written it, checksums included."""

    def change(index: Path) -> None:
        path = index / "gen-000001" / "stamp.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))
        publish(write_manifest(path.parent, chroma_is_searched=False))

    return change


def vectors(change: Callable[[Vectors], None]) -> Callable[[Path], None]:
    """The index with other vectors, checksums included."""

    def write(index: Path) -> None:
        path = index / "gen-000001" / "vectors.npy"
        stored = np.load(path)
        change(stored)
        np.save(path, stored)
        publish(write_manifest(path.parent, chroma_is_searched=False))

    return write


def first_is(value: float) -> Callable[[Vectors], None]:
    return lambda stored: stored[0].fill(value)


def doubled(stored: Vectors) -> None:
    stored *= 2


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (stamped(embedder="other"), "the embedding model other, not hashing"),
        (stamped(weights_hash="0" * 64), "other weights of hashing (sha256 000000000000"),
        (stamped(dimensions=768), "vectors of 768 numbers, not 384"),
        (stamped(normalised=False), "vectors that are not normalised"),
        (stamped(metric="l2"), "the metric l2, not cosine"),
        (stamped(schema=0), "an older version of Exhibit"),
        (stamped(schema=99), "a newer version of Exhibit"),
        (vectors(first_is(float("nan"))), "are not numbers (NaN or infinite)"),
        (vectors(first_is(0)), "are zero"),
        (vectors(doubled), "are not of unit length"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_index_that_does_not_fit_is_refused_by_name(
    index: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Path], None], named: str
) -> None:
    change(index)
    code, out, error = run_here(capsys, "ask", QUESTION, "--index", str(index))
    assert (code, out, error.count("\n")) == (3, "", 1)
    assert named in error
    assert "exhibit ingest --rebuild" in error
    assert run_here(capsys, "ingest", "--rebuild", "--index", str(index))[0] == 0
    assert run_here(capsys, "ask", QUESTION, "--index", str(index))[0] in (0, 1)


def ask_with(embedder: Callable[[], Embedder], index: Path) -> int:
    """Exit code of a question asked with another model."""
    with (
        mock.patch("rag.build.open_embedder", lambda settings: embedder()),
        mock.patch.dict("os.environ", {"EXHIBIT_ANSWERER": "extractive"}),
    ):
        return main(["ask", QUESTION, "--index", str(index)])


class Drifted(HashingEmbedder):
    """The same model by name and hash, whose vectors lie at cosine 0.998 to the former ones."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        former = super().embed_passages(texts)
        aside = np.roll(former, 1, axis=1)
        aside -= np.sum(aside * former, axis=1, keepdims=True) * former
        aside /= np.linalg.norm(aside, axis=1, keepdims=True)
        return np.asarray(0.998 * former + np.sqrt(1 - 0.998**2) * aside, dtype=np.float32)


def test_a_model_that_gives_other_vectors_now_is_refused(
    index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask_with(Drifted, index) == 3
    assert "hashing gives other vectors now" in capsys.readouterr().err
    assert "gives other vectors now" in verify_index(index, embedder=Drifted())[0]


def test_other_passage_settings_are_refused(
    index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stamped(chunking={"aim": 400, "longest": ChunkSettings().longest})(index)
    words = ["ingest", str(index.with_name("mail.mbox")), "--index", str(index)]
    code, _, error = run_here(capsys, *words)
    assert (code, error.count("\n")) == (3, 1)
    assert f"other passage settings (aim 400, not {ChunkSettings().aim})" in error


@pytest.mark.parametrize("damage", ["model", "tokenizer", "card"])
def test_a_missing_or_altered_model_is_refused(
    index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    folder, fits = tmp_path / "model", HashingEmbedder()
    folder.mkdir()
    nothing = "0" * 64
    Card(fits.name, fits.weights_hash, fits.dimensions, 256, (), "", "", nothing, nothing).write(
        folder
    )
    if damage == "card":
        (folder / CARD).write_text("{")
    else:
        (folder / (MODEL if damage == "model" else TOKENIZER)).write_bytes(b"altered")
    assert ask_with(lambda: OnnxEmbedder(folder), index) == 3
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert str(folder) in error
    assert "run `exhibit ingest`" in error


def test_a_model_that_gives_no_vectors_is_never_indexed(index: Path, tmp_path: Path) -> None:
    class Silent(HashingEmbedder):
        """Gives zero vectors."""

        def embed_passages(self, texts: Sequence[str]) -> Vectors:
            return super().embed_passages(texts) * 0

    with (
        mock.patch("tests.faults.commands.HashingEmbedder", Silent),
        pytest.raises(ModelMissing, match="gave vectors that are zero"),
    ):
        ingest(tmp_path / "mail.mbox", tmp_path / "other")
