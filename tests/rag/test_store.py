"""Both stores behave alike; the one in memory is the oracle for Chroma and for the vector table."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from ingest.errors import EnvironmentTrouble, IndexDamaged
from ingest.model import Chunk, Email, Segment
from rag.adapters.chroma_database import DATABASE, content_hash, stored_passages
from rag.adapters.chroma_store import ChromaStore
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.adapters.memory_store import MemoryStore
from rag.model import Scope
from rag.ports import Store, Vectors
from rag.vector_table import VectorTable, VectorTableWriter
from tests.fakes import ANN, BOB, CY, make_email, passages_of

EMBEDDER = HashingEmbedder(64)
QUOTED = "I will sell.\nThe copper kettle is mine.\n"
EMAILS = [
    make_email("e1", "The harbour is closed until spring."),
    make_email("e2", "The ledger shows a walnut violin.", sender=BOB, to=(ANN, CY)),
    make_email("e3", "Nobody bought the lantern.", sender=CY, sent_at=None),
    make_email("e4", "The orchard was sold.", sent_at=datetime(2022, 1, 1, 0, 30, tzinfo=UTC)),
    make_email(
        "e5",
        QUOTED,
        segments=(Segment(0, 13, ANN, "own"), Segment(13, len(QUOTED), CY, "quoted")),
        to=(),
    ),
]
PASSAGES = passages_of(EMAILS)

Make = Callable[[], Store]


def vectors_of(passages: list[tuple[Chunk, Email]]) -> Vectors:
    return EMBEDDER.embed_passages([e.body[c.start : c.end] for c, e in passages])


@pytest.fixture(params=["memory", "chroma", "shards", "table"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """Each implementation, filled; "shards" has some collections, "table" is the published, exact
    way to read Chroma.
    """
    if request.param == "memory":
        memory = MemoryStore(64)
        memory.add(PASSAGES, vectors_of(PASSAGES))
        yield memory
        return
    if request.param == "shards":
        monkeypatch.setattr(ChromaStore, "shard_size", 2)
    chroma = ChromaStore(tmp_path / "chroma")
    chroma.add(PASSAGES, vectors_of(PASSAGES))
    if request.param == "table":
        chroma.close()
        chroma = ChromaStore(tmp_path / "chroma", table=make_table(tmp_path))
    yield chroma
    chroma.close()


def make_table(folder: Path, passages: list[tuple[Chunk, Email]] = PASSAGES) -> VectorTable:
    with VectorTableWriter(folder, len(passages), 64) as writer:
        writer.add(passages, vectors_of(passages) if passages else np.zeros((0, 64), np.float32))
        writer.finish()
    return VectorTable.open(folder)


def found(store: Store, scope: Scope, k: int = 10) -> list[str]:
    """Message ids and starts, best first, of what a neutral question finds."""
    names = {chunk.id: f"{chunk.email_id}:{chunk.start}" for chunk, _ in PASSAGES}
    vector = EMBEDDER.embed_queries(["the copper violin was sold"])[0]
    return [names[neighbour.chunk_id] for neighbour in store.search(vector, k, scope)]


def test_a_passage_finds_itself_first_with_cosine_one(store: Store) -> None:
    for (chunk, _), vector in zip(PASSAGES, vectors_of(PASSAGES), strict=True):
        best = store.search(vector, 1, Scope())[0]
        assert best.chunk_id == chunk.id
        assert best.similarity == pytest.approx(1, abs=1e-5)


def test_ids_are_sorted_and_vectors_come_in_the_order_asked(store: Store) -> None:
    ids = [chunk.id for chunk, _ in reversed(PASSAGES)]
    assert store.ids() == sorted(ids)
    assert np.allclose(store.vectors(ids), vectors_of(PASSAGES)[::-1], atol=1e-6)


def test_an_unknown_id_is_a_key_error(store: Store) -> None:
    with pytest.raises(KeyError):
        store.vectors([PASSAGES[0][0].id, "unknown"])


def test_a_guessed_scope_filters_nothing(store: Store) -> None:
    assert len(found(store, Scope(senders=("Nobody",)))) == len(PASSAGES)


SCOPES = {
    "sender": Scope(senders=("Cy Doe",), explicit=frozenset({"senders"})),
    "recipient": Scope(recipients=("Cy Doe",), explicit=frozenset({"recipients"})),
    "about": Scope(about=("Cy Doe",), explicit=frozenset({"about"})),
    "since": Scope(since=date(2022, 1, 1), explicit=frozenset({"since"})),
    "until": Scope(until=date(2021, 5, 3), explicit=frozenset({"until"})),
    "both": Scope(
        senders=("Ann Lee", "Bob Ray"),
        until=date(2021, 12, 31),
        explicit=frozenset({"senders", "until"}),
    ),
    "nobody": Scope(senders=("Nobody",), explicit=frozenset({"senders"})),
}
EXPECTED = {
    "sender": {"e3:0", "e5:13"},
    "recipient": {"e2:0"},
    "about": {"e2:0", "e3:0", "e5:13"},
    "since": {"e4:0"},
    "until": {"e1:0", "e2:0", "e5:0", "e5:13"},
    "both": {"e1:0", "e2:0", "e5:0", "e5:13"},
    "nobody": set[str](),
}


@pytest.mark.parametrize("name", SCOPES)
def test_an_explicit_scope_keeps_only_what_fits(store: Store, name: str) -> None:
    assert set(found(store, SCOPES[name])) == EXPECTED[name]


@pytest.mark.parametrize("k", [0, 1, 3, 100])
def test_order_equals_that_of_the_oracle(store: Store, k: int) -> None:
    oracle = MemoryStore(64)
    oracle.add(PASSAGES, vectors_of(PASSAGES))
    assert found(store, Scope(), k) == found(oracle, Scope(), k)


@pytest.mark.parametrize("store", ["memory", "chroma", "shards"], indirect=True)
def test_delete_ignores_unknown_ids_and_what_was_deleted_may_be_added_again(store: Store) -> None:
    ids = [chunk.id for chunk, _ in PASSAGES]
    store.delete([ids[0], "unknown", ids[1], ids[4]])
    assert store.ids() == sorted([ids[2], ids[3], ids[5]])
    store.add(PASSAGES[:1], vectors_of(PASSAGES)[1:2])
    assert store.ids() == sorted([ids[0], ids[2], ids[3], ids[5]])
    assert np.allclose(store.vectors(ids[:1]), vectors_of(PASSAGES)[1:2], atol=1e-6)


@pytest.mark.parametrize("shard_size", [2, 100])
def test_chroma_tells_whether_it_keeps_vectors(
    shard_size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ChromaStore, "shard_size", shard_size)
    chroma = ChromaStore(tmp_path)
    chroma.add(PASSAGES, vectors_of(PASSAGES))
    ids, vectors = [chunk.id for chunk, _ in PASSAGES], vectors_of(PASSAGES)
    assert chroma.keeps(ids[1:5], vectors[1:5])
    assert not chroma.keeps(["unknown", *ids], np.concatenate([vectors[:1], vectors]))
    assert not chroma.keeps(ids, vectors[::-1])
    chroma.close()


def test_a_full_collection_is_followed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ChromaStore, "shard_size", 4)
    chroma = ChromaStore(tmp_path)
    for start in (0, 3):
        chroma.add(PASSAGES[start : start + 3], vectors_of(PASSAGES)[start : start + 3])
    chroma.close()
    with closing(sqlite3.connect(tmp_path / DATABASE)) as database:
        names = database.execute("SELECT name FROM collections ORDER BY name").fetchall()
    assert names == [("passages",), ("passages-1",)]
    assert [name for name, _ in stored_passages(tmp_path)] == chroma.ids()


def test_equal_similarity_is_ordered_by_id(tmp_path: Path) -> None:
    emails = [make_email(f"e{n}", "The same words.") for n in range(9)]
    table = make_table(tmp_path, passages_of(emails))
    near = table.search(EMBEDDER.embed_queries(["The same words."])[0], 4, Scope())
    assert [n.chunk_id for n in near] == sorted(c.id for c, _ in passages_of(emails))[:4]


def test_a_table_of_nothing_finds_nothing(tmp_path: Path) -> None:
    table = make_table(tmp_path, [])
    assert table.search(np.ones(64, dtype=np.float32), 5, Scope()) == []
    assert table.rows(["a"]).tolist() == [-1]


@pytest.mark.parametrize("shard_size", [17, 100])
def test_hnsw_beyond_the_limit_agrees_with_the_exact_table(
    shard_size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ChromaStore, "shard_size", shard_size)
    emails = [make_email(f"e{n}", f"Note {n} on {n * 7 % 31} and {n * 5 % 17}.") for n in range(90)]
    passages = passages_of(emails)
    chroma = ChromaStore(tmp_path / "chroma")
    chroma.add(passages, vectors_of(passages))
    chroma.close()
    table = make_table(tmp_path, passages)
    large = ChromaStore(tmp_path / "chroma", table=table, exact_limit=10)
    vector = EMBEDDER.embed_queries(["note 12 on 7"])[0]
    near = [n.chunk_id for n in large.search(vector, 10, Scope())]
    assert near == [n.chunk_id for n in table.search(vector, 10, Scope())]
    large.close()


def test_a_published_chroma_folder_is_never_made_anew(tmp_path: Path) -> None:
    store = ChromaStore(tmp_path / "gone", table=make_table(tmp_path), exact_limit=1)
    with pytest.raises(EnvironmentTrouble, match="the database is gone"):
        store.search(EMBEDDER.embed_queries(["harbour"])[0], 3, Scope())
    assert not (tmp_path / "gone").exists()


def test_odd_text_is_stored(tmp_path: Path) -> None:
    email = make_email("e\ud800", "A lone \ud800 surrogate and \x00 nul.", to=())
    chroma = ChromaStore(tmp_path / "chroma")
    chroma.add(passages_of([email]), vectors_of(passages_of([email])))
    chroma.close()
    assert len(list(stored_passages(tmp_path / "chroma"))) == 1


def test_chroma_keeps_no_text_of_the_mail(tmp_path: Path) -> None:
    email = make_email("e1", "The zeppelin lands on Thursday.")
    chroma = ChromaStore(tmp_path)
    chroma.add(passages_of([email]), vectors_of(passages_of([email])))
    chroma.close()
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"zeppelin" in file for file in files)


def test_opening_chroma_leaves_its_content_hash(tmp_path: Path) -> None:
    chroma = ChromaStore(tmp_path)
    chroma.add(PASSAGES, vectors_of(PASSAGES))
    chroma.close()
    before = content_hash(tmp_path)
    assert chroma.ids() == sorted(chunk.id for chunk, _ in PASSAGES)
    chroma.close()
    assert content_hash(tmp_path) == before != ""


def test_an_unusable_folder_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "chroma.sqlite3").write_bytes(b"not a database, and long enough to look at" * 50)
    with pytest.raises(EnvironmentTrouble, match=r"Chroma failed in .*: .*free some space"):
        ChromaStore(tmp_path).ids()


@pytest.mark.parametrize("name", ["vectors.npy", "columns.npz"])
def test_a_cut_off_table_is_refused(tmp_path: Path, name: str) -> None:
    make_table(tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(IndexDamaged, match="--rebuild"):
        VectorTable.open(tmp_path)
