"""Counterfactual archives: written, read back by the ingester, and told apart from memory."""

from dataclasses import replace
from pathlib import Path

from eval.cases import load_suite
from eval.counterfactual import counterfactual, proving, remembered
from eval.run import run_suite
from ingest.aid import Aid
from ingest.formats.digest import read_digest
from ingest.model import Draft
from rag.index import Rules
from tests.eval.little_engine import CASES, PRICE, LittleEngine


def test_archive_and_suite_are_swapped_alike(tmp_path: Path) -> None:
    made = counterfactual(LittleEngine(), CASES, seed=2)
    archive, suite = made.write(tmp_path)
    drafts = [d for d in read_digest(archive) if isinstance(d, Draft)]
    cases = load_suite(suite)
    assert [d.message_id for d in drafts] == [m.id for m in made.messages]
    price, _, moon = cases
    assert (price.gold_messages, moon.gold_messages) == (("swapped-00001",), ())
    assert price.answer_any != PRICE.answer_any
    assert price.answer_any[0] in drafts[0].body
    assert drafts[0].sent_at is not None
    assert drafts[0].sent_at.year == 2021 + 28


def test_the_finding_aid_is_swapped_with_the_mail() -> None:
    aids = {"m1": (Aid("What did Anna pay for it?", ("4,200 crowns",)),), "gone": ()}
    rules = Rules(aids=aids, untold=("What did Anna give back?",))
    made = counterfactual(LittleEngine(), CASES, rules, seed=2)
    ((name, (aid,)),) = made.rules.aids.items()
    assert name == made.messages[0].id
    assert aid.phrases[0] in made.messages[0].body
    assert made.messages[0].sender.split()[0] in aid.question
    assert "Anna" not in aid.question
    assert "Anna" not in made.rules.untold[0]


def test_only_changed_answers_prove_anything() -> None:
    made = counterfactual(LittleEngine(), CASES, seed=2)
    assert proving(CASES, made.cases) == ("price",)


def test_an_answer_with_the_original_is_remembered() -> None:
    # The archive now says otherwise, yet the engine still answers with the old figure.
    swapped = [replace(PRICE, answer_any=("7,311 crowns",))]
    report = run_suite(LittleEngine(), swapped)
    assert remembered(report, [PRICE]) == ("price",)
    assert remembered(run_suite(LittleEngine(), [PRICE]), [PRICE]) == ()
