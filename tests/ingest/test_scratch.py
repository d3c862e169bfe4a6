"""What a run remembers in a file that is deleted afterwards."""

from pathlib import Path

from ingest.scratch import Scratch


def test_rows_may_be_left_unfinished_after_the_file_is_gone(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "scratch.sqlite", "CREATE TABLE word (text TEXT);")
    scratch.add("INSERT INTO word VALUES ('roof'), ('wheel')")
    rows = scratch.rows("SELECT text FROM word")
    next(iter(rows))
    scratch.delete()
    rows.close()  # type: ignore[attr-defined]
    assert not list(tmp_path.iterdir())
