"""Who may ask the server, and for what."""

import base64
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from ui.web.guard import Guard


def page(_: object) -> HTMLResponse:
    markup = '<script>1</script><script src="x"></script>'
    return HTMLResponse(markup, headers={"Access-Control-Allow-Origin": "http://evil.example"})


def served(users: dict[str, str] | None = None, inbox: Path | None = None) -> TestClient:
    paths = [
        "/",
        "/gradio_api/queue/join",
        "/gradio_api/upload",
        "/gradio_api/{rest:path}",
        "/{rest:path}",
    ]
    app: ASGIApp = Starlette(routes=[Route(p, page, methods=["GET", "POST"]) for p in paths])
    guard = Guard(app, users, largest_upload=100, inbox=inbox)
    return TestClient(guard, base_url="http://127.0.0.1:7860")


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "localhost", "[::1]:7860"])
def test_loopback_names_are_served(host: str) -> None:
    assert served().get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "localhost.evil", "10.0.0.5",
     "0.0.0.0", "[::]", "127.0.0.1:7860@evil", "127.0.0.1:x", "2130706433", "localhost:", ""],
)  # fmt: skip
def test_foreign_hosts_are_refused(host: str) -> None:
    assert served().get("/", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:7860"]
)
def test_foreign_origins_are_refused(origin: str) -> None:
    response = served().post("/gradio_api/queue/join", headers={"Origin": origin})
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers


def test_own_origin_is_served_without_cors_headers() -> None:
    response = served().post("/gradio_api/queue/join", headers={"Origin": "http://127.0.0.1:7860"})
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/file=http://evil.example/x", "/gradio_api/file=/etc/passwd", "/file=/etc/passwd",
     "/gradio_api/proxy=http://evil.example", "/proxy=https://evil", "/gradio_api/uploads",
     "/gradio_api/upload/x", "/gradio_api/component_server", "/docs", "/openapi.json",
     "/gradio_api/openapi.json", "/assets/../../../etc/passwd", "/static/..%2f..%2fetc/passwd",
     "/gradio_api/stream/a/b/c", "/gradio_api/deep_link", "/monitoring", "/gradio_api/mcp/sse",
     "/login", "/gradio_api/dev/reload", "/exhibit/secret", "/gradio_api/vibe-code"],
)  # fmt: skip
def test_paths_the_page_does_not_use_are_not_there(path: str) -> None:
    assert served().get(path).status_code == 404


@pytest.mark.parametrize(("size", "code"), [(100, 200), (101, 413)])
def test_uploads_are_bounded_before_they_are_read(size: int, code: int) -> None:
    assert served().post("/gradio_api/upload", content=b"x" * size).status_code == code


@pytest.mark.parametrize(("waiting", "code"), [(600, 200), (900, 507)])
def test_uploads_that_wait_to_be_read_are_bounded(tmp_path: Path, waiting: int, code: int) -> None:
    (tmp_path / "hash").mkdir()
    (tmp_path / "hash" / "mail.mbox").write_bytes(b"x" * waiting)
    answered = served(inbox=tmp_path).post("/gradio_api/upload", content=b"x")
    assert answered.status_code == code


def test_upload_that_does_not_say_how_long_it_is_is_refused() -> None:
    response = served().post("/gradio_api/upload", content=iter([b"x"]))
    assert response.status_code == 411


def test_other_methods_are_refused() -> None:
    assert served().put("/").status_code == 405


def test_policy_names_the_nonce_of_the_page() -> None:
    response = served().get("/")
    nonce = response.text.partition('nonce="')[2].partition('"')[0]
    policy = response.headers["content-security-policy"]
    assert f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval';" in policy
    assert "img-src data: blob:;" in policy
    assert response.text.count(f'<script nonce="{nonce}"') == 2


def test_nonce_is_new_for_each_request() -> None:
    client = served()
    assert client.get("/").text != client.get("/").text


def test_users_must_name_themselves() -> None:
    client = served({"ann": "secret"})
    token = base64.b64encode(b"ann:secret").decode()
    wrong = base64.b64encode(b"ann:guess").decode()
    nobody = base64.b64encode(b"bob:").decode()
    for header, code in ((token, 200), (wrong, 401), (nobody, 401), ("%%%", 401)):
        response = client.get("/", headers={"Authorization": f"Basic {header}"})
        assert response.status_code == code
    assert client.get("/").status_code == 401


def test_with_users_any_host_is_served_but_no_foreign_origin() -> None:
    client = served({"ann": "secret"})
    token = "Basic " + base64.b64encode(b"ann:secret").decode()
    headers = {"Host": "box.lan:7860", "Authorization": token}
    assert client.get("/", headers=headers).status_code == 200
    headers["Origin"] = "http://evil.example"
    assert client.get("/", headers=headers).status_code == 403
