"""The page that `exhibit chat` really serves, asked over raw sockets by everybody who must not."""

import contextlib
import http.client
import json
import os
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import gradio as gr
import pytest

from ingest.errors import EnvironmentTrouble, UsageError
from tests.security.conftest import Lived
from tests.security.household import MAIL_CANARIES
from tests.ui.fake_archive import FakeEngine, desk
from ui.web import peers
from ui.web.app import create_app, serve
from ui.web.guard import MAX_BODY

FOREIGN_HOSTS = (
    "evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example",
    "evil.example:80", "10.0.0.5:{port}", "192.168.1.7", "0.0.0.0:{port}", "[::]:{port}",
    "127.0.0.1:{port}@evil.example", "evil.example#127.0.0.1", "127.1:{port}", "2130706433",
    "0x7f000001", "127.0.0.1:x", "localhost:", "127.0.0.2:{port}", "localhost.", "",
    "127.0.0.1, evil.example",
)  # fmt: skip
OWN_HOSTS = ("127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}")
FOREIGN_ORIGINS = ("http://evil.example", "null", "http://127.0.0.1:1")

#: What attackers asked gradio for (RELIABILITY.md 1.3), and what only guessing finds.
PROBES = (
    "GET /file=/etc/passwd", "GET /file=../../../../etc/passwd", "GET /file/etc/passwd",
    "GET /gradio_api/file=/etc/passwd", "GET /gradio_api/file=C:/Windows/win.ini",
    "GET /gradio_api/file=http://evil.example/x", "GET /gradio_api/file=https://evil.example/x",
    "GET /gradio_api/FILE=/etc/passwd", "GET /gradio_api/file%3d/etc/passwd",
    "GET /gradio_api/file=file:///etc/passwd", "GET /gradio_api/file={home}/index/CURRENT",
    "GET /gradio_api/file={home}/index/gen-000001/mail.sqlite", "GET /file={home}/index/CURRENT",
    "GET /gradio_api/file=//evil.example/x", "GET /gradio_api/file=\\\\evil.example\\x",
    "GET /proxy=http://evil.example/", "GET /gradio_api/proxy=http://evil.example/",
    "GET /gradio_api/proxy=http://127.0.0.1:11434/api/tags", "HEAD /gradio_api/proxy=http://a.hf.space",
    "POST /upload", "POST /gradio_api/upload", "POST /gradio_api/upload?upload_id=1",
    "GET /gradio_api/upload_progress?upload_id=1", "POST /component_server",
    "POST /gradio_api/component_server", "POST /gradio_api/component_server/",
    "GET /static/../../../../etc/passwd", "GET /static/..%2f..%2f..%2fetc/passwd",
    "GET /assets/../../../../etc/passwd", "GET /assets/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "GET /assets/....//....//etc/passwd", "GET /assets//etc/passwd", "GET /static//etc/passwd",
    "GET /custom_component/x/y/../../../../etc/passwd", "GET /gradio_api/custom_component/a/b/c/d",
    "GET /svelte/../../etc/passwd", "GET /exhibit/../../../etc/passwd", "GET /exhibit/guard.py",
    "GET /exhibit/..%2fapp.py", "GET /docs", "GET /redoc", "GET /openapi.json",
    "GET /gradio_api/openapi.json", "GET /monitoring", "GET /gradio_api/monitoring/summary",
    "GET /login", "POST /login", "GET /logout", "GET /login/huggingface", "GET /robots.txt",
    "GET /gradio_api/stream/1/1/1/playlist.m3u8", "GET /gradio_api/deep_link?session_hash=a",
    "GET /gradio_api/dev/reload", "GET /gradio_api/reload", "POST /gradio_api/vibe-edit/",
    "GET /gradio_api/mcp/sse", "POST /gradio_api/mcp", "GET /gradio_api/app_id", "GET /.git/config",
    "GET /gradio_api/queue/join/../../file=/etc/passwd", "PUT /", "DELETE /config", "TRACE /",
    "OPTIONS /gradio_api/queue/join", "CONNECT /", "PATCH /gradio_api/queue/join",
    "GET //etc/passwd",
    "POST /gradio_api/api/predict/../../upload", "GET /gradio_api/../upload",
)  # fmt: skip


