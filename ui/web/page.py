"""The page: a line of facts on top, a tab for each thing it is used for."""

import gradio as gr

from ui import html
from ui.web.api import add_endpoints
from ui.web.chat_panel import Chat, chat_layout, wire_chat
from ui.web.desk import Desk
from ui.web.talk import Talk
from ui.web.wiring import CONCURRENT, Update, on, shown


def build_page(desk: Desk) -> gr.Blocks:
    """The whole page over one archive."""
    page = gr.Blocks(title="Exhibit", analytics_enabled=False)
    with page:
        with gr.Row(elem_id="top"):
            gr.HTML(html.masthead(), elem_id="title", js_on_load=None, apply_default_css=False)
            status = shown(html.status_line(["opening the archive"], "loading"), "status")
        with gr.Tabs(elem_id="tabs"), gr.Tab("Ask", id="ask", elem_id="tab-ask"):
            chat = chat_layout(lambda: None)
        talk = Talk(desk)
        wire_chat(chat, talk)
        _wire_page(page, chat, status, talk)
        add_endpoints(lambda: desk.engine, concurrency=CONCURRENT)
    return page


def _wire_page(page: gr.Blocks, chat: Chat, status: gr.HTML, talk: Talk) -> None:
    desk, filters = talk.desk, chat.filters

    def start() -> Update:
        people = gr.update(choices=desk.people())
        return {
            status: desk.status(),
            chat.past: desk.welcome(),
            chat.reader: desk.archive(),
            filters.senders: people,
            filters.recipients: people,
        }

    def close(request: gr.Request) -> None:
        talk.stop(str(request.session_hash))

    drawn = [status, chat.past, chat.reader, filters.senders, filters.recipients]
    on([page.load], start, [], drawn)
    page.unload(close)
