"""Fits where questions point: `python -m eval.fit_projection MAIL...` writes corpus/projection.npz
and, what the questions are embedded as, corpus/question_vectors.npz.

A linear map of question vectors (a linear adapter). A question of the finding aid is to come near
the questions of other writers, and the passages of each text of the mail, that tell of the same
sentence: a softmax over all of them (ListNet, Cao et al. 2007, for several right ones). One that
has an answer is to come nearer to any question of the aid than a bound, one that has none is not.
Nothing of the suite is read. Takes some ten minutes on two cores.
"""

import argparse
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize, softplus

from corpus.finding_aid import PROJECTION, VECTORS, WRITERS, finding_aid, questions, untold
from ingest.aid import aid_chunks
from ingest.archive import read_archive
from ingest.chunk import chunk_email, embedding_text
from ingest.model import Chunk, Email
from rag.build import open_embedder
from rag.config import Settings
from rag.known_vectors import KnownVectors
from rag.ports import Embedder, Vectors
from rag.question_vectors import Projection

Marks = NDArray[np.bool_]
#: What a cosine is multiplied by before the softmax.
_SHARPNESS = 20.0
#: Penalty on the squared distance from leaving vectors as they are.
_L2 = 0.003
#: Steps of Adam, their length at first (it falls to nothing), and how many questions of each sort a
#: step looks at. Twice as many steps find what unseen writers ask for no better.
_STEPS, _PACE, _BATCH = 300, 1e-3, 512
#: The bound between told and untold to begin with.
_BOUND = 0.65


@dataclass(frozen=True, slots=True)
class Passages:
    """Those of one text, (m, dimensions), and which are right for which question, (n, m)."""

    vectors: Vectors
    right: Marks


@dataclass(frozen=True, slots=True)
class Known:
    """Questions with an answer, (n, dimensions), what they are to find, and those without one."""

    told: Vectors
    #: (n,): the number of the sentence that answers each, and of its writer.
    place: NDArray[np.intp]
    writer: NDArray[np.intp]
    texts: tuple[Passages, ...]
    untold: Vectors


def main() -> None:
    """Embed all questions and fit to them; writes vectors and matrix."""
    parser = argparse.ArgumentParser(prog="eval.fit_projection", description=__doc__)
    parser.add_argument("mail", type=Path, nargs="+", help="each a text of the same messages")
    options = parser.parse_args()
    embedder = open_embedder(Settings())
    save_vectors(embedder, VECTORS)
    fit_projection(options.mail, embedder, WRITERS).save(PROJECTION)


def save_vectors(embedder: Embedder, path: Path) -> None:
    """Write what the questions of all writers are embedded as."""
    texts = questions()
    vectors = embedder.embed_queries(texts)
    KnownVectors.made(texts, vectors, embedder.weights_hash).save(path)


def fit_projection(mail: Sequence[Path], embedder: Embedder, by: Collection[int]) -> Projection:
    """Fitted to the questions of these writers, each of `mail` being a text of all messages."""
    return Projection(fit(_gather(mail, embedder, by)), embedder.weights_hash)


def _gather(mail: Sequence[Path], embedder: Embedder, by: Collection[int]) -> Known:
    writers = {a.question: w for w in by for aids in finding_aid((w,)).values() for a in aids}
    places, passages = zip(*(_read(path, embedder, by) for path in mail), strict=True)
    first = places[0]
    asked = list(first)
    writer = np.asarray([writers[question] for question in asked])
    place = np.unique([f"{c.email_id} {c.start}" for c in first.values()], return_inverse=True)[1]
    texts = tuple(
        Passages(vectors, _held([at.get(question) for question in asked], chunks))
        for at, (chunks, vectors) in zip(places, passages, strict=True)
    )
    told, lost = (embedder.embed_queries(questions) for questions in (asked, untold(by)))
    return Known(told, place, writer, texts, lost)


