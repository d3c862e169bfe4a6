"""The report for people: tables, and a page that holds nothing live."""

import re
from collections.abc import Callable
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from eval.beside import Beside
from eval.cases import Case
from eval.compare import compare
from eval.page import Extras
from eval.page_questions import reason
from eval.report import comparison_table, html, table, trouble
from eval.run import run_suite
from rag.model import Answer
from tests.eval.little_engine import (
    CANOE,
    CASES,
    MAIL,
    MOON,
    PRICE,
    LittleEngine,
    quoting,
    withheld,
)


def broken(answer: Answer) -> Answer:
    if answer.status == "answered":
        return replace(answer, text=answer.text + " [8] <script>alert(1)</script>")
    raise RuntimeError("<img src=x>")


def shown(renderable: object) -> str:
    out = StringIO()
    Console(file=out, width=160, no_color=True).print(renderable)
    return out.getvalue()


def test_table_has_a_row_per_kind_and_every_metric() -> None:
    text = shown(table(run_suite(LittleEngine(), CASES)))
    assert "3 of 3 questions right" in text
    for word in ("fact", "unanswerable", "all", "recall@5", "aurc", "citation_validity"):
        assert word in text


def test_splits_stand_side_by_side_with_intervals() -> None:
    cases = [replace(PRICE, split="dev"), replace(CANOE, split="test"), replace(MOON, split="test")]
    report = run_suite(LittleEngine(), cases)
    rows = [[cell.strip() for cell in line.split("│")] for line in shown(table(report)).split("\n")]
    (heads,) = [line for line in shown(table(report)).split("\n") if "dev" in line]
    assert heads.split("┃")[2].strip() == "dev"
    assert ["", "questions", "1", "2", ""] in rows
    assert ["", "mrr", "1.000 (1.000-1.000)", "0.500 (0.500-0.500)", ""] in rows
    assert ["", "refusal", "·", "1.000 (1.000-1.000)", ""] in rows
    assert "By split" not in shown(table(run_suite(LittleEngine(), cases[1:])))


def test_errors_and_invalid_citations_are_listed() -> None:
    lines = trouble(run_suite(LittleEngine(broken), CASES))
    assert "moon: asking failed: RuntimeError: <img src=x>" in lines
    assert "price: [8] is no citation" in lines


def test_page_holds_nothing_live() -> None:
    page = html(run_suite(LittleEngine(broken), CASES))
    assert "&lt;img src=x&gt;" in page
    assert not re.search(r"<(script|img|link|iframe)|<[^>]+\s(src|on\w+)=|href=\"[^#]", page)
    assert not re.search(r"url\(|@import", page)
    assert "default-src &#x27;none&#x27;" in page


def test_page_opens_each_miss_with_answer_gold_hits_and_trace() -> None:
    cases = [replace(CANOE, answer_any=("yawl",), answer="A yawl.", split="dev"), PRICE]
    page = html(run_suite(LittleEngine(), cases))
    (miss,) = re.findall(r"<details class=question>.*?</details>", page, re.DOTALL)
    assert "What would Otto rather have?" in miss
    assert "gold message cited, answer not in it" in miss
    assert "A yawl." in miss
    assert miss.count(MAIL[1].body) == 4  # the answer, its citation, the gold message, the hit
    assert miss.count(">gold<") == 2
    assert "from Anna Berg; since 2021-05-01" in miss
    assert "confidence" in miss
    assert "canoe, dev" in miss


@pytest.mark.parametrize(
    ("case", "bend", "why"),
    [
        (MOON, lambda a: quoting(a.question, "m1"), "answered, though not in the archive"),
        (PRICE, lambda a: withheld(a.question, "m1"), "refused, though in the archive"),
        (PRICE, lambda a: quoting(a.question, "m3"), "gold message not found"),
        (PRICE, lambda a: replace(quoting(a.question, "m1"), citations=()), "found, not cited"),
        (replace(PRICE, answer_any=("x",)), lambda a: a, "gold message cited, answer not in it"),
        (MOON, broken, "asking failed"),
    ],
)
def test_a_miss_says_where_it_was_lost(
    case: Case, bend: Callable[[Answer], Answer], why: str
) -> None:
    report = run_suite(LittleEngine(bend), [case, CANOE])
    assert why in reason(report.misses[0])


def test_page_draws_six_charts_and_says_what_is_missing() -> None:
    page = html(run_suite(LittleEngine(), CASES))
    assert page.count("<figure>") == 6
    assert "every question ended right" in page
    unanswerable = html(run_suite(LittleEngine(), [MOON]))
    assert "Recall at k" not in unanswerable


def test_page_shows_other_ways_beside_and_trouble_on_top() -> None:
    report = run_suite(LittleEngine(broken), CASES)
    page = html(report, Extras(Beside((("closed-book", report),), ("price",), ("price",))))
    assert "of 1 changed by the swap" in page
    assert "Answered from memory instead of the swapped mail: price." in page
    assert "[8] is no citation" in page[: page.index('class="tiles"')]


def test_comparison_table_gives_verdicts() -> None:
    report = run_suite(LittleEngine(), CASES)
    assert "no difference shown" in shown(comparison_table(compare(report, report)))
