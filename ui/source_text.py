"""The lines of a file that a message was read from, as they stand there now."""

from itertools import islice
from pathlib import Path

from ingest.compound import is_compound
from ingest.errors import SourceError
from ingest.model import Span

#: Lines, and characters of each, that are read at most.
MOST_LINES = 2000
LONGEST_LINE = 2000


def source_lines(place: Span) -> list[str]:
    """The lines of `place`, undecodable bytes replaced; at most MOST_LINES.

    Raises SourceError for a message inside an archive file and for a file that is gone.
    """
    path = Path(place.path)
    if "!/" in place.path:
        raise SourceError(f"{place.path} is inside another file; unpack that to see it as it is")
    if not path.is_file():
        raise SourceError(f"{place.path} is not there any more; the text shown is from the index")
    wanted = slice(place.first_line - 1, min(place.last_line, place.first_line - 1 + MOST_LINES))
    try:
        if is_compound(path):
            raise SourceError(f"{place.path} is of Outlook's binary format and has no lines")
        with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
            lines = islice(file, wanted.start, wanted.stop)
            return [line.rstrip("\r\n")[:LONGEST_LINE] for line in lines]
    except OSError as error:
        raise SourceError(f"{place.path} cannot be read: {error.strerror}") from error
