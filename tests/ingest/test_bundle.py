"""Archives: members are mail wherever they lie, hostile ones are refused with a reason."""

import gzip
import io
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from ingest.limits import Limits
from tests.raw_mail import drafts, mail, reasons, source

MBOX = b"From a@b.org Mon Mar  4 10:12:13 2024\nSubject: x\n\nHello\n\n"
FILES = {"inner/a.eml": mail(b"one\n"), "inner/box.mbox": MBOX * 2, "readme.txt": b"no mail\n"}


def zipped(files: dict[str, bytes]) -> bytes:
    """A zip file in memory."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w") -> bytes:
    """A tar file in memory; `mode` as in tarfile, such as "w:gz"."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode=mode) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return target.getvalue()


BUNDLES = {
    "mail.zip": zipped(FILES),
    "mail.tar": tarred(FILES),
    "mail.tar.gz": tarred(FILES, "w:gz"),
    "mail.tar.bz2": tarred(FILES, "w:bz2"),
    "mail.tar.xz": tarred(FILES, "w:xz"),
    "no suffix": zipped(FILES),
}


@pytest.mark.parametrize("name", BUNDLES)
def test_members_are_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(BUNDLES[name])
    found = source(path)
    assert [d.body for d in drafts(found)] == ["one\n", "Hello\n", "Hello\n"]
    assert drafts(found)[0].locator.path == f"{path}!/inner/a.eml"
    assert len(reasons(found)) == 1


def test_compressed_mailbox(tmp_path: Path) -> None:
    path = tmp_path / "box.mbox.gz"
    path.write_bytes(gzip.compress(MBOX * 3))
    found = drafts(source(path))
    assert [d.body for d in found] == ["Hello\n"] * 3
    assert found[0].locator.path == f"{path}!/box.mbox"


def test_maildir_in_a_tar_file(tmp_path: Path) -> None:
    path = tmp_path / "mail.tar"
    path.write_bytes(tarred({"Mail/cur/1.host:2,S": b"X-Odd: 1\n\nseen\n"}))
    assert [d.body for d in drafts(source(path))] == ["seen\n"]


@pytest.mark.parametrize("outer", [zipped, tarred])
def test_archive_in_an_archive(outer: object, tmp_path: Path) -> None:
    path = tmp_path / "mail"
    pack = zipped if outer is zipped else tarred
    path.write_bytes(pack({"in.zip": zipped(FILES), "in.tar": tarred(FILES)}))
    found = drafts(source(path))
    assert len(found) == 6
    assert found[0].locator.path == f"{path}!/in.zip!/inner/a.eml"


def test_archives_nested_too_deep_are_skipped(tmp_path: Path) -> None:
    data = zipped(FILES)
    for _ in range(6):
        data = zipped({"in.zip": data})
    (tmp_path / "a.zip").write_bytes(data)
    assert reasons(source(tmp_path / "a.zip")) == ["archives nested deeper than 3"]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_names_are_never_paths_on_disk(pack: object, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    build = zipped if pack is zipped else tarred
    (inside / "a").write_bytes(build({"../../evil.eml": mail(b"x\n"), "/tmp/evil.eml": mail(b"y")}))
    assert len(drafts(source(inside / "a"))) == 2
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "inside"]


def test_link_in_a_tar_file_is_not_followed(tmp_path: Path) -> None:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        info = tarfile.TarInfo("link.eml")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    (tmp_path / "a.tar").write_bytes(target.getvalue())
    assert reasons(source(tmp_path / "a.tar")) == ["not a regular file"]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_bomb_is_stopped_and_its_neighbours_are_read(pack: object, tmp_path: Path) -> None:
    limits = Limits(archive_free_bytes=1 << 20, archive_ratio=50)
    bomb = zipped({"bomb.mbox": MBOX + b"a" * (40 << 20)})
    files = {"1.eml": mail(b"one\n"), "bomb.zip": bomb, "2.eml": mail(b"two\n")}
    (tmp_path / "a").write_bytes(zipped(files) if pack is zipped else tarred(files))
    found = source(tmp_path / "a", limits)
    assert {"one\n", "two\n"} <= {d.body for d in drafts(found)}
    assert any("expands more than 50 times" in reason for reason in reasons(found))


def test_total_size_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({f"{n}.eml": mail(b"x" * 5_000) for n in range(50)}))
    found = source(tmp_path / "a.zip", Limits(archive_bytes=100_000))
    assert 10 < len(drafts(found)) < 30
    assert "not read on" in reasons(found)[-1]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_number_of_members_is_bounded(pack: object, tmp_path: Path) -> None:
    files = {f"{n}.eml": mail(b"x") for n in range(20)}
    (tmp_path / "a").write_bytes(zipped(files) if pack is zipped else tarred(files))
    assert len(reasons(source(tmp_path / "a", Limits(archive_entries=10)))) == 1


def test_overlapping_entries_are_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({f"{n}.eml": mail(b"x" * 900) for n in range(3)}))
    at = data.find(b"PK\x01\x02", data.find(b"PK\x01\x02") + 4)
    data[at + 42 : at + 46] = struct.pack("<I", 10)
    (tmp_path / "a.zip").write_bytes(bytes(data))
    found = source(tmp_path / "a.zip")
    assert not drafts(found)
    assert "bomb" in reasons(found)[0] or "damaged" in reasons(found)[0]


@pytest.mark.parametrize("name", ["mail.zip", "mail.tar", "mail.tar.gz", "mail.tar.xz"])
@pytest.mark.parametrize("keep", [0.3, 0.7, 0.95])
def test_truncated_archive_says_so(name: str, keep: float, tmp_path: Path) -> None:
    data = BUNDLES[name]
    (tmp_path / name).write_bytes(data[: int(len(data) * keep)])
    found = source(tmp_path / name)
    assert found
    assert reasons(found) or len(drafts(found)) == 3


def test_encrypted_member_says_what_to_do(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.eml": mail(b"x")}))
    data[6] |= 1
    data[data.find(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(bytes(data))
    assert reasons(source(tmp_path / "a.zip")) == [
        "encrypted: unpack it yourself and ingest the folder"
    ]


def test_rubbish_of_macos_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"__MACOSX/._a.eml": b"x", ".DS_Store": b"y"}))
    assert reasons(source(tmp_path / "a.zip")) == ["hidden file", "hidden file"]
