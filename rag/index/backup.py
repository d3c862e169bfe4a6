"""An index as one file, and back: `exhibit export-index` and `exhibit import-index`.

The first line names the format and the sha256 of all that follows, which is a gzipped tar of the
published generation with the list of forgotten mail. That tells damage, not an attacker: whoever
can write the file can write the line.
"""

import gzip
import json
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from ingest.errors import EnvironmentTrouble, ExhibitError, IndexDamaged, IndexMissing, UsageError
from ingest.forgotten import Forgotten, named_by
from rag.index.forgotten import forgotten_in, forgotten_text, read_forgotten, write_forgotten
from rag.index.generation import (
    Generation,
    lock_index,
    new_generation,
    private_files,
    publish,
    published,
    told_plainly,
)
from rag.index.manifest import NAME as MANIFEST
from rag.index.manifest import faults, recorded_files
from rag.index.read import Index, open_generation, verify_generation
from rag.index.stamp import Stamp, stamp_of

_HEAD = "exhibit index 1 sha256 {}\n"
_LINE = re.compile(rb"exhibit index (\d{1,9}) sha256 ([0-9a-f]{64})\n")
_UNSIGNED = _HEAD.format("0" * 64).encode()
#: Level 6 makes it a tenth smaller and takes three times as long.
_LEVEL = 1
#: What unpacking raises for a file that is whole but was not written by `export_index`.
_UNREADABLE = (
    gzip.BadGzipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
)
_POINTER, _FORGOTTEN = "manifest.sha256", "forgotten.json"
#: Bytes of a part that is read into memory: the manifest, the list of what was forgotten.
_SMALL = 16_000_000


def export_index(folder: Path, target: Path) -> Stamp:
    """Write the published index into the new file `target`, for its owner only.

    IndexMissing, IndexDamaged, UsageError when the file exists, EnvironmentTrouble (a full disk).
    """
    if target.exists():
        raise UsageError(f"{target} exists already; name another file or remove it")
    generation = published(folder)
    stamp = stamp_of(generation.path)
    if found := faults(generation):
        raise IndexDamaged(f"{found[0]}: run `exhibit ingest --rebuild`, then export")
    forgotten = read_forgotten(folder)
    with private_files(), _written_whole(target) as file:
        file.write(_UNSIGNED)
        with (
            gzip.GzipFile("", "wb", _LEVEL, file, 0) as packed,
            tarfile.open(mode="w", fileobj=packed, format=tarfile.PAX_FORMAT) as tar,
        ):
            _add_text(tar, _POINTER, generation.manifest_hash)
            _add_text(tar, _FORGOTTEN, forgotten_text(forgotten))
            for name in (MANIFEST, *recorded_files(generation)):
                _add_file(tar, generation.path / name, name)
        file.seek(len(_UNSIGNED))
        digest = file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        file.seek(0)
        file.write(_HEAD.format(digest).encode())
    return stamp


def import_index(source: Path, folder: Path, *, replace: bool = False) -> Stamp:
    """Publish the index that `export_index` wrote, in one step; what was there stays until then.

    `replace`: also where there is an index already. UsageError for a file that is not a whole
    export, or that holds mail forgotten here; IndexMismatch, IndexLocked, EnvironmentTrouble.
    """
    if not source.is_file():
        raise UsageError(f"{source} is not a file; name one that `exhibit export-index` wrote")
    with source.open("rb") as file, lock_index(folder), private_files():
        _check_whole(file, source)
        if not replace and _published(folder) is not None:
            raise UsageError(f"there is an index in {folder}; --replace takes its place")
        with told_plainly(folder):
            path = new_generation(folder)
        try:
            return _publish_copy(file, source, path)
        finally:
            if _published(folder) != path:
                shutil.rmtree(path, ignore_errors=True)


def _publish_copy(file: IO[bytes], source: Path, path: Path) -> Stamp:
    with told_plainly(path.parent), _read_plainly(source):
        generation, forgotten = _unpacked(file, path)
    stamp = stamp_of(path)
    if found := verify_generation(generation):
        raise _not_whole(source, found[0])
    here = read_forgotten(path.parent)
    _refuse_forgotten(generation, here, source)
    everything = Forgotten(here.messages | forgotten.messages, here.paths | forgotten.paths)
    if everything != here:
        write_forgotten(path.parent, everything)
    with told_plainly(path.parent):
        publish(generation)
    return stamp


