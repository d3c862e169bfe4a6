"""Writing and reading an index: only what changed is embedded, nothing partial, damage is told."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.aid import Aid
from ingest.chunk import ChunkSettings
from ingest.errors import (
    EnvironmentTrouble,
    IndexDamaged,
    IndexLocked,
    IndexMismatch,
    IndexMissing,
    ModelMissing,
    UnknownMessage,
)
from rag.adapters.chroma_store import ChromaStore
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.index import (
    IndexWatcher,
    IngestReport,
    Rules,
    canonical_dump,
    lock_index,
    open_index,
    read_stamp,
    verify_index,
    write_index,
)
from rag.model import Scope
from rag.ports import Vectors
from tests.fakes import make_mbox, opened_archive

ROOT = Path(__file__).resolve().parents[2]


class CountingEmbedder(HashingEmbedder):
    """Remembers the passages it embeds."""

    def __init__(self) -> None:
        super().__init__()
        self.embedded: list[str] = []

    def embed_passages(self, texts: list[str]) -> Vectors:  # type: ignore[override]
        self.embedded += texts
        return super().embed_passages(texts)


def ingest(
    index: Path, *sources: Path, embedder: HashingEmbedder | None = None, **options: object
) -> IngestReport:
    with opened_archive(*sources) as archive:
        return write_index(archive, index, embedder or HashingEmbedder(), **options)  # type: ignore[arg-type]


def mbox(folder: Path, numbers: range, name: str = "a.mbox", note: str = "") -> Path:
    return make_mbox(folder / name, numbers, note=note)


def snapshot(index: Path) -> dict[str, tuple[int, bytes]]:
    files = (path for path in sorted(index.rglob("*")) if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of the mails 0 to 9."""
    ingest(tmp_path / "index", mbox(tmp_path, range(10)))
    return tmp_path / "index"


def test_the_counts_of_a_first_ingest_add_up(tmp_path: Path) -> None:
    again = mbox(tmp_path, range(3), "b.mbox")
    (tmp_path / "c.bin").write_bytes(b"\x00\x01\x02" * 100)
    report = ingest(tmp_path / "i", mbox(tmp_path, range(5)), again, tmp_path / "c.bin")
    rest = replace(report, skipped=(), chunks=0, seconds=0)
    assert rest == IngestReport(9, 5, 0, 3, 0, (), 0, 0, 0, "mail")
    assert [skipped.locator.path for skipped in report.skipped] == [str(tmp_path / "c.bin")]


def test_the_same_mail_again_embeds_and_writes_nothing(index: Path, tmp_path: Path) -> None:
    before = snapshot(index)
    embedder = CountingEmbedder()
    report = ingest(index, mbox(tmp_path, range(10)), embedder=embedder)
    assert (report.indexed, report.unchanged, report.removed) == (0, 10, 0)
    assert embedder.embedded == []
    assert snapshot(index) == before


def test_one_mail_more_and_one_less_embeds_only_the_new_one(index: Path, tmp_path: Path) -> None:
    embedder = CountingEmbedder()
    report = ingest(index, mbox(tmp_path, range(1, 11)), embedder=embedder)
    assert (report.indexed, report.unchanged, report.removed) == (1, 9, 1)
    canaries, new = embedder.embedded[:5], embedder.embedded[5:]
    assert new and all("Report 10" in text for text in new)
    assert not any("Report 10" in text for text in canaries)
    with pytest.raises(UnknownMessage):
        open_index(index).mail.get("m0@example.org")


@pytest.mark.parametrize("numbers", [range(9), range(30), range(8, 40), range(20, 30), range(0)])
def test_an_updated_index_equals_a_clean_one(index: Path, tmp_path: Path, numbers: range) -> None:
    ingest(index, mbox(tmp_path, numbers))
    ingest(tmp_path / "clean", mbox(tmp_path, numbers))
    assert canonical_dump(index) == canonical_dump(tmp_path / "clean")
    assert verify_index(index) == []


