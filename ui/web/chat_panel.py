"""The Ask tab: conversation, question box, filters, reader; which click calls what."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import gradio as gr

from ingest.errors import ExhibitError
from rag.model import Scope
from ui import html, html_answer, html_mail
from ui.scope import ScopeFlags
from ui.web.archives import Archives
from ui.web.export import ExportControls, export_controls, wire_export
from ui.web.session import Session, asked_for
from ui.web.talk import Asked, Frame, Talk, clicked, conversation
from ui.web.wiring import Update, forget_remade, key_of, on, shown

Rail = TypeVar("Rail")

#: Seconds after which the conversation of a closed tab is forgotten.
FORGET_AFTER_S = 12 * 3600
#: `editing` when no earlier question is being edited.
NOT_EDITING = -1


@dataclass(frozen=True, slots=True)
class Filters:
    """The people and date picker."""

    panel: gr.Accordion
    senders: gr.Dropdown
    recipients: gr.Dropdown
    since: gr.Textbox
    until: gr.Textbox
    again: gr.Button

    @property
    def values(self) -> list[gr.blocks.Block]:
        """What is picked, in the order of `ScopeFlags`."""
        return [self.senders, self.recipients, self.since, self.until]


@dataclass(frozen=True, slots=True)
class Chat:
    """The components that events of the Ask tab read and redraw, and the page they are on."""

    page: gr.Blocks
    session: gr.State
    #: Number of the earlier question that is being edited, or NOT_EDITING.
    editing: gr.State
    past: gr.HTML
    live: gr.HTML
    scope: gr.HTML
    notice: gr.HTML
    reader: gr.HTML
    question: gr.Textbox
    ask: gr.Button
    stop: gr.Button
    fresh: gr.Button
    export: ExportControls
    filters: Filters

    @property
    def talked(self) -> list[gr.blocks.Block]:
        """What a question changes. gradio 6.31 makes each anew at each frame that leaves it out."""
        redrawn = [self.past, self.live, self.session, self.scope, self.question, self.stop]
        return [*redrawn, self.editing, self.notice]

    @property
    def drawn(self) -> list[gr.blocks.Block]:
        """The same, and the picker of filters."""
        return [*self.talked, *self.filters.values]


def chat_layout(page: gr.Blocks, rail: Callable[[], Rail]) -> tuple[Chat, Rail]:
    """The three columns, and what `rail` puts into the left one."""
    session = gr.State(Session(), time_to_live=FORGET_AFTER_S)
    editing = gr.State(NOT_EDITING)
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="rail"):
            fresh = gr.Button("New conversation", size="sm", elem_id="fresh")
            within = rail()
            export = export_controls()
        with gr.Column(elem_id="talk"):
            with gr.Column(elem_id="conversation"):
                past, live = shown("", "past"), shown("", "live")
            scope, notice = shown("", "scope"), shown("", "notice")
            question, ask, stop = _question_row()
            filters = _filters()
        with gr.Column(elem_id="reading"):
            reader = shown(html_mail.placeholder(), "reader")
    parts = page, session, editing, past, live, scope, notice, reader, question, ask, stop, fresh
    chat = Chat(*parts, export, filters)
    return chat, within


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


def _filters() -> Filters:
    with gr.Accordion("Filters: people and dates", open=False, elem_id="picker") as panel, gr.Row():
        senders, recipients = _people_picker("From"), _people_picker("To")
        since = gr.Textbox("", label="Since", placeholder="2017-09", elem_id="since")
        until = gr.Textbox("", label="Until", placeholder="2018", elem_id="until")
        again = gr.Button("Ask again with these", size="sm", elem_id="again")
    return Filters(panel, senders, recipients, since, until, again)


def _people_picker(label: str) -> gr.Dropdown:
    """People to pick; in large archives not all are listed, so any name can be typed."""
    return gr.Dropdown(
        [], label=label, multiselect=True, allow_custom_value=True, elem_id=label.lower()
    )


def wire_chat(chat: Chat, talk: Talk, archives: Archives) -> list[gr.events.Dependency]:
    """Wire the tab; returns the events after which the conversation has changed."""
    _wire_reading(chat, archives)
    return _wire_asking(chat, talk, archives)


def _wire_asking(chat: Chat, talk: Talk, archives: Archives) -> list[gr.events.Dependency]:
    async def typed(
        request: gr.Request, question: str, session: Session, editing: int, *picked: object
    ) -> AsyncIterator[Update]:
        if question.strip():
            before = session.split(editing)[0] if editing != NOT_EDITING else session
            wanted = partial(talk.typed, question, before, _flags(*picked))
            async for update in answering(chat, talk, wanted, request, picks=False):
                yield update

    async def from_button(
        request: gr.Request, event: gr.EventData, session: Session
    ) -> AsyncIterator[Update]:
        async for update in answering(
            chat, talk, partial(clicked, key_of(event), session), request
        ):
            yield update

    async def again(
        request: gr.Request, session: Session, *picked: object
    ) -> AsyncIterator[Update]:
        wanted = partial(talk.again, session, _flags(*picked))
        async for update in answering(chat, talk, wanted, request):
            yield update

    def stop(request: gr.Request) -> None:
        talk.stop(str(request.session_hash))

    def fresh(request: gr.Request, session: Session) -> Update:
        talk.stop(str(request.session_hash))
        return fresh_conversation(chat, archives, Session(archive=session.archive))

    filters = chat.filters.values
    asked = [chat.question, chat.session, chat.editing, *filters]
    on([chat.stop.click], stop)
    return [
        on([chat.question.submit, chat.ask.click], typed, asked, chat.talked),
        on([chat.past.submit, chat.scope.submit], from_button, [chat.session], chat.drawn),
        on([chat.filters.again.click], again, [chat.session, *filters], chat.drawn),
        on([chat.fresh.click], fresh, [chat.session], chat.drawn),
    ]


def fresh_conversation(chat: Chat, archives: Archives, session: Session) -> Update:
    """An empty conversation for `session`, which has no exchange yet."""
    welcome = archives.desk(session.archive).welcome()
    return {**shown_conversation(chat, session), chat.past: welcome}


def shown_conversation(chat: Chat, session: Session) -> Update:
    """The conversation of `session` in place of the one shown; nothing is being asked."""
    last = session.exchanges[-1].answer if session.exchanges else None
    return {
        chat.past: conversation(session),
        chat.live: "",
        chat.session: session,
        chat.scope: html_answer.chips(last.trace.scope) if last else "",
        chat.stop: gr.update(interactive=False),
        chat.editing: NOT_EDITING,
        chat.notice: "",
    }


def _wire_reading(chat: Chat, archives: Archives) -> None:
    def open_mail(session: Session, event: gr.EventData) -> str:
        return archives.desk(session.archive).open(key_of(event), session)

    def rate(session: Session, event: gr.EventData) -> None:
        told = archives.desk(session.archive).rate(
            session, key_of(event), str(getattr(event, "note", ""))
        )
        gr.Info(html.safe(told))

    def edit(event: gr.EventData) -> Update:
        number = int(key_of(event)) if key_of(event).isdigit() else NOT_EDITING
        return {chat.editing: number, chat.notice: html.editing(number)}

    def change(session: Session) -> Update:
        last = session.exchanges[-1].answer if session.exchanges else None
        picked = _picked(chat.filters, last.trace.scope if last else Scope())
        return {**picked, chat.filters.panel: gr.update(open=True)}

    on([chat.past.select, chat.reader.select], open_mail, [chat.session], [chat.reader])
    on([chat.past.like], rate, [chat.session])
    on([chat.past.edit, chat.notice.edit], edit, [], [chat.editing, chat.notice])
    shown_filters = [*chat.filters.values, chat.filters.panel]
    on([chat.scope.edit], change, [chat.session], shown_filters)
    wire_export(chat.export, chat.session, archives.desk)


async def answering(
    chat: Chat,
    talk: Talk,
    wanted: Callable[[], Asked],
    request: gr.Request,
    *,
    picks: bool = True,
) -> AsyncIterator[Update]:
    """The frames of the answer to what is `wanted`, or why it cannot be asked.

    `picks`: the picker is to show the scope that is asked for.
    """
    try:
        asked = await asyncio.to_thread(wanted)
    except ExhibitError as error:
        yield {chat.live: html.failure(str(error))}
        return
    async for frame in talk.frames(asked, str(request.session_hash)):
        update = _draw(chat, frame)
        if picks and asked.scope and frame.running and frame.session is not None:
            update |= _picked(chat.filters, asked_for(asked.scope))
        yield update
    forget_remade(chat.page, str(request.session_hash))


def _draw(chat: Chat, frame: Frame) -> Update:
    """The first frame takes the question out of the box; only the last one changes the session."""
    update: Update = {chat.live: frame.live}
    if frame.past is not None:
        update[chat.past] = frame.past
    if frame.chips is not None:
        update[chat.scope] = frame.chips
    if frame.session is None:
        return update
    update[chat.stop] = gr.update(interactive=frame.running)
    if not frame.running:
        return {**update, chat.session: frame.session}
    return {**update, chat.question: "", chat.editing: NOT_EDITING, chat.notice: ""}


def _flags(senders: object, recipients: object, since: object, until: object) -> ScopeFlags:
    return ScopeFlags(
        _names(senders), _names(recipients), str(since or "").strip(), str(until or "").strip()
    )


def _names(picked: object) -> list[str]:
    return [str(name) for name in picked] if isinstance(picked, list) else []


def _picked(filters: Filters, scope: Scope) -> Update:
    """What the picker shows for a scope, so that removing a chip also empties its field."""
    return {
        filters.senders: list(scope.senders),
        filters.recipients: list(scope.recipients),
        filters.since: scope.since.isoformat() if scope.since else "",
        filters.until: scope.until.isoformat() if scope.until else "",
    }