class Answer:
    """Status and raw text of one HTTP answer."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.status = int(raw.split(b" ", 2)[1]) if raw else 0
        self.head = raw.partition(b"\r\n\r\n")[0].decode("latin-1").lower()


def asked(url: str, line: str, *headers: str, body: bytes = b"") -> Answer:
    """The answer to a request written byte by byte; an empty one when the line was cut."""
    port = urlsplit(url).port
    lines = [f"{line} HTTP/1.1", *headers, "Connection: close", "", ""]
    with socket.create_connection(("127.0.0.1", port or 0), timeout=20) as connection:
        connection.sendall("\r\n".join(lines).encode() + body)
        return Answer(b"".join(iter(lambda: connection.recv(65536), b"")))


def host_of(url: str) -> str:
    return f"Host: {urlsplit(url).netloc}"


@pytest.mark.parametrize("origin", ["", *FOREIGN_ORIGINS])
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_foreign_hosts_get_nothing(page_url: str, host: str, origin: str) -> None:
    name = host.format(port=urlsplit(page_url).port)
    headers = [f"Host: {name}", *([f"Origin: {origin}"] if origin else [])]
    got = asked(page_url, "GET /config", *headers)
    assert 400 <= got.status < 500
    assert "access-control" not in got.head


def test_no_host_or_two_hosts_get_nothing(page_url: str) -> None:
    assert asked(page_url, "GET /config").status == 400
    assert asked(page_url, "GET /config", host_of(page_url), "Host: evil.example").status == 400


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_own_names_are_served(page_url: str, host: str) -> None:
    name = host.format(port=urlsplit(page_url).port)
    got = asked(page_url, "GET /config", f"Host: {name}", f"Origin: http://{name}")
    assert got.status == 200
    assert "access-control" not in got.head


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/call/ask", "/run/ask"])
def test_posts_of_other_sites_are_refused(page_url: str, path: str, origin: str) -> None:
    body = b'{"data": ["harbour", []]}'
    headers = [host_of(page_url), f"Origin: {origin}", f"Content-Length: {len(body)}"]
    got = asked(page_url, f"POST {path}", *headers, "Content-Type: text/plain", body=body)
    assert got.status == 403
    assert "access-control" not in got.head


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_embeds_is_refused_and_a_link_to_the_page_works(
    page_url: str, site: str
) -> None:
    embeds = asked(page_url, "GET /config", host_of(page_url), f"Sec-Fetch-Site: {site}")
    links = asked(page_url, "GET /", host_of(page_url), f"Sec-Fetch-Site: {site}")
    assert (embeds.status, links.status) == (403, 200)


@pytest.mark.parametrize("probe", PROBES)
def test_probes_are_refused(page_url: str, lived: Lived, probe: str) -> None:
    line = probe.format(home=lived.house.home)
    length = ["Content-Length: 0"] if line.startswith(("POST", "PUT", "PATCH")) else []
    got = asked(page_url, line, host_of(page_url), *length)
    assert 400 <= got.status < 500
    assert b"root:" not in got.raw and b"gen-0" not in got.raw
    assert "content-security-policy" in got.head or b"Invalid HTTP" in got.raw


def test_there_are_sixty_probes_and_twenty_hosts() -> None:
    assert len(set(PROBES)) >= 60
    assert len(set(FOREIGN_HOSTS)) >= 20


@pytest.mark.parametrize(
    "value",
    [
        {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
        {"path": "http://evil.example/x", "url": "http://evil.example/x"},
        [{"path": "/etc/passwd", "orig_name": "x", "meta": {"_type": "gradio.FileData"}}],
    ],
)
def test_files_named_in_the_input_of_an_endpoint_are_not_read(page_url: str, value: object) -> None:
    body = json.dumps({"data": ["What does the harbour cost?", value]}).encode()
    headers = [host_of(page_url), "Content-Type: application/json"]
    headers.append(f"Content-Length: {len(body)}")
    joined = asked(page_url, "POST /gradio_api/call/ask", *headers, body=body)
    found = re.search(rb'"event_id": ?"(\w+)"', joined.raw)
    told = b""
    if found:
        told = asked(
            page_url, f"GET /gradio_api/call/ask/{found[1].decode()}", host_of(page_url)
        ).raw
    assert b"root:" not in joined.raw + told
    assert b"event: complete" not in told


def test_bodies_are_bounded_and_must_say_their_length(page_url: str) -> None:
    line = "POST /gradio_api/call/ask"
    chunked = asked(
        page_url, line, host_of(page_url), "Transfer-Encoding: chunked", body=b"0\r\n\r\n"
    )
    huge = asked(page_url, line, host_of(page_url), f"Content-Length: {MAX_BODY + 1}")
    assert (chunked.status, huge.status) == (411, 413)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc of Linux")
def test_the_server_listens_on_loopback_only(page_url: str) -> None:
    port = f"{urlsplit(page_url).port:04X}"
    found = [
        row.split()[1]
        for table in ("tcp", "tcp6")
        for row in Path(f"/proc/net/{table}").read_text().splitlines()
        if f":{port} " in row and row.split()[3] == "0A"
    ]
    assert found == [f"0100007F:{port}"]


@contextlib.contextmanager
def as_user(uid: int) -> Iterator[None]:
    """Sockets made inside belong to another account."""
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="needs root of Linux to be another user"
)
def test_another_account_of_the_machine_is_refused(page_url: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(page_url).netloc, timeout=20)
    with as_user(65534):
        connection.connect()
    connection.request("GET", "/config")
    refused = connection.getresponse()
    assert refused.status == 403
    assert b"--auth FILE" in refused.read()
    connection.close()
    assert asked(page_url, "GET /config", host_of(page_url)).status == 200


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel of Linux")
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_kernel_and_its_list_name_the_same_owner(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        socket.create_server((host, 0), family=family) as server,
        socket.create_connection(server.getsockname()[:2]),
    ):
        found, address = server.accept()
        with found:
            ends = address[:2], server.getsockname()[:2]
            assert [peers.owner(*ends)] == list(peers.listed_owners(*ends)) == [os.getuid()]


def test_every_answer_carries_the_policy(page_url: str) -> None:
    for line in ("GET /", "GET /config", "GET /nothing", "POST /gradio_api/queue/join"):
        head = asked(page_url, line, host_of(page_url), "Content-Length: 0").head
        assert "content-security-policy: default-src 'self'; script-src 'self' 'nonce-" in head
        assert "img-src data: blob:;" in head
        assert "x-frame-options: deny" in head


def test_the_page_serves_no_mail_without_being_asked(page_url: str) -> None:
    for path in ("/", "/config", "/gradio_api/info", "/gradio_api/startup-events"):
        raw = asked(page_url, f"GET {path}", host_of(page_url)).raw.decode("utf-8", "replace")
        assert not any(canary in raw for canary in MAIL_CANARIES), path


def test_no_page_without_users_off_loopback() -> None:
    with pytest.raises(UsageError, match="--auth FILE"):
        serve(lambda: FakeEngine(), host="0.0.0.0")  # type: ignore[arg-type,return-value]


def test_no_page_with_a_gradio_below_the_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gr, "__version__", "6.21.9")
    with pytest.raises(EnvironmentTrouble, match=r"install gradio>=6\.22"):
        create_app(desk(FakeEngine()))
