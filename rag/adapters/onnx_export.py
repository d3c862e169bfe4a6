"""Exports a torch module to ONNX, once, into a folder that appears whole or not at all."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import ModelMissing

if TYPE_CHECKING:
    import torch

_OPSET = 17


def publish(target: Path, write: Callable[[Path], None]) -> None:
    """Have the files of an export written, and put them into the folder `target` in one step.

    OSError, and what `write` raises.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".export-", dir=target.parent))
    try:
        write(draft)
        for path in draft.iterdir():
            path.chmod(0o600)
            _sync(path)
        if target.exists():
            shutil.rmtree(target)
        draft.replace(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def trace(
    module: "torch.nn.Module", example: "Mapping[str, torch.Tensor]", path: Path, output: str
) -> None:
    """Write the module as it reads one row of any length; ModelMissing when it cannot be.

    `example` has its columns by name, each (1, length).
    """
    import torch

    try:
        with warnings.catch_warnings(), torch.no_grad():
            # The exporter warns that it is the older one. The newer one needs onnxscript and gives
            # the same graph.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module.eval(),
                tuple(example.values()),
                str(path),
                dynamo=False,
                opset_version=_OPSET,
                input_names=list(example),
                output_names=[output],
                dynamic_axes={name: {1: "length"} for name in example},
            )
    except (ImportError, RuntimeError, ValueError, KeyError, AttributeError) as error:
        line = " ".join(str(error).split())[:200]
        raise ModelMissing(f"the model cannot be exported to ONNX: {line}") from error


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
