"""The report for people: tables, and a page that holds nothing live."""

import re
from dataclasses import replace
from io import StringIO

from rich.console import Console

from eval.compare import compare
from eval.report import comparison_table, html, table, trouble
from eval.run import run_suite
from rag.model import Answer
from tests.eval.little_engine import CANOE, CASES, MOON, PRICE, LittleEngine


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


def test_page_shows_each_miss_and_nothing_live() -> None:
    page = html(run_suite(LittleEngine(broken), CASES))
    assert page.count("<details>") == 1
    assert page.count("<svg") == 5
    assert "&lt;img src=x&gt;" in page
    assert not re.search(r"<script|<img|src=|href=|url\(|@import", page.replace("&lt;img src", ""))
    assert "default-src &#x27;none&#x27;" in page


def test_comparison_table_gives_verdicts() -> None:
    report = run_suite(LittleEngine(), CASES)
    assert "no difference shown" in shown(comparison_table(compare(report, report)))
