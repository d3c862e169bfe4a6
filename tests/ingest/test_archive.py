"""From sources of mail to an archive: people, threads, copies, receipt."""

import gc
import json
import random
import stat
import sys
import textwrap
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.reading import write_mbox
from ingest.archive import Archive, read_archive
from ingest.errors import SourceError
from ingest.known import load_known
from ingest.model import Person

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
FULLEST = CORPUS / "openai-emails-2024-12.txt"
TEXT = (
    "The roof of the second hall leaks again, and the roofer whom we had in spring can only come "
    "after the holidays. Shall we ask another one, or wait with a sheet over the machines?"
)

Read = Callable[..., Archive]


def raw(message_id: str | None, body: str = TEXT, **fields: str) -> bytes:
    message = EmailMessage()
    headers = {
        "From": "Ann Lee <ann@a.example>",
        "To": "Bob Ray <bob@b.example>",
        "Date": "Fri, 01 May 2020 09:00:00 +0200",
        "Subject": "The leaking roof",
    } | {name.replace("_", "-"): value for name, value in fields.items()}
    if message_id:
        headers["Message-ID"] = f"<{message_id}>"
    for name, value in headers.items():
        message[name] = value
    message.set_content(body)
    return message.as_bytes()


def reply(message_id: str | None, **fields: str) -> bytes:
    quote = "\n".join(f"> {line}" for line in textwrap.wrap(TEXT, 60))
    body = f"Ask another one.\n\nOn 1 May 2020 at 09:00, Ann Lee wrote:\n{quote}\n"
    base = {
        "From": "Bob Ray <bob@b.example>",
        "To": "Ann Lee <ann@a.example>",
        "Date": "Fri, 01 May 2020 11:30:00 +0200",
        "Subject": "Re: The leaking roof",
    }
    return raw(message_id, body, **(base | fields))


def mbox(path: Path, *messages: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(b"From a@x Fri May  1 09:00:00 2020\n" + m + b"\n" for m in messages))
    return path


@pytest.fixture
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    def read(*sources: Path, **options: object) -> Archive:
        workspace = tmp_path_factory.mktemp("work")
        return read_archive(sources, workspace=workspace, **options)  # type: ignore[arg-type]

    return read


def outcomes(archive: Archive) -> list[str]:
    return [line.outcome for line in archive.receipt]


def test_reply_follows_in_its_thread_and_its_quote_leads_back(tmp_path: Path, read: Read) -> None:
    archive = read(mbox(tmp_path / "a.mbox", reply("b@x"), raw("a@x")))
    first, second = archive.store
    assert (first.id, second.id, second.thread_id, second.parent_id) == ("a@x", "b@x", "a@x", "a@x")
    (quoted,) = [s for s in second.segments if s.role == "quoted"]
    assert (quoted.author, quoted.origin_id) == (first.sender, "a@x")


def test_reply_that_changes_the_subject_still_answers_and_its_quote_leads_back(
    tmp_path: Path, read: Read
) -> None:
    body = "Gladly.\n\nOn 1 May 2020 at 09:00, Ann Lee wrote:\n> Dinner on Friday?\n"
    fields = {"From": "Bob Ray <bob@b.example>", "Date": "Fri, 01 May 2020 11:30:00 +0200"}
    answer = raw("b@x", body, Subject="Who brings wine", References="<a@x>", **fields)
    archive = read(mbox(tmp_path / "a.mbox", answer, raw("a@x", "Dinner on Friday?\n")))
    first, second = archive.store
    assert (first.thread_id, second.thread_id, second.parent_id) == ("a@x", "b@x", "a@x")
    assert [s.origin_id for s in second.segments if s.role == "quoted"] == ["a@x"]


def test_forward_in_another_thread_leads_back_too(tmp_path: Path, read: Read) -> None:
    head = "---------- Forwarded message ---------\nFrom: Ann Lee <ann@a.example>\n"
    body = f"Please look.\n\n{head}Subject: The leaking roof\n\n{TEXT}\n"
    forward = raw("f@x", body, From="Bob Ray <bob@b.example>", To="cy@c.example", Subject="A roof")
    other = raw("0@x", "A text of more than eight words about nothing in particular at all.")
    archive = read(mbox(tmp_path / "a.mbox", other, raw("a@x"), forward))
    assert {s.origin_id for s in archive.store.get("f@x").segments} == {None, "a@x"}
    assert len(archive.store.threads()) == 3


