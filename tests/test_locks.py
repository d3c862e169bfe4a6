"""The lock files name what the project needs, at the versions that are tested, each with hashes."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LOCKS = sorted((ROOT / "locks").glob("*.txt"))
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)(.*)$")


def entries(path: Path) -> list[tuple[str, str, int]]:
    """Name, version and number of hashes of each package in a lock file."""
    text = path.read_text(encoding="utf-8")
    whole = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^#.*\n", "", text))
    pins = [_PIN.match(line) for line in whole.splitlines()]
    assert all(pins), f"{path.name} holds a line that is no pin: run `make lock`"
    return [(_plain(p[1]), p[2], p[3].count("--hash=sha256:")) for p in pins if p]


def pins(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").split()
    return {_plain(name): version for name, _, version in (x.partition("==") for x in lines)}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_a_hash(path: Path) -> None:
    found = entries(path)
    assert found
    assert [name for name, _, hashes in found if not hashes] == []


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_locks_and_constraints_name_the_same_versions(path: Path) -> None:
    wanted = pins(ROOT / "constraints.txt")
    other = [
        f"{name}=={version}, not {wanted[name]}: run `make lock`"
        for name, version, _ in entries(path)
        if name in wanted and version.removesuffix("+cpu") != wanted[name]
    ]
    assert other == []


def test_every_requirement_of_the_project_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    locked = {name for path in LOCKS for name, _, _ in entries(path)}
    required = [
        *project["project"]["dependencies"],
        *(r for extra in project["project"]["optional-dependencies"].values() for r in extra),
        *(r for group in project["dependency-groups"].values() for r in group),
        *project["build-system"]["requires"],
    ]
    names = [_plain(re.split(r"[<>=!~;\[ ]", requirement)[0]) for requirement in required]
    assert [name for name in names if name not in locked] == []


def test_every_lock_is_audited() -> None:
    text = (ROOT / "scripts" / "audit.py").read_text(encoding="utf-8")
    named = set(re.findall(r'"([\w-]+\.txt)"', text))
    assert {path.name for path in LOCKS} - named == {"torch-cpu.txt"}
