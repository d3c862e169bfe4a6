"""Bring your own mail in a real browser: upload, receipt, asking it; nobody else sees it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.ui.fake_archive import FakeEngine
from tests.ui.own_mail import mailbox, quick_settings
from tests.ui.page_server import CHROMIUM, ask, chromium, served, visit, write

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with served(FakeEngine(), quick_settings(tmp_path, monkeypatch)) as address:
        yield address


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def mail_tab(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    visit(page, url)
    page.click("#tab-mail-button")
    page.wait_for_selector(".offers")
    return page


def archives(page: Page) -> list[str]:
    return page.locator(".offers b").all_inner_texts()


def test_uploaded_mail_is_read_asked_and_seen_by_nobody_else(
    browser: Browser, url: str, tmp_path: Path
) -> None:
    page = mail_tab(browser, url)
    with page.expect_file_chooser() as chooser:
        page.click("#upload")
    chooser.value.set_files(mailbox(tmp_path))
    page.wait_for_selector(".receipt")
    rows = dict(r.split("\t") for r in page.locator(".receipt tr").all_inner_texts())
    assert rows["messages read"] == rows["newly indexed"] == "1"
    assert "boiler.mbox" in archives(page)
    assert Axe().run(page).generate_snapshot() == ""
    other = mail_tab(browser, url)
    assert archives(other) == archives(page)[:1]
    page.click(".receipt .primary")
    page.wait_for_selector("#status >> text=1 messages of your mail")
    ask(page, "What does the boiler cost?")
    page.click('.citation[data-n="1"]')
    assert "900 crowns" in page.inner_text("#reader mark")


def test_mail_at_a_path_is_read_and_can_be_removed(
    browser: Browser, url: str, tmp_path: Path
) -> None:
    page = mail_tab(browser, url)
    write(page, "#mail-path input, #mail-path textarea", str(tmp_path / "nothing"))
    page.click("#read-path")
    page.wait_for_selector("#mail-result .failure >> text=check the spelling")
    write(page, "#mail-path input, #mail-path textarea", str(mailbox(tmp_path)))
    page.click("#read-path")
    page.wait_for_selector(".receipt")
    page.click(".offers .quiet")
    page.wait_for_selector(".offers >> text=boiler.mbox", state="detached")
