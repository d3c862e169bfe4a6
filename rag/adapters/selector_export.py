"""Exports the answer selector to ONNX once: the embedding model with the weights fitted from it."""

import shutil
from pathlib import Path

import torch
from onnxruntime.quantization import quant_pre_process, quantize_dynamic

from ingest.errors import ModelMissing
from rag.adapters.onnx_export import publish, trace
from rag.adapters.onnx_model import MODEL, TOKENIZER, Card, file_sha256
from rag.adapters.onnx_selector import OnnxSelector
from rag.adapters.selector_input import WINDOW
from rag.adapters.selector_network import SelectorNetwork
from rag.adapters.sentence_transformer import hash_weights, model_folder
from rag.selector_weights import SELECTOR, SelectorWeights

#: Most that the log-odds of the export may differ by. Weights of eight bits halve the time of a
#: sentence (19 to 9 ms) and the memory (90 to 23 MB); of 720 dev pairs they move log-odds by 0.2 on
#: average, of a spread of 8.
_SAME = 1.0
#: What the two are compared on: question, sentence, heading; short, long, none at all.
_CANARIES = (
    ("Who proposed the new price?", "Ann proposed 30.", "Ann Lee to Bob Ray, 20 Sep 2017, Price:"),
    ("When?", "", ""),
    ("Où est la réunion ?", "The committee meets on Tuesday. " * 40, "Ann Lee, 1 Mar 2020:"),
)


def export_selector(target: Path) -> None:
    """Write the fitted selector as an ONNX model into the folder `target`, in one step.

    ModelMissing when the model it was fitted from is not installed, or it cannot be exported.
    """
    publish(target, _write)


def _write(folder: Path) -> None:
    source = model_folder()
    weights = SelectorWeights.load(SELECTOR)
    if hash_weights(source) != weights.base_hash:
        raise ModelMissing(f"the answer selector was not fitted from the model in {source}")
    network = SelectorNetwork(source)
    network.set(weights.applied(network.base()))
    shutil.copyfile(source / TOKENIZER, folder / TOKENIZER)
    example = {name: torch.ones((1, 8), dtype=torch.long) for name in network.inputs}
    whole, shaped = folder / "whole.onnx", folder / "shaped.onnx"
    trace(network, example, whole, "log_odds")
    quant_pre_process(whole, shaped, skip_optimization=True, skip_symbolic_shape=True)
    # Seven bits: with eight, products overflow on processors without VNNI.
    quantize_dynamic(shaped, folder / MODEL, per_channel=True, reduce_range=True)
    whole.unlink()
    shaped.unlink()
    card = Card(
        name="answer selector",
        weights_hash=file_sha256(SELECTOR),
        dimensions=1,
        window=WINDOW,
        inputs=network.inputs,
        query_prompt="",
        passage_prompt="",
        model_sha256=file_sha256(folder / MODEL),
        tokenizer_sha256=file_sha256(folder / TOKENIZER),
    )
    card.write(folder)
    _check(network, OnnxSelector(folder))


def _check(network: SelectorNetwork, export: OnnxSelector) -> None:
    for question, sentence, heading in _CANARIES:
        columns = export.columns(question, sentence, heading)
        with torch.no_grad():
            expected = network(*(torch.tensor([columns[name]]) for name in network.inputs)).item()
        (found,) = export.log_odds(question, [(sentence, heading)])
        if not abs(found - expected) <= _SAME:
            raise ModelMissing(
                f"the ONNX export of the answer selector gives {found}, not {expected}"
            )
