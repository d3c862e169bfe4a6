"""`exhibit doctor`: finds what is broken, names the mending, and survives everything."""

import json
import socket
from importlib import metadata
from pathlib import Path

import pytest

from tests.ui.clean_home import clean_home
from ui import doctor
from ui.cli import main
from ui.doctor import Check, required_versions, run_checks, worst


@pytest.fixture
def machine(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A machine on which nothing has been done yet."""
    clean_home(monkeypatch, tmp_path, tmp_path_factory.getbasetemp())
    return tmp_path


def found(name: str, port: int = 0) -> Check:
    checks = run_checks(overrides={}, port=port or free_port())
    return next(check for check in checks if check.name == name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_new_machine_lacks_only_the_index(machine: Path) -> None:
    checks = run_checks(overrides={}, port=free_port())
    assert [check.name for check in checks if check.state == "fail"] == ["index"]
    assert "exhibit ingest" in found("index").detail


def test_json_holds_every_check(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json", "--port", str(free_port())]) == 3
    shown = json.loads(capsys.readouterr().out)
    assert shown["state"] == "fail"
    assert {"python", "packages", "index", "disk", "port"} <= {c["name"] for c in shown["checks"]}


def test_one_line_each(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--port", str(free_port())])
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith(("ok  ", "WARN", "FAIL")) for line in lines)


def test_broken_settings_hide_nothing_else(machine: Path) -> None:
    (machine / "config.toml").write_text("nonsense = 1")
    names = [check.name for check in run_checks(overrides={}, port=free_port())]
    assert names[0] == "settings"
    assert "disk" in names


def test_taken_port_names_another(machine: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        check = found("port", port)
    assert (check.state, check.fix) == ("warn", f"exhibit chat --port {port + 1}")


def test_index_open_to_others_is_told(machine: Path) -> None:
    folder = machine / "index"
    folder.mkdir(mode=0o755)
    (folder / "mail").write_text("x")
    assert found("permissions").state == "warn"
    assert found("permissions").fix == f"chmod -R go-rwx '{folder}'"


def test_damaged_index_is_found(machine: Path) -> None:
    (machine / "index").mkdir(mode=0o700)
    (machine / "index" / "CURRENT").write_text("gen-000009")
    assert found("index").state == "fail"


def test_old_or_missing_package_is_named(
    machine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text('[project]\ndependencies = ["rich>=99", "no-such-package==1.2"]')
    versions = required_versions(project)
    monkeypatch.setattr(doctor, "required_versions", lambda: versions)
    assert found("packages") == Check(
        "packages",
        "fail",
        f"rich {metadata.version('rich')} is older than 99; no-such-package is missing",
        "make clean, then make chat",
    )


def test_full_disk_is_told(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_FULL", 10**18)
    assert found("disk").state == "fail"


def test_crash_inside_a_check_becomes_a_finding(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: 1 / 0)
    assert found("disk") == Check(
        "disk", "fail", "ZeroDivisionError: division by zero", "make clean, then make chat"
    )


def test_language_model_that_is_down_matters_only_when_wanted(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("EXHIBIT_ANSWERER", "auto")
    assert found("language model").state == "ok"
    monkeypatch.setenv("EXHIBIT_ANSWERER", "ollama")
    assert found("language model").state == "fail"


def test_worst_state_decides() -> None:
    fine, odd, broken = Check("a", "ok", ""), Check("b", "warn", ""), Check("c", "fail", "")
    assert [worst([fine]), worst([fine, odd]), worst([odd, broken])] == ["ok", "warn", "fail"]
