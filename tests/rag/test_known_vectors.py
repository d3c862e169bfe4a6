"""Vectors computed beforehand stand for those of the model, and for no others."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from corpus.finding_aid import VECTORS, finding_aid, untold
from ingest.aid import Aid
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.index import Rules, open_index
from rag.known_vectors import KnownVectors
from rag.ports import Vectors
from tests.fakes import make_mbox
from tests.rag.test_index import ingest

EMBEDDER = HashingEmbedder()
TEXTS = ("Who paid?", "When did the trumpet \ud800 sound?")


def known(weights_hash: str = EMBEDDER.weights_hash) -> KnownVectors:
    return KnownVectors.made(TEXTS, EMBEDDER.embed_queries(TEXTS), weights_hash)


def test_known_texts_are_not_embedded_and_others_are() -> None:
    asked: list[str] = []

    def embed(texts: Sequence[str]) -> Vectors:
        asked.extend(texts)
        return EMBEDDER.embed_passages(texts)

    texts = [TEXTS[1], "Where?", TEXTS[0]]
    found = known().embed(texts, embed)
    assert asked == ["Where?"]
    np.testing.assert_allclose(found, EMBEDDER.embed_passages(texts), atol=0.005)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, atol=1e-6)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    known().save(tmp_path / "v.npz")
    loaded = KnownVectors.load(tmp_path / "v.npz")
    assert loaded.weights_hash == EMBEDDER.weights_hash
    np.testing.assert_array_equal(loaded.keys, known().keys)
    np.testing.assert_array_equal(loaded.vectors, known().vectors)


def test_an_index_takes_those_of_its_model_alone(tmp_path: Path) -> None:
    question = "What did the bugle cost?"
    elsewhere = EMBEDDER.embed_queries(["Quite another thing"])
    mail = make_mbox(tmp_path / "a.mbox", range(4))
    aids = {"m2@example.org": (Aid(question, ("message",)),)}
    is_taken = []
    for name in (EMBEDDER.weights_hash, "other"):
        vectors = KnownVectors.made([question], elsewhere, name)
        rules = Rules(aids=aids, untold=[question], vectors=vectors)
        ingest(tmp_path / name, mail, rules=rules)
        questions = open_index(tmp_path / name).questions
        is_taken.append(questions.nearest_untold(elsewhere[0]) > 0.99)
    assert is_taken == [True, False]


def test_they_are_no_part_of_what_an_index_says(tmp_path: Path) -> None:
    assert Rules(vectors=known()) == Rules()
    assert repr(Rules(vectors=known())) == repr(Rules())


def test_all_questions_of_the_released_emails_are_known() -> None:
    def embed(texts: Sequence[str]) -> Vectors:
        raise AssertionError(f"run python -m eval.fit_projection: {texts[0]} is new")

    shipped = KnownVectors.load(VECTORS)
    questions = [aid.question for aids in finding_aid().values() for aid in aids]
    shipped.embed([*questions, *untold()], embed)
    assert len(shipped.keys) == len({*questions, *untold()})
