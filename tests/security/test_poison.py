"""An index or a model that somebody prepared runs no code: it is refused, or its poison is inert.

The index is sealed anew after it was poisoned, as its maker would do.
"""

import io
import json
import pickle
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import EnvironmentTrouble, ModelMissing
from rag.adapters.chroma_store import ChromaStore
from rag.adapters.cross_encoder import load
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.adapters.sentence_transformer import SentenceTransformerEmbedder
from rag.index.generation import publish, published
from rag.index.manifest import write_manifest
from rag.model import Scope
from tests.faults.commands import QUESTION, make_index, run_here
from tests.tiny_models import make_cross_encoder

CODE = "from pathlib import Path\nPath({!r}).touch()\n"


class Trap:
    """Unpickling it leaves a file behind."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[object, ...]:
        return exec, (CODE.format(str(self.canary)),)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "code-was-run"


def test_the_trap_works(canary: Path) -> None:
    pickle.loads(pickle.dumps(Trap(canary)))
    assert canary.exists()


def _vectors(folder: Path, trap: Trap) -> None:
    np.save(folder / "vectors.npy", np.array([trap], dtype=object), allow_pickle=True)


def _columns(folder: Path, trap: Trap) -> None:
    with np.load(folder / "columns.npz") as columns:
        names = columns.files
    poisoned = {name: np.array([trap], dtype=object) for name in names}
    np.savez(folder / "columns.npz", **poisoned)  # type: ignore[arg-type]


def _metadata(folder: Path, trap: Trap) -> None:
    for place in (folder / "chroma").iterdir():
        if place.is_dir():
            (place / "index_metadata.pickle").write_bytes(pickle.dumps(trap))


def _embedding_function(folder: Path, trap: Trap) -> None:
    model = trap.canary.with_name("model")
    model.mkdir(exist_ok=True)
    (model / "evil.py").write_text(CODE.format(str(trap.canary)))
    config = {"model_name": str(model), "device": "cpu", "kwargs": {"trust_remote_code": True}}
    function = {"type": "known", "name": "sentence_transformer", "config": config}
    with closing(sqlite3.connect(folder / "chroma" / "chroma.sqlite3")) as database:
        [(text,)] = database.execute("SELECT config_json_str FROM collections").fetchall()
        told = json.dumps({**json.loads(text or "{}"), "embedding_function": function})
        database.execute("UPDATE collections SET config_json_str = ?", (told,))
        database.commit()


@pytest.mark.parametrize("poison", [_vectors, _columns, _metadata, _embedding_function])
def test_a_poisoned_index_runs_no_code(
    poison: Callable[[Path, Trap], None],
    tmp_path: Path,
    canary: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    index = make_index(tmp_path)
    folder = published(index).path
    poison(folder, Trap(canary))
    publish(write_manifest(folder, chroma_is_searched=False))
    for words in (["ask", QUESTION], ["search", "harbour"], ["doctor"], ["ingest", "--rebuild"]):
        code, _, told = run_here(capsys, *words, "--index", str(index))
        assert code in (0, 1, 3)
        assert "Traceback" not in told
    assert not canary.exists()


@pytest.mark.parametrize("poison", [_metadata, _embedding_function])
def test_a_poisoned_collection_runs_no_code_when_chroma_searches_it(
    poison: Callable[[Path, Trap], None], tmp_path: Path, canary: Path
) -> None:
    folder = published(make_index(tmp_path)).path
    poison(folder, Trap(canary))
    store = ChromaStore(folder / "chroma", exact_limit=0)
    question = HashingEmbedder().embed_queries(["harbour"])[0]
    with suppress(EnvironmentTrouble):
        assert store.search(question, 3, Scope())
    assert not canary.exists()


def _pickled_safetensors(folder: Path, trap: Trap) -> None:
    (folder / "model.safetensors").write_bytes(pickle.dumps(trap))


def _torch_weights(folder: Path, trap: Trap) -> None:
    (folder / "model.safetensors").unlink()
    held = io.BytesIO(pickle.dumps(trap))
    (folder / "pytorch_model.bin").write_bytes(held.getvalue())


def _own_code(folder: Path, trap: Trap) -> None:
    (folder / "evil.py").write_text(CODE.format(str(trap.canary)))
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = dict.fromkeys(
        ("AutoConfig", "AutoModelForSequenceClassification"), "evil.Evil"
    )
    config["model_type"] = "evil"
    (folder / "config.json").write_text(json.dumps(config))


def _own_module(folder: Path, trap: Trap) -> None:
    (folder / "evil.py").write_text(CODE.format(str(trap.canary)))
    modules = [{"idx": 0, "name": "0", "path": "", "type": "evil.Evil"}]
    (folder / "modules.json").write_text(json.dumps(modules))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_cross_encoder(tmp_path_factory.mktemp("tiny") / "model")


@pytest.mark.parametrize("poison", [_pickled_safetensors, _torch_weights, _own_code])
def test_a_poisoned_reranker_runs_no_code(
    poison: Callable[[Path, Trap], None], model: Path, tmp_path: Path, canary: Path
) -> None:
    folder = shutil.copytree(model, tmp_path / "poisoned")
    poison(folder, Trap(canary))
    with pytest.raises(ModelMissing):
        load(str(folder), "reranker")
    assert not canary.exists()


@pytest.mark.parametrize("poison", [_pickled_safetensors, _torch_weights, _own_code, _own_module])
def test_a_poisoned_embedding_model_runs_no_code(
    poison: Callable[[Path, Trap], None], model: Path, tmp_path: Path, canary: Path
) -> None:
    folder = shutil.copytree(model, tmp_path / "poisoned")
    poison(folder, Trap(canary))
    with pytest.raises(ModelMissing):
        SentenceTransformerEmbedder(folder).embed_queries(["Who?"])
    assert not canary.exists()
