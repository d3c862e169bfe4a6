"""The fit of where questions point: what it makes small, and that it does what it is for."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from corpus.finding_aid import PROJECTION, finding_aid, untold
from eval.fit_projection import Known, Passages, fit, loss, save_vectors
from ingest.aid import Aid
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.adapters.sentence_transformer import DEFAULT_SHA256
from rag.known_vectors import KnownVectors
from rag.ports import Vectors
from rag.question_vectors import Projection

#: Of twelve questions much is made only by many steps.
_STEPS = 2000


def unit(vectors: object) -> Vectors:
    found = np.asarray(vectors, np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def known(seed: int = 0) -> Known:
    """Twelve questions by three writers about four sentences, five without an answer."""
    draw = np.random.default_rng(seed)
    told, place, writer = unit(draw.normal(size=(12, 6))), np.arange(12) % 4, np.arange(12) // 4
    text = Passages(unit(draw.normal(size=(4, 6))), place[:, None] == np.arange(4))
    return Known(told, place, writer, (text, text), unit(draw.normal(size=(5, 6))))


def lost(data: Known, told: NDArray[np.intp], matrix: Vectors | None = None) -> float:
    """The loss over these questions and all without an answer; by default as vectors are."""
    size = data.told.shape[1]
    moved = np.zeros((size, size)) if matrix is None else matrix - np.eye(size)
    bound = torch.tensor(0.65)
    return float(
        loss(
            data, told, np.arange(len(data.untold)), torch.tensor(moved, dtype=torch.float32), bound
        )
    )


def test_the_loss_is_what_is_worked_out_by_hand() -> None:
    """Two questions by two writers about one sentence, all vectors alike; one asks the contrary."""
    one = unit([[1, 0, 0]])
    text = Passages(one, np.ones((2, 1), np.bool_))
    place, writer = np.zeros(2, np.intp), np.arange(2)
    data = Known(np.repeat(one, 2, 0), place, writer, (text,), -one)
    near, far = np.log1p(np.exp(20 * 0.65 - 20)), np.log1p(2 * np.exp(-20 - 20 * 0.65))
    assert lost(data, np.arange(2)) == pytest.approx(near + far)


def test_a_question_is_not_measured_by_its_own_writer() -> None:
    data = replace(known(), untold=np.zeros((1, 6), np.float32))
    for row, counts in ((1, False), (5, True)):
        told = data.told.copy()
        told[row] = -told[row]
        now, then = (lost(k, np.arange(1)) for k in (data, replace(data, told=told)))
        assert (now != then) == counts


def test_a_fit_makes_the_loss_small() -> None:
    data, every = known(), np.arange(12)
    assert lost(data, every, fit(data, _STEPS)) < lost(data, every) / 2


def test_a_fit_brings_questions_to_what_answers_them() -> None:
    data = known()
    moved = unit(data.told @ fit(data, _STEPS))
    right = np.arange(12) % 4
    before, after = (
        ((v @ data.texts[0].vectors.T).argmax(axis=1) == right).sum() for v in (data.told, moved)
    )
    assert after > before


def test_a_fit_keeps_those_without_an_answer_away() -> None:
    data = known()
    matrix = fit(data, _STEPS)
    told, far = (unit(v @ matrix) @ data.told.T for v in (data.told, data.untold))
    told[data.writer[:, None] == data.writer] = -1
    assert told.max(axis=1).mean() > far.max(axis=1).mean()


def test_no_question_is_said_to_have_an_answer_and_none() -> None:
    told = {aid.question.lower() for aids in finding_aid().values() for aid in aids}
    lost = [question.lower() for question in untold()]
    assert not told.intersection(lost)
    assert len(set(lost)) == len(lost)


def test_the_projection_is_kept_for_the_model_that_is_shipped() -> None:
    kept = Projection.load(PROJECTION)
    assert kept.matrix.shape == (384, 384)
    assert np.isfinite(kept.matrix).all()
    assert kept.weights_hash == DEFAULT_SHA256


def test_each_question_is_saved_once_with_its_vector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aids = {"a": (Aid("Who paid?", ()),), "b": (Aid("Who paid?", ()), Aid("When?", ()))}
    monkeypatch.setattr("corpus.finding_aid.finding_aid", lambda _by: aids)
    monkeypatch.setattr("corpus.finding_aid.untold", lambda _by: ("Why not?", "When?"))
    embedder = HashingEmbedder()
    save_vectors(embedder, tmp_path / "v.npz")
    saved = KnownVectors.load(tmp_path / "v.npz")
    questions = ["Who paid?", "When?", "Why not?"]
    assert (len(saved.keys), saved.weights_hash) == (3, embedder.weights_hash)
    none = np.zeros((0, embedder.dimensions), np.float32)
    known = saved.embed(questions, lambda texts: none[: len(texts)])
    np.testing.assert_allclose(known, embedder.embed_queries(questions), atol=0.005)
