"""The page: a line of facts on top, a tab for each thing it is used for."""

import gradio as gr

from ui import html
from ui.web.api import add_endpoints
from ui.web.archives import Archives
from ui.web.chat_panel import Chat, chat_layout, fresh_conversation, wire_chat
from ui.web.eval_panel import eval_layout, wire_evaluation
from ui.web.keeping import read_kept
from ui.web.kept_panel import KeptPanel, kept_layout, listed, wire_kept
from ui.web.mail_panel import MailPanel, Opener, mail_layout, offers, wire_mail
from ui.web.session import Session
from ui.web.talk import Talk
from ui.web.wiring import CONCURRENT, Update, on, shown
from ui.web.work import Works

#: Tabs whose state is kept; the longest unused is forgotten first. gradio keeps that of closed tabs
#: too, 0.25 MB for ten questions, and up to 10,000.
TABS = 100


def build_page(archives: Archives, works: Works) -> gr.Blocks:
    """The whole page. `works` is ended with the server."""
    page = gr.Blocks(title="Exhibit", analytics_enabled=False)
    page.state_session_capacity = TABS
    with page:
        with gr.Row(elem_id="top"):
            gr.HTML(html.masthead(), elem_id="title", js_on_load=None, apply_default_css=False)
            status = shown(html.status_line(["opening the archive"], "loading"), "status")
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab("Ask", id="ask", elem_id="tab-ask"):
                chat, kept = chat_layout(page, kept_layout)
            with gr.Tab("Mail", id="mail", elem_id="tab-mail"):
                mail = mail_layout(archives)
            with gr.Tab("Evaluation", id="evaluation", elem_id="tab-evaluation"):
                evaluation = eval_layout()
        # First: a function of the page called `ask` would take the name, though it is private.
        add_endpoints(lambda: archives.own.engine, concurrency=CONCURRENT)
        talk = Talk(archives.desk)
        changed = wire_chat(chat, talk, archives)
        changed.append(wire_evaluation(evaluation, chat, talk, archives, works))
        wire_kept(kept, chat, archives, changed)
        turned = _opener(chat, kept, status, tabs, archives)
        drawn = [status, tabs, kept.listed, *chat.drawn, chat.reader]
        wire_mail(mail, archives, works, (chat.session, kept.stored), turned, drawn)
        _wire_visits(page, archives, turned, (mail, kept, drawn))
        _wire_leaving(page, talk, archives, works)
    return page


def _opener(
    chat: Chat, kept: KeptPanel, status: gr.HTML, tabs: gr.Tabs, archives: Archives
) -> Opener:
    """Shows the Ask tab anew: an empty conversation with the archive of a session."""

    def turned(session: Session, stored: object) -> Update:
        desk = archives.desk(session.archive)
        return {
            **fresh_conversation(chat, archives, session),
            status: desk.status(),
            tabs: gr.Tabs(selected="ask"),
            kept.listed: listed(archives, read_kept(stored), session),
            chat.reader: desk.archive(),
            chat.filters.senders: gr.update(choices=desk.people("sent"), value=[]),
            chat.filters.recipients: gr.update(choices=desk.people("received"), value=[]),
        }

    return turned


def _wire_visits(
    page: gr.Blocks,
    archives: Archives,
    turned: Opener,
    shows: tuple[MailPanel, KeptPanel, list[gr.blocks.Block]],
) -> None:
    mail, kept, drawn = shows

    def start(request: gr.Request, stored: object) -> Update:
        session = Session()
        offered = offers(archives, str(request.session_hash), session)
        return {**turned(session, stored), mail.offers: offered}

    on([page.load], start, [kept.stored], [*drawn, mail.offers])


def _wire_leaving(page: gr.Blocks, talk: Talk, archives: Archives, works: Works) -> None:
    def close(request: gr.Request) -> None:
        tab = str(request.session_hash)
        talk.stop(tab)
        works.stop(tab)
        archives.forget_tab(tab)

    page.unload(close)
