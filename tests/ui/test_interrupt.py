"""Ctrl-C while a command is loaded or a model waited for: at once, one line, exit code 130."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.commands import QUESTION, ROOT, command, make_index
from tests.ollama_double import OllamaDouble


@pytest.mark.parametrize("words", [[], ["--json"]], ids=["for people", "as JSON"])
def test_ctrl_c_ends_a_question_in_one_line(tmp_path: Path, words: list[str]) -> None:
    index = make_index(tmp_path)
    (tmp_path / "config.toml").write_text("[answering]\nfloor = 0.0\n")
    asking = command("ask", QUESTION, "--answerer", "ollama", "--index", str(index), *words)
    with OllamaDouble(fault="stall") as double:
        places = {"OLLAMA_HOST": double.url, "EXHIBIT_CONFIG": str(tmp_path / "config.toml")}
        with subprocess.Popen(
            asking,
            cwd=ROOT,
            env={**os.environ, **places},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            until = time.monotonic() + 60
            while not double.chats:
                assert process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            # The model is silent for much longer than this.
            out, told = process.communicate(timeout=15)
    assert (process.returncode, out, told) == (130, "", "exhibit: interrupted\n")


def test_ctrl_c_while_the_command_is_loaded_ends_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt")
    start = "import sys; from ui.entry import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", start],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "exhibit: interrupted\n")
