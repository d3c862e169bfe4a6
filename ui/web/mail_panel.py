"""The Mail tab: which archives there are, adding one from files or a path, switching."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import gradio as gr

from ingest.errors import ExhibitError
from ui import html, html_archives
from ui.web.archives import MAX_UPLOAD_BYTES, Added, Archives
from ui.web.session import Session
from ui.web.wiring import Update, key_of, on, shown
from ui.web.work import Done, Step, Tell, Works

#: Shows the Ask tab anew for a session about another archive, given what the browser stores.
Opener = Callable[[Session, object], Update]

_UPLOAD_NOTE = (
    f"mbox, .eml, .msg, zip, tar or PDF, up to {MAX_UPLOAD_BYTES >> 20} MB. It stays on this "
    "machine, no other tab sees it, and it is deleted when this tab closes."
)
_PATH_NOTE = (
    "A file or folder (mbox, Maildir, .eml, .msg, zip, tar, PDF) that this machine can read. The "
    "mail is not changed; its index is kept and offered here next time."
)


@dataclass(frozen=True, slots=True)
class MailPanel:
    """The components of the tab."""

    offers: gr.HTML
    result: gr.HTML
    upload: gr.UploadButton
    path: gr.Textbox
    read: gr.Button

    @property
    def drawn(self) -> list[gr.blocks.Block]:
        """What adding mail redraws."""
        return [self.offers, self.result, self.path]


def mail_layout(archives: Archives) -> MailPanel:
    """The list of archives, and below it the two ways to add one."""
    can_add = archives.may_add
    with gr.Column(elem_classes="sheet"):
        gr.HTML("<h2>Archives</h2>", js_on_load=None, apply_default_css=False)
        offers = shown("", "offers")
        with gr.Row(elem_id="add-mail", visible=can_add):
            with gr.Column():
                gr.HTML(_heading("Upload mail", _UPLOAD_NOTE), js_on_load=None)
                upload = gr.UploadButton(
                    "Choose files", file_count="multiple", elem_id="upload", size="md"
                )
            with gr.Column(visible=archives.may_read_paths):
                gr.HTML(_heading("Read a path", _PATH_NOTE), js_on_load=None)
                path = gr.Textbox(
                    label="Path of a file or folder",
                    placeholder="~/Mail/archive.mbox",
                    elem_id="mail-path",
                    max_lines=1,
                )
                read = gr.Button("Read it", size="md", elem_id="read-path")
        result = shown("", "mail-result")
    return MailPanel(offers, result, upload, path, read)


def _heading(title: str, note: str) -> str:
    return f'<h3>{title}</h3><p class="soft">{html.safe(note)}</p>'


def wire_mail(
    panel: MailPanel,
    archives: Archives,
    works: Works,
    told: tuple[gr.State, gr.BrowserState],
    opened: Opener,
    drawn: list[gr.blocks.Block],
) -> None:
    """Wire the tab. `told` is the session and what the browser stores; `opened` redraws `drawn`."""
    session, stored = told

    async def uploaded(
        request: gr.Request, files: list[str], now: Session
    ) -> AsyncIterator[Update]:
        tab = str(request.session_hash)
        job = partial(archives.read_upload, tab, [Path(file) for file in files or ()])
        async for update in _adding(panel, archives, works, (tab, now), job):
            yield update

    async def typed(request: gr.Request, path: str, now: Session) -> AsyncIterator[Update]:
        job = partial(archives.read_path, path)
        tab = str(request.session_hash)
        async for update in _adding(panel, archives, works, (tab, now), job):
            yield update

    def pressed(request: gr.Request, event: gr.EventData, now: Session, kept: object) -> Update:
        action, _, key = key_of(event).partition(":")
        tab = str(request.session_hash)
        if action == "stop":
            works.stop(tab)
            return {}
        try:
            if action == "remove":
                archives.remove(tab, key)
                turned = Session() if now.archive == key else now
            else:
                turned = Session(archive=archives.allowed(tab, key).key)
        except ExhibitError as error:
            return {panel.result: html.failure(str(error))}
        fresh = {} if turned is now else opened(turned, kept)
        return {**fresh, panel.offers: offers(archives, tab, turned), panel.result: ""}

    on([panel.upload.upload], uploaded, [panel.upload, session], panel.drawn)
    on([panel.read.click, panel.path.submit], typed, [panel.path, session], panel.drawn)
    everything = [*drawn, panel.offers, panel.result]
    on([panel.offers.apply, panel.result.apply], pressed, [session, stored], everything)


async def _adding(
    panel: MailPanel,
    archives: Archives,
    works: Works,
    who: tuple[str, Session],
    job: Callable[[Tell], Added],
) -> AsyncIterator[Update]:
    tab, now = who
    try:
        async for step in works.steps(tab, job):
            if isinstance(step, Step):
                bar = html_archives.progress(step.stage, step.done, step.total, step.seconds)
                yield {panel.result: bar}
            elif isinstance(step, Done):
                listed = offers(archives, tab, now)
                yield {panel.offers: listed, panel.result: _receipt(step.result), panel.path: ""}
    except ExhibitError as error:
        yield {panel.result: html.failure(str(error))}


def offers(archives: Archives, tab: str, now: Session) -> str:
    """The archives that `tab` may ask, the one that `now` is about marked as open."""
    return html_archives.offers(
        [
            html_archives.Offer(a.key, a.name, a.kind, a.messages, a.key == now.archive)
            for a in archives.listed(tab)
        ]
    )


def _receipt(added: Added) -> str:
    report = added.report
    counts = (
        ("messages read", report.messages),
        ("newly indexed", report.indexed),
        ("unchanged", report.unchanged),
        ("duplicates", report.duplicates),
        ("variants", report.variants),
        ("skipped", len(report.skipped)),
        ("passages", report.chunks),
    )
    made = html_archives.Receipt(added.key, added.name, counts, report.skipped, report.seconds)
    return html_archives.receipt(made)
