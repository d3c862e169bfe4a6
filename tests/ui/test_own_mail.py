"""Own mail: who is who as the user states it, and in what copies of one message differ."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from ingest.model import Span, Variant
from tests.fakes import make_mbox
from tests.ui.fake_archive import email
from ui.terminal_mail import differences

ROOT = Path(__file__).resolve().parents[2]


def test_people_file_of_the_user_names_a_sender(tmp_path: Path) -> None:
    box = make_mbox(tmp_path / "a.mbox", range(3))
    people = tmp_path / "people.toml"
    people.write_text('[[person]]\nname = "Zoe Quill"\naddresses = ["ann@example.org"]\n')
    environment = {
        **os.environ,
        "EXHIBIT_PEOPLE": str(people),
        "EXHIBIT_INDEX": str(tmp_path / "i"),
    }

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "tests.hashing_cli", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    run("ingest", str(box))
    names = [person["name"] for person in json.loads(run("people", "--json"))["people"]]
    assert "Zoe Quill" in names


def test_lines_in_which_a_copy_differs_are_shown() -> None:
    shown = email("a", "One.\nTwo.\n\nFooter.\n", subject="[list] Boat")
    copy = Variant(Span("/b", 1, 1), "One.\n\nTwo!\n", "Boat")
    assert differences(replace(shown, variants=(copy,)), copy).split("\n") == [
        "- Subject: [list] Boat",
        "+ Subject: Boat",
        "- Two.",
        "- Footer.",
        "+ Two!",
    ]
