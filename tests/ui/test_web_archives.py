"""Archives added from the page: kept ones stay, uploads are one tab's alone and go with it."""

import asyncio
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.errors import ExhibitError, SourceError, UsageError
from tests.ui.fake_archive import FakeEngine, desk
from tests.ui.own_mail import mailbox, quick_settings
from ui.web import archives as module
from ui.web.archives import OWN, Archives, sweep
from ui.web.work import Done, Step, Tell, Works


@pytest.fixture
def archives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archives]:
    made = Archives(desk(FakeEngine()), quick_settings(tmp_path, monkeypatch))
    yield made
    made.close()


def silent(stage: str, done: int, total: int) -> None:
    """Nobody watches."""


def upload(archives: Archives, folder: Path, tab: str) -> str:
    return archives.read_upload(tab, [mailbox(folder)], silent).key


def test_upload_is_offered_to_its_tab_alone(archives: Archives, tmp_path: Path) -> None:
    key = upload(archives, tmp_path, "ann")
    assert [a.key for a in archives.listed("ann")] == [OWN, key]
    assert [a.key for a in archives.listed("bob")] == [OWN]
    with pytest.raises(UsageError, match="not here any more"):
        archives.allowed("bob", key)
    with pytest.raises(UsageError, match="not here any more"):
        archives.remove("bob", key)


def test_upload_answers_from_its_own_mail(archives: Archives, tmp_path: Path) -> None:
    engine = archives.desk(upload(archives, tmp_path, "ann")).engine
    assert "900 crowns" in engine.ask("What does the boiler cost?").text


def test_upload_lies_in_a_private_folder_and_goes_with_its_tab(
    archives: Archives, tmp_path: Path
) -> None:
    key = upload(archives, tmp_path, "ann")
    folder = archives.desk(key).engine.describe().index.parent
    private = folder.parent
    assert stat.S_IMODE(private.stat().st_mode) == stat.S_IMODE(folder.stat().st_mode) == 0o700
    archives.forget_tab("bob")
    assert folder.exists()
    archives.forget_tab("ann")
    assert not folder.exists()
    archives.close()
    assert not private.exists()


def test_path_is_kept_and_offered_by_the_next_server(archives: Archives, tmp_path: Path) -> None:
    added = archives.read_path(str(mailbox(tmp_path)), silent)
    later = Archives(desk(FakeEngine()), archives._settings)
    assert [(a.name, a.kind, a.messages) for a in later.listed("bob")][1:] == [
        ("boiler.mbox", "path", 1)
    ]
    later.remove("bob", added.key)
    assert [a.key for a in later.listed("bob")] == [OWN]
    assert (tmp_path / "boiler.mbox").exists()
    later.close()


def test_paths_are_not_read_for_who_sits_elsewhere(tmp_path: Path) -> None:
    remote = Archives(desk(FakeEngine()), may_read_paths=False)
    with pytest.raises(UsageError, match="upload the file"):
        remote.read_path(str(mailbox(tmp_path)), silent)
    remote.close()


@pytest.mark.parametrize("text", [b"", b"just words\n"])
def test_file_without_mail_is_told_and_leaves_nothing(
    archives: Archives, tmp_path: Path, text: bytes
) -> None:
    with pytest.raises(SourceError, match="no mail was found"):
        archives.read_path(str(mailbox(tmp_path, "notes.txt", text)), silent)
    assert [a.key for a in archives.listed("ann")] == [OWN]
    assert list(tmp_path.glob("index-archives/*")) == []


def test_a_tab_holds_so_many_uploads_and_no_more(archives: Archives, tmp_path: Path) -> None:
    for _ in range(module.UPLOADS_OF_A_TAB):
        upload(archives, tmp_path, "ann")
    with pytest.raises(UsageError, match="remove one first"):
        upload(archives, tmp_path, "ann")


def test_too_large_an_upload_is_refused(
    archives: Archives, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_UPLOAD_BYTES", 100)
    with pytest.raises(UsageError, match="give the path instead"):
        upload(archives, tmp_path, "ann")


def test_files_of_one_name_are_both_read(archives: Archives, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    second = mailbox(tmp_path / "a").read_bytes().replace(b"<one@", b"<two@").replace(b"900", b"1")
    files = [mailbox(tmp_path / "a"), mailbox(tmp_path / "b", text=second)]
    assert archives.read_upload("ann", files, silent).report.indexed == 2


def test_leftovers_of_a_killed_server_are_swept_and_those_in_use_are_not(
    archives: Archives, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = Path(tempfile.mkdtemp(prefix="exhibit-uploads-"))
    (dead / "mail").touch()
    try:
        sweep()
        assert not dead.exists()
        assert archives.inbox.parent.exists()
    finally:
        shutil.rmtree(dead, ignore_errors=True)


async def taken(works: Works, tab: str, job: "object") -> list[object]:
    return [step async for step in works.steps(tab, job)]  # type: ignore[arg-type]


def test_progress_names_the_stages_and_the_number_of_passages(
    archives: Archives, tmp_path: Path
) -> None:
    seen: list[tuple[str, int, int]] = []
    archives.read_path(str(mailbox(tmp_path)), lambda *step: seen.append(step))
    assert ("embedding", 1, 1) in seen


def test_stopped_work_ends_at_its_next_step_and_says_so() -> None:
    works = Works()

    def job(tell: Tell) -> str:
        while True:
            works.stop("ann")
            tell("reading", 1, 0)

    with pytest.raises(ExhibitError, match="stopped"):
        asyncio.run(taken(works, "ann", job))


def test_work_ends_with_its_result() -> None:
    *steps, last = asyncio.run(taken(Works(), "ann", lambda tell: "result"))
    assert last == Done("result")
    assert all(isinstance(step, Step) for step in steps)
