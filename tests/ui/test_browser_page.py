"""The page in a real browser: asking, reading, keys, exporting."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from rag.model import Sentence
from tests.ui.fake_archive import BOAT, QUOTE, REPLY, FakeEngine, answer, citation
from tests.ui.page_server import CHROMIUM, ask, chromium, served, visit, write
from ui.cli import main

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    yield opened
    context.close()


def test_question_is_answered_and_its_citation_opens_the_mail(page: Page) -> None:
    with served(FakeEngine()) as url:
        visit(page, url)
        assert "2 messages of your mail" in page.inner_text("#status")
        ask(page, "What does the boat cost?")
        page.click('.citation[data-n="1"]')
        page.wait_for_selector("#reader mark")
        assert page.inner_text("#reader mark") == "The boat costs 4,200 crowns."
        page.wait_for_function(
            "() => { const r = document.querySelector('#reader mark').getBoundingClientRect();"
            " return r.top > 0 && r.bottom < innerHeight; }"
        )


def test_removing_a_chip_asks_again_without_it(page: Page) -> None:
    engine = FakeEngine()
    with served(engine) as url:
        visit(page, url)
        ask(page, "What does the boat cost?")
        page.click("#scope .chip")
        page.wait_for_selector("#scope .chip", state="detached")
        page.wait_for_selector("#past .made-by")
        assert page.locator("#past .asked").count() == 1
        scope = engine.asked[-1][2]
        assert scope is not None
        assert scope.explicit == {"senders"}


def test_near_miss_opens_and_thread_leads_on(page: Page) -> None:
    with served(FakeEngine()) as url:
        visit(page, url)
        ask(page, "Where are the dragons?")
        assert "Not in this archive" in page.inner_text("#past")
        page.click(".miss")
        page.wait_for_selector("#reader mark")
        page.click("#reader >> text=next")
        page.wait_for_selector("#reader >> text=Too much for me.")


def test_stop_ends_the_answer_and_says_so(page: Page) -> None:
    # The engine says nothing for longer than the page is waited for.
    with served(FakeEngine(pause_s=30)) as url:
        visit(page, url)
        page.fill("#question textarea", "What does the boat cost?")
        page.click("#ask")
        page.wait_for_selector(".progress")
        page.click("#stop")
        page.wait_for_selector("#past >> text=Stopped before anything was written")


def test_keys_focus_walk_and_close(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    with served(FakeEngine()) as url:
        visit(page, url)
        ask(page, "What does the boat cost?")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("j")
        page.wait_for_selector("#reader mark")
        page.keyboard.press("Escape")
        page.wait_for_selector("#reading", state="hidden")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.matches('#question textarea')")


def two_citations() -> FakeEngine:
    engine = FakeEngine()
    said = [Sentence("Dear [1].", (1,), "supported"), Sentence("Too dear [2].", (2,), "supported")]
    cited = [citation(1, BOAT, QUOTE), citation(2, REPLY, "Too much for me.")]
    engine.prepared = answer("How dear is it?", said, cited)
    return engine


def current(page: Page, wanted: str) -> None:
    """Wait until the reader shows citation `wanted`, whose button is the focused one."""
    page.wait_for_selector(f"#reader .label >> text=Citation {wanted} ·")
    assert page.get_attribute(".citation:focus", "data-n") == wanted


def test_j_and_k_walk_the_citations_round_and_esc_leads_back(page: Page) -> None:
    with served(two_citations()) as url:
        visit(page, url)
        ask(page, "How dear is it?")
        page.evaluate("document.activeElement.blur()")
        for key, wanted in (("j", "1"), ("j", "2"), ("j", "1"), ("k", "2"), ("k", "1")):
            page.keyboard.press(key)
            current(page, wanted)
        page.keyboard.press("Escape")
        page.wait_for_selector("#reader .timeline")


def test_citation_is_copied_and_quotes_are_folded(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    with served(two_citations()) as url:
        visit(page, url)
        ask(page, "How dear is it?")
        page.click('.citation[data-n="2"]')
        page.wait_for_selector("#reader mark")
        assert page.locator("#reader .text.quoted").is_hidden()
        page.click("#reader summary >> text=quoted text from Anna Berg")
        page.wait_for_selector("#reader .text.quoted")
        page.click("#reader >> text=copy citation")
        page.wait_for_selector("#reader >> text=copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == "Otto Lind, 3 May 2021, 09:30, m2"


def test_timeline_marks_what_the_answer_cites_and_leads_to_it(page: Page) -> None:
    with served(FakeEngine()) as url:
        visit(page, url)
        ask(page, "What does the boat cost?")
        page.wait_for_selector('#reader .timeline .cited[aria-label="2021-05: 2 messages, cited"]')
        page.click("#fresh")
        page.wait_for_selector('#reader .timeline [aria-label="2021-05: 2 messages"]')
        ask(page, "What does the boat cost?")
        page.click("#reader .timeline .cited")
        page.click("#reader .threads .is-cited")
        page.wait_for_selector("#reader >> text=1 of 2")
        page.click("#reader .thread button:not([aria-current])")
        page.click("#reader summary")
        page.wait_for_selector("#reader >> text=First said by Anna Berg, 3 May 2021, 09:30")
        page.click("#reader >> text=open original")
        page.wait_for_selector("#reader >> text=boat.mbox is not there any more")


#: Layout shifts that no click or key brought about, summed as browsers do for "CLS".
SHIFTS = """new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({type: 'layout-shift'})"""


def test_nothing_jumps_while_an_answer_is_written(page: Page) -> None:
    with served(FakeEngine(pause_s=0.6)) as url:
        visit(page, url)
        ask(page, "What does the boat cost?")
        page.evaluate(f"() => {{ window.shifted = 0; {SHIFTS} }}")
        ask(page, "And the sails?", answers=2)
        page.wait_for_timeout(200)
        assert page.evaluate("window.shifted") < 0.1


def test_unusable_date_is_told_where_it_is_seen(page: Page) -> None:
    with served(FakeEngine()) as url:
        visit(page, url)
        page.click("#picker button")
        write(page, "#since input, #since textarea", "2099-99")
        page.fill("#question textarea", "What does the boat cost?")
        page.press("#question textarea", "Enter")
        page.wait_for_function(
            "() => { const talk = document.querySelector('#conversation').getBoundingClientRect();"
            " const told = document.querySelector('#live .failure')?.getBoundingClientRect();"
            " return told && told.bottom <= talk.bottom + 1 && told.top >= talk.top; }"
        )


@pytest.mark.parametrize(
    ("button", "ending", "kept"),
    [
        ("#export", ".html", b"<blockquote>The boat costs 4,200 crowns.</blockquote>"),
        ("#export-markdown", ".md", b"```\nThe boat costs 4,200 crowns.\n```"),
    ],
)
def test_conversation_is_exported_as_a_file(
    page: Page, button: str, ending: str, kept: bytes
) -> None:
    with served(FakeEngine()) as url:
        visit(page, url)
        ask(page, "What does the boat cost?")
        with page.expect_download() as download:
            page.click(button)
        assert download.value.suggested_filename.endswith(ending)
        written = Path(download.value.path())
        assert kept in written.read_bytes()
        if ending == ".html":
            assert main(["verify", str(written)]) == 0
