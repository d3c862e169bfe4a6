"""docs/security.md names tests that exist, and all those of security and red team."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
DOCUMENT = (TESTS.parent / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`((?:\w+/)?test_\w+\.py)`", DOCUMENT)))


@pytest.mark.parametrize("name", NAMED)
def test_each_test_that_is_named_exists(name: str) -> None:
    assert re.search(r"(?m)^def test_", (TESTS / name).read_text(encoding="utf-8"))


def test_every_row_names_a_test() -> None:
    rows = [
        line for line in DOCUMENT.splitlines() if line.startswith("| ") and "can try to" not in line
    ]
    assert len(rows) >= 20
    assert [row for row in rows if not re.search(r"test_\w+\.py` \|$", row)] == []


@pytest.mark.parametrize("folder", ["security", "redteam"])
def test_no_test_of_these_folders_goes_unnamed(folder: str) -> None:
    there = {f"{folder}/{path.name}" for path in (TESTS / folder).glob("test_*.py")}
    assert there - {*NAMED, "security/test_threat_model.py"} == set()


def test_every_attacker_has_a_table() -> None:
    attackers = [
        "mail author",
        "web page",
        "Another user",
        "network neighbour",
        "model",
        "supplier",
    ]
    headings = re.findall(r"(?m)^## (.*)$", DOCUMENT)
    assert [a for a in attackers if not any(a in heading for heading in headings)] == []
