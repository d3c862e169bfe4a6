"""Reordering hits with a sentence-transformers CrossEncoder, off unless one is configured."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from rag.adapters.sentence_transformer import stay_offline
from rag.model import Hit

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

#: Hits that are read; the rest keep their order behind them.
_DEPTH = 20


class CrossEncoderReranker:
    """Implements the Reranker port with a model by name or folder, loaded on first use."""

    def __init__(self, name_or_folder: str) -> None:
        self._name = name_or_folder

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The same hits: the first 20 by the model's score, ties in their old order."""
        read, rest = hits[:_DEPTH], hits[_DEPTH:]
        if not read:
            return list(rest)
        scores = self._model.predict([(question, hit.text) for hit in read])
        order = sorted(range(len(read)), key=lambda i: (-float(scores[i]), i))
        # Scores stay comparable with those behind: the old ones are dealt out in the new order.
        return [replace(read[i], score=read[n].score) for n, i in enumerate(order)] + list(rest)

    @cached_property
    def _model(self) -> "CrossEncoder":
        stay_offline()
        from sentence_transformers import CrossEncoder

        model: CrossEncoder = CrossEncoder(
            self._name,
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
        return model
