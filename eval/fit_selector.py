"""Fits the answer selector: `python -m eval.fit_selector MAIL...` writes rag/selector.npz.

The embedding model, fine-tuned as a cross-encoder to tell whether a sentence answers a question
(answer sentence selection, as in TANDA, Garg et al. 2020). It reads the questions of the finding
aid, each with the sentence that answers it and with others that are near; of questions that no
mail answers, all sentences are others. Nothing of the suite is read.

Some writers and some messages are held out, so that what is shipped can be measured on what it has
not seen: that is printed at the end. Takes twenty minutes on two cores that compute in bfloat16.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.nn.utils import clip_grad_norm_

from corpus.finding_aid import VECTORS, WRITERS, questions, untold
from eval.fit_projection import placed
from ingest.archive import read_archive
from rag.adapters.selector_input import encode
from rag.adapters.selector_network import SelectorNetwork
from rag.adapters.sentence_transformer import hash_weights, model_folder
from rag.build import open_embedder
from rag.config import Settings
from rag.extract import Candidate
from rag.known_vectors import KnownVectors
from rag.ports import Embedder, Vectors
from rag.selector_weights import SELECTOR, SelectorWeights
from rag.signs import sentences

#: Times over all questions, pairs a step, and the length of a step: of the model, of the map on it.
_EPOCHS, _BATCH, _PACE, _PACE_HEAD = 1.5, 64, 1.5e-4, 1e-3
_WARM_UP, _WEIGHT_DECAY, _LONGEST_STEP = 60, 0.01, 1.0
#: Pairs of about the same length share a step; they are sorted in heaps of so many steps.
_HEAP = 32
#: Others are drawn from so many of the nearest sentences: of a question with an answer, without.
_NEAREST, _NEAREST_UNTOLD = 8, 5
#: Whose questions are held out, which messages, and how many questions of each sort are asked then.
HELD_WRITERS = (3, 7, 10, 15, 22, 27)
_HELD_MESSAGES, _HELD_SEED, _MEASURED, _READ = 20, 5, 300, 6
#: So many questions with an answer are looked at for a sentence that one without seems to ask for.
_POINTING, _POINTED = 12, 3


@dataclass(frozen=True, slots=True)
class Text:
    """The sentences of a text of the mail, (n, dimensions) vectors, and what answers what."""

    sentences: Sequence[Candidate]
    vectors: Vectors
    answers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Pair:
    """What is read together, and whether it is question and answer."""

    question: str
    sentence: Candidate
    answers: bool


def main() -> None:
    """Fit to the questions over these texts; writes the weights."""
    parser = argparse.ArgumentParser(prog="eval.fit_selector", description=__doc__)
    parser.add_argument("mail", type=Path, nargs="+", help="each a text of the same messages")
    options = parser.parse_args()
    embedder = open_embedder(Settings())
    folder = model_folder()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    network = SelectorNetwork(folder)
    base = network.base()
    held = held_messages(options.mail[0])
    writers = [writer for writer in WRITERS if writer not in HELD_WRITERS]
    texts = [
        read_text(path, embedder, writers, lambda name: name not in held) for path in options.mail
    ]
    fit(network, list(Draw(texts, known_vectors(embedder, writers)).pairs(_EPOCHS)), tokenizer)
    SelectorWeights.made(base, network.tuned(), hash_weights(folder)).save(SELECTOR)
    text = read_text(options.mail[0], embedder, HELD_WRITERS, held.__contains__)
    tell(network, text, known_vectors(embedder, HELD_WRITERS), tokenizer)


def held_messages(mail: Path) -> frozenset[str]:
    """The ids of the messages that nothing is fitted to."""
    with tempfile.TemporaryDirectory() as folder:
        ids = sorted(email.id for email in read_archive([mail], workspace=Path(folder)).store)
    return frozenset(random.Random(_HELD_SEED).sample(ids, _HELD_MESSAGES))  # noqa: S311


def known_vectors(embedder: Embedder, by: Collection[int]) -> dict[str, Vectors]:
    """The (dimensions,) vector of each question of these writers."""
    texts = questions(by)
    vectors = KnownVectors.load(VECTORS).embed(texts, embedder.embed_queries)
    return dict(zip(texts, vectors, strict=True))


def read_text(
    path: Path, embedder: Embedder, by: Collection[int], is_read: Callable[[str], bool]
) -> Text:
    """The sentences of some messages of a text, and which answers which question."""
    with tempfile.TemporaryDirectory() as folder:
        store = read_archive([path], workspace=Path(folder)).store
        asked = [(c.hint, (c.email_id, c.start)) for c in placed(store, by)]
        emails = [email for email in store if is_read(email.id)]
    units = [Candidate(email, *span) for email in emails for span in sentences(email)]
    place = {(unit.email.id, unit.start): n for n, unit in enumerate(units)}
    answers = {question: place[at] for question, at in asked if at in place}
    vectors = embedder.embed_passages([f"{unit.heading} {unit.text}" for unit in units])
    return Text(units, vectors, answers)


class Draw:
    """Draws pairs to be fitted to."""

    def __init__(self, texts: Sequence[Text], vectors: Mapping[str, Vectors]) -> None:
        """`vectors` has each question, (dimensions,)."""
        self._texts = texts
        self._vectors = vectors
        self._draw = random.Random(1)  # noqa: S311
        self._told = [q for q in vectors if all(q in text.answers for text in texts)]
        lost = frozenset(untold())
        self._asked = list(dict.fromkeys([*self._told, *(q for q in vectors if q in lost)]))
        self._told_vectors = np.stack([vectors[question] for question in self._told])

    def pairs(self, epochs: float) -> Iterator[Pair]:
        """Those of all questions in a new order each time, the last time of a part of them."""
        order = list(self._asked)
        for share in [1.0] * int(epochs) + [epochs % 1]:
            self._draw.shuffle(order)
            for question in order[: int(share * len(order))]:
                yield from self._of(question, self._draw.choice(self._texts))

    def _of(self, question: str, text: Text) -> Iterator[Pair]:
        ranked = np.argsort(-(text.vectors @ self._vectors[question])).tolist()
        answer = text.answers.get(question)
        if answer is None:
            others = [self._draw.choice(ranked[:_NEAREST_UNTOLD]), self._pointed(question, text)]
        else:
            yield Pair(question, text.sentences[answer], answers=True)
            # What stands beside the answer may be a part of it.
            apart = [n for n in ranked if abs(n - answer) > 1][:_NEAREST]
            others = self._draw.sample(apart, self._draw.choice((1, 2)))
        for n in dict.fromkeys(others):
            yield Pair(question, text.sentences[n], answers=False)

    def _pointed(self, question: str, text: Text) -> int:
        """A sentence that answers a question like this one."""
        near = np.argsort(-(self._told_vectors @ self._vectors[question]))[:_POINTING]
        answers = (text.answers[self._told[n]] for n in near)
        return self._draw.choice(list(dict.fromkeys(answers))[:_POINTED])


def fit(network: SelectorNetwork, pairs: Sequence[Pair], tokenizer: Tokenizer) -> None:
    """Fit to the pairs, in about this order, by AdamW (Loshchilov and Hutter 2019)."""
    steps = list(_steps(pairs, tokenizer))
    head = list(network.head.parameters())
    model = [weights for weights in network.bert.parameters() if weights.requires_grad]
    groups = [{"params": model, "lr": _PACE}, {"params": head, "lr": _PACE_HEAD}]
    adam = torch.optim.AdamW(groups, weight_decay=_WEIGHT_DECAY, fused=True)
    pace = torch.optim.lr_scheduler.LambdaLR(
        adam, lambda n: min(1.0, (n + 1) / _WARM_UP) * (1 - n / len(steps))
    )
    started, missed = time.monotonic(), 0.0
    for n, (columns, right) in enumerate(steps, 1):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            odds = network(*columns)
        loss = binary_cross_entropy_with_logits(odds.float(), right)
        adam.zero_grad()
        torch.autograd.backward(loss)
        clip_grad_norm_([*model, *head], _LONGEST_STEP)
        adam.step()
        pace.step()
        missed += 0.02 * (loss.item() - missed)
        if n % 50 == 0:
            print(
                f"{n} of {len(steps)}: {missed:.3f}, {time.monotonic() - started:.0f} s", flush=True
            )


def tell(
    network: SelectorNetwork, text: Text, vectors: Mapping[str, Vectors], tokenizer: Tokenizer
) -> None:
    """Print how well questions are told apart, and how often the best sentence answers."""
    without_answer = frozenset(untold())
    draw = random.Random(1)  # noqa: S311
    told = draw.sample(list(text.answers), _MEASURED)
    lost = draw.sample([question for question in vectors if question in without_answer], _MEASURED)
    read = {q: _read(network, q, text, vectors[q], tokenizer) for q in (*told, *lost)}
    best = {question: max(odds.values()) for question, odds in read.items()}
    near = {question: float((text.vectors @ vectors[question]).max()) for question in read}
    for name, sure in (("cosine", near), ("selector", best)):
        area = np.mean([[sure[q] > sure[other] for other in lost] for q in told])
        print(f"told from untold by {name}: area {area:.3f}")
    first = np.mean([max(read[q], key=read[q].__getitem__) == text.answers[q] for q in told])
    print(f"of {_READ} sentences the best one answers: {first:.3f}")


def _read(
    network: SelectorNetwork, question: str, text: Text, vector: Vectors, tokenizer: Tokenizer
) -> dict[int, float]:
    """Log-odds of the nearest sentences, by their numbers."""
    nearest = np.argsort(-(text.vectors @ vector))[:_READ].tolist()
    pairs = [Pair(question, text.sentences[n], answers=False) for n in nearest]
    columns, _ = _columns([_row(pair, tokenizer) for pair in pairs])
    with torch.no_grad():
        return dict(zip(nearest, network(*columns).tolist(), strict=True))


def _row(pair: Pair, tokenizer: Tokenizer) -> tuple[list[int], list[int], bool]:
    sentence = pair.sentence
    return (*encode(tokenizer, pair.question, sentence.text, sentence.heading), pair.answers)


def _steps(pairs: Sequence[Pair], tokenizer: Tokenizer) -> Iterator[tuple[list[Tensor], Tensor]]:
    """The columns that the network reads, padded, and which of their rows are answers."""
    read = [_row(pair, tokenizer) for pair in pairs]
    draw = random.Random(1)  # noqa: S311
    for begin in range(0, len(read), _HEAP * _BATCH):
        heap = sorted(read[begin : begin + _HEAP * _BATCH], key=lambda row: len(row[0]))
        batches = [heap[n : n + _BATCH] for n in range(0, len(heap), _BATCH)]
        draw.shuffle(batches)
        yield from map(_columns, batches)


def _columns(rows: Sequence[tuple[list[int], list[int], bool]]) -> tuple[list[Tensor], Tensor]:
    length = max(len(ids) for ids, _, _ in rows)

    def padded(lists: Sequence[Sequence[int]]) -> Tensor:
        return torch.tensor([[*one, *[0] * (length - len(one))] for one in lists])

    ids, types, answers = zip(*rows, strict=True)
    columns = [padded(ids), padded(types), padded([[1] * len(one) for one in ids])]
    return columns, torch.tensor(answers, dtype=torch.float32)


if __name__ == "__main__":
    main()
