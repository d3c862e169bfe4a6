"""An exported embedding model run by onnxruntime: the same vectors, ten times quicker to start."""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import file_digest
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from ingest.errors import ModelMissing
from rag.ports import Vectors

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

MODEL, TOKENIZER, CARD = "model.onnx", "tokenizer.json", "card.json"
#: Threads that embed at the same time, each one text: 147 passages/s on 2 cores, against 130 for
#: one text on two threads and 49 to 129 for padded batches of 8. A vector does not depend on them.
_WORKERS = max(1, min(8, os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class Card:
    """What an export is of: `window` in tokens, special ones included; sha256 of its files."""

    name: str
    weights_hash: str
    dimensions: int
    window: int
    inputs: tuple[str, ...]
    query_prompt: str
    passage_prompt: str
    model_sha256: str
    tokenizer_sha256: str

    def write(self, folder: Path) -> None:
        """Write the card into the folder of the export."""
        (folder / CARD).write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


def read_card(folder: Path) -> Card | None:
    """The card of an export; None when there is none or it cannot be read."""
    try:
        facts = json.loads((folder / CARD).read_text(encoding="utf-8"))
        return Card(**{**facts, "inputs": tuple(facts["inputs"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


class OnnxEmbedder:
    """One text at a time on each worker, so a vector never depends on its neighbours."""

    #: Why the quicker ONNX route is not in use: it is.
    onnx_trouble = ""

    def __init__(self, folder: Path) -> None:
        """The export in `folder`; loaded on first use. ModelMissing without a card."""
        card = read_card(folder)
        if card is None:
            raise ModelMissing(f"no exported model in {folder}: run `exhibit ingest`")
        self.folder = folder
        self.card = card
        self.name = card.name
        self.weights_hash = card.weights_hash
        self.dimensions = card.dimensions
        self._loading = Lock()

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimensions) float32, unit length, for questions."""
        return self._embed([self.card.query_prompt + text for text in texts])

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """(n, dimensions) float32, unit length, for passages; row order is input order."""
        return self._embed([self.card.passage_prompt + text for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of model tokens of each text, without special tokens, not truncated."""
        with self._loading:
            counter = self._counter
        encoded = counter.encode_batch([_clean(text) for text in texts], add_special_tokens=False)
        return [len(encoding.ids) for encoding in encoded]

    def _embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        with self._loading:
            session, tokenizer = self._session, self._tokenizer
        encodings = tokenizer.encode_batch([_clean(text) for text in texts])

        def embed(encoding: "Encoding") -> Vectors:
            return _vector(session, encoding, self.card.inputs)

        if len(texts) == 1 or _WORKERS == 1:
            return np.stack([embed(encoding) for encoding in encodings])
        with ThreadPoolExecutor(_WORKERS) as workers:
            return np.stack(list(workers.map(embed, encodings)))

    @cached_property
    def _session(self) -> "InferenceSession":
        _check(self.folder / MODEL, self.card.model_sha256)
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            return onnxruntime.InferenceSession(
                str(self.folder / MODEL), options, providers=["CPUExecutionProvider"]
            )
        except (RuntimeError, ValueError) as error:
            raise ModelMissing(
                f"cannot load {self.folder / MODEL}: delete that folder, then run `exhibit ingest`"
            ) from error

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        tokenizer = self._load_tokenizer()
        tokenizer.enable_truncation(self.card.window)
        return tokenizer

    @cached_property
    def _counter(self) -> "Tokenizer":
        tokenizer = self._load_tokenizer()
        tokenizer.no_truncation()
        return tokenizer

    def _load_tokenizer(self) -> "Tokenizer":
        _check(self.folder / TOKENIZER, self.card.tokenizer_sha256)
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self.folder / TOKENIZER))
        tokenizer.no_padding()
        return tokenizer


def file_sha256(path: Path) -> str:
    """sha256 of a file in hex; OSError."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _check(path: Path, expected: str) -> None:
    try:
        found = file_sha256(path)
    except OSError:
        found = ""
    if found != expected:
        raise ModelMissing(
            f"{path} is missing or altered: delete {path.parent}, then run `exhibit ingest`"
        )


def _vector(session: "InferenceSession", encoding: "Encoding", inputs: Sequence[str]) -> Vectors:
    columns = {
        "input_ids": encoding.ids,
        "attention_mask": encoding.attention_mask,
        "token_type_ids": encoding.type_ids,
    }
    feed = {name: np.array([columns[name]], dtype=np.int64) for name in inputs}
    result: Vectors = session.run(None, feed)[0][0]
    return result


def _clean(text: str) -> str:
    """The text without what UTF-8 cannot hold."""
    return text.encode("utf-8", "replace").decode()
