"""Nothing leaves loopback while Exhibit is used, and everything works where there is no network."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.security.conftest import Lived
from tests.security.household import ROOT

UNSHARE = ["unshare", "-rn"]


def may_unshare() -> bool:
    """Whether this machine lets us have a network namespace of our own."""
    if sys.platform != "linux" or shutil.which(UNSHARE[0]) is None:
        return False
    return subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What `tests.security.offline` saw."""
    if not may_unshare():
        pytest.skip("no network namespaces here: unshare -rn does not work")
    folder = tmp_path_factory.mktemp("offline")
    # As in tests/ui/clean_home.py: the model is exported once for all tests.
    models = str(tmp_path_factory.getbasetemp() / "models")
    command = [*UNSHARE, sys.executable, "-m", "tests.security.offline", str(folder)]
    environment = {**os.environ, "EXHIBIT_MODELS": models}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=300)
    seen: dict[str, object] = json.loads((folder / "offline.json").read_text(encoding="utf-8"))
    return seen


def test_no_command_and_no_page_looks_up_or_reaches_another_machine(
    lived: Lived, page_url: str
) -> None:
    assert page_url
    sockets = lived.house.sockets()
    assert [line for line in sockets if line.startswith("off")] == []


def test_all_of_it_works_without_a_network(offline: dict[str, object]) -> None:
    assert offline["codes"] == [0, 0, 0, 0, 0, 0]
    assert (offline["page"], offline["mcp"]) == ("", False)
    assert offline["chats"] == 3


def test_no_library_tries_to_leave_the_machine(offline: dict[str, object]) -> None:
    assert (offline["unroutable"], offline["off"]) == (0, [])


def test_no_library_leaves_an_id_of_the_machine_behind(offline: dict[str, object]) -> None:
    assert offline["left_at_home"] == []


def test_the_kernel_would_have_counted_it(offline: dict[str, object]) -> None:
    assert int(str(offline["noticed"])) >= 2
    assert int(str(offline["loopback"])) > 10
