"""The folder of an index: numbered generations, the pointer to the published one, its one writer.

A generation is written whole, then CURRENT is replaced in one step; what is published stays as is.
"""

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import EnvironmentTrouble, IndexDamaged, IndexLocked, IndexMissing

CURRENT = "CURRENT"
#: Parts of a generation: files, and two folders.
MAIL, RECEIPT, CHROMA, LEXICAL = "mail.sqlite", "receipt.jsonl", "chroma", "lexical"
_LOCK, _WRITER = "lock", "writer.json"
_NAME = re.compile(r"gen-(\d{6,})")
_POINTER = re.compile(r"(gen-\d{6,}) ([0-9a-f]{64})\n")
#: Seconds in which the holder of the lock has surely written its name.
_NAME_WITHIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Generation:
    """A published generation: its folder, and the sha256 of its manifest."""

    path: Path
    manifest_hash: str


def published(folder: Path) -> Generation:
    """The generation that CURRENT names; IndexMissing or IndexDamaged."""
    try:
        text = (folder / CURRENT).read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        raise IndexMissing(f"no index in {folder}: run `exhibit ingest`") from None
    except OSError as error:
        raise IndexDamaged(
            f"{folder / CURRENT} cannot be read ({error.strerror}): check whose it is, or run "
            "`exhibit ingest --rebuild`"
        ) from error
    match = _POINTER.fullmatch(text)
    if match is None:
        raise IndexDamaged(
            f"{folder / CURRENT} is not what was written: run `exhibit ingest --rebuild`"
        )
    return Generation(folder / match[1], match[2])


def pointer_state(folder: Path) -> tuple[int, int, int] | None:
    """What changes when a generation is published, for one `stat`; None without an index."""
    try:
        state = (folder / CURRENT).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return state.st_mtime_ns, state.st_ino, state.st_size


def new_generation(folder: Path) -> Path:
    """An empty folder for the next generation, readable by its owner only."""
    numbers = [int(match[1]) for match in map(_NAME.fullmatch, _names(folder)) if match]
    path = folder / f"gen-{max(numbers, default=0) + 1:06d}"
    path.mkdir(mode=0o700)
    return path


def publish(generation: Generation) -> None:
    """Make the generation the published one; it survives a power cut once this returns."""
    folder = generation.path.parent
    _sync_tree(generation.path)
    _sync(folder)
    write_synced(folder / CURRENT, f"{generation.path.name} {generation.manifest_hash}\n")


def write_synced(path: Path, text: str) -> None:
    """Replace a file in one step: its readers see the old text or the new one."""
    waiting = path.with_name(f"{path.name}.new")
    with waiting.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if path.is_dir():
        # An empty folder in the place of a file cannot be replaced; a full one is not ours.
        path.rmdir()
    waiting.replace(path)
    _sync(path.parent)


def remove_generations(folder: Path, *, keep: frozenset[str]) -> None:
    """Delete the generations of `folder` not named in `keep`, and what a crash left half-named."""
    (folder / f"{CURRENT}.new").unlink(missing_ok=True)
    (folder / f"{_WRITER}.new").unlink(missing_ok=True)
    for path in sorted(folder.iterdir()):
        if _NAME.fullmatch(path.name) and path.name not in keep and not path.is_symlink():
            # A reader on Windows may still hold a file: the next ingest tries again.
            shutil.rmtree(path, ignore_errors=True)


def kept_generations(folder: Path) -> frozenset[str]:
    """The published generation and the one before it, which open readers may still use."""
    try:
        current = published(folder).path.name
    except (IndexMissing, IndexDamaged):
        return frozenset()
    older = [name for name in _names(folder) if _NAME.fullmatch(name) and name < current]
    return frozenset([current, *sorted(older)[-1:]])


@contextmanager
def lock_index(folder: Path) -> Iterator[None]:
    """Be the one writer of the index; IndexLocked at once, naming who is, when another one is.

    Re-entrant within a thread. The lock of a process that died is free: the system let it go.
    """
    # Only writers need it.
    from filelock import FileLock, Timeout

    with private_files(), told_plainly(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / _LOCK, mode=0o600, is_singleton=True)
    is_nested = lock.is_locked
    with told_plainly(folder):
        try:
            lock.acquire(blocking=False)
        except Timeout:
            raise IndexLocked(
                f"{folder} is being written by {_holder(folder)}; wait for it, then run this again"
            ) from None
        except NotImplementedError as error:
            raise EnvironmentTrouble(
                f"{folder} is on a file system without locks; choose another with --index"
            ) from error
    try:
        with private_files(), told_plainly(folder):
            _sign(folder)
        yield
    finally:
        if not is_nested:
            (folder / _WRITER).unlink(missing_ok=True)
        lock.release()


@contextmanager
def private_files() -> Iterator[None]:
    """Files and folders made inside are for their owner only."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def told_plainly(folder: Path) -> Iterator[None]:
    """Tell faults of the file system, such as a full disk, as EnvironmentTrouble."""
    try:
        yield
    except OSError as error:
        # Copying a folder collects (source, target, reason) of each file.
        reason = error.args[0][0][2] if isinstance(error, shutil.Error) else error.strerror
        raise EnvironmentTrouble(
            f"cannot write the index in {folder}: {reason or error}; "
            "the index there is as it was; free some space or check the folder, then run it again"
        ) from error


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _sign(folder: Path) -> None:
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]]) or "python"
    text = json.dumps({"pid": os.getpid(), "command": command})
    waiting = folder / f"{_WRITER}.new"
    waiting.write_text(text, encoding="utf-8")
    waiting.replace(folder / _WRITER)


def _holder(folder: Path) -> str:
    """Who holds the lock, once it has signed; a name left by a process that died is passed over."""
    deadline = time.monotonic() + _NAME_WITHIN_S
    while time.monotonic() < deadline:
        with suppress(OSError, ValueError, KeyError, TypeError):
            signed = json.loads((folder / _WRITER).read_text(encoding="utf-8"))
            os.kill(int(signed["pid"]), 0)
            return f"process {int(signed['pid'])} ({signed['command']})"
        time.sleep(0.02)
    return "another process"


def _sync_tree(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            _sync_tree(path)
        else:
            _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
