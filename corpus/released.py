"""The released emails: where they come from, which copy is at hand, how to get the verbatim one.

Nothing is accepted but the pinned bytes. Without them the digest of this package is read, which
restates each message; whoever asks is told which of the two it is.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from corpus.download import Limits, download, write_atomically
from ingest.errors import FetchError, SourceError
from ingest.known import KnownMessage, load_known
from ingest.model import TextKind

State = Literal["ok", "missing", "damaged"]

_HERE = Path(__file__).resolve().parent
#: The largest compilation has 0.1 MB; more than this is none of them.
MAX_BYTES = 2_000_000
#: What to do when the verbatim emails cannot be downloaded.
ADVICE = "`exhibit corpus fetch` or `exhibit corpus import FILE` gets the verbatim text"


@dataclass(frozen=True, slots=True)
class Source:
    """A public compilation, as `sources.toml` describes it. `messages` it holds; `note`: rights."""

    name: str
    title: str
    url: str
    sha256: str
    layout: str
    messages: int
    note: str
    docket: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The file to ingest by default; `note` is one line for the user, empty when all is well."""

    path: Path
    text_kind: TextKind
    note: str = ""


def sources() -> tuple[Source, ...]:
    """The pinned compilations, the fullest first."""
    facts = tomllib.loads((_HERE / "sources.toml").read_text(encoding="utf-8"))
    return tuple(_source(entry, str(facts["docket"])) for entry in facts["source"])


def digest_path() -> Path:
    """The restated emails, part of this package."""
    return _HERE / "digest.jsonl"


def people_path() -> Path:
    """The people of the released emails and their other names."""
    return _HERE / "people.toml"


def known_messages() -> tuple[KnownMessage, ...]:
    """Facts and hashes of all released messages, in the order of the fullest compilation."""
    return load_known(digest_path())


def cached(cache: Path) -> Path | None:
    """The fullest compilation in the cache folder when it has the pinned bytes, else None."""
    fullest = sources()[0]
    return _place(cache, fullest) if _state(cache, fullest) == "ok" else None


def verify(cache: Path) -> list[tuple[Source, State]]:
    """Every compilation with the state of its copy in the cache folder."""
    return [(source, _state(cache, source)) for source in sources()]


def fetch(*, cache: Path, url: str | None = None, timeout_s: float = 60.0) -> Path:
    """Download the fullest compilation into the cache folder and return its path there.

    `timeout_s` bounds the whole download, name look-up included. Only https is used, unless `url`
    names another copy (tests, mirrors); the bytes must be the pinned ones all the same.
    Raises FetchError; an earlier good copy then stays untouched.
    """
    fullest = sources()[0]
    content = download(url or fullest.url, Limits(timeout_s, MAX_BYTES, https_only=url is None))
    found = sha256(content).hexdigest()
    if found != fullest.sha256:
        raise FetchError(
            f"{url or fullest.url}: not the pinned file (sha256 {found}, expected "
            f"{fullest.sha256}); nothing was stored; use `exhibit corpus import FILE` with a copy"
        )
    return _store(cache, fullest, content)


def import_file(path: Path, *, cache: Path) -> Source:
    """Copy a compilation the user has into the cache folder; SourceError when it is none."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(f"{path}: larger than any compilation; see corpus/sources.toml")
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}; check the path") from error
    found = sha256(content).hexdigest()
    source = next((s for s in sources() if s.sha256 == found), None)
    if source is None:
        pinned = ", ".join(f"{s.sha256} ({s.name})" for s in sources())
        raise SourceError(
            f"{path}: sha256 {found} is none of {pinned}; "
            "to read it as it is, use `exhibit ingest FILE`"
        )
    _store(cache, source, content)
    return source


def choose(
    *, cache: Path, offline: bool, fetch_seconds: float = 4.0, url: str | None = None
) -> Chosen:
    """The verbatim file from the cache, else from a quick download, else the digest.

    `offline` never touches the network; `fetch_seconds` bounds the attempt otherwise. Does not
    fail: why the digest was taken is said in the note.
    """
    path = cached(cache)
    if path is not None:
        return Chosen(path, "verbatim")
    if offline:
        return Chosen(digest_path(), "restated", f"reading restated emails (offline): {ADVICE}")
    try:
        return Chosen(fetch(cache=cache, url=url, timeout_s=fetch_seconds), "verbatim")
    except FetchError:
        note = f"reading restated emails (no quick download): {ADVICE}"
        return Chosen(digest_path(), "restated", note)


def _source(entry: Mapping[str, str | int], docket: str) -> Source:
    return Source(
        name=str(entry["name"]),
        title=str(entry["title"]),
        url=str(entry["url"]),
        sha256=str(entry["sha256"]),
        layout=str(entry["layout"]),
        messages=int(entry["messages"]),
        note=str(entry["note"]),
        docket=docket,
    )


def _place(cache: Path, source: Source) -> Path:
    return cache / "corpus" / source.name


def _state(cache: Path, source: Source) -> State:
    try:
        content = _place(cache, source).read_bytes()
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "damaged"
    return "ok" if sha256(content).hexdigest() == source.sha256 else "damaged"


def _store(cache: Path, source: Source, content: bytes) -> Path:
    path = _place(cache, source)
    try:
        write_atomically(path, content)
    except OSError as error:
        raise FetchError(
            f"cannot write {path}: {error.strerror}; free space or set EXHIBIT_CACHE"
        ) from error
    return path
