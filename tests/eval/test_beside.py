"""Mail or memory: other ways of asking stand beside the normal score, paired with it."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from eval.beside import Beside, Row
from eval.report import beside_table
from eval.run import run_suite
from rag.model import Answer
from tests.eval.little_engine import CASES, PRICE, LittleEngine, withheld

MANY = [*CASES, *(replace(PRICE, id=f"p{n}") for n in range(10))]
NORMAL = run_suite(LittleEngine(), MANY)


def refuse(answer: Answer) -> Answer:
    return withheld(answer.question, "m1")


FORGETFUL = run_suite(LittleEngine(refuse), MANY)
BESIDE = Beside(
    (("closed-book", FORGETFUL), ("counterfactual", NORMAL)), ("price", "canoe"), ("canoe",)
)


def test_each_way_is_compared_with_the_normal_run() -> None:
    mail, closed, swapped = BESIDE.rows(NORMAL)
    assert [row.name for row in (mail, closed, swapped)] == [
        "with the mail", "closed-book", "counterfactual",
    ]  # fmt: skip
    assert (value(mail), value(closed), value(swapped)) == (1.0, 0.0, 1.0)
    assert (mail.verdict, swapped.verdict) == ("", "no difference shown")
    assert closed.verdict.startswith("-1.00 (")


def value(row: Row) -> float:
    assert row.holds is not None
    return row.holds.value


def test_the_telling_questions_are_counted_apart() -> None:
    found = BESIDE.rows(NORMAL)[1].holds_telling
    assert found is not None
    assert (found.value, found.n) == (0.0, 2)
    assert Beside((("closed-book", FORGETFUL),)).rows(NORMAL)[1].holds_telling is None


def test_runs_of_other_questions_do_not_pair() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Beside((("closed-book", run_suite(LittleEngine(), CASES)),)).rows(NORMAL)


def test_the_table_names_what_was_remembered() -> None:
    out = StringIO()
    Console(file=out, width=200).print(beside_table(BESIDE, NORMAL))
    assert "of 2 changed by the swap" in out.getvalue()
    assert "instead of the swapped mail: 1: canoe" in out.getvalue()
