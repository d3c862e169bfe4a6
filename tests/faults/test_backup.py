"""The index as one file: what comes back equals what went in, anything else changes nothing."""

import gzip
import io
import json
import os
import random
import stat
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from rag.index import canonical_dump, read_forgotten, verify_index
from tests.fakes import make_mbox
from tests.faults.commands import ingest, make_index, run_here

IS_STRESS = "EXHIBIT_STRESS" in os.environ
#: The stress run selects by marker: there the whole module is one.
pytestmark = [pytest.mark.stress] if IS_STRESS else []
Told = pytest.CaptureFixture[str]


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return make_index(tmp_path)


@pytest.fixture
def export(index: Path, tmp_path: Path, capsys: Told) -> Path:
    assert run_here(capsys, "export-index", str(tmp_path / "e"), "--index", str(index))[0] == 0
    return tmp_path / "e"


def bring_back(export: Path, index: Path, capsys: Told, *words: str) -> tuple[int, str]:
    code, _, error = run_here(capsys, "import-index", str(export), "--index", str(index), *words)
    assert error.count("\n") == (1 if code else 0)
    return code, error


def test_a_round_trip_gives_the_same_index(
    index: Path, export: Path, tmp_path: Path, capsys: Told
) -> None:
    assert bring_back(export, tmp_path / "copy", capsys) == (0, "")
    assert canonical_dump(tmp_path / "copy") == canonical_dump(index)
    assert verify_index(tmp_path / "copy") == []
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "copy").rglob("*") if p.is_file()}
    assert (modes, stat.S_IMODE(export.stat().st_mode)) == ({0o600}, 0o600)
    assert ingest(tmp_path / "mail.mbox", tmp_path / "copy").unchanged == 10


def test_a_file_that_exists_is_not_written_over(index: Path, export: Path, capsys: Told) -> None:
    before = export.read_bytes()
    code, _, error = run_here(capsys, "export-index", str(export), "--index", str(index))
    assert (code, export.read_bytes()) == (2, before)
    assert "exists already; name another file" in error


def test_a_damaged_index_is_not_exported(index: Path, tmp_path: Path, capsys: Told) -> None:
    (index / "gen-000001" / "vectors.npy").write_bytes(b"")
    code, _, error = run_here(capsys, "export-index", str(tmp_path / "e"), "--index", str(index))
    assert code == 3
    assert "vectors.npy is not what was written" in error
    assert not (tmp_path / "e").exists()


def test_an_index_that_is_there_is_replaced_only_when_asked(
    export: Path, tmp_path: Path, capsys: Told
) -> None:
    other = tmp_path / "other"
    ingest(make_mbox(tmp_path / "b.mbox", range(3)), other)
    before = canonical_dump(other)
    code, error = bring_back(export, other, capsys)
    assert code == 2
    assert "--replace takes its place" in error
    assert canonical_dump(other) == before
    assert bring_back(export, other, capsys, "--replace")[0] == 0
    assert canonical_dump(other) == canonical_dump(tmp_path / "index")


def test_any_damage_is_refused_and_changes_nothing(
    export: Path, tmp_path: Path, capsys: Told
) -> None:
    whole, chance = export.read_bytes(), random.Random(7)
    places = [*range(40), *(chance.randrange(len(whole)) for _ in range(200 if IS_STRESS else 10))]
    damages = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in places]
    damages += [whole[:at] for at in (0, 1, 40, 90, len(whole) // 2, len(whole) - 1)]
    damages += [whole + b"\0", b"\n" + whole]
    for content in damages:
        export.write_bytes(content)
        code, error = bring_back(export, tmp_path / "copy", capsys)
        assert code == 2
        assert str(export) in error
        assert not list((tmp_path / "copy").glob("gen-*"))


def test_mail_forgotten_since_is_not_brought_back(index: Path, export: Path, capsys: Told) -> None:
    code, _, _ = run_here(capsys, "forget", "m3@example.org", "--index", str(index))
    assert code == 0
    before = canonical_dump(index)
    code, error = bring_back(export, index, capsys, "--replace")
    assert code == 2
    assert "forgotten since, such as m3@example.org" in error
    assert canonical_dump(index) == before


def test_what_was_forgotten_travels_along(index: Path, tmp_path: Path, capsys: Told) -> None:
    run_here(capsys, "forget", "m3@example.org", "--index", str(index))
    run_here(capsys, "export-index", str(tmp_path / "e"), "--index", str(index))
    assert bring_back(tmp_path / "e", tmp_path / "copy", capsys)[0] == 0
    assert read_forgotten(tmp_path / "copy") == read_forgotten(index)
    assert run_here(capsys, "ingest", "--rebuild", "--index", str(tmp_path / "copy"))[0] == 0
    assert canonical_dump(tmp_path / "copy") == canonical_dump(index)


def signed(folder: Path, parts: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    """A file with a right checksum, as an attacker would make it."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile("", "wb", 1, packed, 0) as zipped,
        tarfile.open(mode="w", fileobj=zipped) as tar,
    ):
        for part, content in parts:
            part.size = len(content) if part.isreg() else 0
            tar.addfile(part, io.BytesIO(content))
    digest = sha256(packed.getvalue()).hexdigest()
    path = folder / "crafted"
    path.write_bytes(f"exhibit index 1 sha256 {digest}\n".encode() + packed.getvalue())
    return path


def regular(name: str) -> tarfile.TarInfo:
    return tarfile.TarInfo(name)


def linked(name: str, target: str) -> tarfile.TarInfo:
    part = tarfile.TarInfo(name)
    part.type, part.linkname = tarfile.SYMTYPE, target
    return part


@pytest.mark.parametrize(
    "name", ["../escaped", "/tmp/escaped", "a/../../escaped", "..", "manifest.json", "a//b", ""]
)
def test_no_name_leads_out_of_the_index(tmp_path: Path, capsys: Told, name: str) -> None:
    manifest = json.dumps({"files": {name: {"size": 1, "sha256": ""}}, "chroma_content": None})
    crafted = signed(
        tmp_path,
        [
            (regular("manifest.sha256"), sha256(manifest.encode()).hexdigest().encode()),
            (regular("forgotten.json"), b'{"messages": [], "paths": []}'),
            (regular("manifest.json"), manifest.encode()),
            (regular(name), b"x"),
        ],
    )
    code, error = bring_back(crafted, tmp_path / "copy", capsys)
    assert code == 2
    assert "is not what was exported" in error
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy", "crafted"]
    assert [p.name for p in (tmp_path / "copy").iterdir()] == ["lock"]


def test_links_and_other_files_in_the_tar_are_refused(tmp_path: Path, capsys: Told) -> None:
    manifest = json.dumps({"files": {"a": {"size": 1, "sha256": ""}}, "chroma_content": None})
    head = [
        (regular("manifest.sha256"), sha256(manifest.encode()).hexdigest().encode()),
        (regular("forgotten.json"), b'{"messages": [], "paths": []}'),
        (regular("manifest.json"), manifest.encode()),
    ]
    for part in (linked("a", "/etc/passwd"), regular("b")):
        code, error = bring_back(signed(tmp_path, [*head, (part, b"x")]), tmp_path / "i", capsys)
        assert code == 2
        assert "a is missing" in error


def test_an_export_is_written_whole_or_not_at_all(index: Path, capsys: Told) -> None:
    missing = index / "no" / "such" / "folder" / "e"
    code, _, error = run_here(capsys, "export-index", str(missing), "--index", str(index))
    assert (code, error.count("\n")) == (3, 1)
    assert f"cannot write {missing}: No such file or directory" in error
