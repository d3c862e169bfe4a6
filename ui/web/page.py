"""The page's layout and wiring in gradio Blocks: which click calls what, and what it redraws."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

import gradio as gr

from ingest.errors import ExhibitError
from ui import html, html_mail
from ui.render import answer_markdown
from ui.scope import ScopeFlags
from ui.web.api import add_endpoints
from ui.web.desk import Desk
from ui.web.session import Session
from ui.web.talk import Asked, Frame, Talk, clicked

#: Questions answered at the same time; more wait in gradio's queue (RELIABILITY.md L1).
CONCURRENT_QUESTIONS = 64
#: Seconds after which the conversation of a closed tab is forgotten.
FORGET_AFTER_S = 12 * 3600

#: Clicks inside shown HTML become events of the component; the key is all that travels.
_ON_LOAD = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-open],[data-ask],[data-rate]');
  if (!button || !element.contains(button)) return;
  if (button.dataset.rate !== undefined) {
    const note = button.closest('.feedback').querySelector('input').value;
    return void trigger('like', {rate: button.dataset.rate, note});
  }
  if (button.dataset.open !== undefined) trigger('select', {open: button.dataset.open});
  else trigger('submit', {ask: button.dataset.ask});
});
"""

#: The conversation becomes a file in the browser; nothing is written on the server.
_DOWNLOAD = """
(text) => {
  if (!text) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], {type: 'text/markdown'}));
  link.download = 'exhibit.md';
  link.click();
  URL.revokeObjectURL(link.href);
}
"""


@dataclass(frozen=True, slots=True)
class _Parts:
    """The components that events read and redraw."""

    session: gr.State
    status: gr.HTML
    past: gr.HTML
    live: gr.HTML
    scope: gr.HTML
    reader: gr.HTML
    question: gr.Textbox
    ask: gr.Button
    stop: gr.Button
    fresh: gr.Button
    export: gr.Button
    senders: gr.Dropdown
    recipients: gr.Dropdown
    since: gr.Textbox
    until: gr.Textbox
    exported: gr.Textbox

    @property
    def drawn(self) -> list[gr.blocks.Block]:
        """What a Frame redraws, in the order of `_draw`."""
        return [self.past, self.live, self.session, self.scope, self.question, self.stop]

    @property
    def picked(self) -> list[gr.blocks.Block]:
        """The people and date picker."""
        return [self.senders, self.recipients, self.since, self.until]


def build_page(desk: Desk) -> gr.Blocks:
    """The whole page over one archive."""
    page = gr.Blocks(title="Exhibit", analytics_enabled=False)
    with page:
        parts = _layout()
        talk = Talk(desk)
        _wire_asking(parts, talk)
        _wire_reading(parts, talk, page)
        add_endpoints(lambda: desk.engine, concurrency=CONCURRENT_QUESTIONS)
    return page


def _layout() -> _Parts:
    session = gr.State(Session(), time_to_live=FORGET_AFTER_S)
    with gr.Row(elem_id="top"):
        gr.HTML("<h1>Exhibit</h1>", elem_id="title", js_on_load=None)
        status = _html(html.status_line(["opening the archive"], "loading"), "status")
        fresh = gr.Button("New conversation", size="sm", elem_id="fresh")
        export = gr.Button("Export", size="sm", elem_id="export")
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="talk"):
            with gr.Column(elem_id="conversation"):
                past, live = _html("", "past"), _html("", "live")
            scope = _html("", "scope")
            question, ask, stop = _question_row()
            picker = _picker()
            exported = gr.Textbox("", visible="hidden", elem_id="exported")
        with gr.Column(elem_id="reading"):
            reader = _html(html_mail.placeholder(), "reader")
    return _Parts(
        session,
        status,
        past,
        live,
        scope,
        reader,
        question,
        ask,
        stop,
        fresh,
        export,
        *picker,
        exported,
    )


def _html(value: str, elem_id: str) -> gr.HTML:
    return gr.HTML(value, elem_id=elem_id, js_on_load=_ON_LOAD, apply_default_css=False)


def _question_row() -> tuple[gr.Textbox, gr.Button, gr.Button]:
    with gr.Row(elem_id="asking"):
        question = gr.Textbox(
            "",
            label="Question",
            show_label=False,
            placeholder="Ask about the mail",
            lines=1,
            max_lines=6,
            elem_id="question",
            autofocus=True,
            container=False,
        )
        ask = gr.Button("Ask", variant="primary", elem_id="ask")
        stop = gr.Button("Stop", interactive=False, elem_id="stop")
    return question, ask, stop


