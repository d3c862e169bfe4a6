"""What the page asks of the engine, as HTML: the status line, the reader, the archive."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ingest.errors import ExhibitError, UnknownMessage, UsageError
from ingest.message_store import Header, ThreadSummary
from ui import html, html_mail, html_threads
from ui.source_text import source_lines
from ui.timeline import Months, counted, month_of, timeline
from ui.web.examples import example_questions
from ui.web.feedback import feedback_file, feedback_row, keep
from ui.web.session import Session
from ui.web.warm import WarmEngine

if TYPE_CHECKING:
    from rag.engine import Engine

#: People in a list to pick from; the names of others are typed.
OFFERED = 300


@dataclass(frozen=True, slots=True)
class _Outline:
    """What the reader's home shows of an archive, and what it was counted from."""

    headers: tuple[Header, ...] = ()
    threads: tuple[ThreadSummary, ...] = ()
    months: Months = field(default_factory=dict)


class Desk:
    """One open archive, shared by all tabs."""

    def __init__(self, factory: "Callable[[], Engine]") -> None:
        self._warm = WarmEngine(factory)
        self._outline = _Outline()

    @property
    def engine(self) -> "Engine":
        """The engine; waits while it is being opened. Raises ExhibitError when it cannot be."""
        return self._warm.get()

    def warm_up(self) -> None:
        """Begin to load what the first question needs, in the background."""
        self._warm.start()

    def status(self, state: str = "ready") -> str:
        """The line that says which archive, index, answerer and model are in use."""
        try:
            found = self.engine.describe()
        except ExhibitError as error:
            return html.status_line([str(error)], "not ready")
        answerer = f"{found.answerer}: {found.model}" if found.model else found.answerer
        facts = [
            f"{found.messages:,} {html.corpus_words(found.corpus)}",
            f"answerer {answerer}",
            f"index {_from_home(found.index)}",
        ]
        return html.status_line(facts, state, remark=found.note)

    def welcome(self) -> str:
        """The empty conversation."""
        try:
            corpus = self.engine.describe().corpus
            largest = sorted(self._outlined().threads, key=lambda t: -t.count)
        except ExhibitError as error:
            return html.failure(str(error))
        return html.welcome(example_questions(corpus, [t.subject for t in largest]), "")

    def archive(self) -> str:
        """The reader's home: timeline and threads."""
        try:
            outline = self._outlined()
        except ExhibitError as error:
            return html.failure(str(error))
        return html_threads.archive(outline.threads, timeline(outline.months))

    def people(self, counted: Literal["sent", "received"]) -> list[tuple[str, str]]:
        """(label with the count, name) of the busiest, most first; empty without an archive."""
        try:
            found = self.engine.people()
        except ExhibitError:
            return []
        counts = {p.person.name: p.sent if counted == "sent" else p.received for p in found}
        most_first = sorted(counts, key=lambda name: (-counts[name], name))
        return [(f"{name} · {counts[name]:,} {counted}", name) for name in most_first[:OFFERED]]

    def open(self, key: str, session: Session) -> str:
        """What a `data-open` button shows: `home`, or `msg:`, `thread:`, `month:`, `cite:`..."""
        if key == "home":
            return self.archive()
        try:
            return self._open(key, session)
        except ExhibitError as error:
            return html_mail.not_shown(str(error))

    def rate(self, session: Session, rating: str, note: str) -> str:
        """Keep feedback `verdict:exchange`; returns where, or why not."""
        try:
            path = feedback_file(self.engine.describe().index)
            keep(feedback_row(session, rating, note, datetime.now(UTC)), path)
        except ExhibitError as error:
            return str(error)
        return f"Kept on this machine, in {path}"

    def _open(self, key: str, session: Session) -> str:
        kind, _, rest = key.partition(":")
        if kind in ("cite", "near"):
            return self._reader(_cited(kind, rest, session), session)
        if kind == "msg":
            return self._reader(html_mail.Shown(self.engine.message(rest)), session)
        if kind == "source":
            email = self.engine.message(rest)
            return html_mail.original(email, source_lines(email.locator))
        if kind == "month":
            return self._month(rest, session)
        thread = self.engine.thread(rest)
        if kind != "thread" or not thread:
            raise UnknownMessage(f"nothing in the archive is called {key!r}; click another one")
        return self._reader(html_mail.Shown(thread[0]), session)

    def _reader(self, shown: html_mail.Shown, session: Session) -> str:
        email = shown.email
        origins = {s.origin_id for s in email.segments if s.origin_id} - {email.id}
        return html_mail.reader(
            replace(
                shown,
                thread=self.engine.thread(email.thread_id),
                origins={name: self.engine.message(name) for name in sorted(origins)},
                cited=session.cited(),
            )
        )

    def _month(self, month: str, session: Session) -> str:
        headers = self.engine.headers()
        ids = [h.id for h in headers if h.sent_at and month_of(h.sent_at) == month]
        shown = [self.engine.message(name) for name in ids[: html_threads.LISTED]]
        return html_threads.month(month, shown, len(ids), session.cited())

    def _outlined(self) -> "_Outline":
        """The outline of the archive as it is now; counted anew only once that has changed."""
        headers = self.engine.headers()
        if self._outline.headers is not headers:
            months = counted((h.sent_at, h.sender.name) for h in headers)
            self._outline = _Outline(headers, tuple(self.engine.threads()), months)
        return self._outline


def _from_home(path: Path) -> str:
    """The path, with `~` for the user's home folder."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def _cited(kind: str, place: str, session: Session) -> html_mail.Shown:
    """The message behind citation or near miss `exchange:n`, with its span."""
    exchange, _, which = place.partition(":")
    try:
        answer = session.exchanges[int(exchange)].answer
        if answer is None:
            raise IndexError
        if kind == "near":
            hit = answer.near_misses[int(which)]
            return html_mail.Shown(
                hit.email, mark=(hit.chunk.start, hit.chunk.end), label="Near miss"
            )
        citation = next(c for c in answer.citations if c.n == int(which))
    except (ValueError, IndexError, StopIteration):
        raise UsageError("that citation is of an earlier conversation; ask again") from None
    return html_mail.Shown(
        citation.email, mark=(citation.start, citation.end), label=f"Citation {citation.n}"
    )
