"""Archives (.zip, .tar, .tar.gz, .gz): their members are read in a stream, never unpacked to disk.

Bombs are bounded by ratio, total size, member count and depth; overlapping zip entries
(CVE-2024-0450) are refused. A bundle that turns out to be one keeps what was read before.
"""

import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import BinaryIO, Protocol

from ingest.errors import SourceError
from ingest.formats.reader import HEAD_BYTES, Found, HeadedStream, Opened
from ingest.limits import Limits
from ingest.model import Skipped, Span

ReadMember = Callable[[Opened, bool], Iterator[Found]]

#: What the standard library raises for damaged or unsupported archives.
_TROUBLE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
)
_END_RECORD = b"PK\x05\x06"


class Readable(Protocol):
    """What members of archives offer."""

    def read(self, size: int, /) -> bytes | None:
        """At most `size` bytes."""


class ArchiveBomb(SourceError):
    """An archive expands beyond its limits."""


class Meter(io.RawIOBase):
    """A stream that raises ArchiveBomb once it has given too much for what it was made from."""

    def __init__(
        self, stream: Readable, limits: Limits, *, packed: Callable[[], int], spent: list[int]
    ) -> None:
        self._stream = stream
        self._limits = limits
        self._packed = packed
        self._spent = spent
        self._given = 0

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer`, counting."""
        piece = self._stream.read(len(buffer)) or b""
        buffer[: len(piece)] = piece
        self._given += len(piece)
        self._spent[0] += len(piece)
        self._check()
        return len(piece)

    def _check(self) -> None:
        limits = self._limits
        if self._spent[0] > limits.archive_bytes:
            raise ArchiveBomb(f"archive holds more than {limits.archive_bytes} bytes: not read on")
        allowed = limits.archive_ratio * max(1, self._packed())
        if self._given > limits.archive_free_bytes and self._given > allowed:
            raise ArchiveBomb(
                f"archive expands more than {limits.archive_ratio} times: not read on"
            )


class ZipReader:
    """Reads the members of a zip file."""

    name = "zip"

    def __init__(self, read_member: ReadMember) -> None:
        self._read_member = read_member

    def sniff(self, opened: Opened) -> bool:
        """True for zip's first bytes."""
        return opened.head.startswith((b"PK\x03\x04", _END_RECORD))

    def read(self, opened: Opened) -> Iterator[Found]:
        """Every message of every member, in stored order."""
        with TemporaryFile() as spool:
            try:
                stream = opened.stream if opened.file else _spooled(opened, spool)
                if _declared_entries(stream) > opened.limits.archive_entries:
                    yield opened.skipped(f"more than {opened.limits.archive_entries} members")
                    return
                with zipfile.ZipFile(stream) as archive:
                    yield from self._members(opened, archive)
            except (ArchiveBomb, *_TROUBLE) as error:
                yield opened.skipped(_reason(error))

    def _members(self, opened: Opened, archive: zipfile.ZipFile) -> Iterator[Found]:
        members = archive.infolist()
        if _overlap(members):
            yield opened.skipped("overlapping members: a zip bomb")
            return
        spent = [0]
        for info in members:
            path = f"{opened.path}!/{_printable(info.filename)}"
            if info.is_dir():
                continue
            unread = _not_mail(info.filename)
            if unread:
                yield Skipped(Span(path, 1, 1), unread)
                continue
            yield from self._member(opened, archive, info, spent)

    def _member(
        self, opened: Opened, archive: zipfile.ZipFile, info: zipfile.ZipInfo, spent: list[int]
    ) -> Iterator[Found]:
        path = f"{opened.path}!/{_printable(info.filename)}"
        try:
            with archive.open(info) as packed:
                meter = Meter(packed, opened.limits, packed=lambda: info.compress_size, spent=spent)
                member = _open_member(meter, path, opened)
                yield from self._read_member(member, _in_maildir(info.filename))
        except ArchiveBomb as error:
            yield Skipped(Span(path, 1, 1), str(error))
            if spent[0] > opened.limits.archive_bytes:
                raise
        except _TROUBLE as error:
            yield Skipped(Span(path, 1, 1), _reason(error))


class TarReader:
    """Reads the members of a tar file, plain or compressed, and single compressed files."""

    name = "tar"

    def __init__(self, read_member: ReadMember) -> None:
        self._read_member = read_member

    def sniff(self, opened: Opened) -> bool:
        """True for tar's mark, or the first bytes of gzip, bzip2 and xz."""
        return opened.head[257:262] == b"ustar" or _compression(opened.head) is not None

    def read(self, opened: Opened) -> Iterator[Found]:
        """Every message of every member, in stored order."""
        try:
            yield from self._read(opened)
        except (ArchiveBomb, *_TROUBLE) as error:
            yield opened.skipped(_reason(error))

    def _read(self, opened: Opened) -> Iterator[Found]:
        counted = _Counted(opened.stream)
        plain = _decompressed(counted, opened.head)
        meter = Meter(plain, opened.limits, packed=lambda: counted.count, spent=[0])
        inner = _open_member(meter, f"{opened.path}!/{_inner_name(opened.name)}", opened)
        if inner.head[257:262] != b"ustar":
            if _compression(opened.head) is None:
                yield opened.skipped("damaged tar file")
                return
            yield from self._read_member(inner, False)
            return
        with tarfile.open(fileobj=inner.stream, mode="r|", bufsize=HEAD_BYTES) as archive:
            yield from self._members(opened, archive)

    def _members(self, opened: Opened, archive: tarfile.TarFile) -> Iterator[Found]:
        for count, info in enumerate(archive, start=1):
            # The list of members that tarfile keeps would grow with the archive.
            vars(archive)["members"].clear()
            path = f"{opened.path}!/{_printable(info.name)}"
            if count > opened.limits.archive_entries:
                yield opened.skipped(f"members after {opened.limits.archive_entries} are left out")
                return
            if info.isdir():
                continue
            reason = _not_mail(info.name) if info.isreg() else "not a regular file"
            packed = archive.extractfile(info) if reason is None else None
            if packed is None:
                yield Skipped(Span(path, 1, 1), reason or "not a regular file")
                continue
            member = _open_member(packed, path, opened)
            yield from self._read_member(member, _in_maildir(info.name))


class _Counted(io.RawIOBase):
    """A stream that knows how much was read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.count = 0

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill `buffer`, counting."""
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        self.count += len(piece)
        return len(piece)


def _open_member(stream: Readable, path: str, opened: Opened) -> Opened:
    """A member as something that readers can be tried on."""
    head = b""
    while len(head) < HEAD_BYTES and (piece := stream.read(HEAD_BYTES - len(head))):
        head += piece
    whole = io.BufferedReader(HeadedStream(head, stream), buffer_size=HEAD_BYTES)  # type: ignore[arg-type]
    return replace(opened, path=path, stream=whole, head=head, file=None, depth=opened.depth + 1)


def _compression(head: bytes) -> str | None:
    marks = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"))
    return next((name for mark, name in marks if head.startswith(mark)), None)


def _decompressed(stream: io.RawIOBase, head: bytes) -> BinaryIO:
    import bz2

    source = io.BufferedReader(stream, buffer_size=HEAD_BYTES)
    kind = _compression(head)
    if kind == "gzip":
        return gzip.GzipFile(fileobj=source)  # type: ignore[return-value]
    if kind == "bzip2":
        return bz2.BZ2File(source)  # type: ignore[return-value]
    return lzma.LZMAFile(source) if kind == "xz" else source  # type: ignore[return-value]


def _inner_name(name: str) -> str:
    """`box.mbox.gz` holds `box.mbox`."""
    return str(Path(name).with_suffix("")) if "." in name.lstrip(".") else name


def _spooled(opened: Opened, spool: BinaryIO) -> BinaryIO:
    """A zip inside an archive, copied to an unnamed file: its directory stands at its end."""
    while piece := opened.stream.read(1 << 20):
        spool.write(piece)
    spool.seek(0)
    return spool


def _declared_entries(stream: BinaryIO) -> int:
    """The number of members a zip file says it has, before they are all loaded."""
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - 66_000))
    tail = stream.read()
    stream.seek(0)
    at = tail.rfind(_END_RECORD)
    count = int.from_bytes(tail[at + 10 : at + 12], "little") if at >= 0 else 0
    large = tail.rfind(b"PK\x06\x06")
    if count == 0xFFFF and large >= 0:
        return int.from_bytes(tail[large + 32 : large + 40], "little")
    return count


def _overlap(members: list[zipfile.ZipInfo]) -> bool:
    """True when the bytes of two members overlap, as in a quoted-overlap bomb."""
    ordered = sorted(members, key=lambda info: info.header_offset)
    ends = [info.header_offset + 30 + info.compress_size for info in ordered]
    return any(info.header_offset < end for info, end in zip(ordered[1:], ends, strict=False))


def _not_mail(name: str) -> str | None:
    """Why a member is not read, by its name alone."""
    parts = PurePosixPath(name).parts
    if "__MACOSX" in parts or (parts and parts[-1].startswith(".") and not _in_maildir(name)):
        return "hidden file"
    return None


def _in_maildir(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return len(parts) >= 2 and parts[-2] in ("cur", "new")


def _printable(name: str) -> str:
    """A member name for locators: never used as a path on disk."""
    return "".join(c if c.isprintable() else "\ufffd" for c in name.replace("\\", "/"))[:1_000]


def _reason(error: Exception) -> str:
    if isinstance(error, ArchiveBomb):
        return str(error)
    if "encrypted" in str(error) or "password" in str(error):
        return "encrypted: unpack it yourself and ingest the folder"
    return f"archive is damaged or not supported: {type(error).__name__}: {error}"[:300]
