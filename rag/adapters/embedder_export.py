"""Exports the embedding model to ONNX once, and picks the route that embeds from then on.

The export is checked against the model it came from before it is ever used.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingest.errors import ModelMissing
from rag.adapters.onnx_embedder import OnnxEmbedder
from rag.adapters.onnx_export import publish, trace
from rag.adapters.onnx_model import MODEL, TOKENIZER, Card, file_sha256, read_card
from rag.adapters.sentence_transformer import (
    DEFAULT_SHA256,
    SentenceTransformerEmbedder,
    hash_weights,
    model_folder,
)

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

#: Least cosine between a vector of the model and of its export; equal weights give 0.9999999.
_SAME = 0.9999
#: Texts the two are compared on: empty, short, long beyond the window, other scripts, numbers.
_CANARIES = (
    "",
    "Ok",
    "Who proposed the new price, and when?",
    "Ann Lee to Bob Ray, 20 Sep 2017, Plan:\nThe committee meets on Tuesday at 9:30; bring $4,200.",
    "Überweisung am 3. März: ação, 価格, цена, 🙂",
    "The boat leaves the harbour at noon and comes back when the tide allows it. " * 40,
)


def open_embedder(
    models_dir: Path, *, model: str | Path | None = None
) -> OnnxEmbedder | SentenceTransformerEmbedder:
    """The embedder of the pinned model, or of `model` (a local folder or a cached name).

    The exported model when there is one, else it is exported now. Where that fails the model is run
    by sentence-transformers, and `onnx_trouble` of the result says why. ModelMissing.
    """
    weights = hash_weights(model_folder(model)) if model else DEFAULT_SHA256
    target = models_dir / weights
    card = read_card(target)
    if card is not None and card.weights_hash == weights:
        return OnnxEmbedder(target)
    source = SentenceTransformerEmbedder(model or "")
    try:
        return export_onnx(source, target)
    except (ModelMissing, OSError) as error:
        source.onnx_trouble = str(error)
        return source


def export_onnx(source: SentenceTransformerEmbedder, target: Path) -> OnnxEmbedder:
    """Write `source` as an ONNX model into the folder `target`, in one step, and open it.

    ModelMissing when it cannot be exported or the export gives other vectors; OSError.
    """

    def write(draft: Path) -> None:
        _write(source, draft)
        _check_vectors(source, OnnxEmbedder(draft))

    publish(target, write)
    return OnnxEmbedder(target)


def _write(source: SentenceTransformerEmbedder, folder: Path) -> None:
    model = source.model
    inputs = tuple(name for name in model.tokenizer.model_input_names)
    backend = model.tokenizer.backend_tokenizer
    backend.save(str(folder / TOKENIZER))
    _trace(model, inputs, folder / MODEL)
    Card(
        name=source.name,
        weights_hash=source.weights_hash,
        dimensions=source.dimensions,
        window=int(model.max_seq_length or 512),
        inputs=inputs,
        query_prompt=_prompt(model, ("query",)),
        passage_prompt=_prompt(model, ("document", "passage")),
        model_sha256=file_sha256(folder / MODEL),
        tokenizer_sha256=file_sha256(folder / TOKENIZER),
    ).write(folder)


def _prompt(model: "SentenceTransformer", names: Sequence[str]) -> str:
    return next((model.prompts[name] or "" for name in names if model.prompts.get(name)), "")


def _trace(model: "SentenceTransformer", inputs: Sequence[str], path: Path) -> None:
    """Export the whole pipeline (transformer, pooling, normalising) for one text of any length."""
    import torch

    class Pipeline(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *columns: "torch.Tensor") -> "torch.Tensor":
            features = dict(zip(inputs, columns, strict=True))
            vectors = self.model(features)["sentence_embedding"]
            return torch.nn.functional.normalize(vectors, p=2, dim=1)

    encoded = model.tokenizer(["The quick brown fox"], return_tensors="pt")
    trace(Pipeline(), {name: encoded[name] for name in inputs}, path, "embedding")


def _check_vectors(source: SentenceTransformerEmbedder, export: OnnxEmbedder) -> None:
    expected = np.concatenate([source.embed_queries(_CANARIES), source.embed_passages(_CANARIES)])
    found = np.concatenate([export.embed_queries(_CANARIES), export.embed_passages(_CANARIES)])
    worst = float(np.min(np.sum(expected * found, axis=1)))
    if not worst >= _SAME:
        raise ModelMissing(
            f"the ONNX export of {source.name} gives other vectors (cosine {worst:.5f})"
        )
