"""The answer selector, exported and run by onnxruntime."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rag.adapters.onnx_model import OnnxModel, file_sha256, read_card
from rag.adapters.selector_input import encode
from rag.selector_weights import SELECTOR


class OnnxSelector:
    """Implements the AnswerSelector port."""

    def __init__(self, folder: Path) -> None:
        """The export in `folder`; loaded on first use. ModelMissing without a card."""
        self._model = OnnxModel(folder)

    def log_odds(self, question: str, sentences: Sequence[tuple[str, str]]) -> list[float]:
        """Of each sentence with its heading, the log-odds that it answers the question."""
        rows = [self.columns(question, sentence, heading) for sentence, heading in sentences]
        return [float(odds) for odds in self._model.run(rows)]

    def columns(self, question: str, sentence: str, heading: str) -> Mapping[str, Sequence[int]]:
        """What the model reads, by name."""
        ids, types = encode(self._model.counter, question, sentence, heading)
        return {"input_ids": ids, "token_type_ids": types, "attention_mask": [1] * len(ids)}


def open_selector(models_dir: Path) -> OnnxSelector:
    """The fitted selector, exported now if it is not yet; ModelMissing, OSError."""
    target = models_dir / file_sha256(SELECTOR)
    if read_card(target) is None:
        from rag.adapters.selector_export import export_selector

        export_selector(target)
    return OnnxSelector(target)
