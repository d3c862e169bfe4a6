"""What `exhibit doctor` looks at: each check says in one line what is so and how to mend it.

Every check runs by itself, so that one broken thing hides no other. No mail is sent anywhere.
"""

import json
import os
import re
import shutil
import socket
import stat
import sys
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from ingest.errors import ExhibitError, IndexMissing, LLMError
from rag.config import Settings, load_settings

State = Literal["ok", "warn", "fail"]

#: Exhibit runs from a checkout: what it needs stands in this file.
_PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"
_REQUIREMENT = re.compile(r"([\w-]+)[>=]=([\d.]+)")
_LOWEST_PYTHON = (3, 11)
_REINSTALL = "make clean, then make chat"

#: Bytes below which the index of the released emails (about 2 MB) and its copy get tight.
_TIGHT, _FULL = 500_000_000, 50_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `fix` is what to do, "" when nothing needs doing."""

    name: str
    state: State
    detail: str
    fix: str = ""


def run_checks(*, overrides: dict[str, object], port: int) -> list[Check]:
    """All checks in a fixed order, whatever is broken."""
    settings, found = _settings(overrides)
    checks: tuple[tuple[str, Callable[[], Iterator[Check]]], ...] = (
        ("python", _python),
        ("packages", _packages),
        ("weights", lambda: _weights(settings)),
        ("selector", lambda: _selector(settings)),
        ("emails", lambda: _emails(settings)),
        ("index", lambda: _index(settings)),
        ("permissions", lambda: _permissions(settings)),
        ("lock", lambda: _lock(settings)),
        ("disk", lambda: _disk(settings)),
        ("language model", lambda: _language_model(settings)),
        ("port", lambda: _port(port)),
    )
    for name, check in checks:
        found += _guarded(name, check)
    return found


def worst(checks: list[Check]) -> State:
    """fail, else warn, else ok."""
    states = {check.state for check in checks}
    return "fail" if "fail" in states else "warn" if "warn" in states else "ok"


def _guarded(name: str, check: Callable[[], Iterator[Check]]) -> list[Check]:
    """The findings of `check`; its own failure becomes one, for a doctor must not fall ill."""
    found: list[Check] = []
    try:
        found.extend(check())
    except ExhibitError as error:
        found.append(_from_error(name, error))
    except Exception as error:  # noqa: BLE001  (this is what "works with everything broken" takes)
        found.append(Check(name, "fail", f"{type(error).__name__}: {error}", _REINSTALL))
    return found


def _from_error(name: str, error: ExhibitError) -> Check:
    """Exhibit's own messages already end with what to do."""
    return Check(name, "fail", str(error))


def _settings(overrides: dict[str, object]) -> tuple[Settings, list[Check]]:
    try:
        return load_settings(overrides, environ=os.environ), []
    except ExhibitError as error:
        return Settings(), [_from_error("settings", error)]


def _python() -> Iterator[Check]:
    version = sys.version_info[:3]
    state: State = "ok" if version >= _LOWEST_PYTHON else "fail"
    fix = "" if state == "ok" else "install Python 3.11 or newer"
    yield Check("python", state, ".".join(map(str, version)), fix)


def required_versions(project: Path = _PROJECT) -> dict[str, tuple[int, ...]]:
    """Lowest version that works of each library, as pyproject.toml asks for."""
    lines = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    found = [match for match in map(_REQUIREMENT.match, lines) if match]
    return {match[1]: _numbers(match[2]) for match in found}


def _packages() -> Iterator[Check]:
    required = required_versions()
    troubles = [_trouble(name, lowest) for name, lowest in required.items()]
    broken = [trouble for trouble in troubles if trouble]
    if broken:
        yield Check("packages", "fail", "; ".join(broken), _REINSTALL)
    else:
        yield Check("packages", "ok", f"{len(required)} installed, torch {_torch()}")


def _trouble(name: str, lowest: tuple[int, ...]) -> str:
    """What is wrong with an installed library; "" when nothing is."""
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"{name} is missing"
    if _numbers(version) < lowest:
        return f"{name} {version} is older than {'.'.join(map(str, lowest))}"
    return ""


def _torch() -> str:
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return "missing"


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.partition("+")[0].split(".")
    return tuple(int(part) for part in parts if part.isdigit())


