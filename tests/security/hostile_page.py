"""The page over mail and a model whose every word is an attack, in a browser that is watched.

Each attack stands in a body, a subject, names and addresses, a file name, and in what the model
says: as a question, while it writes, in its answer, its notes and its errors.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from playwright.sync_api import Browser, Dialog, Page, Request

from ingest.errors import SourceError
from ingest.message_store import PersonSummary
from ingest.model import Attachment, Email, Person
from rag.model import Answer, Event, Progress, Scope, Sentence, Token, Turn
from tests.redteam.hostile import written
from tests.ui.fake_archive import FakeEngine, answer, citation, email
from tests.ui.page_server import visit

#: What a browser fetches by itself when markup tells it to.
_FETCHED = frozenset({"image", "media", "font", "manifest", "ping", "websocket", "object"})

#: Why the browser did not send a request: the policy, or `<use>` of another origin.
_NOT_SENT = ("csp", "origin")


def attacks() -> list[str]:
    """Every way to fetch or to run, as text without surrounding blanks."""
    bodies = [attack.body for kind in ("leaks", "scripts") for attack in written(kind)]
    return [body.strip() or body for body in bodies]


class HostileEngine(FakeEngine):
    """An archive of one mail for each attack, and one with all of them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._whole = "\n".join(texts)
        super().__init__([self._omnibus(), *map(self._mail, range(len(texts)))])

    def ask_stream(
        self, question: str, history: Sequence[Turn] = (), scope: Scope | None = None
    ) -> Iterator[Event]:
        yield Progress("searching", self._whole[:2000])
        yield from (Token(f"{text} ") for text in self._texts)
        yield Progress("waiting", self._texts[0])
        if "error" in question:
            raise SourceError(self._whole)
        yield self._said(question)

    def people(self) -> list[PersonSummary]:
        return [PersonSummary(Person(text), 1, 1) for text in self._texts]

    def _said(self, question: str) -> Answer:
        cited = [citation(n, mail, mail.body) for n, mail in enumerate(self.emails[1:], 1)]
        said = [Sentence(f"{c.quote} [{c.n}]", (c.n,), "partly") for c in cited]
        told = answer(
            question, said, cited, rewritten_question=self._whole, notes=tuple(self._texts),
            dropped=tuple(self._texts), scope=Scope(senders=tuple(self._texts[:4])),
        )  # fmt: skip
        return replace(told, answerer=self._texts[0])

    def _mail(self, number: int) -> Email:
        text = self._texts[number]
        return email(f"m{number}", text, sender=Person(text, (text,)), subject=text)

    def _omnibus(self) -> Email:
        everyone = tuple(Person(text, (text,)) for text in self._texts)
        made = email("all", self._whole, sender=everyone[0], subject=self._whole)
        files = tuple(Attachment(text, text, 1) for text in self._texts)
        return replace(made, to=everyone, cc=everyone, attachments=files)


@dataclass(slots=True)
class Seen:
    """What the browser did that it must not do."""

    dialogs: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    #: Wanted by markup and stopped before it left the browser.
    stopped: list[str] = field(default_factory=list)


@contextmanager
def watched_page(
    browser: Browser, url: str, *, bypass_csp: bool = False
) -> Iterator[tuple[Page, Seen]]:
    """A page at `url`, and what it does; nothing of mail or model may be run, fetched or opened."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=bypass_csp)
    page, seen = context.new_page(), Seen()

    def dismiss(dialog: Dialog) -> None:
        seen.dialogs.append(dialog.message)
        dialog.dismiss()

    def note(request: Request) -> None:
        if _is_asked_by_markup(request, url):
            seen.fetched.append(f"{request.resource_type} {request.url}")

    def failed(request: Request) -> None:
        wanted = f"{request.resource_type} {request.url}"
        if request.failure in _NOT_SENT and wanted in seen.fetched:
            seen.fetched.remove(wanted)
            seen.stopped.append(wanted)

    page.on("dialog", dismiss)
    page.on("popup", lambda popup: seen.opened.append(popup.url))
    page.on("request", note)
    page.on("requestfailed", failed)
    visit(page, url)
    yield page, seen
    page.wait_for_timeout(300)
    context.close()
    assert seen.dialogs + seen.fetched + seen.opened == [], seen.dialogs + seen.fetched


def _is_asked_by_markup(request: Request, page: str) -> bool:
    """True for what the page itself never asks for."""
    is_own = request.url.startswith((page, "blob:", "data:"))
    is_fetched = request.resource_type in _FETCHED and request.url.startswith("http")
    is_icon = request.url == f"{page}favicon.ico"
    return not is_own or "evil" in request.url or (is_fetched and not is_icon)
