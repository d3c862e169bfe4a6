"""The list of conversations that the browser keeps: kept after each answer, opened, deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import gradio as gr

from ingest.errors import ExhibitError
from ui import html_kept
from ui.web.archives import Archives
from ui.web.chat_panel import Chat, shown_conversation
from ui.web.keeping import Kept, keep, read_kept, restored, written
from ui.web.session import Session
from ui.web.wiring import Update, key_of, on, shown, then

#: gradio scrambles what it stores. Without a lasting word, a new server could not read it; it is no
#: protection: whoever can read the browser's storage can read this too.
_SCRAMBLED_WITH = "exhibit"


@dataclass(frozen=True, slots=True)
class KeptPanel:
    """The list, and what the browser stores."""

    listed: gr.HTML
    stored: gr.BrowserState

    @property
    def drawn(self) -> list[gr.blocks.Block]:
        """What keeping redraws."""
        return [self.listed, self.stored]


def kept_layout() -> KeptPanel:
    """The list, where it is called for in the layout."""
    stored = gr.BrowserState([], storage_key="exhibit-conversations", secret=_SCRAMBLED_WITH)
    return KeptPanel(shown("", "kept"), stored)


def wire_kept(
    panel: KeptPanel, chat: Chat, archives: Archives, changed: Sequence[gr.events.Dependency]
) -> None:
    """Keep the conversation after each of `changed`; open and delete by click."""

    def after(session: Session, stored: object) -> Update:
        at = datetime.now().astimezone()
        kept = keep(read_kept(stored), session, archives.identity(session.archive), at)
        return {panel.stored: written(kept), panel.listed: listed(archives, kept, session)}

    def pressed(event: gr.EventData, session: Session, stored: object) -> Update:
        action, _, name = key_of(event).partition(":")
        kept = read_kept(stored)
        if action == "open":
            found = next((k for k in kept if k.id == name), None)
            return _opened(chat, panel, archives, session, kept, found) if found else {}
        left = [k for k in kept if not _goes(k, action, name, archives.identity(session.archive))]
        return {panel.stored: written(left), panel.listed: listed(archives, left, session)}

    for dependency in changed:
        then(dependency, after, [chat.session, panel.stored], panel.drawn)
    everything = [*panel.drawn, *chat.drawn, chat.reader]
    on([panel.listed.apply], pressed, [chat.session, panel.stored], everything)


def listed(archives: Archives, kept: Sequence[Kept], session: Session) -> str:
    """The conversations about the archive of `session`."""
    name = archives.identity(session.archive)
    here = [(k.id, k.title, k.at) for k in kept if k.archive == name]
    return html_kept.conversations(here, session.id)


def _goes(kept: Kept, action: str, name: str, archive: str) -> bool:
    return kept.id == name if action == "delete" else kept.archive == archive


def _opened(
    chat: Chat,
    panel: KeptPanel,
    archives: Archives,
    session: Session,
    kept: Sequence[Kept],
    found: Kept,
) -> Update:
    desk = archives.desk(session.archive)
    try:
        again = restored(found, session.archive, desk.engine.message)
    except ExhibitError as error:
        raise gr.Error(str(error), print_exception=False) from error
    return {
        **shown_conversation(chat, again),
        panel.listed: listed(archives, kept, again),
        chat.reader: desk.archive(),
    }
