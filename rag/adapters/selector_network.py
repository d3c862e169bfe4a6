"""The answer selector as a torch module: to be fitted, and to be exported."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import BertModel
from transformers.utils import logging

from rag.adapters.sentence_transformer import stay_offline
from rag.selector_weights import Floats


class SelectorNetwork(nn.Module):
    """A BERT whose first vector is mapped to the log-odds that a sentence answers a question."""

    inputs = ("input_ids", "token_type_ids", "attention_mask")

    def __init__(self, folder: Path) -> None:
        """With the weights of the model in `folder`, and a map that is drawn by a fixed seed."""
        super().__init__()
        stay_offline()
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        self.bert = BertModel.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, attn_implementation="eager"
        )
        torch.manual_seed(1)
        # Not zeros: with those the loss was .54 after 200 steps, where it is .36.
        self.head = nn.Linear(self.bert.config.hidden_size, 1)
        for name, weights in self.named_parameters():
            weights.requires_grad = name.startswith(("bert.encoder.", "head.")) or (
                name == "bert.embeddings.token_type_embeddings.weight"
            )
        # Without dropout, also while it is fitted: one or two times over the questions is too
        # little to learn them by heart.
        self.eval()

    def forward(self, *columns: Tensor) -> Tensor:
        """(n,) log-odds; `columns` are `inputs`, each (n, length)."""
        read = self.bert(**dict(zip(self.inputs, columns, strict=True)))
        odds: Tensor = self.head(read.last_hidden_state[:, 0].float())
        return odds.squeeze(1)

    def base(self) -> dict[str, Floats]:
        """What fitted tensors are kept as differences from: these, but nothing for the map."""
        return {n: w * (not n.startswith("head.")) for n, w in self.tuned().items()}

    def tuned(self) -> dict[str, Floats]:
        """The tensors that are fitted, by name."""
        return {
            name: weights.detach().numpy().copy()
            for name, weights in self.named_parameters()
            if weights.requires_grad
        }

    def set(self, weights: Mapping[str, Floats]) -> None:
        """Put these tensors in place of its own."""
        own = dict(self.named_parameters())
        with torch.no_grad():
            for name, values in weights.items():
                own[name].copy_(torch.from_numpy(values))