@pytest.mark.parametrize("shard_size", [3, 10])
def test_an_index_of_many_shards_is_updated_as_one_of_a_single_one(
    shard_size: int, tmp_path: Path
) -> None:
    """Passages are deleted from any shard, changed in old ones and added to the last."""
    before, now = mbox(tmp_path, range(20)), mbox(tmp_path, range(2, 24), "now.mbox")
    # Of many recipients the last are not named in what is embedded: the passages keep their ids.
    names = ", ".join(f"{name}@example.org" for name in ("dora", "eve", "fay", "gus", "ivy"))
    for source in (before, now):
        source.write_text(source.read_text().replace("Date: ", f"Cc: {names}\nDate: "))
    now.write_text(now.read_text().replace("ivy@", "joe@", 3))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ChromaStore, "shard_size", shard_size)
        ingest(tmp_path / "sharded", before)
        embedder = CountingEmbedder()
        ingest(tmp_path / "sharded", now, embedder=embedder)
    ingest(tmp_path / "single", now)
    assert all("Report 2" in text for text in embedder.embedded[5:])
    assert verify_index(tmp_path / "sharded") == []
    assert canonical_dump(tmp_path / "sharded") == canonical_dump(tmp_path / "single")
    index, vector = (
        open_index(tmp_path / "sharded"),
        embedder.embed_queries(["barley and copper"])[0],
    )
    near = index.store.approximate(vector, 10, Scope())
    assert [n.chunk_id for n in near] == [
        n.chunk_id for n in index.store.search(vector, 10, Scope())
    ]
    index.close()


def test_changed_mail_replaces_the_old(index: Path, tmp_path: Path) -> None:
    report = ingest(index, mbox(tmp_path, range(10), note="amended"))
    assert (report.indexed, report.unchanged, report.removed) == (10, 0, 0)
    assert open_index(index).lexical.search("amended", 3, Scope())


def test_the_order_of_the_sources_does_not_matter(tmp_path: Path) -> None:
    one, two = mbox(tmp_path, range(5), "1.mbox"), mbox(tmp_path, range(3, 9), "2.mbox")
    ingest(tmp_path / "i", one, two)
    before = snapshot(tmp_path / "i")
    ingest(tmp_path / "i", two, one)
    assert snapshot(tmp_path / "i") == before


def test_an_open_index_gives_messages_passages_and_receipt(index: Path) -> None:
    opened = open_index(index, embedder=HashingEmbedder())
    chunks = opened.chunks_of("m3@example.org")
    assert opened.chunk(chunks[0].id) == chunks[0]
    assert opened.mail.get("m3@example.org").subject.startswith("Report 3")
    assert [line.outcome for line in opened.receipt()] == ["indexed"] * 10
    assert (opened.stamp.messages, opened.stamp.chunks) == (10, len(opened.passages))
    with pytest.raises(UnknownMessage):
        opened.chunk("nothing")


def test_the_questions_of_a_finding_aid_are_found_and_point_to_the_mail(tmp_path: Path) -> None:
    aid = Aid("Which trumpet was it?", ("Report number 2 says",))
    ingest(tmp_path / "i", mbox(tmp_path, range(4)), rules=Rules(aids={"m2@example.org": (aid,)}))
    opened = open_index(tmp_path / "i")
    best = opened.lexical.search("trumpet", 1, Scope())[0]
    chunk = opened.chunk(best.chunk_id)
    assert (chunk.email_id, chunk.hint) == ("m2@example.org", "Which trumpet was it?")
    assert "Which" not in opened.mail.get(chunk.email_id).body[chunk.start : chunk.end]


def test_files_and_folders_are_for_their_owner_only(index: Path) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in index.rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in [index, *index.rglob("*/")]}
    assert (modes, folders) == ({0o600}, {0o700})


def test_the_former_generation_stays_and_older_ones_go(index: Path, tmp_path: Path) -> None:
    for last in (11, 12, 13):
        ingest(index, mbox(tmp_path, range(last)))
    assert sorted(p.name for p in index.glob("gen-*")) == ["gen-000003", "gen-000004"]


def test_no_index_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match=r"no index in .*: run `exhibit ingest`"):
        open_index(tmp_path / "none")
    assert read_stamp(tmp_path / "none") is None


def test_a_watcher_sees_the_new_index_and_old_readers_keep_theirs(
    index: Path, tmp_path: Path
) -> None:
    watcher = IndexWatcher(index)
    old = watcher.current()
    assert watcher.current() is old
    for last in (11, 12, 13):
        ingest(index, mbox(tmp_path, range(last)))
    assert len(watcher.current().mail) == 13
    assert len(old.mail) == 10
    assert old.lexical.search("report", 3, Scope())
    assert old.chunks_of("m3@example.org")


