"""Comparing runs: paired, and only of the same questions on the same mail."""

from dataclasses import replace

import pytest

from eval.compare import compare
from eval.run import run_suite
from eval.summary import Report
from ingest.errors import SuiteError
from rag.model import Answer
from tests.eval.little_engine import CASES, PRICE, LittleEngine, withheld


def many(engine: LittleEngine) -> Report:
    cases = [replace(PRICE, id=f"p{n}") for n in range(12)]
    return run_suite(engine, cases)


def refuse(answer: Answer) -> Answer:
    return withheld(answer.question, "m1")


def test_the_same_run_twice_shows_no_difference() -> None:
    comparison = compare(many(LittleEngine()), many(LittleEngine()))
    assert comparison.verdict == "no difference shown (0 gained, 0 lost, p = 1.000)"
    assert {change.verdict for change in comparison.changes} == {"no difference shown"}


def test_a_real_loss_is_called_worse() -> None:
    comparison = compare(many(LittleEngine()), many(LittleEngine(refuse)))
    assert comparison.verdict.startswith("worse (0 gained, 12 lost")
    verdicts = {change.metric: change.verdict for change in comparison.changes}
    assert verdicts["correct"] == "worse"
    assert verdicts["over_refusal"] == "worse"
    assert verdicts["recall@1"] == "no difference shown"
    assert comparison.to_json()["verdict"] == comparison.verdict


def test_different_suites_and_archives_are_not_compared() -> None:
    one = run_suite(LittleEngine(), CASES)
    with pytest.raises(SuiteError, match="different suites"):
        compare(one, run_suite(LittleEngine(), CASES[:2]))
    other = replace(one, subject=replace(one.subject, corpus_hash="f" * 12))
    with pytest.raises(SuiteError, match="different archives"):
        compare(one, other)
