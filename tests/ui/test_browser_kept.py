"""Conversations in a real browser: kept over a reload, opened, edited, begun anew, deleted."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.ui.fake_archive import FakeEngine
from tests.ui.page_server import CHROMIUM, ask, chromium, served, visit, write

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")


@pytest.fixture(scope="module")
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture(scope="module")
def page(engine: FakeEngine) -> Iterator[Page]:
    with served(engine) as url, chromium() as browser:
        opened = browser.new_page(viewport={"width": 1440, "height": 900}, base_url=url)
        yield opened


def fresh(page: Page) -> Page:
    """The page as a first visitor sees it."""
    visit(page, "/")
    page.evaluate("localStorage.clear()")
    visit(page, "/")
    return page


def questions(page: Page) -> list[str]:
    return page.locator("#past .asked > span").all_inner_texts()


def test_conversation_is_there_after_a_reload_with_its_citations(page: Page) -> None:
    fresh(page)
    ask(page, "What does the boat cost?")
    page.wait_for_selector("#kept .conversation")
    page.reload()
    page.click("#kept .conversation >> text=What does the boat cost?")
    page.click('#past .citation[data-n="1"]')
    page.wait_for_selector("#reader mark >> text=The boat costs 4,200 crowns.")
    ask(page, "And the sails?", answers=2)
    assert questions(page) == ["What does the boat cost?", "And the sails?"]
    assert page.locator("#kept .conversation").count() == 1


def test_new_conversation_starts_empty_and_deleting_forgets(page: Page) -> None:
    fresh(page)
    ask(page, "What does the boat cost?")
    page.click("#fresh")
    page.wait_for_selector(".example")
    assert questions(page) == []
    before = page.evaluate("JSON.stringify(localStorage)")
    page.click("#kept .icon")
    page.wait_for_selector("#kept .conversation", state="detached")
    page.wait_for_function("(before) => JSON.stringify(localStorage) !== before", arg=before)
    page.reload()
    page.wait_for_selector("#kept >> text=in this browser only")


def test_editing_an_earlier_question_replaces_it_and_what_follows(
    page: Page, engine: FakeEngine
) -> None:
    fresh(page)
    ask(page, "What does the boat cost?")
    ask(page, "And the sails?", answers=2)
    page.locator("#past .asked .quiet").first.click()
    page.wait_for_selector("#notice >> text=Editing question 1")
    assert page.input_value("#question textarea") == "What does the boat cost?"
    page.fill("#question textarea", "Who owns the boat?")
    page.press("#question textarea", "Enter")
    page.wait_for_selector("#past >> text=Who owns the boat?")
    assert questions(page) == ["Who owns the boat?"]
    assert engine.asked[-1][:2] == ("Who owns the boat?", ())
    assert page.inner_text("#notice").strip() == ""


def test_cancelled_editing_asks_at_the_end(page: Page) -> None:
    fresh(page)
    ask(page, "What does the boat cost?")
    page.click("#past .asked .quiet")
    page.click("#notice >> text=cancel")
    page.wait_for_selector("#notice .editing", state="detached")
    ask(page, "And the sails?", answers=2)


def test_regenerating_asks_the_last_question_again_in_its_place(
    page: Page, engine: FakeEngine
) -> None:
    fresh(page)
    ask(page, "What does the boat cost?")
    count = len(engine.asked)
    page.evaluate("document.querySelector('#past .turn').dataset.former = ''")
    page.click("#past >> text=regenerate")
    page.wait_for_selector("#past .turn:not([data-former]) .made-by")
    assert questions(page) == ["What does the boat cost?"]
    assert len(engine.asked) == count + 1


def test_shift_enter_is_a_new_line_and_enter_asks(page: Page) -> None:
    fresh(page)
    page.click("#question textarea")
    page.keyboard.type("What does")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("the boat cost?")
    page.keyboard.press("Enter")
    page.wait_for_selector("#past .made-by")
    assert questions(page) == ["What does\nthe boat cost?"]


def test_filters_picked_are_asked_with_and_leave_with_their_chip(
    page: Page, engine: FakeEngine
) -> None:
    fresh(page)
    page.click("#picker > button")
    page.click("#from input")
    page.click("[role=option] >> text=Otto Lind · 1 sent")
    write(page, "#since input, #since textarea", "2021")
    ask(page, "What does the boat cost?")
    scope = engine.asked[-1][2]
    assert scope is not None
    assert (scope.senders, str(scope.since)) == (("Otto Lind",), "2021-01-01")
    page.click("#scope .chip >> text=since")
    page.wait_for_selector("#scope .chip >> text=since", state="detached")
    page.wait_for_function("() => !document.querySelector('#since input, #since textarea').value")
    assert engine.asked[-1][2].senders == ("Otto Lind",)  # type: ignore[union-attr]


def test_name_that_is_not_listed_can_be_typed(page: Page, engine: FakeEngine) -> None:
    fresh(page)
    page.click("#picker > button")
    write(page, "#to input", "lind")
    page.press("#to input", "Enter")
    page.wait_for_selector("#to .token")
    ask(page, "What does the boat cost?")
    scope = engine.asked[-1][2]
    assert scope is not None
    assert scope.recipients == ("Otto Lind",)


def test_a_thumb_is_kept_at_once_and_makes_room_for_a_note(page: Page) -> None:
    fresh(page)
    ask(page, "What does the boat cost?")
    assert page.locator(".why").is_hidden()
    page.click('[data-rate="down:0"]')
    page.wait_for_selector(".toast-body")
    page.fill(".why input", "not the price asked for")
    page.press(".why input", "Enter")
    page.wait_for_selector(".why", state="hidden")
