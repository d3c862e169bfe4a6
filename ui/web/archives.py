"""The archives that can be asked: the server's own, those read from a path, each tab's uploads.

An upload is its tab's alone: it lies in a private folder, is offered to no other tab, and is gone
when the tab closes. What was read from a path stays beside the index until somebody removes it.
"""

import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Literal

from filelock import FileLock, Timeout

from ingest.errors import ExhibitError, SourceError, UsageError
from ui.ingesting import Progress, Wish, ingest_mail
from ui.setup import checked_paths
from ui.web.desk import Desk
from ui.web.work import Tell

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.engine import Engine
    from rag.index import IngestReport
    from rag.ports import Embedder

#: Bytes that one upload may have; more is read from a path.
MAX_UPLOAD_BYTES = 256 * 2**20
#: Uploads that a tab, and all tabs together, may hold at a time.
UPLOADS_OF_A_TAB = 3
UPLOADS_IN_ALL = 24
#: The archive that the server was started with.
OWN = ""

_PREFIX = "exhibit-uploads-"
_LOCK = "in-use"


@dataclass(frozen=True, slots=True)
class Listed:
    """An archive as it is offered; `messages` is None when its index cannot be read."""

    key: str
    name: str
    kind: Literal["own", "path", "upload"]
    messages: int | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """An archive that was just read, and what became of each message."""

    key: str
    name: str
    report: "IngestReport"


