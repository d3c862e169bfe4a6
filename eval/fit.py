"""Fits the weights of retrieval, of sentences and of confidence anew: `python -m eval.fit MAIL`.

Nothing of the suite is read. The questions, with an answer and without, are those of the finding
aid by a few of its writers, asked of an index that holds only those of the others, with a
projection fitted to those: no question meets itself or a paraphrase by the same hand. The fitted
numbers are printed, for a person to put into `rag/`.
"""

import argparse
import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from corpus.finding_aid import VECTORS, WRITERS, finding_aid, untold
from eval.fit_confidence import fit_confidence
from eval.fit_projection import fit_projection, holds, placed
from ingest.archive import read_archive
from ingest.model import Chunk
from rag.build import open_embedder
from rag.confidence import Signs, read_signs
from rag.config import Retrieval, Settings
from rag.extract import Candidate, candidates
from rag.index import Rules, lock_index, open_index, write_index
from rag.known_vectors import KnownVectors
from rag.library import Library
from rag.ports import Embedder
from rag.question import Question, understand
from rag.retrieve import MessageSigns, Retrieved, message_signs, retrieve
from rag.signs import SentenceSigns

Matrix = NDArray[np.float64]
#: Penalty on the squared weights, per question.
_L2 = 0.002
#: The writers whose questions are asked: many hands, a biographer, one who paraphrases, a lawyer.
_ASKED = (3, 7, 10, 15)
#: Whose questions without an answer are asked where nothing but the mail tells: those of the others
#: are made of its own words.
_EASIER = (1,)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was found for a question, and where the answer stands (None: nowhere)."""

    question: Question
    found: Retrieved
    ranked: Sequence[Candidate]
    signs: Signs
    place: Chunk | None


@dataclass(frozen=True, slots=True)
class Group:
    """The signs of what may answer one question, (n, signs), and which rows do answer it."""

    signs: Matrix
    right: NDArray[np.bool_]


def main() -> None:
    """Fit with a finding aid and without, over some files of the released emails."""
    parser = argparse.ArgumentParser(prog="eval.fit", description=__doc__)
    parser.add_argument("mail", type=Path, nargs="+")
    parser.add_argument("--questions", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for aided in (True, False):
        asked = list(_ask(options.mail, aided=aided, most=options.questions, seed=options.seed))
        print(f"\n{'with' if aided else 'without'} a finding aid, {len(asked)} questions")
        _fit_messages([a for a in asked if a.place])
        _fit_sentences([a for a in asked if a.place])
        fit_confidence([a.signs for a in asked], [a.place is not None for a in asked])


def _ask(mail: Sequence[Path], *, aided: bool, most: int, seed: int) -> Iterator[Asked]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(index=Path(folder, "index"))
        embedder = open_embedder(settings)
        rules = _rules(mail, embedder) if aided else Rules()
        with lock_index(settings.index):
            archive = read_archive(mail, workspace=Path(folder))
            write_index(archive, settings.index, embedder, rules=rules)
        library = Library(open_index(settings.index, embedder=embedder))
        answerable = [(chunk.hint, chunk) for chunk in placed(library.mail, _ASKED)]
        random.Random(seed).shuffle(answerable)  # noqa: S311
        lost = [(text, None) for text in untold(_ASKED if aided else _EASIER)]
        for text, place in [*answerable[:most], *lost]:
            yield _asked(library, embedder, text, place)


def _rules(mail: Sequence[Path], embedder: Embedder) -> Rules:
    """What the other writers left."""
    others = tuple(w for w in WRITERS if w not in _ASKED)
    fitted = fit_projection(mail, embedder, others)
    known = KnownVectors.load(VECTORS)
    return Rules(aids=finding_aid(others), untold=untold(others), projection=fitted, vectors=known)


def _asked(library: Library, embedder: Embedder, text: str, place: Chunk | None) -> Asked:
    question = understand(text, library.names)
    vector = library.projected(embedder.embed_queries([question.topic]))[0]
    settings = Retrieval()
    found = retrieve(question, vector, library, settings)
    ranked = candidates(question, found, library.rarity, messages=settings.messages)
    return Asked(
        question, found, ranked, read_signs(question, found, ranked, library.is_known), place
    )


def _fit_messages(asked: Sequence[Asked]) -> None:
    groups = []
    for one in asked:
        hits = one.found.passages
        emails = {name: found[0].email for name, found in hits.items()}
        rows = [message_signs(emails[n], hits[n], one.question.scope) for n in hits]
        right = [one.place is not None and n == one.place.email_id for n in hits]
        groups.append(_group([astuple(row) for row in rows], right))
    weights = _softmax(groups)
    names = [f.name for f in fields(MessageSigns)]
    scale = sum(weights[: names.index("words") + 1])
    _tell("messages", dict(zip(names, weights / scale, strict=True)), groups, weights)


def _fit_sentences(asked: Sequence[Asked]) -> None:
    groups = []
    for one in asked:
        rows = [(c.message, *astuple(c.signs)) for c in one.ranked]
        groups.append(
            _group(rows, [holds(one.place, c.email.id, c.start, c.end) for c in one.ranked])
        )
    weights = _softmax(groups)
    names = ["message", *(f.name for f in fields(SentenceSigns))]
    _tell("sentences", dict(zip(names, weights, strict=True)), groups, weights)


def _group(rows: Sequence[Sequence[float]], right: Sequence[bool]) -> Group:
    return Group(np.asarray(rows, np.float64), np.asarray(right, np.bool_))


def _softmax(groups: Sequence[Group]) -> Matrix:
    """Weights by listwise softmax regression (ListNet, Cao et al. 2007)."""
    usable = [group for group in groups if group.right.any()]

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        total, slope = _L2 * float(weights @ weights), 2 * _L2 * weights
        for group in usable:
            scores = group.signs @ weights
            shares = np.exp(scores - scores.max())
            right = np.where(group.right, shares, 0.0)
            total -= float(np.log(right.sum() / shares.sum())) / len(usable)
            pull = shares / shares.sum() - right / right.sum()
            slope = slope + pull @ group.signs / len(usable)
        return total, slope

    size = usable[0].signs.shape[1]
    found = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B")
    return np.asarray(found.x, np.float64)


def _tell(title: str, named: dict[str, float], groups: Sequence[Group], weights: Matrix) -> None:
    places = [_place(group, weights) for group in groups]
    first, three = (np.mean([place <= most for place in places]) for most in (1, 3))
    print(f"{title}: right one first {first:.3f}, among three {three:.3f}")
    print("  " + ", ".join(f"{name}={value:.3f}" for name, value in named.items()))


def _place(group: Group, weights: Matrix) -> float:
    """1-based place of the best right row; infinite when none was found."""
    scores = group.signs @ weights
    best = scores[group.right].max(initial=-np.inf)
    return 1 + float((scores > best).sum()) if group.right.any() else np.inf


if __name__ == "__main__":
    main()
