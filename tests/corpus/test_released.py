"""Getting the verbatim emails: pinned bytes only, and the digest when there are none."""

import os
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from corpus import released
from corpus.released import Chosen, Source, cached, choose, fetch, import_file, sources, verify
from ingest.errors import FetchError, SourceError
from tests.corpus_server import CorpusServer

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="no ../shared/corpus")
CONTENT = b"the emails\n" * 500


@pytest.fixture
def server() -> Iterator[CorpusServer]:
    with CorpusServer(CONTENT) as running:
        yield running


@pytest.fixture
def pinned(monkeypatch: pytest.MonkeyPatch) -> Source:
    """The fullest source, pinned to the bytes that the loopback server has."""
    source = replace(sources()[0], sha256=sha256(CONTENT).hexdigest())
    monkeypatch.setattr(released, "sources", lambda: (source,))
    return source


def test_three_compilations_are_pinned_to_https_and_hash() -> None:
    assert [(s.layout, s.messages) for s in sources()] == [
        ("titled", 85),
        ("markdown", 51),
        ("plain", 51),
    ]
    assert all(urlsplit(s.url).scheme == "https" and len(s.sha256) == 64 for s in sources())
    assert all(s.note and s.docket.endswith("/musk-v-altman/") for s in sources())


@needs_corpus
def test_the_pinned_hashes_are_those_of_the_real_files() -> None:
    found = {s.name: sha256((CORPUS / s.name).read_bytes()).hexdigest() for s in sources()}
    assert found == {s.name: s.sha256 for s in sources()}


def test_a_download_is_stored_privately(
    tmp_path: Path, server: CorpusServer, pinned: Source
) -> None:
    old = os.umask(0o022)
    try:
        path = fetch(cache=tmp_path / "new" / "exhibit", url=server.url("/good"), timeout_s=10)
    finally:
        os.umask(old)
    assert path.read_bytes() == CONTENT
    assert [f.name for f in path.parent.iterdir()] == [pinned.name]
    folders = (path.parent, path.parent.parent, path.parent.parent.parent)
    assert [oct(p.stat().st_mode)[-3:] for p in (path, *folders)] == ["600", "700", "700", "700"]


def test_an_open_cache_folder_is_closed(
    tmp_path: Path, server: CorpusServer, pinned: Source
) -> None:
    (tmp_path / "corpus").mkdir(mode=0o755)
    path = fetch(cache=tmp_path, url=server.url("/good"), timeout_s=10)
    assert (path.name, path.parent.stat().st_mode & 0o777) == (pinned.name, 0o700)


REFUSED = {
    "/wrong": "not the pinned file",
    "/large": "larger than 2000000 bytes",
    "/endless": "larger than 2000000 bytes",
    "/cut": "cut off after|IncompleteRead",
    "/gone": "HTTP 404",
    "/elsewhere": "which is not safe",
    "/file": "which is not safe",
    "/hang-up": "closed|reset|Remote end",
}


@pytest.mark.parametrize("path", REFUSED)
@pytest.mark.usefixtures("pinned")
def test_a_bad_download_is_refused_in_one_line(
    tmp_path: Path, server: CorpusServer, path: str
) -> None:
    with pytest.raises(FetchError, match=REFUSED[path]) as caught:
        fetch(cache=tmp_path, url=server.url(path), timeout_s=10)
    assert "\n" not in str(caught.value)
    assert "exhibit corpus import FILE" in str(caught.value)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("path", ["/drip", "/silent", "/slow-header"])
@pytest.mark.usefixtures("pinned")
def test_the_whole_download_is_bounded_in_time(
    tmp_path: Path, server: CorpusServer, path: str
) -> None:
    with pytest.raises(FetchError, match=r"not complete after 0\.3 s|timed out"):
        fetch(cache=tmp_path, url=server.url(path), timeout_s=0.3)


@pytest.mark.usefixtures("pinned")
def test_a_redirect_on_the_same_host_is_followed(tmp_path: Path, server: CorpusServer) -> None:
    path = fetch(cache=tmp_path, url=server.url("/moved"), timeout_s=10)
    assert path.read_bytes() == CONTENT


