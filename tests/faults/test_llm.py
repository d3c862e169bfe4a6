"""What goes wrong with the language model, seen at each door: the terminal, the page, the suite.

One line that says what it is, in time; quotes from the mail in its place; what had been written
until then is told as cut off.
"""

import asyncio
import html
import json
import os
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from eval.cases import Case, write_suite
from tests.eval.mill import on_the_command_line
from tests.ollama_double import OllamaDouble
from tests.ollama_faults import FAULTS, Fault
from ui.cli import main
from ui.scope import ScopeFlags
from ui.setup import engine_from
from ui.web.desk import Desk
from ui.web.session import Session
from ui.web.talk import Talk

QUESTION = "Why should we not hire a brass band?"
CASE = Case("band", QUESTION, "fact", ("open2@mill.example",), answer_any=("geese",))
QUOTED = "frightens the geese"
#: Seconds that a fault which is waited for may take, and what may come on top; another takes much
#: less than 2 s where the machine is free.
LIMIT_S, SLACK_S, SOON_S = 1.0, 3.0, 5.0


@dataclass(frozen=True, slots=True)
class Told:
    """What a user was shown: the answer with what it cites, and the remarks beside it."""

    answer: str
    remarks: list[str]


Door = Callable[[pytest.CaptureFixture[str]], Told]


def terminal(capsys: pytest.CaptureFixture[str]) -> Told:
    code = main(["ask", QUESTION])
    out, error = capsys.readouterr()
    assert code == 0
    assert all(line.startswith("note: ") for line in error.splitlines())
    return Told(out, [line.removeprefix("note: ") for line in error.splitlines()])


def page(_capsys: pytest.CaptureFixture[str]) -> Told:
    async def asked() -> str:
        talk = Talk(lambda _: Desk(lambda: engine_from({})))
        question = talk.typed(QUESTION, Session(), ScopeFlags())
        return str([frame async for frame in talk.frames(question, "tab")][-1].past)

    shown = asyncio.run(asked())
    assert 'class="citation"' in shown
    assert 'class="failure"' not in shown
    remarks = re.findall(r'<p class="note">(.*?)</p>', shown, re.S)
    return Told(shown, [html.unescape(remark) for remark in remarks])


def suite(capsys: pytest.CaptureFixture[str]) -> Told:
    path = Path(os.environ["EXHIBIT_CONFIG"]).with_name("band.jsonl")
    write_suite([CASE], path)
    code = main(["eval", str(path), "--json"])
    out, error = capsys.readouterr()
    (outcome,) = json.loads(out)["outcomes"]
    assert (code, outcome["status"], outcome["error"]) == (0, "answered", "")
    assert outcome["values"]["correct"] == outcome["values"]["citation_validity"] == 1
    assert error == f"1 of 1 answers came with a remark; the first, band: {outcome['notes'][0]}\n"
    return Told(outcome["answer"] + str(outcome["citations"]), outcome["notes"])


DOORS: Mapping[str, Door] = {"terminal": terminal, "page": page, "suite": suite}
at_each_door = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)


@pytest.fixture
def double(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OllamaDouble]:
    """A machine whose Ollama is the double."""
    on_the_command_line(monkeypatch, tmp_path, tmp_path_factory.getbasetemp())
    (tmp_path / "config.toml").write_text("[answering]\nfloor = 0.0\n")
    monkeypatch.setenv("EXHIBIT_ANSWERER", "ollama")
    with OllamaDouble(prompt_tokens=1500) as server:
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        yield server


def check(door: Door, capsys: pytest.CaptureFixture[str], words: str, within_s: float) -> str:
    """The one remark at a door, which says `words` in time; the mail is quoted and cited."""
    started = time.monotonic()
    told = door(capsys)
    assert time.monotonic() - started < within_s
    assert QUOTED in told.answer
    (remark,) = told.remarks
    assert words in remark
    assert "\n" not in remark and len(remark) < 500
    assert "Traceback" not in told.answer + remark
    return remark