def _read(
    path: Path, embedder: Embedder, by: Collection[int]
) -> tuple[dict[str, Chunk], tuple[list[Chunk], Vectors]]:
    """The sentence that answers each question, and the passages of a text with their vectors."""
    chunks, texts = list[Chunk](), list[str]()
    with tempfile.TemporaryDirectory() as folder:
        store = read_archive([path], workspace=Path(folder)).store
        places = {chunk.hint: chunk for chunk in placed(store, by)}
        for email in store:
            own = chunk_email(email, count_tokens=embedder.count_tokens)
            chunks += own
            texts += [embedding_text(email, chunk) for chunk in own]
    return places, (chunks, embedder.embed_passages(texts))


def placed(emails: Iterable[Email], by: Collection[int]) -> Iterator[Chunk]:
    """The sentence that answers each question of these writers, with the question as hint."""
    aids = finding_aid(by)
    for email in emails:
        yield from aid_chunks(email, aids.get(email.id, ()))


def _held(places: Sequence[Chunk | None], chunks: Sequence[Chunk]) -> Marks:
    """(n, m): whether passage m holds a part of the sentence n."""
    return np.asarray(
        [[holds(place, c.email_id, c.start, c.end) for c in chunks] for place in places]
    )


def holds(place: Chunk | None, email_id: str, start: int, end: int) -> bool:
    """True when a part of the sentence `place` stands between two offsets of a message."""
    return (
        place is not None and place.email_id == email_id and place.start < end and start < place.end
    )


def fit(known: Known, steps: int = _STEPS) -> Vectors:
    """The (dimensions, dimensions) matrix, by Adam (Kingma and Ba 2015) over drawn questions."""
    moved = torch.zeros((known.told.shape[1],) * 2, requires_grad=True)
    bound = torch.tensor(_BOUND, requires_grad=True)
    adam = torch.optim.Adam([moved, bound], lr=_PACE)
    pace = torch.optim.lr_scheduler.LinearLR(adam, 1.0, 0.0, steps)
    draw = np.random.default_rng(1)
    told, untold = (_drawn(draw, len(all_of)) for all_of in (known.told, known.untold))
    for _ in range(steps):
        adam.zero_grad()
        torch.autograd.backward(loss(known, next(told), next(untold), moved, bound))
        adam.step()
        pace.step()
    return np.asarray(_matrix(moved).detach())


def _drawn(draw: np.random.Generator, count: int) -> Iterator[NDArray[np.intp]]:
    """Batches of the numbers below `count`, each number once before any comes again."""
    while True:
        yield from np.array_split(draw.permutation(count), -(-count // _BATCH))


def _matrix(moved: Tensor) -> Tensor:
    return torch.eye(len(moved)) + moved


def loss(
    known: Known,
    told: NDArray[np.intp],
    untold: NDArray[np.intp],
    moved: Tensor,
    bound: Tensor,
) -> Tensor:
    """What is made small, over the questions with these numbers.

    `moved`, (dimensions, dimensions), is the matrix less the identity.
    """
    documents, matrix = torch.from_numpy(known.told), _matrix(moved)
    asked, lost = (
        normalize(torch.from_numpy(vectors) @ matrix)
        for vectors in (known.told[told], known.untold[untold])
    )
    own = torch.from_numpy(known.writer[told, None] == known.writer)
    right = torch.from_numpy(known.place[told, None] == known.place)
    aided = (_SHARPNESS * asked @ documents.T).masked_fill(own, -torch.inf)
    texts = [
        _missed(_SHARPNESS * asked @ torch.from_numpy(t.vectors).T, torch.from_numpy(t.right[told]))
        for t in known.texts
    ]
    near = softplus(_SHARPNESS * bound - aided.logsumexp(1)).mean()
    far = softplus((_SHARPNESS * lost @ documents.T).logsumexp(1) - _SHARPNESS * bound).mean()
    found = _missed(aided, right & ~own) + torch.stack(texts).mean()
    return found + near + far + _L2 * moved.square().sum()


def _missed(scores: Tensor, right: Tensor) -> Tensor:
    """Mean of -log of the share that right documents have, over questions that have some."""
    rows = right.any(1)
    held = scores[rows].masked_fill(~right[rows], -torch.inf).logsumexp(1)
    return (scores[rows].logsumexp(1) - held).mean()


if __name__ == "__main__":
    main()