class Archives:
    """Desks by key. Safe to use from several threads."""

    def __init__(
        self, own: Desk, settings: "Settings | None" = None, *, may_read_paths: bool = True
    ) -> None:
        """Without `settings` nothing can be added. `may_read_paths`: the machine is the user's."""
        self.own = own
        self.may_read_paths = may_read_paths
        self._settings = settings
        self._lock = threading.Lock()
        self._desks: dict[str, Desk] = {OWN: own}
        self._uploads: dict[str, tuple[str, Listed]] = {}
        self._private = Path(tempfile.mkdtemp(prefix=_PREFIX))
        held = FileLock(self._private / _LOCK)
        held.acquire()
        #: Removes all uploads; the archives read from paths stay.
        self.close = weakref.finalize(self, _discard, self._private, held)
        self._embedder = lru_cache(maxsize=1)(self._open_embedder)

    @property
    def may_add(self) -> bool:
        """True when mail can be added at all."""
        return self._settings is not None

    @property
    def inbox(self) -> Path:
        """Where files arrive, readable by the owner only."""
        return self._private / "inbox"

    def desk(self, key: str) -> Desk:
        """The desk of an archive. UsageError when it is gone."""
        with self._lock:
            if key not in self._desks:
                self._desks[key] = Desk(lambda: self._engine(self._folder(key)))
            return self._desks[key]

    def identity(self, key: str) -> str:
        """A name of the archive that outlives the server."""
        index = str(self._settings.index) if self._settings else ""
        return key or sha256(index.encode()).hexdigest()[:12]

    def listed(self, tab: str) -> list[Listed]:
        """What `tab` may ask: the own archive, then its uploads, then those read from paths."""
        with self._lock:
            uploads = [listed for owner, listed in self._uploads.values() if owner == tab]
        return [self._own(), *uploads, *self._from_paths()]

    def allowed(self, tab: str, key: str) -> Listed:
        """The archive `key` if `tab` may ask it. UsageError when it may not, or it is gone."""
        for listed in self.listed(tab):
            if listed.key == key:
                return listed
        raise UsageError("that archive is not here any more; add it again")

    def read_path(self, typed: str, tell: Tell) -> Added:
        """Read a file or folder of this machine into an archive that stays. SourceError."""
        if not self.may_read_paths:
            raise UsageError("paths are read only for who sits at this machine; upload the file")
        if not typed.strip():
            raise UsageError("write the path of a file or folder of mail")
        [path] = checked_paths([Path(typed.strip()).expanduser()])
        key = sha256(str(path).encode()).hexdigest()[:16]
        report = self._ingest(_made_private(self._kept) / key, [path], tell)
        return Added(key, path.name, report)

    def read_upload(self, tab: str, files: Sequence[Path], tell: Tell) -> Added:
        """Read uploaded files into an archive of `tab` alone; the files are taken over."""
        # A request may name any path of the inbox, which holds what other tabs have sent.
        if any(file.is_symlink() or not file.is_file() for file in files):
            raise UsageError("that is no uploaded file; upload it again")
        if sum(file.stat().st_size for file in files) > MAX_UPLOAD_BYTES:
            raise UsageError(f"more than {MAX_UPLOAD_BYTES >> 20} MB; give the path instead")
        self._check_room(tab)
        key = token_hex(16)
        mail = _made_private(self._private / key) / "mail"
        mail.mkdir()
        for number, file in enumerate(files):
            # Two files may have the same name.
            place = mail / str(number) if (mail / file.name).exists() else mail
            place.mkdir(exist_ok=True)
            shutil.move(file, place / file.name)
        name = ", ".join(file.name for file in files)
        report = self._ingest(self._private / key, [mail], tell)
        count = report.messages - len(report.skipped)
        with self._lock:
            self._uploads[key] = tab, Listed(key, name, "upload", count)
        return Added(key, name, report)

    def remove(self, tab: str, key: str) -> None:
        """Delete an archive that was added; the mail of a path itself is not touched."""
        if self.allowed(tab, key).kind == "own":
            raise UsageError("the archive of this server stays; see `exhibit forget`")
        folder = self._folder(key)
        with self._lock:
            self._desks.pop(key, None)
            self._uploads.pop(key, None)
        shutil.rmtree(folder, ignore_errors=True)

    def forget_tab(self, tab: str) -> None:
        """Delete the uploads of a tab that was closed."""
        with self._lock:
            keys = [key for key, (owner, _) in self._uploads.items() if owner == tab]
        for key in keys:
            self.remove(tab, key)

    @property
    def _kept(self) -> Path:
        if self._settings is None:
            raise UsageError("this page was started without settings; nothing can be added")
        index = self._settings.index
        return index.with_name(f"{index.name}-archives")

    def _folder(self, key: str) -> Path:
        """The folder of an archive that was added."""
        if key in self._uploads:
            return self._private / key
        if self._settings and key in {listed.key for listed in self._from_paths()}:
            return self._kept / key
        raise UsageError("that archive is not here any more; add it again")

    def _own(self) -> Listed:
        try:
            found = self.own.engine.describe()
        except ExhibitError:
            return Listed(OWN, "No archive yet", "own")
        name = "Emails released in Musk v. Altman" if found.corpus != "mail" else found.index.name
        return Listed(OWN, name, "own", found.messages)

    def _from_paths(self) -> Iterator[Listed]:
        from rag.index import read_stamp

        if self._settings is None or not self.may_read_paths or not self._kept.is_dir():
            return
        for folder in sorted(self._kept.iterdir(), key=lambda found: found.name):
            try:
                stamp = read_stamp(folder / "index")
            except ExhibitError:
                yield Listed(folder.name, folder.name, "path")
                continue
            if stamp:
                name = ", ".join(Path(source).name for source in stamp.sources)
                yield Listed(folder.name, name, "path", stamp.messages)

    def _check_room(self, tab: str) -> None:
        with self._lock:
            owners = [owner for owner, _ in self._uploads.values()]
        if owners.count(tab) >= UPLOADS_OF_A_TAB:
            raise UsageError(f"{UPLOADS_OF_A_TAB} uploads are the limit; remove one first")
        if len(owners) >= UPLOADS_IN_ALL:
            raise UsageError("this server holds as many uploads as it may; try again later")

    def _ingest(self, folder: Path, sources: Sequence[Path], tell: Tell) -> "IngestReport":
        """Publish the index of `folder`; a folder that was new is gone again after trouble."""
        settings = self._settings_for(folder)
        with ExitStack() as undo:
            if not settings.index.exists():
                undo.callback(shutil.rmtree, folder, ignore_errors=True)
            _made_private(folder)
            report = ingest_mail(settings, Wish(sources, offline=True), _with_total(tell))
            if report.messages == len(report.skipped):
                raise SourceError(f"no mail was found in it{_first_reason(report)}")
            undo.pop_all()
        return report

    def _settings_for(self, folder: Path) -> "Settings":
        if self._settings is None:
            raise UsageError("this page was started without settings; nothing can be added")
        return replace(self._settings, index=folder / "index")

    def _engine(self, folder: Path) -> "Engine":
        from rag.build import build_engine

        return build_engine(self._settings_for(folder), embedder=self._embedder)

    def _open_embedder(self) -> "Embedder":
        from rag import build

        return build.open_embedder(self._settings_for(self._private))


def sweep() -> None:
    """Remove the uploads of servers that ended without removing them."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # Another server's are held; another user's cannot be.
        with suppress(Timeout, OSError):
            held = FileLock(folder / _LOCK)
            held.acquire(timeout=0)
            _discard(folder, held)


def _made_private(folder: Path) -> Path:
    """The folder, made for its owner only if it is new."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _discard(folder: Path, held: FileLock) -> None:
    held.release()
    shutil.rmtree(folder, ignore_errors=True)


def _with_total(tell: Tell) -> Progress:
    """Ingest's progress; once the mail is cut, the number of passages to embed is known."""
    passages = 0

    def progress(stage: str, count: int) -> None:
        nonlocal passages
        passages = count if stage == "cut" else passages
        tell(stage, count, passages if stage == "embedding" else 0)

    return progress


def _first_reason(report: "IngestReport") -> str:
    if not report.skipped:
        return "; mbox, .eml, Maildir, zip, tar and PDF are read"
    return f": {report.skipped[0].reason}"
