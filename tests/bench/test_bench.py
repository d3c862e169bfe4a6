"""The benches run and give figures; how large they are is not for a test."""

import json
import mailbox
from pathlib import Path

import pytest

import bench.asking
from bench.__main__ import main
from bench.growing import growing
from bench.options import Options
from bench.peers import compare
from bench.reading import LETTER, write_mbox
from bench.sizing import sizing
from bench.table import Table
from rag.adapters.hashing_embedder import HashingEmbedder
from tests.ui.clean_home import clean_home


def test_a_tiny_run_gives_the_figures_of_reading(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reading", "archiving", "--megabytes", "0.1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["machine"]["cores"] >= 1
    reading, archiving = found["tables"]
    assert reading["rows"][0]["figure"] > 0
    assert [row["messages"] for row in archiving["rows"]] == [2, 10]


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["lunch"])
    assert "no part 'lunch'" in capsys.readouterr().err


def test_questions_are_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clean_home(monkeypatch, tmp_path, tmp_path)
    monkeypatch.setattr(bench.asking, "open_embedder", lambda settings: HashingEmbedder())
    monkeypatch.setattr("rag.build.open_embedder", lambda settings: HashingEmbedder())
    figures = dict(bench.asking.asking(Options(rounds=1)).rows)
    assert 0 < float(figures["answer p50, ms"]) <= float(figures["answer p95, ms"])


def test_parts_of_an_index_add_up() -> None:
    table = sizing(Options(mails=40))
    sizes = {str(row[0]): row[1] for row in table.rows}
    named = {"all of the index", "the mbox itself", "text of its messages"}
    parts = [int(size) for name, size in sizes.items() if name not in named]
    assert sum(parts) == sizes["all of the index"]


def test_growth_has_a_row_for_each_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clean_home(monkeypatch, tmp_path, tmp_path)
    monkeypatch.setattr("bench.growing.open_embedder", lambda settings: None)
    monkeypatch.setattr("bench.growing._alone", lambda part, *told: part(*told))
    table = growing(Options(passages=(60, 120, 240)))
    assert len(table.rows) == 3
    assert any(note.startswith("ingest s grows with passages ^") for note in table.notes)


def test_a_peer_that_is_not_installed_is_told_as_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = compare._Run(1, compare.Finished(1.0, 1.0, ""), 1.0, 1.0, [[]])
    monkeypatch.setattr(compare, "_ENVIRONMENTS", tmp_path)
    monkeypatch.setattr(compare, "_exhibit", lambda *_: own)
    table = compare.beside(Options(mails=10))
    assert [row[0] for row in table.rows] == ["Exhibit"]
    assert "txtai: absent; bench/peers/install txtai installs it" in table.notes


def test_a_table_aligns_its_columns() -> None:
    table = Table("Growth", ("what", "how many"), (("mails", 1200), ("s", 0.5)), ("so be it",))
    assert table.as_text() == (
        "Growth\nwhat   how many\nmails     1,200\ns          0.50\n  so be it"
    )


def test_generated_mail_has_the_size_and_number_asked_for(tmp_path: Path) -> None:
    size = write_mbox(tmp_path / "some.mbox", 20, LETTER)
    assert 20 * LETTER <= size <= 21 * LETTER
    written = mailbox.mbox(tmp_path / "some.mbox")
    texts = {message.get_payload() for message in written}
    written.close()
    assert len(texts) == 20
