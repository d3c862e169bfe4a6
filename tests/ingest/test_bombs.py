"""Hostile mail: bounded in time and memory, reported, and without harm to its neighbours."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.model import Draft
from tests.bombs import BOMBS, NEIGHBOURS
from tests.raw_mail import read

ROOT = Path(__file__).resolve().parents[2]
#: RELIABILITY R9 allows 10 s of CPU and 512 MB for each.
CPU_SECONDS, KIB = 10, 512 * 1024

Told = dict[str, dict[str, object]]


@pytest.fixture(scope="module")
def told() -> Told:
    """What became of each bomb, read in a process whose peak of memory is only theirs."""
    if sys.platform != "linux":
        pytest.skip("reads the peak of memory from /proc")
    command = [sys.executable, "-m", "tests.bombs"]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    lines = map(json.loads, result.stdout.splitlines())
    return {line.pop("name"): line for line in lines}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_bounded_and_its_neighbours_are_indexed(told: Told, name: str) -> None:
    found = told[name]
    assert found["subjects"] == NEIGHBOURS
    assert found["seconds"] < CPU_SECONDS  # type: ignore[operator]
    assert found["kib"] < KIB  # type: ignore[operator]
    assert found["longest"] < 4 << 20  # type: ignore[operator]


BITES = {
    "1,000 nested multiparts": "nested deeper than 50",
    "100,000 parts": "parts after the first 1000",
    "560 kB subject in one word": "header subject cut",
    "20,000 addresses": "recipients after the first 2000",
    "500,000 header lines": "header cut to",
    "one 50 MB line": "cut to",
    "attached 45 MB of base64": "attachment 'a.csv' cut",
}


@pytest.mark.parametrize("name", BITES)
def test_limit_that_bites_is_reported(name: str) -> None:
    first = read(BOMBS[name]())[0]
    assert isinstance(first, Draft)
    assert any(BITES[name] in warning for warning in first.warnings), first.warnings
