"""Where questions point and which have no answer: made, written, read, searched with."""

from pathlib import Path

import numpy as np
import pytest

from ingest.errors import IndexDamaged
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.index import Rules, open_index
from rag.library import Library
from rag.question_vectors import PROJECTION, UNTOLD, Projection, QuestionVectors
from tests.fakes import make_mbox
from tests.rag.test_index import ingest

EMBEDDER = HashingEmbedder()
NO_ANSWER = ("Who stole the trumpet?", "What did the trumpet cost?")
UNTOLD_VECTORS = EMBEDDER.embed_queries(NO_ANSWER)


def turned(weights_hash: str = EMBEDDER.weights_hash) -> Projection:
    """Moves every number of a vector one place on, and doubles it."""
    size = EMBEDDER.dimensions
    return Projection(2 * np.roll(np.eye(size, dtype=np.float32), 1, axis=1), weights_hash)


def test_without_a_finding_aid_vectors_stay_as_they_are() -> None:
    vectors = EMBEDDER.embed_queries(["Who paid?"])
    plain = QuestionVectors.made(None, None, EMBEDDER)
    assert plain.projected(vectors) is vectors
    assert plain.nearest_untold(vectors[0]) == 0.0


def test_projected_vectors_are_moved_and_of_unit_length() -> None:
    vectors = EMBEDDER.embed_queries(["Who paid?", "When?"])
    moved = QuestionVectors.made(turned(), None, EMBEDDER).projected(vectors)
    np.testing.assert_allclose(moved, np.roll(vectors, 1, axis=1), atol=1e-6)
    assert moved.dtype == np.float32


def test_a_question_known_to_have_no_answer_is_nearest_to_itself() -> None:
    made = QuestionVectors.made(turned(), UNTOLD_VECTORS, EMBEDDER)
    same, other = made.projected(EMBEDDER.embed_queries([NO_ANSWER[0], "Zebra crossing, then"]))
    assert made.nearest_untold(same) == pytest.approx(1.0, abs=1e-5)
    assert made.nearest_untold(other) < 0.9


def test_a_projection_for_another_model_is_left_out() -> None:
    assert QuestionVectors.made(turned("other"), UNTOLD_VECTORS, EMBEDDER).matrix is None


def test_questions_point_alike_by_their_matrix() -> None:
    plain, made = QuestionVectors(), QuestionVectors.made(turned(), UNTOLD_VECTORS, EMBEDDER)
    assert made.points_like(QuestionVectors.made(turned(), None, EMBEDDER))
    assert plain.points_like(QuestionVectors())
    assert not made.points_like(plain)
    assert not plain.points_like(made)


def test_an_index_keeps_them_and_searches_with_them(tmp_path: Path) -> None:
    mail = make_mbox(tmp_path / "a.mbox", range(4))
    rules = Rules(untold=NO_ANSWER, projection=turned())
    ingest(tmp_path / "i", mail, rules=rules)
    library = Library(open_index(tmp_path / "i"))
    vectors = library.projected(EMBEDDER.embed_queries([NO_ANSWER[1]]))
    assert library.untold(vectors[0]) == pytest.approx(1.0, abs=1e-5)


def test_other_questions_without_an_answer_make_another_index(tmp_path: Path) -> None:
    mail = make_mbox(tmp_path / "a.mbox", range(4))
    made = []
    for rules in (Rules(), Rules(untold=NO_ANSWER), Rules(untold=NO_ANSWER), Rules()):
        ingest(tmp_path / "i", mail, rules=rules)
        made.append(open_index(tmp_path / "i").path.name)
    assert made == ["gen-000001", "gen-000002", "gen-000002", "gen-000003"]


def test_one_that_is_no_array_is_damage(tmp_path: Path) -> None:
    (tmp_path / UNTOLD).write_bytes(b"no array")
    with pytest.raises(IndexDamaged, match="--rebuild"):
        QuestionVectors.open(tmp_path)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    made = QuestionVectors.made(turned(), UNTOLD_VECTORS, EMBEDDER)
    made.write(tmp_path)
    read = QuestionVectors.open(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([PROJECTION, UNTOLD])
    np.testing.assert_array_equal(read.matrix, made.matrix)
    np.testing.assert_array_equal(read.untold, made.untold)