def _picker() -> tuple[gr.Dropdown, gr.Dropdown, gr.Textbox, gr.Textbox]:
    with gr.Accordion("Only mail from, to, between", open=False, elem_id="picker"):
        with gr.Row():
            senders = gr.Dropdown([], label="From", multiselect=True, elem_id="from")
            recipients = gr.Dropdown([], label="To", multiselect=True, elem_id="to")
        with gr.Row():
            since = gr.Textbox("", label="Since", placeholder="2017-09", elem_id="since")
            until = gr.Textbox("", label="Until", placeholder="2018", elem_id="until")
    return senders, recipients, since, until


def _wire_asking(parts: _Parts, talk: Talk) -> None:
    async def typed(
        question: str,
        session: Session,
        senders: list[str],
        recipients: list[str],
        since: str,
        until: str,
        request: gr.Request,
    ) -> AsyncIterator[list[object]]:
        if not question.strip():
            yield [gr.skip()] * 6
            return
        flags = ScopeFlags(senders or (), recipients or (), since.strip(), until.strip())
        async for drawn in _answer(talk, lambda: talk.typed(question, session, flags), request):
            yield drawn

    async def from_button(
        session: Session, event: gr.EventData, request: gr.Request
    ) -> AsyncIterator[list[object]]:
        wanted = str(getattr(event, "ask", ""))
        async for drawn in _answer(talk, lambda: clicked(wanted, session), request):
            yield drawn

    def stop(request: gr.Request) -> None:
        talk.stop(str(request.session_hash))

    def fresh(request: gr.Request) -> list[object]:
        talk.stop(str(request.session_hash))
        return [talk.desk.welcome(), "", Session(), "", "", gr.update(interactive=False)]

    asked_from = [parts.question, parts.session, *parts.picked]
    _on([parts.question.submit, parts.ask.click], typed, asked_from, parts.drawn)
    _on([parts.past.submit, parts.scope.submit], from_button, [parts.session], parts.drawn)
    _on([parts.stop.click], stop, [], [])
    _on([parts.fresh.click], fresh, [], parts.drawn)


def _wire_reading(parts: _Parts, talk: Talk, page: gr.Blocks) -> None:
    desk = talk.desk

    def open_mail(session: Session, event: gr.EventData) -> str:
        return desk.open(str(getattr(event, "open", "")), session)

    def start() -> tuple[str, str, str, object, object]:
        people = desk.people()
        pick = gr.update(choices=people)
        return desk.status(), desk.welcome(), desk.archive(), pick, pick

    def rate(session: Session, event: gr.EventData) -> None:
        rating, note = str(getattr(event, "rate", "")), str(getattr(event, "note", ""))
        gr.Info(html.safe(desk.rate(session, rating, note)))

    def close(request: gr.Request) -> None:
        talk.stop(str(request.session_hash))

    _on([parts.past.select, parts.reader.select], open_mail, [parts.session], [parts.reader])
    _on([parts.past.like], rate, [parts.session], [])
    _on([parts.export.click], export, [parts.session], [parts.exported])
    parts.exported.change(None, [parts.exported], [], js=_DOWNLOAD, api_visibility="private")
    shown = [parts.status, parts.past, parts.reader, parts.senders, parts.recipients]
    _on([page.load], start, [], shown)
    page.unload(close)


def _on(
    triggers: Sequence[object],
    answer: Callable[..., object],
    inputs: Sequence[object],
    outputs: Sequence[object],
) -> None:
    """Call `answer` on each trigger, without gradio's spinner and out of its public API."""
    gr.on(
        list(triggers),
        answer,
        list(inputs),
        list(outputs),
        show_progress="hidden",
        api_visibility="private",
        concurrency_limit=CONCURRENT_QUESTIONS,
    )


async def _answer(
    talk: Talk, wanted: Callable[[], Asked], request: gr.Request
) -> AsyncIterator[list[object]]:
    try:
        asked = await asyncio.to_thread(wanted)
    except ExhibitError as error:
        yield [gr.skip(), html.failure(str(error)), *[gr.skip()] * 4]
        return
    async for frame in talk.frames(asked, str(request.session_hash)):
        yield _draw(frame)


def _draw(frame: Frame) -> list[object]:
    """Updates for `_Parts.drawn`; the box is emptied when the question is taken."""
    first = frame.session is not None and frame.running
    return [
        gr.skip() if frame.past is None else frame.past,
        frame.live,
        gr.skip() if frame.session is None or first else frame.session,
        gr.skip() if frame.chips is None else frame.chips,
        "" if first else gr.skip(),
        gr.update(interactive=frame.running) if frame.session is not None else gr.skip(),
    ]


def export(session: Session) -> str:
    """The conversation as Markdown, for download."""
    answers = [e.answer for e in session.exchanges if e.answer is not None]
    return "\n\n".join(answer_markdown(answer) for answer in answers)
