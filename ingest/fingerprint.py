"""Whether mail would be read as it was: one hash of the files and of all that reading depends on.

Libraries that reading uses are left out: after an upgrade of one, `--rebuild` reads anew.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from ingest.errors import SourceError
from ingest.forgotten import Forgotten
from ingest.formats.maildir import mail_files
from ingest.known import KnownMessage
from ingest.limits import Limits
from ingest.model import Skipped

#: Bytes hashed between two reports.
_BLOCK = 16_000_000


def fingerprint(
    sources: Sequence[Path],
    *,
    limits: Limits,
    known: Sequence[KnownMessage] = (),
    people_files: Sequence[Path] = (),
    forgotten: Forgotten,
    progress: Callable[[str, int], None],
) -> str:
    """sha256 of what `read_archive` would be given: names and bytes of all files, settings, code.

    `progress` is called every few MB. SourceError when a source does not exist.
    """
    digest = sha256()
    parts = [
        _code(),
        repr((limits, known)),
        repr((sorted(forgotten.messages), sorted(forgotten.paths))),
        *(repr(_content(path, progress)) for path in people_files),
    ]
    for source in sorted(sources):
        parts += [str(source.absolute()), *_files(source, progress)]
    for part in parts:
        digest.update(sha256(part.encode("utf-8", "surrogatepass")).digest())
    return digest.hexdigest()


def _files(source: Path, progress: Callable[[str, int], None]) -> Iterator[str]:
    if not source.exists():
        raise SourceError(f"there is no file or folder {source}; check the path")
    if not source.is_dir():
        yield _content(source, progress)
        return
    for found in mail_files(source):
        content = "" if isinstance(found, Skipped) else _content(found.path, progress)
        yield f"{found!r} {content}"


def _content(path: Path, progress: Callable[[str, int], None]) -> str:
    """sha256 of a file; why it cannot be read."""
    digest = sha256()
    progress("reading", 0)
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                progress("reading", 0)
    except OSError as error:
        return str(error)
    return digest.hexdigest()


def _code() -> str:
    """sha256 of this package: another version may read the same files otherwise."""
    digest = sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()
