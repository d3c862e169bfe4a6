"""Fits where questions point: `python -m eval.fit_projection MAIL...` writes corpus/projection.npz
and, what the questions are embedded as, corpus/question_vectors.npz.

A linear map of question vectors (a linear adapter). A question of the finding aid is to come near
the questions of other writers, and the passages of each text of the mail, that tell of the same
sentence: a softmax over all of them (ListNet, Cao et al. 2007, for several right ones). One that
has an answer is to come nearer to any question of the aid than a bound, one that has none is not.
Nothing of the suite is read. Takes some 20 minutes on two cores.
"""

import argparse
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from corpus.finding_aid import PROJECTION, VECTORS, WRITERS, finding_aid, untold
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
_SHARPNESS = np.float32(20.0)
#: Penalty on the squared distance from leaving vectors as they are.
_L2 = 0.003
#: Steps of L-BFGS; more fit the questions, not what others will ask.
_STEPS = 50
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
    #: (n, n): of which other questions each is to come near, and by whose own hand it is.
    right: Marks
    out: Marks
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
    told = [aid.question for aids in finding_aid().values() for aid in aids]
    texts = list(dict.fromkeys([*told, *untold()]))
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
    out = writer[:, None] == writer
    texts = tuple(
        Passages(vectors, _held([at.get(question) for question in asked], chunks))
        for at, (chunks, vectors) in zip(places, passages, strict=True)
    )
    told, lost = (embedder.embed_queries(questions) for questions in (asked, untold(by)))
    return Known(told, (place[:, None] == place) & ~out, out, texts, lost)


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
    """The (dimensions, dimensions) matrix."""
    size = known.told.shape[1]

    begin = np.r_[np.zeros(size * size), _BOUND]
    objective, options = partial(loss, known), {"maxiter": steps}
    found = minimize(objective, begin, jac=True, method="L-BFGS-B", options=options)
    return _matrix(found.x, size)


def _matrix(flat: NDArray[np.float64], size: int) -> Vectors:
    return np.asarray(np.eye(size) + flat[:-1].reshape(size, size), np.float32)


def loss(known: Known, flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """What is made small, and its slope. `flat`: the matrix less the identity, then the bound."""
    matrix, bound = _matrix(flat, known.told.shape[1]), float(flat[-1])
    told, untold = _Projected(known.told, matrix), _Projected(known.untold, matrix)
    aided = _compared(told.unit, known.told, known.out)
    total, pull = _found(aided, known.right)
    for text in known.texts:
        more, slope = _found(_compared(told.unit, text.vectors), text.right)
        total += more / len(known.texts)
        pull += slope / len(known.texts)
    near, slope, lower = _beyond(aided, bound, -1.0)
    far, push, raised = _beyond(_compared(untold.unit, known.told), bound, 1.0)
    down = told.slope(pull + slope) + untold.slope(push)
    away = flat[:-1]
    penalty = _L2 * float(away @ away)
    return total + near + far + penalty, np.r_[down.ravel() + 2 * _L2 * away, lower + raised]


class _Projected:
    """Vectors times a matrix, of unit length."""

    def __init__(self, vectors: Vectors, matrix: Vectors) -> None:
        moved = vectors @ matrix
        self._vectors = vectors
        self._length = np.linalg.norm(moved, axis=1, keepdims=True)
        self.unit: Vectors = moved / self._length

    def slope(self, pull: Vectors) -> NDArray[np.float64]:
        """The slope by the matrix, of what has the slope `pull` by the unit vectors."""
        across = pull - (pull * self.unit).sum(axis=1, keepdims=True) * self.unit
        return np.asarray(self._vectors.T @ (across / self._length), np.float64)


def _found(compared: "_Compared", right: Marks) -> tuple[float, Vectors]:
    """Mean of -log of the share that right documents have, over questions that have some.

    With its slope by the unit vectors.
    """
    rows = np.flatnonzero(right.any(axis=1))
    shares = compared.shares[rows]
    rightly = np.where(right[rows], shares, 0)
    held = rightly.sum(axis=1, keepdims=True)
    slope = np.zeros((len(right), compared.documents.shape[1]), np.float32)
    slope[rows] = compared.slope(shares - rightly / held) / len(rows)
    return -float(np.log(held).mean()), slope


def _beyond(compared: "_Compared", bound: float, sign: float) -> tuple[float, Vectors, float]:
    """Logistic loss of questions on the wrong side of a bound of nearness; `sign` 1: above it.

    With its slopes by the unit vectors and by the bound.
    """
    over = sign * (compared.nearness - _SHARPNESS * bound)
    odds = sign / (1 + np.exp(-over)) / len(over)
    slope = compared.slope(odds * compared.shares)
    return float(np.logaddexp(0, over).mean()), slope, -float(_SHARPNESS * odds.sum())


@dataclass(frozen=True, slots=True)
class _Compared:
    """Questions beside (m, dimensions) documents."""

    documents: Vectors
    #: (n, m): the softmax of the scaled cosines.
    shares: Vectors
    #: (n, 1): the log of the sum of their exponentials, about the largest of them.
    nearness: Vectors

    def slope(self, by_score: Vectors) -> Vectors:
        """The slope by the unit vectors of the questions, of what has this by the (n, m) scores."""
        return _SHARPNESS * (by_score @ self.documents)


def _compared(unit: Vectors, documents: Vectors, out: Marks | None = None) -> _Compared:
    scores = _SHARPNESS * (unit @ documents.T)
    if out is not None:
        scores[out] = -np.inf
    top = scores.max(axis=1, keepdims=True)
    powers = np.exp(scores - top)
    whole = powers.sum(axis=1, keepdims=True)
    return _Compared(documents, powers / whole, top + np.log(whole))


if __name__ == "__main__":
    main()
