"""The fit of where questions point: its slope, and that it does what it is for."""

from pathlib import Path

import numpy as np
import pytest

from corpus.finding_aid import PROJECTION, finding_aid, untold
from eval.fit_projection import Known, Passages, fit, loss, save_vectors
from ingest.aid import Aid
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.adapters.sentence_transformer import DEFAULT_SHA256
from rag.known_vectors import KnownVectors
from rag.ports import Vectors
from rag.question_vectors import Projection


def unit(vectors: object) -> Vectors:
    found = np.asarray(vectors, np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def known(seed: int = 0) -> Known:
    """Twelve questions by three writers about four sentences, five without an answer."""
    draw = np.random.default_rng(seed)
    told, place, writer = unit(draw.normal(size=(12, 6))), np.arange(12) % 4, np.arange(12) // 4
    out = writer[:, None] == writer
    right = (place[:, None] == place) & ~out
    text = Passages(unit(draw.normal(size=(4, 6))), place[:, None] == np.arange(4))
    return Known(told, right, out, (text, text), unit(draw.normal(size=(5, 6))))


def test_the_slope_is_that_of_the_loss() -> None:
    at = np.random.default_rng(1).normal(size=37) / 10
    slope, step = loss(known(), at)[1], 1e-3 * np.eye(37)
    steps = [(loss(known(), at + s)[0] - loss(known(), at - s)[0]) / 2e-3 for s in step]
    np.testing.assert_allclose(slope, steps, atol=0.02)


def test_a_fit_brings_questions_to_what_answers_them() -> None:
    data = known()
    moved = unit(data.told @ fit(data))
    right = np.arange(12) % 4
    before, after = (
        ((v @ data.texts[0].vectors.T).argmax(axis=1) == right).sum() for v in (data.told, moved)
    )
    assert after > before


def test_a_fit_keeps_those_without_an_answer_away() -> None:
    data = known()
    matrix = fit(data)
    told, lost = (unit(v @ matrix) @ data.told.T for v in (data.told, data.untold))
    told[data.out] = -1
    assert told.max(axis=1).mean() > lost.max(axis=1).mean()


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
    monkeypatch.setattr("eval.fit_projection.finding_aid", lambda: aids)
    monkeypatch.setattr("eval.fit_projection.untold", lambda: ("Why not?", "When?"))
    embedder = HashingEmbedder()
    save_vectors(embedder, tmp_path / "v.npz")
    saved = KnownVectors.load(tmp_path / "v.npz")
    questions = ["Who paid?", "When?", "Why not?"]
    assert (len(saved.keys), saved.weights_hash) == (3, embedder.weights_hash)
    none = np.zeros((0, embedder.dimensions), np.float32)
    known = saved.embed(questions, lambda texts: none[: len(texts)])
    np.testing.assert_allclose(known, embedder.embed_queries(questions), atol=0.005)