def _weights(settings: Settings) -> Iterator[Check]:
    from rag.build import open_embedder

    embedder = open_embedder(settings)
    detail = f"{embedder.name}, sha256 {embedder.weights_hash[:12]}…"
    trouble = str(getattr(embedder, "onnx_trouble", None) or "")
    if trouble:
        yield Check("weights", "warn", f"{detail}, slow to start: {trouble}", _REINSTALL)
    else:
        yield Check("weights", "ok", detail)


def _selector(settings: Settings) -> Iterator[Check]:
    from rag.build import open_embedder, open_selector

    selector, why_not = open_selector(settings, open_embedder(settings))
    if why_not:
        yield Check("selector", "warn", why_not, _REINSTALL)
    else:
        detail = (
            "reads sentences beside the question" if selector else "not in use: see the settings"
        )
        yield Check("selector", "ok", f"answer selector, {detail}")


def _emails(settings: Settings) -> Iterator[Check]:
    from corpus.released import cached

    path = cached(settings.cache)
    if path:
        yield Check("emails", "ok", f"released emails, verbatim: {path}")
    else:
        yield Check(
            "emails", "ok", "released emails, restated (built in)", "exhibit corpus fetch: verbatim"
        )


def _index(settings: Settings) -> Iterator[Check]:
    from rag.index import open_index, verify_index

    try:
        index = open_index(settings.index)
    except IndexMissing as error:
        yield _from_error("index", error)
        return
    with closing(index):
        detail = f"{len(index.mail)} messages ({index.stamp.corpus}) in {settings.index}"
    faults = verify_index(settings.index)
    if faults:
        yield Check("index", "fail", "; ".join(faults), "exhibit ingest --rebuild")
    else:
        yield Check("index", "ok", f"{detail}, every file as written")


def _permissions(settings: Settings) -> Iterator[Check]:
    readable = [path for path in _files(settings.index) if _open_to_others(path)]
    if readable:
        detail = f"others can read {len(readable)} files, such as {readable[0]}"
        yield Check("permissions", "warn", detail, f"chmod -R go-rwx '{settings.index}'")
    elif settings.index.exists():
        yield Check("permissions", "ok", "the index is readable by you only")


def _files(folder: Path) -> Iterator[Path]:
    if folder.exists():
        yield folder
        yield from folder.rglob("*")


def _open_to_others(path: Path) -> bool:
    return bool(stat.S_IMODE(path.lstat().st_mode) & 0o077) and not path.is_symlink()


def _lock(settings: Settings) -> Iterator[Check]:
    import filelock

    path = settings.index / "lock"
    if not path.exists():
        return
    lock = filelock.FileLock(path, mode=0o600, is_singleton=True)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        yield Check("lock", "warn", f"an ingest is running{_writer(path)}", "wait for it to end")
        return
    lock.release()
    yield Check("lock", "ok", "nobody is writing the index")


def _writer(lock: Path) -> str:
    try:
        signed = json.loads(lock.with_name("writer.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ""
    return f": process {signed['pid']}" if isinstance(signed, dict) and "pid" in signed else ""


def _disk(settings: Settings) -> Iterator[Check]:
    folder = settings.index
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    state: State = "fail" if free < _FULL else "warn" if free < _TIGHT else "ok"
    fix = "" if state == "ok" else "free some space, or name another folder with --index"
    yield Check("disk", state, f"{free / 1e9:.1f} GB free at {folder}", fix)


def _language_model(settings: Settings) -> Iterator[Check]:
    from rag.build import open_llm

    name = "language model"
    if settings.answerer == "extractive":
        yield Check(name, "ok", "none wanted: answers are quotes from the mail")
        return
    try:
        llm = open_llm(settings, settings.answerer)
        length = llm.context_length() if llm else 0
    except LLMError as error:
        if settings.answerer != "auto":
            raise
        yield Check(name, "ok", f"none, so answers are quotes from the mail ({error})")
    else:
        yield Check(name, "ok", f"{settings.model} answers; it reads {length:,} tokens at once")


def _port(port: int) -> Iterator[Check]:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            fix = f"exhibit chat --port {port + 1}"
            yield Check("port", "warn", f"{port} cannot be used: {error.strerror}", fix)
        else:
            yield Check("port", "ok", f"{port} is free for exhibit chat")
