"""What holds for the whole tree: start-up weight, import direction, names nobody else ships."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("ingest", "rag", "ui", "corpus", "eval")
HEAVY = {
    "chromadb",
    "fastapi",
    "gradio",
    "httpx",
    "numpy",
    "ollama",
    "onnxruntime",
    "pandas",
    "rich",
    "sentence_transformers",
    "tantivy",
    "tokenizers",
    "torch",
    "transformers",
}


#: Libraries that come with sentence-transformers, gradio, ollama and inscriptis, at their versions.
BROUGHT_ALONG = {
    *("torch", "transformers", "huggingface_hub", "safetensors", "scipy"),
    *("fastapi", "starlette", "uvicorn", "pydantic"),
    *("httpx", "httpcore"),
    "lxml",
}


def loaded_by(code: str) -> set[str]:
    """Top-level modules loaded in a fresh interpreter after running `code`."""
    script = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in json.loads(run.stdout.splitlines()[-1])}


def test_start_of_the_command_line_loads_nothing_heavy() -> None:
    assert loaded_by("import ui.cli") & HEAVY == set()


def test_help_loads_nothing_heavy() -> None:
    assert loaded_by("from ui.cli import main; main(['ask', '--help'])") & HEAVY == set()


@pytest.mark.parametrize("module", ["rag.engine", "rag.build", "ingest.archive", "eval.run"])
def test_core_loads_no_model_and_no_page(module: str) -> None:
    allowed = {"numpy", "tantivy", "rich"}
    assert loaded_by(f"import {module}") & HEAVY <= allowed


def test_imports_point_down() -> None:
    pytest.importorskip("importlinter", reason="make lint installs import-linter")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports as l; exit(l())"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_nobody_else_ships_a_package_of_our_names() -> None:
    shipped = metadata.packages_distributions()
    # Installers write our own name with either dash; ours may be listed, installed or editable.
    owners = {
        name: {re.sub(r"[-_.]+", "-", owner).lower() for owner in shipped.get(name, ())}
        for name in PACKAGES
    }
    assert {name: own - {"exhibit-mail"} for name, own in owners.items()} == {
        name: set() for name in PACKAGES
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_is_named_like_a_standard_one(package: str) -> None:
    own = {path.stem for path in (ROOT / package).rglob("*.py") if path.stem != "__init__"}
    clashing = own & sys.stdlib_module_names
    # Both are reached by their full name only and shadow nothing.
    assert clashing <= {"html", "chunk"}


def test_test_folders_are_no_packages() -> None:
    assert not list((ROOT / "tests").glob("*/__init__.py"))


def test_test_files_have_unique_names() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_is_for(package: str) -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / package).rglob("*.py"))
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_pins_meet_what_the_package_asks_for() -> None:
    from ui.doctor import required_versions

    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.lower().split("==") for line in lines if "==" in line)
    for name, lowest in required_versions().items():
        pinned = tuple(int(part) for part in pins[name].split(".") if part.isdigit())
        assert pinned >= lowest, name


def test_every_library_imported_is_asked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [line for extra in project["optional-dependencies"].values() for line in extra]
    asked = {re.split(r"[<>=]", line)[0] for line in [*project["dependencies"], *extras]}
    shipped = metadata.packages_distributions()
    missing = {
        name
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for name in _imported(path) - sys.stdlib_module_names - set(PACKAGES)
        if not asked & {distribution.lower() for distribution in shipped.get(name, ())}
    }
    assert missing <= BROUGHT_ALONG


def _imported(path: Path) -> set[str]:
    """Top-level names of all absolute imports of a file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