def test_plain_http_is_refused_for_the_pinned_address(
    tmp_path: Path, server: CorpusServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = replace(sources()[0], url=server.url("/good"))
    monkeypatch.setattr(released, "sources", lambda: (source,))
    with pytest.raises(FetchError, match="only https is fetched"):
        fetch(cache=tmp_path)
    assert server.requests == []


@pytest.mark.usefixtures("pinned")
def test_a_file_url_is_never_read(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="only https is fetched"):
        fetch(cache=tmp_path, url=Path(__file__).as_uri())


def test_a_failed_download_keeps_the_earlier_copy(
    tmp_path: Path, server: CorpusServer, pinned: Source
) -> None:
    good = fetch(cache=tmp_path, url=server.url("/good"), timeout_s=10)
    with pytest.raises(FetchError):
        fetch(cache=tmp_path, url=server.url("/wrong"), timeout_s=10)
    assert cached(tmp_path) == good
    assert verify(tmp_path) == [(pinned, "ok")]


def test_an_unwritable_cache_is_one_line(
    tmp_path: Path, server: CorpusServer, pinned: Source
) -> None:
    (tmp_path / "corpus").write_text("a file where the folder should be")
    with pytest.raises(FetchError, match=f"cannot write .*{pinned.name}"):
        fetch(cache=tmp_path, url=server.url("/good"), timeout_s=10)


def test_a_damaged_copy_is_noticed_and_not_used(tmp_path: Path, pinned: Source) -> None:
    assert verify(tmp_path) == [(pinned, "missing")]
    path = tmp_path / "corpus" / pinned.name
    path.parent.mkdir()
    path.write_bytes(CONTENT[:-1])
    assert verify(tmp_path) == [(pinned, "damaged")]
    assert cached(tmp_path) is None


@needs_corpus
def test_each_real_file_can_be_imported(tmp_path: Path) -> None:
    for source in sources():
        copy = tmp_path / "whatever name.txt"
        copy.write_bytes((CORPUS / source.name).read_bytes())
        assert import_file(copy, cache=tmp_path / "cache") == source
    assert [state for _, state in verify(tmp_path / "cache")] == ["ok", "ok", "ok"]


def test_an_unknown_file_is_refused_naming_both_hashes(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_bytes(b"x")
    with pytest.raises(SourceError) as caught:
        import_file(path, cache=tmp_path / "cache")
    assert sha256(b"x").hexdigest() in str(caught.value)
    assert sources()[0].sha256 in str(caught.value)
    assert not (tmp_path / "cache").exists()


def test_a_missing_or_huge_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        import_file(tmp_path / "gone", cache=tmp_path)
    (tmp_path / "big").write_bytes(b"x" * (released.MAX_BYTES + 1))
    with pytest.raises(SourceError, match="larger than"):
        import_file(tmp_path / "big", cache=tmp_path)
    with pytest.raises(SourceError, match="cannot read"):
        import_file(tmp_path, cache=tmp_path)


@pytest.mark.usefixtures("pinned")
def test_the_cached_copy_is_chosen_first(tmp_path: Path, server: CorpusServer) -> None:
    path = fetch(cache=tmp_path, url=server.url("/good"), timeout_s=10)
    server.requests.clear()
    assert choose(cache=tmp_path, offline=False, url=server.url("/good")) == Chosen(
        path, "verbatim"
    )
    assert server.requests == []


@pytest.mark.usefixtures("pinned")
def test_a_quick_download_is_chosen_next(tmp_path: Path, server: CorpusServer) -> None:
    chosen = choose(cache=tmp_path, offline=False, url=server.url("/good"))
    assert (chosen.path, chosen.text_kind, chosen.note) == (cached(tmp_path), "verbatim", "")


@pytest.mark.usefixtures("pinned")
def test_offline_reads_the_digest_without_a_request(tmp_path: Path, server: CorpusServer) -> None:
    chosen = choose(cache=tmp_path, offline=True, url=server.url("/good"))
    assert (chosen.path, chosen.text_kind) == (released.digest_path(), "restated")
    assert server.requests == []


@pytest.mark.usefixtures("pinned")
def test_a_failed_download_falls_back_to_the_digest_and_says_so(
    tmp_path: Path, server: CorpusServer
) -> None:
    chosen = choose(cache=tmp_path, offline=False, fetch_seconds=0.3, url=server.url("/silent"))
    assert (chosen.path, chosen.text_kind) == (released.digest_path(), "restated")
    assert "`exhibit corpus fetch` or `exhibit corpus import FILE`" in chosen.note
    assert "\n" not in chosen.note


def test_people_have_distinct_names_and_aliases() -> None:
    people = tomllib.loads(released.people_path().read_text(encoding="utf-8"))["person"]
    names = [name for p in people for name in (p["name"], *p["aliases"])]
    assert len(names) == len(set(names))
    assert "Sam" not in names
    assert all(set(p) == {"name", "aliases", "addresses"} for p in people)