def test_date_is_taken_from_the_copy_that_tells_it(tmp_path: Path, read: Read) -> None:
    fuller = raw("a@x", f"{TEXT}\n\nThis list is run by the factory.")
    undated = b"\n".join(x for x in fuller.split(b"\n") if not x.startswith(b"Date:"))
    (tmp_path / "a.eml").write_bytes(raw("a@x"))
    (tmp_path / "b.eml").write_bytes(undated)
    (message,) = read(tmp_path).store
    assert "factory" in message.body
    assert (message.date_source, message.sent_at is None) == ("header", False)


def test_message_without_id_gets_one_from_date_and_sender(tmp_path: Path, read: Read) -> None:
    archive = read(mbox(tmp_path / "a.mbox", raw(None), reply(None)))
    assert archive.store.ids() == ["2020-05-01T0900-lee", "2020-05-01T1130-ray"]


def test_equal_ids_of_different_messages_are_told_apart(tmp_path: Path, read: Read) -> None:
    archive = read(mbox(tmp_path / "a.mbox", raw("a@x"), raw("a@x", "Lunch?", From="C <c@x>")))
    assert sorted(archive.store.ids()) == ["a@x", "a@x-2"]


def test_copies_are_variants_of_one_message(tmp_path: Path, read: Read) -> None:
    footer = f"{TEXT}\n-- \nA list of the factory"
    sent = mbox(tmp_path / "Sent", raw("a@x"), raw("c@x", "Other things"))
    archive = read(sent, mbox(tmp_path / "In", raw("a@x"), raw("a@x", footer)))
    (kept,) = [m for m in archive.store if m.id == "a@x"]
    assert "factory" in kept.body
    assert [v.body.strip() for v in kept.variants] == [TEXT, TEXT]
    assert sorted(outcomes(archive)) == ["indexed", "indexed", "variant", "variant"]


def test_receipt_has_a_line_for_every_message_and_file(tmp_path: Path, read: Read) -> None:
    mbox(tmp_path / "a.mbox", raw("a@x"), raw("a@x"), reply("b@x"))
    (tmp_path / "photo.bin").write_bytes(bytes(range(256)))
    archive = read(tmp_path)
    assert sorted(outcomes(archive)) == ["duplicate", "indexed", "indexed", "skipped"]
    saved = archive.store.path.parent / "receipt.jsonl"
    lines = [json.loads(line) for line in saved.read_text().splitlines()]
    assert [line["outcome"] for line in lines] == outcomes(archive)
    assert set(lines[0]) == {"locator", "outcome", "message_id", "reason"}


