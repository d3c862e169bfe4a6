"""The README tells the truth: its examples run as shown and its commands exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.clean_home import clean_home
from ui.cli import main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"<!-- runs -->\n```console\n\$ exhibit (.*?)\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The index is that of the built-in emails; there is no language model."""
    with pytest.MonkeyPatch.context() as patch:
        clean_home(patch, tmp_path_factory.mktemp("readme"), tmp_path_factory.getbasetemp())
        assert main(["ingest", "--offline"]) == 0
        yield


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[e[0][:30] for e in EXAMPLES])
def test_example_prints_what_the_readme_shows(
    built_in: None,
    capsys: pytest.CaptureFixture[str],
    command: str,
    shown: str,
) -> None:
    assert main(shlex.split(command)) == 0
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
    assert set(re.findall(r"(?:`|\$ )make ([a-z]+)", README)) <= targets | {"chat"}


def test_linked_files_exist() -> None:
    links = [link for link in re.findall(r"\]\(([^)#:]+)\)", README) if not link.startswith("http")]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def _words(text: str) -> str:
    return " ".join(text.split())
