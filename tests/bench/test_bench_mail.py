"""The generated mail is as it is told to be: the same each time, with quotes, copies and facts."""

from collections import Counter
from pathlib import Path

from bench.mail import write_mail
from bench.peers.harness import read_mails
from ingest.archive import read_archive


def test_equal_seeds_give_equal_mail(tmp_path: Path) -> None:
    one, other, third = (tmp_path / name for name in ("one", "other", "third"))
    assert write_mail(one, 50, planted=5) == write_mail(other, 50, planted=5)
    write_mail(third, 50, planted=5, seed=1)
    assert one.read_bytes() == other.read_bytes() != third.read_bytes()


def test_facts_stand_in_the_own_words_of_their_message(tmp_path: Path) -> None:
    planted = write_mail(tmp_path / "mail.mbox", 100, planted=10)
    archive = read_archive([tmp_path / "mail.mbox"], workspace=tmp_path / "work")
    with archive.store as store:
        for fact in planted:
            email = store.get(fact.message_id)
            own = (email.body[s.start : s.end] for s in email.segments if s.role == "own")
            assert fact.words in " ".join(" ".join(own).split())
    assert len(planted) == 10


def test_it_has_copies_quotes_and_signatures(tmp_path: Path) -> None:
    write_mail(tmp_path / "mail.mbox", 200)
    archive = read_archive([tmp_path / "mail.mbox"], workspace=tmp_path / "work")
    outcomes = Counter(line.outcome for line in archive.receipt)
    with archive.store as store:
        roles = Counter(segment.role for email in store for segment in email.segments)
    assert outcomes.total() == 200
    assert 5 < outcomes["duplicate"] < 40
    assert min(roles["own"], roles["quoted"], roles["signature"]) > 50


def test_peers_read_each_message_once(tmp_path: Path) -> None:
    write_mail(tmp_path / "mail.mbox", 100)
    archive = read_archive([tmp_path / "mail.mbox"], workspace=tmp_path / "work")
    with archive.store as store:
        ids = set(store.ids())
    mails = read_mails(tmp_path / "mail.mbox")
    assert {mail.message_id for mail in mails} == ids
    assert all(mail.text.startswith("From: ") for mail in mails)