def test_readers_never_fail_while_the_index_is_replaced(index: Path, tmp_path: Path) -> None:
    watcher, done, seen = IndexWatcher(index), Event(), list[int]()
    vector = HashingEmbedder().embed_queries(["report"])[0]

    def read() -> None:
        while not done.is_set():
            current = watcher.current()
            for near in current.store.search(vector, 5, Scope()):
                current.mail.get(current.chunk(near.chunk_id).email_id)
            assert current.lexical.search("report", 5, Scope())
            seen.append(len(current.mail))

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        for last in (12, 14, 16):
            ingest(index, mbox(tmp_path, range(last)))
            time.sleep(0.1)
        done.set()
        for reader in readers:
            reader.result()
    assert {10, 16} <= set(seen) <= {10, 12, 14, 16}


@settings(max_examples=4, deadline=None, derandomize=True)
@given(st.lists(st.sets(st.integers(0, 40), max_size=30), min_size=2, max_size=3))
def test_any_history_of_archives_ends_in_the_clean_index(history: list[set[int]]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for numbers in history:
            source = make_mbox(folder / "a.mbox", sorted(numbers))
            ingest(folder / "index", source)
        ingest(folder / "clean", source)
        assert canonical_dump(folder / "index") == canonical_dump(folder / "clean")


def test_a_reader_whose_generation_vanishes_while_opening_takes_the_next(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.index import read

    opened = read.open_generation

    def slow(generation: object, embedder: object) -> object:
        monkeypatch.setattr(read, "open_generation", opened)
        for last in (11, 12):
            ingest(index, mbox(tmp_path, range(last)))
        return opened(generation, embedder)  # type: ignore[arg-type]

    monkeypatch.setattr(read, "open_generation", slow)
    assert len(open_index(index).mail) == 12


@pytest.fixture
def holder(index: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock."""
    code = (
        "import sys, time; from pathlib import Path; from rag.index import lock_index\n"
        f"with lock_index(Path({str(index)!r})): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_writer_stops_at_once_and_names_the_first(
    index: Path, tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    started = time.monotonic()
    with pytest.raises(IndexLocked, match=rf"being written by process {holder.pid} "):
        ingest(index, mbox(tmp_path, range(11)))
    assert time.monotonic() - started < 2
    assert len(open_index(index).mail) == 10


def test_the_lock_of_a_killed_writer_is_taken_over(
    index: Path, tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert ingest(index, mbox(tmp_path, range(11))).indexed == 1
    assert not (index / "writer.json").exists()


def test_the_lock_may_be_taken_before_reading_the_mail(tmp_path: Path) -> None:
    with lock_index(tmp_path / "i"):
        ingest(tmp_path / "i", mbox(tmp_path, range(2)))
        assert (tmp_path / "i" / "writer.json").exists()
    assert open_index(tmp_path / "i").stamp.messages == 2


def change_stamp(index: Path, **facts: object) -> None:
    """Rewrite the stamp as another version would have written it, manifest included."""
    from rag.index.generation import publish
    from rag.index.manifest import write_manifest

    path = index / "gen-000001" / "stamp.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))
    publish(write_manifest(path.parent, chroma_is_searched=False))


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"embedder": "other"}, "the embedding model other, not hashing"),
        ({"weights_hash": "0" * 64}, "other weights of hashing"),
        ({"dimensions": 768}, "vectors of 768 numbers, not 384"),
        ({"schema": 99}, "a newer version of Exhibit"),
        ({"schema": 1}, "an older version of Exhibit"),
    ],
)
def test_another_model_or_schema_is_refused_by_name(
    index: Path, tmp_path: Path, facts: dict[str, object], named: str
) -> None:
    change_stamp(index, **facts)
    for attempt in (
        lambda: open_index(index, embedder=HashingEmbedder()),
        lambda: ingest(index, mbox(tmp_path, range(10))),
    ):
        with pytest.raises(IndexMismatch, match=f"{named}.*`exhibit ingest --rebuild`"):
            attempt()
    ingest(index, mbox(tmp_path, range(10)), rebuild=True)
    assert verify_index(index, embedder=HashingEmbedder()) == []


def test_other_passage_settings_are_refused(index: Path, tmp_path: Path) -> None:
    rules = Rules(ChunkSettings(aim=200, longest=250))
    with pytest.raises(IndexMismatch, match="other passage settings \\(aim 220, not 200"):
        ingest(index, mbox(tmp_path, range(10)), rules=rules)


class DriftedEmbedder(HashingEmbedder):
    """Claims to be the same model but gives other vectors."""

    def embed_passages(self, texts: list[str]) -> Vectors:  # type: ignore[override]
        return super().embed_passages(texts)[:, ::-1]


def test_a_model_that_changed_in_secret_is_refused(index: Path, tmp_path: Path) -> None:
    with pytest.raises(IndexMismatch, match="gives other vectors now"):
        ingest(index, mbox(tmp_path, range(11)), embedder=DriftedEmbedder())
    assert "gives other vectors" in verify_index(index, embedder=DriftedEmbedder())[0]


class BrokenEmbedder(HashingEmbedder):
    """Gives vectors multiplied by `factor`."""

    factor = 0.0

    def embed_passages(self, texts: list[str]) -> Vectors:  # type: ignore[override]
        return super().embed_passages(texts) * self.factor


@pytest.mark.parametrize("factor", [0.0, float("nan"), 2.0])
def test_unusable_vectors_are_never_published(tmp_path: Path, factor: float) -> None:
    embedder = BrokenEmbedder()
    embedder.factor = factor
    with pytest.raises(ModelMissing, match="gave vectors that are"):
        ingest(tmp_path / "i", mbox(tmp_path, range(3)), embedder=embedder)
    with pytest.raises(IndexMissing):
        open_index(tmp_path / "i")
    assert list((tmp_path / "i").glob("gen-*")) == []


def damages(path: Path) -> Iterator[bytes | None]:
    """Contents that differ from what was written: cut off, one bit flipped, gone."""
    content = path.read_bytes()
    middle = len(content) // 2
    yield content[:middle]
    yield content[:-1]
    yield content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    yield None


def test_every_damaged_file_is_noticed_on_opening(index: Path) -> None:
    paths = [p for p in sorted(index.rglob("*")) if p.is_file() and p.stat().st_size]
    assert len(paths) >= 15
    for path in paths:
        content = path.read_bytes()
        for damaged in damages(path):
            path.unlink() if damaged is None else path.write_bytes(damaged)
            with pytest.raises((IndexDamaged, IndexMissing), match="exhibit ingest"):
                open_index(index)
        path.write_bytes(content)
    assert verify_index(index) == []


def test_two_files_swapped_are_noticed(index: Path) -> None:
    one, two = index / "gen-000001" / "mail.sqlite", index / "gen-000001" / "passages.sqlite"
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    with pytest.raises(IndexDamaged, match=r"is not what was written: run `exhibit ingest"):
        open_index(index)


def test_an_ingest_repairs_a_damaged_index(index: Path, tmp_path: Path) -> None:
    clean = canonical_dump(index)
    (index / "gen-000001" / "vectors.npy").write_bytes(b"gone")
    assert verify_index(index) == [
        f"{index / 'gen-000001' / 'vectors.npy'} is not what was written"
    ]
    ingest(index, mbox(tmp_path, range(10)))
    assert canonical_dump(index) == clean


def test_a_full_disk_is_told_in_one_line_and_leaves_the_old_index(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean = canonical_dump(index)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("shutil.copyfile", full)
        with pytest.raises(EnvironmentTrouble, match=r"No space left on device; .* is as it was"):
            ingest(index, mbox(tmp_path, range(12)))
    assert canonical_dump(index) == clean
    assert [p.name for p in index.glob("gen-*")] == ["gen-000001"]
    assert ingest(index, mbox(tmp_path, range(12))).indexed == 2


class InterruptedEmbedder(HashingEmbedder):
    """Ctrl-C at the third batch."""

    calls = 0

    def embed_passages(self, texts: list[str]) -> Vectors:  # type: ignore[override]
        self.calls += 1
        if self.calls == 3:
            raise KeyboardInterrupt
        return super().embed_passages(texts)


def test_an_interrupted_ingest_can_be_run_again_at_once(index: Path, tmp_path: Path) -> None:
    source = mbox(tmp_path, range(5, 200))
    with pytest.raises(KeyboardInterrupt):
        ingest(index, source, embedder=InterruptedEmbedder())
    assert len(open_index(index).mail) == 10
    assert ingest(index, source).unchanged == 5
    ingest(tmp_path / "clean", source)
    assert canonical_dump(index) == canonical_dump(tmp_path / "clean")


def test_everything_is_synced_before_it_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut must not leave CURRENT naming files that are not on the disk yet."""
    synced: list[str] = []
    sync, replace_file = os.fsync, Path.replace

    def note_sync(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        sync(descriptor)

    def note_replace(path: Path, target: Path) -> Path:
        if path.name == "CURRENT.new":
            generation = path.parent / "gen-000001"
            wanted = {str(p) for p in [path, path.parent, generation, *generation.rglob("*")]}
            assert wanted <= set(synced)
            synced.clear()
        return replace_file(path, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "replace", note_replace)
    ingest(tmp_path / "i", mbox(tmp_path, range(3)))
    assert synced == [str(tmp_path / "i")]
