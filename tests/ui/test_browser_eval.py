"""The suite run from the page: figures as a table, and a miss leads to its question."""

import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.ui.fake_archive import FakeEngine
from tests.ui.page_server import CHROMIUM, chromium, served, visit
from ui.web import eval_panel

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")

CASES = (
    {"id": "price", "question": "What does the boat cost?", "type": "fact",
     "gold_messages": ["m1"], "answer_any": ["4,200 crowns"]},
    {"id": "sails", "question": "And the <b>sails</b>?", "type": "followup",
     "gold_messages": ["m2"],
     "history": [{"role": "user", "content": "What does the boat cost?"},
                 {"role": "assistant", "content": "4,200 crowns."}]},
)  # fmt: skip


def test_suite_is_run_and_a_miss_is_asked_after_the_turns_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = tmp_path / "suite.jsonl"
    suite.write_text("".join(json.dumps(case) + "\n" for case in CASES))
    monkeypatch.setattr(eval_panel, "BUNDLED", suite)
    engine = FakeEngine()
    with served(engine) as url, chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        visit(page, url)
        page.click("#tab-evaluation-button")
        page.click("#run-suite")
        page.wait_for_selector(".evaluation >> text=1 of 2 questions right")
        row = page.locator(".evaluation tr", has_text="fact").inner_text().split()
        assert row[:3] == ["fact", "1", "1.00"]
        assert Axe().run(page).generate_snapshot() == ""
        page.click(".misses button")
        page.wait_for_selector("#past .made-by")
        assert page.inner_text("#past .asked > span") == "And the <b>sails</b>?"
        page.wait_for_selector("#kept .conversation")
    question, history, _ = engine.asked[-1]
    assert question == "And the <b>sails</b>?"
    assert [turn.content for turn in history] == ["What does the boat cost?", "4,200 crowns."]
