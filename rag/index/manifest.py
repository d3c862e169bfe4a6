"""What the files of a generation must be: sizes and sha256, checked before anything reads them."""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TypeAlias

from ingest.errors import IndexDamaged
from rag.adapters.chroma_database import DATABASE, content_hash
from rag.index.generation import CHROMA, Generation

NAME = "manifest.json"
#: Bytes hashed at every open, the files that searching reads first, the smallest before the others:
#: the released emails are 12 MB, 100,000 passages about 300. 256 MB take 0.15 s where the processor
#: has SHA instructions and 0.7 s elsewhere; what is beyond is checked for its size, and wholly by
#: `faults` (every ingest, `exhibit doctor`).
HASHED_AT_OPEN = 256_000_000
#: The only file that changes by being opened: Chroma 1.5.9 counts its write locks in it.
_CHROMA_FILE = f"{CHROMA}/{DATABASE}"
#: A relative path without "..".
_INSIDE = re.compile(r"(?:\.?[\w-][\w.-]*/)*\.?[\w-][\w.-]*")


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    size: int
    sha256: str


def write_manifest(folder: Path, *, chroma_is_searched: bool) -> Generation:
    """Record every file of a finished generation.

    `chroma_is_searched`: readers will open Chroma, so of its database the content counts, not the
    bytes.
    """
    files = [_file(folder, path) for path in _tree(folder)]
    facts = {
        "files": {file.name: {"size": file.size, "sha256": file.sha256} for file in files},
        "chroma_content": content_hash(folder / CHROMA) if chroma_is_searched else None,
    }
    text = json.dumps(facts, indent=1, sort_keys=True).encode()
    (folder / NAME).write_bytes(text)
    return Generation(folder, sha256(text).hexdigest())


def check_at_open(generation: Generation) -> None:
    """Raise IndexDamaged when a file is missing or has another size or (where hashed) content."""
    fault = next(_faults(generation, hashed=HASHED_AT_OPEN), None)
    if fault:
        raise IndexDamaged(f"{fault}: run `exhibit ingest --rebuild`")


#: Per file: size, time of change in ns, inode; None for one that is gone.
FileStates: TypeAlias = Mapping[str, tuple[int, int, int] | None]


def file_states(paths: Iterable[str]) -> FileStates:
    """What changes when a file is cut, overwritten or replaced; 3 µs a file."""
    return {path: _state(path) for path in paths}


def searched_files(generation: Path) -> list[str]:
    """The files that searching reads; Chroma's folder is left out, for Chroma writes in it."""
    files = (path for path in _tree(generation))
    return [str(p) for p in files if CHROMA not in p.relative_to(generation).parts]


def _state(path: str) -> tuple[int, int, int] | None:
    try:
        state = os.stat(path)  # noqa: PTH116  (twice as quick as Path.stat, at every question)
    except OSError:
        return None
    return state.st_size, state.st_mtime_ns, state.st_ino


def faults(generation: Generation) -> list[str]:
    """Every file that is not what was written, one line each; reads all bytes."""
    return list(_faults(generation, hashed=None))


def recorded_files(generation: Generation) -> list[str]:
    """The files that the manifest names, relative to the folder; ValueError unless it is whole.

    No name leads out of the folder.
    """
    text = (generation.path / NAME).read_bytes()
    names = [str(name) for name in json.loads(text)["files"]]
    if sha256(text).hexdigest() != generation.manifest_hash or NAME in names:
        raise ValueError(f"{NAME} is not what was written")
    outside = [name for name in names if not _INSIDE.fullmatch(name)]
    if outside:
        raise ValueError(f"{NAME} names {outside[0]!r}")
    return names


def _faults(generation: Generation, *, hashed: int | None) -> Iterator[str]:
    """`hashed`: bytes to hash at most; None means all."""
    try:
        text = (generation.path / NAME).read_bytes()
    except OSError:
        yield f"{generation.path / NAME} is missing"
        return
    if sha256(text).hexdigest() != generation.manifest_hash or generation.path.is_symlink():
        yield f"{generation.path / NAME} is not what was written"
        return
    facts = json.loads(text)
    files = [_File(name, f["size"], f["sha256"]) for name, f in facts["files"].items()]
    left = sum(file.size for file in files) if hashed is None else hashed
    for file in sorted(files, key=_reading_order):
        left -= file.size
        fault = _fault(generation.path, file, facts["chroma_content"], hashing=left >= 0)
        if fault:
            yield fault


def _reading_order(file: _File) -> tuple[bool, int, str]:
    return file.name.startswith(f"{CHROMA}/"), file.size, file.name


def _fault(folder: Path, file: _File, chroma_content: str | None, *, hashing: bool) -> str | None:
    path = folder / file.name
    told = f"{path} is not what was written"
    if path.is_symlink() or not path.is_file():
        return f"{path} is missing"
    if path.stat().st_size == file.size and (not hashing or _hash(path) == file.sha256):
        return None
    if file.name == _CHROMA_FILE and chroma_content is not None:
        return None if not hashing or content_hash(path.parent) == chroma_content else told
    return told


def _file(folder: Path, path: Path) -> _File:
    return _File(path.relative_to(folder).as_posix(), path.stat().st_size, _hash(path))


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _tree(folder: Path) -> Iterator[Path]:
    """All files below `folder` but the manifest and the lock files of readers, sorted."""
    for parent, _, names in sorted(os.walk(folder)):
        yield from (
            Path(parent, name)
            for name in sorted(names)
            if name != NAME and not name.endswith(".lock")
        )
