"""What the database of a closed Chroma folder says; read without Chroma, which would change it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

DATABASE = "chroma.sqlite3"


def content_hash(folder: Path) -> str:
    """sha256 of all that the database of a closed Chroma folder says; "" when it is not readable.

    Only the count of its write locks is left out: Chroma 1.5.9 moves it at every opening.
    """
    digest = sha256()
    try:
        with closing(_read_only(folder)) as database:
            if database.execute("PRAGMA quick_check").fetchone() != ("ok",):
                return ""
            for (table,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            ).fetchall():
                if table != "acquire_write":
                    digest.update(f"{table}\n".encode())
                    for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608
                        digest.update(repr(row).encode("utf-8", "surrogatepass"))
    except sqlite3.DatabaseError:
        return ""
    return digest.hexdigest()


def stored_passages(folder: Path) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    """Id and all metadata rows of each passage of a closed Chroma folder.

    Sorted by id. Reads Chroma's database itself, since opening it with Chroma would change it.
    """
    query = """SELECT e.embedding_id, m.key, m.string_value, m.int_value
               FROM embeddings e JOIN embedding_metadata m ON m.id = e.id
               UNION ALL SELECT e.embedding_id, a.key, a.string_value, a.int_value
               FROM embeddings e JOIN embedding_metadata_array a ON a.id = e.id
               ORDER BY 1, 2, 3, 4"""
    with closing(_read_only(folder)) as database:
        current, rows = "", list[tuple[object, ...]]()
        for name, *row in database.execute(query):
            if name != current and rows:
                yield current, rows
                rows = []
            current = name
            rows.append(tuple(row))
        if rows:
            yield current, rows


def _read_only(folder: Path) -> sqlite3.Connection:
    uri = f"{(folder / DATABASE).absolute().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True)
