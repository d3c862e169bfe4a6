"""Where each byte of an index goes."""

import tempfile
from collections import Counter
from pathlib import Path

from bench.hashed import HashedPassages
from bench.mail import write_mail
from bench.options import Options
from bench.table import Table
from ingest.archive import read_archive
from rag.index import write_index
from rag.index.generation import published


def sizing(options: Options) -> Table:
    """Bytes for each passage, and in % of the mbox, by part of the index."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw_file = folder / "mail.mbox"
        write_mail(raw_file, options.mails)
        archive = read_archive([raw_file], workspace=folder)
        with archive.store as store:
            text = sum(len(email.body) for email in store)
            chunks = write_index(archive, folder / "index", HashedPassages()).chunks
        sizes = _by_part(published(folder / "index").path)
        raw = raw_file.stat().st_size
    sizes["all of the index"] = sum(sizes.values())
    rows = [(part, size, size / chunks, 100 * size / raw) for part, size in sizes.items()]
    rows.append(("the mbox itself", raw, raw / chunks, 100.0))
    rows.append(("text of its messages", text, text / chunks, 100 * text / raw))
    columns = ("part", "bytes", "bytes a passage", "% of the mbox")
    return Table(f"Index of {options.mails} mails, {chunks} passages", columns, tuple(rows))


def folder_bytes(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _by_part(generation: Path) -> Counter[str]:
    """Largest first."""
    found: Counter[str] = Counter()
    for path in generation.rglob("*"):
        if path.is_file():
            place = path.relative_to(generation)
            is_vectors = place.parts[0] == "chroma" and len(place.parts) > 2
            found["chroma: vectors" if is_vectors else _part_name(place)] += path.stat().st_size
    return Counter(dict(found.most_common()))


def _part_name(place: Path) -> str:
    return "lexical" if place.parts[0] == "lexical" else place.as_posix()
