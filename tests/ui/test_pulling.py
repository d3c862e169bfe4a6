"""`exhibit doctor --pull`: Ollama downloads the model, and what happens is shown."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from tests.ollama_double import OllamaDouble
from tests.ui.clean_home import clean_home
from ui import pulling
from ui.cli import main


@pytest.fixture
def double(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OllamaDouble]:
    """A server without the model, on a machine without an index."""
    clean_home(monkeypatch, tmp_path, tmp_path_factory.getbasetemp())
    with OllamaDouble(models=("llama3.1:8b",)) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        monkeypatch.delenv("EXHIBIT_ANSWERER")
        yield server


def pulled(double: OllamaDouble) -> list[object]:
    return [seen.body["model"] for seen in double.requests if seen.path == "/api/pull"]


def test_the_model_is_downloaded_before_the_checks(
    double: OllamaDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["doctor", "--pull"])
    shown = capsys.readouterr()
    assert pulled(double) == ["llama3.2"]
    assert shown.err.splitlines() == ["pulling 1a2b (0 MB)", "success", "llama3.2 is there"]
    assert "language model: llama3.2 answers; it reads 8,192 tokens" in shown.out


def test_a_model_that_is_there_is_not_downloaded(
    double: OllamaDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["doctor", "--pull", "--model", "llama3.1:8b"])
    assert pulled(double) == []
    assert capsys.readouterr().err == "llama3.1:8b is there\n"


def test_without_pull_the_nearest_model_is_offered(
    double: OllamaDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["doctor"])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "language model" in line]
    assert "`exhibit doctor --pull` or `ollama pull llama3.2`" in line
    assert "use the installed 'llama3.1:8b'" in line
    assert pulled(double) == []


def test_a_failed_download_is_one_line(
    double: OllamaDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    double.fault = "pull_error"
    assert main(["doctor", "--pull"]) == 3
    last = capsys.readouterr().err.splitlines()[-1]
    assert "file does not exist" in last and "is there" not in last


def test_without_a_server_the_remedy_is_told(
    double: OllamaDouble, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")
    assert main(["doctor", "--pull"]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert "ollama serve" in line


def test_a_cloud_model_is_not_downloaded(
    double: OllamaDouble, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--pull", "--model", "gpt-oss:120b-cloud"]) == 3
    assert "cloud model" in capsys.readouterr().err
    assert double.requests == []


def test_on_a_terminal_there_is_a_bar(
    double: OllamaDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, width=100)
    monkeypatch.setattr(pulling, "stderr_console", lambda: terminal)
    main(["doctor", "--pull"])
    assert "100/100 bytes" in screen.getvalue()
