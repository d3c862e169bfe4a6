"""Exact search gives the same whether few rows are copied out or all of them are multiplied."""

import numpy as np
import pytest

from rag.model import Scope
from rag.vector_table import Columns, VectorTable

NAMES = ("Ann Lee", "Bob Ray")
#: Every twelfth passage is of Bob Ray: few enough to be copied out, unlike Ann Lee's.
SENDERS = np.array([n % 12 == 0 for n in range(120)], dtype=np.int32)


def table(vectors: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> VectorTable:
    ids = np.array([f"{n:020x}".encode() for n in range(len(SENDERS))], dtype="S24")
    nobody = np.zeros(0, dtype=np.int32)
    days = np.full(len(SENDERS), 20170101, dtype=np.int32)
    return VectorTable(vectors, Columns(ids, SENDERS, SENDERS, days, nobody, nobody, NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_a_scope_finds_the_best_of_its_rows(name: str) -> None:
    vectors = np.random.default_rng(1).standard_normal((120, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scope = Scope(senders=(name,), explicit=frozenset({"senders"}))
    near = np.where(np.array(NAMES)[SENDERS] == name, vectors @ vectors[5], -2)
    expected = [f"{n:020x}" for n in np.argsort(-near)[:5]]
    found = table(vectors).search(vectors[5], 5, scope)
    assert [neighbour.chunk_id for neighbour in found] == expected
    assert found[0].similarity == pytest.approx(float(near.max()), abs=1e-6)


def test_a_search_does_not_depend_on_those_before() -> None:
    vectors = np.random.default_rng(2).standard_normal((120, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scopes = [Scope(), *(Scope(senders=(n,), explicit=frozenset({"senders"})) for n in NAMES)]
    asked, vector = table(vectors), vectors[0].copy()
    for row in (5, 5, 7):
        vector[:] = vectors[row]  # what was handed in before may be written to
        for scope in (*scopes, *reversed(scopes)):
            found, alone = (t.search(vector, 5, scope) for t in (asked, table(vectors)))
            assert [n.chunk_id for n in found] == [n.chunk_id for n in alone]
            np.testing.assert_allclose(*([n.similarity for n in f] for f in (found, alone)), 1e-5)


def test_a_table_knows_whether_its_ids_are_just_these() -> None:
    ids = [f"{n:020x}" for n in range(len(SENDERS))]
    some = table(np.ones((120, 8), dtype=np.float32))
    assert some.has_just([ids[50:], [], ids[:50]])
    assert not some.has_just([ids[1:]])
    assert not some.has_just([ids, ids[:1]])
    assert not some.has_just([[*ids[1:], "unknown"]])


def test_ids_are_spread_over_the_rows() -> None:
    found = table(np.ones((120, 8), dtype=np.float32)).some_ids(50)
    assert found == [f"{n:020x}" for n in range(0, 100, 2)]
