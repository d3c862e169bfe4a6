"""Models that read two texts together: they reorder hits, or tell whether one entails the other.

Any sentence-transformers CrossEncoder on this machine will do; nothing is ever downloaded.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingest.errors import ModelMissing
from rag.adapters.sentence_transformer import stay_offline
from rag.model import Hit, Verdict

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

#: Hits that are read; the rest keep their order behind them.
_DEPTH = 20


class CrossEncoderReranker:
    """Implements the Reranker port with a model by name or folder, loaded on first use."""

    def __init__(self, name_or_folder: str) -> None:
        self._name = name_or_folder

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The same hits: the first 20 by the model's score, ties as they were; ModelMissing."""
        read, rest = hits[:_DEPTH], hits[_DEPTH:]
        if not read:
            return list(rest)
        scores = self._model.predict([(question, hit.text) for hit in read])
        order = sorted(range(len(read)), key=lambda i: (-float(scores[i]), i))
        # Scores stay comparable with those behind: the old ones are dealt out in the new order.
        return [replace(read[i], score=read[n].score) for n, i in enumerate(order)] + list(rest)

    @cached_property
    def _model(self) -> "CrossEncoder":
        model = load(self._name, "reranker")
        if model.num_labels != 1:
            raise ModelMissing(
                f"{self._name} gives {model.num_labels} scores where a reranker gives one: "
                "name another in [retrieval] reranker"
            )
        return model


class EntailmentModel:
    """Whether one text follows from another, by a natural language inference cross-encoder."""

    def __init__(self, name_or_folder: str) -> None:
        self._name = name_or_folder

    def __call__(self, premise: str, hypothesis: str) -> Verdict:
        """The likeliest of the model's labels; raises ModelMissing."""
        scores = np.asarray(self._model[0].predict([(premise, hypothesis)]))
        return self._model[1][int(scores[0].argmax())]

    @cached_property
    def _model(self) -> tuple["CrossEncoder", tuple[Verdict, ...]]:
        model = load(self._name, "entailment model")
        labels = (model.config.id2label if model.config else None) or {}
        return model, _verdicts([str(label) for label in labels.values()], self._name)


def _verdicts(labels: Sequence[str], name: str) -> tuple[Verdict, ...]:
    """What each label means; raises ModelMissing unless entailment and another are among them."""
    told: list[Verdict] = []
    for label in labels:
        word = label.lower()
        entails = word.startswith("entail")
        told.append("entailed" if entails else "contradicted" if "contra" in word else "neutral")
    if told.count("entailed") != 1 or len(told) < 2:
        raise ModelMissing(
            f"{name} has the labels {', '.join(labels)}, none of which is entailment: "
            "name another in [answering] entailment"
        )
    return tuple(told)


def load(name_or_folder: str, purpose: str) -> "CrossEncoder":
    """A cross-encoder by name (from the local cache) or folder; raises ModelMissing."""
    looks_like_path = name_or_folder.startswith((".", "/", "~")) or name_or_folder.count("/") > 1
    if looks_like_path and not Path(name_or_folder).expanduser().is_dir():
        raise ModelMissing(f"no folder {name_or_folder} with a {purpose}: check the setting")
    stay_offline()
    from safetensors import SafetensorError
    from sentence_transformers import CrossEncoder
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model: CrossEncoder = CrossEncoder(
            str(Path(name_or_folder).expanduser()),
            device="cpu",
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        line = " ".join(str(error).split())[:200]
        raise ModelMissing(f"cannot load the {purpose} {name_or_folder}: {line}") from error
    return model
