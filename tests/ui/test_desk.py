"""The reader's home stays light: it is drawn from headers, and counted once per archive."""

from dataclasses import replace

import pytest

from ingest.message_store import Header, PersonSummary, ThreadSummary
from ingest.model import Email, Person
from tests.ui.fake_archive import BOAT, FakeEngine, desk
from ui.web.session import Session


class LightEngine(FakeEngine):
    """Its headers stay the same tuple, as the real engine's do; its messages are out of reach."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = super().headers()
        self.counted = 0

    def headers(self) -> tuple[Header, ...]:
        return self.kept

    def threads(self) -> list[ThreadSummary]:
        self.counted += 1
        return super().threads()

    def thread(self, thread_id: str) -> tuple[Email, ...]:
        raise AssertionError(f"thread {thread_id} was read")

    def message(self, message_id: str) -> Email:
        raise AssertionError(f"message {message_id} was read")


def test_home_reads_no_message_and_is_counted_once() -> None:
    engine = LightEngine()
    drawn = desk(engine)
    drawn.welcome()
    homes = [drawn.archive(), drawn.open("home", Session())]
    assert "2021-05: 2 messages" in homes[0]
    assert (homes[0], engine.counted) == (homes[1], 1)


def test_home_is_counted_anew_when_the_archive_has_changed() -> None:
    engine = LightEngine()
    drawn = desk(engine)
    drawn.archive()
    engine.kept = (engine.kept[0],)
    assert "2021-05: 1 message" in drawn.archive()


@pytest.mark.parametrize("month", ["2021-05", "2021-06"])
def test_month_shows_its_messages_alone(month: str) -> None:
    assert BOAT.sent_at is not None
    june = replace(BOAT, id="m3", sent_at=BOAT.sent_at.replace(month=6), subject="Oars")
    shown = desk(FakeEngine([BOAT, june])).open(f"month:{month}", Session())
    assert ("The boat" in shown, "Oars" in shown) == (month == "2021-05", month == "2021-06")


def test_the_busiest_are_offered_to_pick_from() -> None:
    engine = FakeEngine()
    crowd = [PersonSummary(Person(f"P{n:03}"), n, 1000 - n) for n in range(1000)]
    engine.people = lambda: crowd  # type: ignore[method-assign]
    offered = desk(engine).people("sent")
    assert offered[0] == ("P999 · 999 sent", "P999")
    assert len(offered) == 300
    assert desk(engine).people("received")[0] == ("P000 · 1,000 received", "P000")


def test_index_in_the_home_folder_is_named_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "index /index<" in desk(FakeEngine()).status()
    monkeypatch.setenv("HOME", "/")
    assert "index ~/index<" in desk(FakeEngine()).status()
