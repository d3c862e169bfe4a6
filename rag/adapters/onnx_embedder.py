"""An exported embedding model run by onnxruntime."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from rag.adapters.onnx_model import OnnxModel, valid_utf8
from rag.ports import Vectors


class OnnxEmbedder:
    """One text at a time on each worker, so a vector never depends on its neighbours."""

    #: Why the quicker ONNX route is not in use: it is.
    onnx_trouble = ""

    def __init__(self, folder: Path) -> None:
        """The export in `folder`; loaded on first use. ModelMissing without a card."""
        self._model = OnnxModel(folder)
        self.folder = folder
        self.card = self._model.card
        self.name = self.card.name
        self.weights_hash = self.card.weights_hash
        self.dimensions = self.card.dimensions

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimensions) float32, unit length, for questions."""
        return self._embed([self.card.query_prompt + text for text in texts])

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """(n, dimensions) float32, unit length, for passages; row order is input order."""
        return self._embed([self.card.passage_prompt + text for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of model tokens of each text, without special tokens, not truncated."""
        cleaned = [valid_utf8(text) for text in texts]
        encoded = self._model.counter.encode_batch(cleaned, add_special_tokens=False)
        return [len(encoding.ids) for encoding in encoded]

    def _embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        encodings = self._model.tokenizer.encode_batch([valid_utf8(text) for text in texts])
        rows = [
            {
                "input_ids": encoding.ids,
                "attention_mask": encoding.attention_mask,
                "token_type_ids": encoding.type_ids,
            }
            for encoding in encodings
        ]
        return np.stack(self._model.run(rows))
