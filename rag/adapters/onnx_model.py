"""An exported model run by onnxruntime: the same numbers, ten times quicker to start than torch."""

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import file_digest
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.errors import ModelMissing

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

MODEL, TOKENIZER, CARD = "model.onnx", "tokenizer.json", "card.json"
#: Threads that run at the same time, each with one text: 147 passages/s on 2 cores, against 130 for
#: one text on two threads and 49 to 129 for padded batches of 8. Results do not depend on them.
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


class OnnxModel:
    """The model and the tokenizer of an export, loaded on first use."""

    def __init__(self, folder: Path) -> None:
        """The export in `folder`; ModelMissing without a card."""
        card = read_card(folder)
        if card is None:
            raise ModelMissing(f"no exported model in {folder}: run `exhibit ingest`")
        self.folder = folder
        self.card = card
        self._loading = Lock()

    def run(self, rows: Sequence[Mapping[str, Sequence[int]]]) -> list[NDArray[np.float32]]:
        """The output for each row, its columns by name; one row at a time on each worker."""
        with self._loading:
            session = self._session

        def run_one(row: Mapping[str, Sequence[int]]) -> NDArray[np.float32]:
            feed = {name: np.array([row[name]], dtype=np.int64) for name in self.card.inputs}
            result: NDArray[np.float32] = session.run(None, feed)[0][0]
            return result

        if len(rows) <= 1 or _WORKERS == 1:
            return [run_one(row) for row in rows]
        with ThreadPoolExecutor(_WORKERS) as workers:
            return list(workers.map(run_one, rows))

    @property
    def tokenizer(self) -> "Tokenizer":
        """Cuts to the window of the model; does not pad."""
        with self._loading:
            return self._tokenizer

    @property
    def counter(self) -> "Tokenizer":
        """Neither cuts nor pads."""
        with self._loading:
            return self._counter

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


def valid_utf8(text: str) -> str:
    """The text without what UTF-8 cannot hold, as tokenizers want it."""
    return text.encode("utf-8", "replace").decode()


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
