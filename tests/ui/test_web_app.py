"""The server as a whole: where it listens, its named endpoints, many people at once."""

import asyncio
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from gradio.state_holder import SessionState
from gradio_client import Client

from ingest.errors import UsageError
from rag.model import Event, Scope, Turn
from tests.page_client import Tab
from tests.ui.fake_archive import FakeEngine
from tests.ui.page_server import served
from ui.web.app import PortTaken, read_users, serve

ROOT = Path(__file__).resolve().parents[2]

SERVE = """
from tests.ui.fake_archive import FakeEngine
from ui.web.app import serve
serve(FakeEngine, port=0)
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(FakeEngine(pause_s=0.2)) as address:
        yield address


def test_taken_port_is_named_with_the_flag_that_helps() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"port {port} .*--port"):
            serve(FakeEngine, port=port)  # type: ignore[arg-type]


def test_other_machines_need_an_auth_file() -> None:
    with pytest.raises(UsageError, match="--auth FILE"):
        serve(FakeEngine, host="0.0.0.0")  # type: ignore[arg-type]


def test_auth_file_lists_users(tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text("# who\nann:a:b\n\nbob:c\n")
    assert read_users(path) == {"ann": "a:b", "bob": "c"}


@pytest.mark.parametrize("text", ["", "ann", ":x", "ann:", "# only\n"])
def test_unusable_auth_file_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "users"
    path.write_text(text)
    with pytest.raises(UsageError, match="name:password"):
        read_users(path)


def test_named_endpoints_answer_as_the_commands_do(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What HF_HUB_OFFLINE sets: gradio's client would ask huggingface.co who is calling.
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    client = Client(url, verbose=False)
    said = client.predict("What does the boat cost?", api_name="/ask")
    assert said["citations"][0]["quote"] == "The boat costs 4,200 crowns."
    assert client.predict("boat", 1, api_name="/search")["hits"][0]["message_id"] == "m1"
    assert client.predict("m2", api_name="/show")["message_id"] == "m2"
    with pytest.raises(Exception, match="no message 'none'"):
        client.predict("none", api_name="/show")


async def ask(client: httpx.AsyncClient, question: str) -> str:
    posted = await client.post("/gradio_api/call/ask", json={"data": [question, []]})
    answered = await client.get(f"/gradio_api/call/ask/{posted.json()['event_id']}")
    return str(json.loads(answered.text.split("data: ", 1)[1].splitlines()[0])[0]["question"])


async def ask_at_once(url: str, count: int) -> list[str]:
    limits = httpx.Limits(max_connections=count)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=90) as client:
        return await asyncio.gather(*[ask(client, f"boat {n}?") for n in range(count)])


class MeetingEngine(FakeEngine):
    """Answers nobody before `people` questions are being answered."""

    def __init__(self, people: int) -> None:
        super().__init__()
        self.met = threading.Barrier(people, timeout=60)

    def ask_stream(
        self, question: str, history: Sequence[Turn] = (), scope: Scope | None = None
    ) -> Iterator[Event]:
        self.met.wait()
        yield from super().ask_stream(question, history, scope)


def test_thirty_two_people_are_answered_side_by_side_without_mixing() -> None:
    with served(MeetingEngine(32)) as url:
        assert asyncio.run(ask_at_once(url, 32)) == [f"boat {n}?" for n in range(32)]


def test_no_statistics_of_use_are_made(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    summed: list[object] = []
    monkeypatch.setattr("gradio.queueing.Queue._get_df", summed.append)
    assert asyncio.run(ask_at_once(url, 2)) == ["boat 0?", "boat 1?"]
    assert summed == []


def test_gradio_is_loaded_without_writing_beside_its_sources() -> None:
    watch = (
        "import inspect, sys; getfile = inspect.getfile; opened = []; "
        "sys.addaudithook(lambda name, args: name == 'open' and opened.append(str(args[0])));"
        "from ui.web.loading import load_gradio; load_gradio(); import gradio; gradio.Textbox();"
        "assert inspect.getfile is getfile; assert 'mcp' not in sys.modules; import mcp;"
        "print([o for o in opened if o.endswith('.pyi')])"
    )
    run = subprocess.run([sys.executable, "-c", watch], cwd=ROOT, capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("[]\n", "")


def test_server_files_are_out_of_reach(url: str) -> None:
    with httpx.Client(base_url=url) as client:
        for path in ("gradio_api/file=/etc/passwd", "gradio_api/file=http://127.0.0.1:1/x"):
            assert client.get(path).status_code == 404


def test_uploaded_file_cannot_be_fetched_back(url: str) -> None:
    with httpx.Client(base_url=url) as client:
        [place] = client.post("gradio_api/upload", files={"files": b"From: a"}).json()
        assert client.get(f"gradio_api/file={place}").status_code == 404


def test_serve_says_ready_and_ends_on_sigterm() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("ready: http://127.0.0.1:")
        assert httpx.get(line.split()[1]).status_code == 200
        process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        process.wait(10)
        assert time.monotonic() - started < 5
        assert process.stderr.read() == ""


def test_serve_ends_silently_while_a_tab_is_open() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    slow = SERVE.replace("serve(FakeEngine,", "serve(lambda: FakeEngine(pause_s=2),")
    command = [sys.executable, "-c", slow]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stderr is not None
        call = f"{process.stderr.readline().split()[1]}/gradio_api/call/ask"
        posted = httpx.post(call, json={"data": ["boat?", []]}).json()
        with httpx.stream("GET", f"{call}/{posted['event_id']}", timeout=20) as tab:
            assert tab.status_code == 200
            process.send_signal(signal.SIGTERM)
            process.wait(10)
        assert process.stderr.read() == ""


def test_a_session_keeps_the_conversation_once(url: str) -> None:
    """gradio keeps what a component shows under its id, and ids change when one is skipped."""

    async def ask(count: int) -> None:
        async with Tab(url) as tab:
            for number in range(count):
                assert not (await tab.ask(f"canoe {number}?")).error

    before = {id(s) for s in gc.get_objects() if type(s) is SessionState}
    asyncio.run(ask(1))
    asyncio.run(ask(5))
    once, often = (s for s in gc.get_objects() if type(s) is SessionState and id(s) not in before)
    assert len(often.config_values) == len(once.config_values)
    assert len(often.blocks_config.blocks) == len(once.blocks_config.blocks)
    values = [str(c["props"].get("value")) for c in often.config_values.values() if c]
    assert len([value for value in values if "canoe 1?" in value]) <= 1


def test_tabs_that_nobody_uses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.web.page.TABS", 3)

    async def ask_in_tabs(url: str) -> None:
        for _ in range(6):
            async with Tab(url) as tab:
                assert not (await tab.ask("boat?")).error

    before = {id(s) for s in gc.get_objects() if type(s) is SessionState}
    with served(FakeEngine()) as url:
        asyncio.run(ask_in_tabs(url.rstrip("/")))
        gc.collect()
        kept = [s for s in gc.get_objects() if type(s) is SessionState and id(s) not in before]
    assert len(kept) == 3
