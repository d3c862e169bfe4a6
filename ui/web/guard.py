"""ASGI middleware in front of the page: who may ask, for what, and with which headers.

It refuses foreign Host and Origin headers (DNS rebinding, cross-site posts), other accounts of the
machine, every path the page does not use (file reads, uploads, proxies), bodies that are too long,
and sets a Content-Security-Policy with a fresh nonce.
"""

import base64
import binascii
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.web.peers import is_stranger

#: Longest body of a request in bytes: a question and its conversation need far less.
MAX_BODY = 4_000_000

#: Uploads of the largest size that may wait to be read; nobody fills the disk.
UPLOADS_WAITING = 8

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})

#: What gradio's page and its Python client ask for. Everything else is 404: `/gradio_api/file=`
#: fetches URLs for the caller, `proxy=` is not used. A GET may end in a query.
_ALLOWED = re.compile(
    r"/(?:config|info|theme\.css|manifest\.json|favicon\.ico|exhibit/page\.(?:js|css))?"
    r"|/(?:assets|static)/[\w@./-]+"
    r"|/gradio_api/(?:info|config|startup-events|heartbeat/\w+|cancel|reset|api"
    r"|upload|upload_progress|queue/(?:join|data|status)|(?:run|api)/\w+/?|call/(?:v2/)?\w+(?:/\w+)?)/?"
    r"|/(?:queue/(?:join|data)|run/\w+|heartbeat/\w+|api/\w+)/?"
)
_UPLOAD = "/gradio_api/upload"
_PARENT = re.compile(r"(?:^|/)\.\.(?:/|$)")
_INLINE_SCRIPT = re.compile(rb"<script(?=[\s>])")

#: gr.HTML compiles its template with `Function`, hence 'unsafe-eval'; inline handlers stay blocked.
_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src data: blob:; font-src 'self' data:; "
    "connect-src 'self'; media-src 'none'; object-src 'none'; frame-src 'none'; "
    "worker-src 'self' blob:; manifest-src 'self'; "
    "base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """Wraps an ASGI app. `users` (name -> password) switches HTTP Basic authentication on.

    Without users only loopback Host names are served. With users, which every other address
    needs, any Host is, since a rebinding page cannot know the password.
    """

    def __init__(
        self,
        app: ASGIApp,
        users: Mapping[str, str] | None = None,
        *,
        largest_upload: int = 0,
        inbox: Path | None = None,
        allowed: re.Pattern[str] = _ALLOWED,
    ) -> None:
        """`largest_upload` in bytes, as it is sent; `inbox` is where uploads wait to be read, about
        UPLOADS_WAITING times as much; `allowed` matches the whole of each path that is served.
        """
        self._app = app
        self._users = users or {}
        self._largest_upload = largest_upload
        self._inbox = inbox
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or refuse with one line of text."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)
        nonce = secrets.token_urlsafe(16)
        guarded = _with_headers(send, nonce)
        if refusal is not None:
            await refusal(scope, receive, guarded)
        elif scope["path"] == "/":
            await self._app(_uncompressed(scope), receive, _with_nonce(guarded, nonce))
        else:
            await self._app(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not (self._users or _is_loopback(hosts[0])):
            return PlainTextResponse("Unknown host: open http://127.0.0.1 instead.", 400)
        if _is_foreign(headers, hosts[0], scope["path"]):
            return PlainTextResponse("Requests from other sites are refused.", 403)
        if not self._users and is_stranger(scope):
            return PlainTextResponse("This page is another user's: start it with --auth FILE.", 403)
        if self._users and not _is_known(headers.get("authorization", ""), self._users):
            realm = {"WWW-Authenticate": 'Basic realm="Exhibit"'}
            return PlainTextResponse("Name and password, please.", 401, headers=realm)
        if not self._allowed.fullmatch(scope["path"]) or _PARENT.search(scope["path"]):
            return PlainTextResponse("Not found.", 404)
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return PlainTextResponse("Method not allowed.", 405)
        if scope["method"] != "POST":
            return None
        if scope["path"] != _UPLOAD:
            return _too_long(headers, MAX_BODY)
        if _bytes_in(self._inbox) > UPLOADS_WAITING * self._largest_upload:
            return PlainTextResponse("Too many uploads wait to be read; try again later.", 507)
        return _too_long(headers, self._largest_upload)


def _is_loopback(host: str) -> bool:
    name, _, port = host.rpartition(":") if re.search(r":\d+$", host) else (host, "", "")
    return name.lower() in LOOPBACK_NAMES and (not port or port.isdigit())


def _is_foreign(headers: Headers, host: str, path: str) -> bool:
    """True for what another site asks; a link to the page itself may stand anywhere."""
    if any(not _is_same_origin(origin, host) for origin in headers.getlist("origin")):
        return True
    site = headers.get("sec-fetch-site", "none")
    return site not in ("none", "same-origin") and path != "/"


def _too_long(headers: Headers, limit: int) -> PlainTextResponse | None:
    length = headers.get("content-length", "")
    if not length.isdecimal() or "transfer-encoding" in headers:
        return PlainTextResponse("Content-Length, please.", 411)
    if int(length) > limit:
        return PlainTextResponse(f"A request may have {limit:,} bytes.", 413)
    return None


def _is_same_origin(origin: str, host: str) -> bool:
    return origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")


def _is_known(authorization: str, users: Mapping[str, str]) -> bool:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return False
    expected = users.get(name, "")
    return hmac.compare_digest(password.encode(), expected.encode()) and bool(expected)


def _bytes_in(folder: Path | None) -> int:
    """The size of all files in a folder; 0 for none."""
    if folder is None:
        return 0
    sizes = 0
    for place, _, names in os.walk(folder):
        # A file may be taken over while this looks.
        with suppress(FileNotFoundError):
            sizes += sum(Path(place, name).lstat().st_size for name in names)
    return sizes


def _uncompressed(scope: Scope) -> Scope:
    headers = [(k, v) for k, v in scope["headers"] if k != b"accept-encoding"]
    return {**scope, "headers": headers}


def _with_headers(send: Send, nonce: str) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name in ("access-control-allow-origin", "access-control-allow-credentials"):
                del headers[name]
            for name, value in _HEADERS.items():
                headers[name] = value
            headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce)
        await send(message)

    return guarded


def _with_nonce(send: Send, nonce: str) -> Send:
    """Holds the page back until it is whole, to put the nonce on its own inline scripts."""
    held: list[Message] = []
    body = bytearray()

    async def stamped(message: Message) -> None:
        if message["type"] == "http.response.start":
            held.append(message)
            return
        body.extend(message.get("body", b""))
        if message.get("more_body", False):
            return
        html = _INLINE_SCRIPT.sub(f'<script nonce="{nonce}"'.encode(), bytes(body))
        MutableHeaders(scope=held[0])["Content-Length"] = str(len(html))
        await send(held[0])
        await send({"type": "http.response.body", "body": html})

    return stamped