def test_written_files_are_for_their_owner_and_the_spool_is_gone(
    tmp_path: Path, read: Read
) -> None:
    folder = read(mbox(tmp_path / "a.mbox", raw("a@x"))).store.path.parent
    assert {p.name: stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {
        "mail.sqlite": 0o600,
        "receipt.jsonl": 0o600,
    }


def test_missing_source_is_named(tmp_path: Path, read: Read) -> None:
    with pytest.raises(SourceError, match="nowhere"):
        read(tmp_path / "nowhere")


def test_overlapping_sources_are_read_once(tmp_path: Path, read: Read) -> None:
    file = mbox(tmp_path / "mail" / "a.mbox", raw("a@x"))
    archive = read(file, tmp_path / "mail", file, tmp_path / "mail" / ".." / "mail")
    assert outcomes(archive) == ["indexed"]


def test_no_sources_give_an_empty_archive(read: Read) -> None:
    archive = read()
    assert (len(archive.store), list(archive.receipt)) == (0, [])


def test_spellings_of_a_person_are_one_sender(tmp_path: Path, read: Read) -> None:
    other = raw("b@x", "Second", From='"Lee, Ann" <lee@home.example>')
    archive = read(mbox(tmp_path / "a.mbox", raw("a@x"), other))
    ann = Person("Ann Lee", ("ann@a.example", "lee@home.example"))
    assert {m.sender for m in archive.store} == {ann}
    assert archive.people.match("lee") == [ann]


def test_people_file_names_a_sender(tmp_path: Path, read: Read) -> None:
    people = tmp_path / "people.toml"
    people.write_text('[[person]]\nname = "Anna Lee"\naddresses = ["ann@a.example"]\n')
    archive = read(mbox(tmp_path / "a.mbox", raw("a@x")), people_files=[people])
    assert [m.sender.name for m in archive.store] == ["Anna Lee"]


def test_progress_is_reported(tmp_path: Path, read: Read) -> None:
    told: list[tuple[str, int]] = []
    mails = [raw(f"{n}@x", f"Text {n}") for n in range(250)]
    read(mbox(tmp_path / "a.mbox", *mails), progress=lambda *step: told.append(step))
    assert told == [("reading", 200), ("writing", 200)]


MAILS = [
    raw("a@x"),
    raw("a@x", f"{TEXT}\n\nfooter of a list"),
    raw(None),
    reply("b@x"),
    reply("b@x", In_Reply_To="<a@x>"),
    reply(None, From="Ray, Bob <bob@b.example>"),
    raw("c@x", "Ok", From="Bob <bob@b.example>", References="<b@x>"),
    raw("d@x", "Yes", From="Bob <cy@c.example>", Subject="Re: the leaking roof"),
]


def dump(archive: Archive) -> list[object]:
    """What the archive says, without places in files."""
    return [
        (m.id, m.thread_id, m.parent_id, m.sender, m.to, m.sent_at, m.subject, m.body, m.segments)
        for m in archive.store
    ]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(MAILS), min_size=1, max_size=8, unique=True), st.integers())
def test_order_of_files_is_no_matter(
    tmp_path_factory: pytest.TempPathFactory, read: Read, mails: list[bytes], seed: int
) -> None:
    first, second = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    names = list(range(len(mails)))
    random.Random(seed).shuffle(names)
    for index, mail in enumerate(mails):
        (first / f"{index}.eml").write_bytes(mail)
        (second / f"{names[index]}.eml").write_bytes(mail)
    one, two = read(first), read(second)
    assert dump(one) == dump(two)
    assert len(one.receipt) == len(mails) == len(two.receipt)


@pytest.mark.skipif(not FULLEST.exists(), reason="needs the released emails in ../shared/corpus")
def test_three_compilations_give_85_messages(read: Read) -> None:
    known = load_known(ROOT / "corpus" / "digest.jsonl")
    one = read(FULLEST, known=known)
    archive = read(*sorted(CORPUS.glob("openai-emails-*")), known=known)
    counts = {name: archive.receipt.count(name) for name in ("indexed", "duplicate", "variant")}
    assert counts["indexed"] == len(archive.store) == 85
    assert counts["duplicate"] + counts["variant"] == 102
    assert len(archive.store.threads()) == 34
    assert one.store.ids() == archive.store.ids()
    facts = [(m.id, m.thread_id, m.parent_id, m.sent_at, m.subject) for m in archive.store]
    assert facts == [(m.id, m.thread_id, m.parent_id, m.sent_at, m.subject) for m in one.store]


@pytest.mark.skipif(not FULLEST.exists(), reason="needs the released emails in ../shared/corpus")
def test_verbatim_text_is_kept_over_the_digest(read: Read) -> None:
    digest = ROOT / "corpus" / "digest.jsonl"
    archive = read(digest, FULLEST, known=load_known(digest))
    assert len(archive.store) == 85
    assert {m.text_kind for m in archive.store} == {"verbatim"}


def test_memory_hardly_grows_with_the_number_of_messages(tmp_path: Path, read: Read) -> None:
    """RELIABILITY R10: of a message a few numbers stay in memory, no object of its own."""
    blocks: list[int] = []
    rises = []

    def look(*_: object) -> None:
        # What other tests left behind must not go while this one counts.
        gc.collect()
        blocks.append(sys.getallocatedblocks())

    for count in (200, 200, 800):
        path = tmp_path / f"{count}.mbox"
        write_mbox(path, count, 500)
        blocks.clear()
        archive = read(path, progress=look)
        assert len(archive.receipt) == count
        archive.store.close()
        rises.append(max(blocks) - blocks[0])
    assert (rises[2] - rises[1]) / 600 < 3
