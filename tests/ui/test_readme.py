"""The README tells the truth: its examples run as shown and its commands exist."""

import re
import shlex
from pathlib import Path

import pytest

from ui.cli import main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"<!-- runs -->\n```console\n\$ exhibit (.*?)\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the built-in emails."""
    folder = tmp_path_factory.mktemp("readme") / "index"
    assert main(["ingest", str(ROOT / "corpus/digest.jsonl"), "--index", str(folder)]) == 0
    return folder


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[e[0][:30] for e in EXAMPLES])
def test_example_prints_what_the_readme_shows(
    index: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    shown: str,
) -> None:
    monkeypatch.setenv("EXHIBIT_ANSWERER", "extractive")
    assert main([*shlex.split(command), "--index", str(index)]) == 0
    printed = _words(capsys.readouterr().out)
    assert shown.strip()
    for passage in shown.split("…\n"):
        assert _words(passage) in printed


def test_every_command_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--help"])
    listed = capsys.readouterr().out.partition("Commands:")[2]
    for name in re.findall(r"^  ([a-z]+)  ", listed, re.MULTILINE):
        assert f"exhibit {name}" in README


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z]+)", README)) <= targets | {"chat"}


def test_linked_files_exist() -> None:
    links = [link for link in re.findall(r"\]\(([^)#:]+)\)", README) if not link.startswith("http")]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def _words(text: str) -> str:
    return " ".join(text.split())
