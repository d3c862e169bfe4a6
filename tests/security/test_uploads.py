"""Uploads are a tab's alone, and the server reads no file that it was not sent."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.ui.fake_archive import FakeEngine
from tests.ui.own_mail import MBOX, mailbox, quick_settings
from tests.ui.page_server import served


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab of the page that speaks gradio's protocol, and may lie."""

    http: httpx.Client
    session: str

    def send(self, name: str, content: bytes = MBOX) -> str:
        """Upload a file; gives the path where the server put it."""
        answered = self.http.post("gradio_api/upload", files={"files": (name, content)})
        return str(answered.raise_for_status().json()[0])

    def read(self, path: str) -> str:
        """Have the upload button's function read `path`; all that the server says."""
        config = self.http.get("config").json()
        ids = {c["id"]: c["props"].get("elem_id") for c in config["components"]}
        [function] = [
            d for d in config["dependencies"] if ["upload", "upload"] in _named(d["targets"], ids)
        ]
        file = {"path": path, "orig_name": "x.mbox", "meta": {"_type": "gradio.FileData"}}
        data = [[file] if ids.get(i) == "upload" else None for i in function["inputs"]]
        sent = {"data": data, "fn_index": function["id"], "session_hash": self.session}
        self.http.post("gradio_api/queue/join", json=sent).raise_for_status()
        told = []
        where = {"session_hash": self.session}
        with self.http.stream("GET", "gradio_api/queue/data", params=where) as stream:
            for line in stream.iter_lines():
                told.append(line)
                if '"process_completed"' in line:
                    break
        return "\n".join(told)


def _named(targets: list[list[object]], ids: dict[object, str]) -> list[list[object]]:
    return [[ids.get(target), event] for target, event in targets]


@pytest.fixture
def tabs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Tab, Tab]]:
    settings = quick_settings(tmp_path, monkeypatch)
    with (
        served(FakeEngine(), settings) as url,
        httpx.Client(base_url=url, timeout=30, trust_env=False) as http,
    ):
        yield Tab(http, secrets.token_hex(6)), Tab(http, secrets.token_hex(6))


def test_what_was_sent_is_read(tabs: tuple[Tab, Tab]) -> None:
    ann, _ = tabs
    assert "newly indexed" in ann.read(ann.send("boiler.mbox"))


@pytest.mark.parametrize(
    "place",
    ["{mail}", "/etc/passwd", "{index}", "../{mail}", "file://{mail}", "http://127.0.0.1:1"],
)
def test_a_file_of_the_machine_is_not_read(
    tabs: tuple[Tab, Tab], tmp_path: Path, place: str
) -> None:
    ann, _ = tabs
    mail = mailbox(tmp_path, "private.mbox")
    link = Path(ann.send("x")).with_name("link.mbox")
    link.symlink_to(mail)
    places = {"mail": mail, "index": tmp_path / "index", "link": link, "inbox": link.parents[1]}
    told = ann.read(place.format(**places))
    assert "newly indexed" not in told
    assert '"success":false' in told.replace(" ", "")
    assert mail.read_bytes() == MBOX


def test_what_another_tab_sent_and_read_is_gone(tabs: tuple[Tab, Tab]) -> None:
    ann, bob = tabs
    path = ann.send("boiler.mbox")
    assert "newly indexed" in ann.read(path)
    assert not Path(path).exists()
    assert "newly indexed" not in bob.read(path)


def test_all_that_was_sent_cannot_be_read_at_once(tabs: tuple[Tab, Tab]) -> None:
    ann, bob = tabs
    path = Path(ann.send("boiler.mbox"))
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        assert "newly indexed" not in bob.read(str(folder))
        assert path.exists()
    assert "newly indexed" in ann.read(str(path))


@pytest.mark.parametrize("name", ["../../evil.mbox", "/etc/evil", "..\\evil", "a/../../b", "\x00"])
def test_names_of_uploads_are_not_paths(tabs: tuple[Tab, Tab], name: str) -> None:
    ann, _ = tabs
    path = Path(ann.send(name))
    assert path.parent.parent.name == "inbox"
    assert path.is_file()
    assert path.resolve() == path
