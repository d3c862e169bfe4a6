"""A small download with a limit on everything, and an atomic write. Knows nothing about emails."""

import http.client
import os
import queue
import tempfile
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from ingest.errors import FetchError

_CHUNK = 65_536
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_INSTEAD = "try again, or `exhibit corpus import FILE` with a copy"
#: What the standard library raises while a download fails.
_FAILURES = (OSError, http.client.HTTPException, ValueError)


@dataclass(frozen=True, slots=True)
class Limits:
    """`timeout_s` for the whole download, `max_bytes` of content."""

    timeout_s: float
    max_bytes: int
    https_only: bool = True


def download(url: str, limits: Limits) -> bytes:
    """The bytes at `url`; FetchError with the cause after `timeout_s` seconds at the latest.

    Runs in a daemon thread, since neither a name look-up nor a slow header can be interrupted.
    """
    results: queue.Queue[bytes | FetchError] = queue.Queue()
    deadline = time.monotonic() + limits.timeout_s
    work = threading.Thread(target=_work, args=(url, limits, deadline, results), daemon=True)
    work.start()
    try:
        result = results.get(timeout=limits.timeout_s)
    except queue.Empty:
        result = _too_slow(url, limits)
    if isinstance(result, FetchError):
        raise result
    return result


def write_atomically(path: Path, content: bytes) -> None:
    """Write a private file (0600, folder 0700): complete, or not at all, after a crash too."""
    _make_private(path.parent)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if os.name == "posix":
        _sync_folder(path.parent)


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https, or on the same host and scheme."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if new.scheme == "https" or (old.scheme, old.netloc) == (new.scheme, new.netloc):
            return super().redirect_request(req, fp, code, msg, headers, newurl)
        fp.close()
        raise FetchError(f"{req.full_url}: redirected to {newurl}, which is not safe; {_INSTEAD}")


def _work(
    url: str, limits: Limits, deadline: float, results: "queue.Queue[bytes | FetchError]"
) -> None:
    try:
        results.put(_read(url, limits, deadline))
    except FetchError as error:
        results.put(error)
    except urllib.error.HTTPError as error:
        results.put(FetchError(f"{url}: HTTP {error.code} {error.reason}; {_INSTEAD}"))
        error.close()
    except _FAILURES as error:
        reason = getattr(error, "reason", None) or error
        results.put(FetchError(f"{url}: {_one_line(reason)}; {_INSTEAD}"))


def _read(url: str, limits: Limits, deadline: float) -> bytes:
    scheme = urlsplit(url).scheme
    if scheme != "https" and (limits.https_only or scheme != "http"):
        raise FetchError(f"{url}: only https is fetched; {_INSTEAD}")
    request = urllib.request.Request(url, headers={"User-Agent": "exhibit-mail"})  # noqa: S310
    with _opener(url).open(request, timeout=limits.timeout_s) as response:
        announced = response.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced) > limits.max_bytes:
            raise _too_large(url, limits)
        content = _content(response, url, limits, deadline)
    if announced.isdigit() and len(content) < int(announced):
        raise FetchError(f"{url}: cut off after {len(content)} of {announced} bytes; {_INSTEAD}")
    return content


def _content(
    response: http.client.HTTPResponse, url: str, limits: Limits, deadline: float
) -> bytes:
    content = bytearray()
    while piece := response.read1(_CHUNK):
        content += piece
        if len(content) > limits.max_bytes:
            raise _too_large(url, limits)
        if time.monotonic() > deadline:
            raise _too_slow(url, limits)
    return bytes(content)


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Uses the user's proxy, but never for this very machine."""
    if urlsplit(url).hostname in _LOOPBACK:
        return urllib.request.build_opener(_SafeRedirects, urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(_SafeRedirects)


def _too_large(url: str, limits: Limits) -> FetchError:
    return FetchError(f"{url}: larger than {limits.max_bytes} bytes; {_INSTEAD}")


def _too_slow(url: str, limits: Limits) -> FetchError:
    return FetchError(f"{url}: not complete after {limits.timeout_s:g} s; {_INSTEAD}")


def _one_line(reason: object) -> str:
    return " ".join(str(reason).split()) or type(reason).__name__


def _make_private(folder: Path) -> None:
    for missing in reversed([f for f in (folder, *folder.parents) if not f.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