def arranged(double: OllamaDouble, name: str, home: Path) -> Fault:
    """The fault, which the double has from now on; what is waited for is waited for shortly."""
    fault, double.fault = FAULTS[name], name
    if fault.waits:
        with (home / "config.toml").open("a") as config:
            config.write(f"{fault.waits}_timeout_s = {LIMIT_S}\n")
    return fault


@at_each_door
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_line_and_quotes(
    double: OllamaDouble,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    name: str,
    door: Door,
) -> None:
    fault = arranged(double, name, tmp_path)
    within_s = LIMIT_S + SLACK_S if fault.waits else SOON_S
    remark = check(door, capsys, fault.told(LIMIT_S), within_s)
    assert remark.endswith("showing quotes from the mail instead")
    assert ("cut off and unchecked: “" in remark) == fault.begins


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_another_server_is_one_line_and_quotes(
    double: OllamaDouble,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
) -> None:
    monkeypatch.setenv("EXHIBIT_ANSWERER", "openai")
    monkeypatch.setenv("EXHIBIT_OPENAI_BASE_URL", f"{double.url}/v1")
    fault = arranged(double, name, tmp_path)
    remark = check(terminal, capsys, "The OpenAI-compatible server at http://127.0.0.1:", SOON_S)
    assert remark.endswith("showing quotes from the mail instead")
    assert ("cut off and unchecked: “" in remark) == fault.begins


#: What is wrong before a question is sent -> how the machine is then, and what is said of it.
#: "double" fields are set on it, others in the environment; HERE is the address of the double.
ABSENCES: Mapping[str, tuple[Mapping[str, object], str]] = {
    "down": ({"OLLAMA_HOST": "http://127.0.0.1:{free}"}, "refused the connection: start it"),
    "other machine": ({"OLLAMA_HOST": "http://mail.invalid"}, "mail.invalid is another machine"),
    "unknown name": ({"OLLAMA_HOST": "http://localhost:{free}"}, "host name that does not resolve"),
    "no address": ({"OLLAMA_HOST": "ftp://127.0.0.1"}, "is not an address"),
    "cloud model": ({"EXHIBIT_MODEL": "gpt-oss:120b-cloud"}, "a cloud model"),
    "no such model": ({"models": ("llama3.2:1b",)}, "or use the installed 'llama3.2:1b'"),
    "no model": ({"models": ()}, "`ollama pull llama3.2`"),
    "hangs": ({"fault": "silent", "fault_at": ""}, "went silent for 0.7 s"),
    "web server": ({"fault": "html", "fault_at": ""}, "answered with a web page"),
    "other server": ({"fault": "404", "fault_at": ""}, "knows nothing at that address"),
    "redirects": ({"fault": "redirect", "fault_at": ""}, "tried to redirect the request"),
    "model unreadable": ({"fault": "500", "fault_at": "/show"}, "failed inside (HTTP 500)"),
}


@at_each_door
@pytest.mark.parametrize("name", ABSENCES)
def test_a_model_that_is_not_there_is_one_line_and_quotes(
    double: OllamaDouble,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    door: Door,
) -> None:
    machine, words = ABSENCES[name]
    for key, value in machine.items():
        if key.isupper():
            monkeypatch.setenv(key, str(value).format(free=free_port()))
        else:
            setattr(double, key, value)
    if name == "unknown name":
        monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    remark = check(door, capsys, words, SOON_S)
    assert remark.endswith(("until then the mail is quoted", "quotes from the mail instead"))
    assert double.chats == []


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def no_such_name(*_: object, **__: object) -> None:
    raise socket.gaierror(-2, "Name or service not known")


def test_a_suite_says_on_the_terminal_how_many_answers_were_not_the_models(
    double: OllamaDouble, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    double.fault = "500"
    assert main(["eval", str(tmp_path / "suite.jsonl")]) == 0
    assert "answers came with a remark; the first, musician: Ollama" in capsys.readouterr().err