def _check_whole(file: IO[bytes], source: Path) -> None:
    """Raise UsageError unless the file is of this format and what was written."""
    match = _LINE.fullmatch(file.readline(len(_UNSIGNED)))
    if match is None:
        raise UsageError(f"{source} was not written by `exhibit export-index`; name one that was")
    if int(match[1]) != 1:
        raise UsageError(f"{source} was written by another version of Exhibit; use that one")
    if file_digest(file, "sha256").hexdigest().encode() != match[2]:  # type: ignore[arg-type]
        raise _not_whole(source, "its checksum is another one")
    file.seek(len(_UNSIGNED))


def _unpacked(file: IO[bytes], path: Path) -> tuple[Generation, Forgotten]:
    """Write the generation into the folder `path`: exactly the files that its manifest names.

    No name out of the tar becomes a path, except as a key of the manifest, which is checked.
    """
    with gzip.GzipFile(fileobj=file) as packed, tarfile.open(mode="r|", fileobj=packed) as tar:
        parts = iter(tar)
        generation = Generation(path, _small(tar, parts, _POINTER).decode("ascii"))
        forgotten = forgotten_in(json.loads(_small(tar, parts, _FORGOTTEN)))
        (path / MANIFEST).write_bytes(_small(tar, parts, MANIFEST))
        for name in recorded_files(generation):
            member = _next(parts, name)
            target = path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as out, _content(tar, member) as content:
                shutil.copyfileobj(content, out)
    return generation, forgotten


def _small(tar: tarfile.TarFile, parts: Iterator[tarfile.TarInfo], name: str) -> bytes:
    member = _next(parts, name)
    if member.size > _SMALL:
        raise ValueError(f"{name} is too large")
    with _content(tar, member) as content:
        return content.read()


def _next(parts: Iterator[tarfile.TarInfo], name: str) -> tarfile.TarInfo:
    member = next(parts, None)
    if member is None or member.name != name or not member.isreg():
        raise ValueError(f"{name} is missing")
    return member


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(member)
    if content is None:
        raise ValueError(f"{member.name} is not a file")
    return content


def _refuse_forgotten(generation: Generation, here: Forgotten, source: Path) -> None:
    """Raise UsageError when an old export would bring back mail that was forgotten since."""
    index = open_generation(generation)
    try:
        held = next(_held(index, here), None)
    finally:
        index.close()
    if held:
        raise UsageError(
            f"{source} holds mail that was forgotten since, such as {held}; to have it back, take "
            f"it out of {generation.path.parent / _FORGOTTEN}"
        )


def _held(index: Index, here: Forgotten) -> Iterator[str]:
    for line in index.receipt():
        places = [line.locator.path]
        if line.message_id in here.messages:
            yield line.message_id
        elif line.outcome != "skipped" and any(named_by(path, places) for path in here.paths):
            yield line.locator.path


def _published(folder: Path) -> Path | None:
    """The folder of the published generation; None when there is none or it cannot be told."""
    with suppress(IndexMissing, IndexDamaged):
        return published(folder).path
    return None


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    tar.addfile(_part(name, len(content)), BytesIO(content))


def _add_file(tar: tarfile.TarFile, path: Path, name: str) -> None:
    with path.open("rb") as file:
        tar.addfile(_part(name, os.fstat(file.fileno()).st_size), file)


def _part(name: str, size: int) -> tarfile.TarInfo:
    """A plain file for its owner, without names and times of this machine."""
    part = tarfile.TarInfo(name)
    part.size, part.mode = size, 0o600
    return part


@contextmanager
def _written_whole(target: Path) -> Iterator[IO[bytes]]:
    """A new file that takes its name when it is complete and on the disk, or never."""
    try:
        with NamedTemporaryFile(dir=target.parent, prefix=".export-", delete=False) as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(target)
            finally:
                Path(file.name).unlink(missing_ok=True)
    except OSError as error:
        raise EnvironmentTrouble(
            f"cannot write {target}: {error.strerror or error}; free some space or name another"
        ) from error


@contextmanager
def _read_plainly(source: Path) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise _not_whole(source, str(error)) from error


def _not_whole(source: Path, why: str) -> ExhibitError:
    return UsageError(f"{source} is not what was exported ({why}); nothing was changed")
