"""The outlines of all drafts on disk, in the orders that finding copies needs."""

from collections.abc import Iterator
from itertools import pairwise

from ingest.codec import decode_outline, encode_outline, encode_text
from ingest.outline import Outline, content_key
from ingest.scratch import Scratch

#: Each order has its index: sorting afterwards would write mail to the temporary folder.
_SCHEMA = (
    "CREATE TABLE outline (seq INTEGER PRIMARY KEY, at REAL, message_id TEXT, subject BLOB, "
    "digest BLOB, sender INT, place INT, day INT, facts TEXT)",
    "CREATE INDEX by_id ON outline (message_id) WHERE message_id != ''",
    "CREATE INDEX by_text ON outline (sender, digest, at)",
    "CREATE INDEX by_day ON outline (sender, day) WHERE day IS NOT NULL",
    "CREATE INDEX by_content ON outline (at, message_id, subject, digest, sender, place)",
)
#: Messages with equal values may be copies.
_ALIKE = (
    "SELECT seq, message_id FROM outline WHERE message_id != '' ORDER BY message_id",
    "SELECT seq, sender, digest, at FROM outline ORDER BY sender, digest, at",
    "SELECT seq, sender, day FROM outline WHERE day IS NOT NULL ORDER BY sender, day",
)


class OutlineTable:
    """Outlines whose people are identities, by number."""

    def __init__(self, scratch: Scratch) -> None:
        """A new, empty table."""
        self._scratch = scratch
        for statement in _SCHEMA:
            scratch.add(statement)

    def add(self, outline: Outline) -> None:
        """Store an outline."""
        at, message_id, subject, *rest = content_key(outline)
        day = outline.sent_at.date().toordinal() if outline.sent_at else None
        values = (at, message_id, encode_text(subject), *rest, day, encode_outline(outline))
        query = "INSERT INTO outline VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        self._scratch.add(query, outline.seq, *values)

    def get(self, seq: int) -> Outline:
        """The outline with this number."""
        (facts,) = self._scratch.one("SELECT facts FROM outline WHERE seq = ?", seq)
        return decode_outline(facts)

    def alike(self) -> Iterator[tuple[int, int]]:
        """Pairs that may be copies; what is joined by pairs holds all copies of a message."""
        for query in _ALIKE:
            for (first, *known), (second, *other) in pairwise(self._scratch.rows(query)):
                if known == other:
                    yield first, second

    def in_order(self) -> Iterator[int]:
        """The numbers of all outlines by `content_key`."""
        query = (
            "SELECT seq FROM outline ORDER BY at, message_id, subject, digest, sender, place, seq"
        )
        return (seq for (seq,) in self._scratch.rows(query))
