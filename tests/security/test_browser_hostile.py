"""Some 500 attacks in each place of the page, in a real browser: nothing runs, nothing is fetched.

The escaping is tried with the Content-Security-Policy switched off, the policy without escaping.
The page's server runs in this process, where tests/conftest.py sees every connection.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.security.hostile_page import HostileEngine, attacks, watched_page
from tests.ui.own_mail import MBOX, quick_settings
from tests.ui.page_server import CHROMIUM, chromium, served

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")

#: Elements that the page itself never draws around words of mail or model.
LIVE = """() => [...document.querySelectorAll('#desk *, .toast-wrap *')].filter(e => (
    e.matches('img,script,iframe,object,embed,video,audio,link,base,meta,form,a[href],style,area')
    || [...e.attributes].some(a => a.name.startsWith('on') || /^\\s*javascript:/i.test(a.value)))
  && !e.closest('#asking,#picker')).map(e => e.outerHTML.slice(0, 200))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


def press(page: Page, what: str) -> None:
    """Click the first of these, whatever covers it."""
    page.locator(what).first.dispatch_event("click")


def ask(page: Page, question: str) -> None:
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")


def test_there_are_hundreds_of_attacks() -> None:
    assert len(set(attacks())) >= 500


@pytest.mark.parametrize("bypass_csp", [False, True], ids=["as_served", "without_policy"])
def test_nothing_in_mail_or_answers_runs_or_is_fetched(
    browser: Browser, tmp_path: Path, bypass_csp: bool
) -> None:
    texts = attacks()
    with (
        served(HostileEngine(texts)) as url,
        watched_page(browser, url, bypass_csp=bypass_csp) as (page, seen),
    ):
        ask(page, "\n".join(texts)[:4000])
        page.wait_for_selector("#past .made-by")
        press(page, '#past .citation[data-n="1"]')
        page.wait_for_selector("#reader mark")
        drawn = page.inner_text("#past") + page.inner_text("#reader")
        live = page.evaluate(LIVE)
        press(page, "#reader .thread button")
        page.wait_for_selector("#reader dd >> text=gradio_api/file=")
        live += page.evaluate(LIVE)
        press(page, "#reader button >> text=archive")
        page.wait_for_selector("#reader .timeline")
        press(page, "#reader .timeline button")
        ask(page, "error")
        page.wait_for_selector("#past .failure")
        live += page.evaluate(LIVE)
    assert (live, seen.stopped) == ([], [])
    plain = [text for text in texts if text.isascii() and text.isprintable() and "  " not in text]
    assert len(plain) > 400
    assert [text for text in plain if drawn.count(text) < 3] == []


def test_the_policy_alone_stops_what_would_fetch_or_run(browser: Browser) -> None:
    # A policy has no say in where a page goes; only the escaping keeps `refresh` out.
    texts = [text for text in attacks() if "http-equiv" not in text]
    with served(HostileEngine(texts[:1])) as url, watched_page(browser, url) as (page, seen):
        page.wait_for_selector("#question")
        page.evaluate(
            "(texts) => { for (const text of texts) { const place = document.createElement('div');"
            " place.innerHTML = text; document.body.append(place); } }",
            texts,
        )
        page.wait_for_timeout(1500)
    assert len(seen.stopped) > 40


def test_names_of_uploaded_files_are_text(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [text[:80] for text in attacks() if "/" not in text and text.isprintable()][:3]
    settings = quick_settings(tmp_path, monkeypatch)
    with (
        served(HostileEngine(names), settings) as url,
        watched_page(browser, url, bypass_csp=True) as (page, seen),
    ):
        page.click("#tab-mail-button")
        page.wait_for_selector(".offers")
        page.set_input_files(
            "input[type=file]",
            [{"name": f"{n}.mbox", "mimeType": "text/plain", "buffer": MBOX} for n in names],
        )
        page.wait_for_selector(".receipt")
        live = page.evaluate(LIVE)
    assert ([node for node in live if "upload" not in node], seen.stopped) == ([], [])
