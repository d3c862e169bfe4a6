"""Drafted suites: one gold message each, answers that stand in it, nothing drawn by chance."""

from dataclasses import replace
from pathlib import Path

import pytest

from eval.cases import load_suite, write_suite
from eval.make_suite import draft_suite
from eval.matching import holds
from ingest.errors import SuiteError
from ingest.formats.digest import read_digest
from ingest.model import Draft, Email
from tests.eval.little_engine import OTTO, email

DIGEST = Path(__file__).resolve().parents[2] / "corpus" / "digest.jsonl"
MAIL = (
    email("m1", "We agreed that the harbour would charge us 450 crowns for each night."),
    email("m2", "My cousin and her dog moved to Trondheim with all their furniture.", sender=OTTO),
    email("m3", "The meeting is moved because nobody could find a room that was free."),
    email(
        "m4", "See you there.\nThe meeting is moved because nobody could find a room that was free."
    ),
)


def archive() -> list[Email]:
    drafts = [draft for draft in read_digest(DIGEST) if isinstance(draft, Draft)]
    return [
        replace(email(d.message_id or "", d.body, sender=d.sender), subject=d.subject)
        for d in drafts
    ]


def test_each_answer_stands_in_its_one_message() -> None:
    mail = {found.id: found for found in archive()}
    cases = draft_suite(list(mail.values()), count=60, seed=1)
    assert len(cases) == 60
    assert len({case.id for case in cases}) == 60
    for case in cases:
        if case.type in ("made_number", "made_name"):
            (gold,) = case.gold_messages
            assert any(holds(mail[gold].body, phrase) for phrase in case.answer_any)
            assert not any(holds(case.question, phrase) for phrase in case.answer_any)


def test_a_suite_has_all_kinds_and_can_be_loaded(tmp_path: Path) -> None:
    cases = draft_suite(archive(), count=40)
    kinds = {"made_number", "made_who", "made_name", "made_when", "made_unanswerable"}
    assert {case.type for case in cases} == kinds
    assert sum(not case.is_answerable for case in cases) == 8
    write_suite(cases, tmp_path / "mine.jsonl")
    assert load_suite(tmp_path / "mine.jsonl") == cases


def test_the_seed_decides() -> None:
    mail = archive()
    assert draft_suite(mail, count=20, seed=1) == draft_suite(mail, count=20, seed=1)
    assert draft_suite(mail, count=20, seed=1) != draft_suite(mail, count=20, seed=2)


def test_a_sentence_of_two_messages_is_never_asked() -> None:
    cases = draft_suite(MAIL, count=50)
    gold = {id_ for case in cases for id_ in case.gold_messages}
    assert gold == {"m1", "m2"}


def test_mail_without_sentences_is_an_error() -> None:
    with pytest.raises(SuiteError, match="no sentence of this archive"):
        draft_suite([email("m1", "Yup.")])
