"""The message store gives back exactly what was put in, in archive order."""

import os
import stat
import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import IndexDamaged, IndexMissing, UnknownMessage
from ingest.message_store import MessageStore, PersonSummary, ThreadSummary
from ingest.model import Attachment, Email, Person, Segment, Span, Variant

ANN = Person("Ann Lee", ("ann@a.example", "lee@b.example"))
BOB = Person("Bob")
NINE = datetime(2020, 5, 1, 9, tzinfo=UTC)


def email(id_: str, **fields: object) -> Email:
    body = str(fields.pop("body", "Hello"))
    base: dict[str, object] = {
        "id": id_,
        "kind": "email",
        "sender": ANN,
        "to": (BOB,),
        "cc": (),
        "sent_at": NINE,
        "date_source": "header",
        "subject": "Plan",
        "body": body,
        "segments": (Segment(0, len(body), ANN, "own"),) if body else (),
        "thread_id": "t1",
        "locator": Span("/a.mbox", 1, 2),
    }
    return Email(**(base | fields))  # type: ignore[arg-type]


def stored(folder: Path, emails: Sequence[Email]) -> MessageStore:
    with MessageStore.create(folder / "mail.sqlite") as store:
        for one in emails:
            store.add(one)
    return MessageStore.open(folder / "mail.sqlite")


people = st.builds(Person, st.text(max_size=9), st.lists(st.text(max_size=5)).map(tuple))
zones = st.integers(-720, 720).map(lambda m: timezone(timedelta(minutes=m)))
moments = st.none() | st.datetimes(timezones=zones)
texts = st.text(max_size=30) | st.just("a\udc80b\0")
spans = st.builds(Span, texts, st.just(1), st.integers(1, 9), st.none() | st.integers(0, 9))


@st.composite
def emails(draw: st.DrawFn) -> Email:
    body = draw(texts)
    cut = draw(st.integers(0, len(body)))
    segments = (
        Segment(0, cut, draw(st.none() | people), "own"),
        Segment(cut, len(body), draw(people), "quoted", draw(moments), draw(st.none() | texts)),
    )
    return Email(
        id=draw(st.text(min_size=1)),
        kind=draw(st.sampled_from(["email", "imessage", "forwarded"])),
        sender=draw(people),
        to=tuple(draw(st.lists(people, max_size=3))),
        cc=tuple(draw(st.lists(people, max_size=3))),
        sent_at=draw(moments),
        date_source="received",
        subject=draw(texts),
        body=body,
        segments=segments,
        thread_id=draw(st.text()),
        locator=draw(spans),
        text_kind=draw(st.sampled_from(["verbatim", "restated"])),
        time_known=draw(st.booleans()),
        parent_id=draw(st.none() | texts),
        attachments=tuple(draw(st.lists(st.builds(Attachment, texts, texts, st.integers(0, 9))))),
        variants=tuple(draw(st.lists(st.builds(Variant, spans, texts, texts), max_size=2))),
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(emails(), max_size=4, unique_by=lambda e: e.id))
def test_what_is_stored_comes_back_equal(tmp_path: Path, mails: list[Email]) -> None:
    with stored(tmp_path, mails) as store:
        assert list(store) == mails
        assert store.get_many([m.id for m in reversed(mails)]) == mails[::-1]


def test_local_time_of_the_sender_is_kept(tmp_path: Path) -> None:
    at = datetime(2020, 5, 1, 9, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with stored(tmp_path, [email("a", sent_at=at)]) as store:
        found = store.get("a").sent_at
        assert found is not None and found.utcoffset() == timedelta(hours=5, minutes=30)


def test_unknown_id_names_the_nearest(tmp_path: Path) -> None:
    with (
        stored(tmp_path, [email("2020-05-01T0900-lee")]) as store,
        pytest.raises(UnknownMessage, match="did you mean 2020-05-01T0900-lee"),
    ):
        store.get("2020-05-01-lee")


def test_unknown_ids_are_left_out_of_many(tmp_path: Path) -> None:
    with stored(tmp_path, [email("a"), email("b")]) as store:
        assert [m.id for m in store.get_many(["b", "x", "a", "b"])] == ["b", "a", "b"]


def test_threads_and_people_are_summed_up(tmp_path: Path) -> None:
    later = NINE + timedelta(days=1)
    mails = [email("a"), email("b", sender=BOB, to=(ANN,), cc=(BOB,), sent_at=later)]
    with stored(tmp_path, [*mails, email("c", thread_id="t2", sent_at=None)]) as store:
        assert store.threads() == [
            ThreadSummary("t1", "Plan", NINE, later, 2, (ANN, BOB)),
            ThreadSummary("t2", "Plan", None, None, 1, (ANN, BOB)),
        ]
        assert store.people() == [PersonSummary(ANN, 2, 1), PersonSummary(BOB, 1, 3)]
        assert [m.id for m in store.thread("t1")] == ["a", "b"]
        assert store.thread("none") == ()


def test_headers_come_without_reading_bodies(tmp_path: Path) -> None:
    with stored(tmp_path, [email("a", cc=(ANN,))]) as store:
        (header,) = store.headers()
    assert (header.id, header.sender, header.recipients) == ("a", ANN, (BOB, ANN))


def test_aliases_are_kept(tmp_path: Path) -> None:
    with MessageStore.create(tmp_path / "m") as store:
        store.set_aliases({"al": "Ann Lee"})
    with MessageStore.open(tmp_path / "m") as store:
        assert store.aliases() == {"al": "Ann Lee"}


def test_file_is_for_its_owner_only(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        stored(tmp_path, [email("a")]).close()
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "mail.sqlite").stat().st_mode) == 0o600


def test_missing_and_damaged_stores_are_named(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="exhibit ingest"):
        MessageStore.open(tmp_path / "none")
    (tmp_path / "bad").write_bytes(b"no database at all" * 100)
    with pytest.raises(IndexDamaged, match="bad"):
        MessageStore.open(tmp_path / "bad")


def test_several_threads_read_one_store(tmp_path: Path) -> None:
    mails = [email(str(n), thread_id=str(n % 7)) for n in range(300)]
    counts: list[int] = []
    with stored(tmp_path, mails) as store:
        readers = [
            threading.Thread(target=lambda: counts.append(sum(1 for _ in store))) for _ in range(4)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
    assert counts == [300] * 4
