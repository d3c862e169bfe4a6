"""Which reader reads what: files are judged by content first, folders and archives are walked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.errors import SourceError
from ingest.formats.bundle import TarReader, ZipReader
from ingest.formats.digest import read_digest
from ingest.formats.digest import sniff as sniff_digest
from ingest.formats.eml import EmlReader, EmlxReader
from ingest.formats.maildir import MailFile, mail_files
from ingest.formats.mbox import MboxReader
from ingest.formats.pdf import PdfReader
from ingest.formats.reader import HEAD_BYTES, Found, Opened, Reader, read_all
from ingest.formats.transcript import read_transcript
from ingest.formats.transcript import sniff as sniff_transcript
from ingest.limits import Limits
from ingest.model import Draft, Skipped, Span

DEFAULT_LIMITS = Limits()
#: Mailboxes that are not read, by their first bytes, and what to do with them.
_REFUSED = {
    b"!BDN": "an Outlook data file (.pst, .ost): `readpst` makes mailboxes of it",
    b"\xcf\xad\x12\xfe": "an Outlook Express mailbox (.dbx): `readdbx` makes an mbox of it",
    b"\1\1\1\1\n": "an MMDF mailbox: save it as mbox",
}
_BINARY_MARKS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"SQLite format 3", b"\x7fELF")


def read_source(path: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[Draft | Skipped]:
    """Every message below `path` (a file, a folder, an archive) in a stable order.

    What cannot be read is `Skipped` with its reason. Raises SourceError when nothing is there.
    """
    path = path.absolute()
    if not path.exists():
        raise SourceError(f"{path}: no such file or folder; check the path")
    if not path.is_dir():
        yield from _read_file(MailFile(path), limits)
        return
    for found in mail_files(path):
        if isinstance(found, Skipped):
            yield found
        else:
            yield from _read_file(found, limits)


def _read_file(file: MailFile, limits: Limits) -> Iterator[Found]:
    path = file.path
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
            stream.seek(0)
            opened = Opened(str(path), stream, head, limits, file=path)
            yield from _read_opened(opened, file.is_message)
    except OSError as error:
        yield Skipped(Span(str(path), 1, 1), f"cannot be read: {error.strerror or error}")


def _read_opened(opened: Opened, is_message: bool) -> Iterator[Found]:
    """What one open file holds. `is_message` (in a Maildir) rules out everything but mail."""
    if not opened.head.strip(b" \t\r\n\0"):
        yield opened.skipped("empty file")
        return
    if is_message:
        yield from EmlReader().read(opened)
        return
    refused = next((_REFUSED[mark] for mark in _REFUSED if opened.head.startswith(mark)), None)
    if refused:
        yield opened.skipped(refused)
        return
    reader = next((reader for reader in READERS if reader.sniff(opened)), None)
    if reader is None:
        yield opened.skipped(_unknown(opened))
    elif opened.depth > opened.limits.archive_depth:
        yield opened.skipped(f"archives nested deeper than {opened.limits.archive_depth}")
    else:
        yield from reader.read(opened)


def _unknown(opened: Opened) -> str:
    is_binary = b"\0" in opened.head or opened.head.startswith(_BINARY_MARKS)
    kind = "binary file" if is_binary else "text"
    return f"unknown format ({kind}): not a mailbox, message, transcript or archive"


@dataclass(frozen=True, slots=True)
class TranscriptReader:
    """Reads the released emails in their published layouts."""

    name: str = "transcript"

    def sniff(self, opened: Opened) -> bool:
        """True when the text shows the headers of a transcript and is no mail that quotes one."""
        is_mail = EmlReader().sniff(opened)
        return not is_mail and b"\0" not in opened.head and sniff_transcript(_text_head(opened))

    def read(self, opened: Opened) -> Iterator[Found]:
        """The messages in file order."""
        with _on_disk(opened) as file:
            yield from _renamed(read_transcript(file), opened.path)


@dataclass(frozen=True, slots=True)
class DigestReader:
    """Reads the digest of the released emails."""

    name: str = "digest"

    def sniff(self, opened: Opened) -> bool:
        """True when the first line is a record."""
        return opened.head.lstrip()[:1] == b"{" and sniff_digest(_text_head(opened))

    def read(self, opened: Opened) -> Iterator[Found]:
        """A restated message for each line."""
        with _on_disk(opened) as file:
            yield from _renamed(read_digest(file), opened.path)


def _text_head(opened: Opened) -> str:
    return opened.head.decode("utf-8", "replace")


@contextmanager
def _on_disk(opened: Opened) -> Iterator[Path]:
    """The file itself, or a copy in a private folder when it lies inside an archive."""
    if opened.file is not None:
        yield opened.file
        return
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "member"
        copy.write_bytes(read_all(opened.stream, opened.limits.message_bytes))
        yield copy


def _renamed(found: Iterator[Found], path: str) -> Iterator[Found]:
    """The results with the path that they have for the user."""
    for one in found:
        yield replace(one, locator=replace(one.locator, path=path))


#: In the order they are tried: marks that cannot be mistaken first, plain messages last.
READERS: tuple[Reader, ...] = (
    ZipReader(_read_opened),
    TarReader(_read_opened),
    PdfReader(),
    MboxReader(),
    EmlxReader(),
    DigestReader(),
    TranscriptReader(),
    EmlReader(),
)
