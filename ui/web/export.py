"""The page's Export buttons: the conversation becomes a file in the browser, none on the server."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import gradio as gr

from ingest.errors import ExhibitError
from ui import html
from ui.pack.markdown import markdown_of
from ui.pack.model import Pack, pack_of
from ui.pack.page import page_of
from ui.web.desk import Desk
from ui.web.session import Session
from ui.web.wiring import on

NOTHING_YET = "There is no answer to export yet; ask a question first."

#: A click of a made-up link is how a page hands over a file of its own.
_DOWNLOAD = """
(made) => {
  if (!made) return;
  const {name, type, text} = JSON.parse(made);
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], {type}));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
"""


@dataclass(frozen=True, slots=True)
class ExportControls:
    """Two buttons, and the hidden box through which the file travels to the browser."""

    pack: gr.Button
    markdown: gr.Button
    made: gr.Textbox


def export_controls() -> ExportControls:
    """The controls, where they are called for in the layout."""
    return ExportControls(
        gr.Button("Export evidence pack", size="sm", elem_id="export"),
        gr.Button("Export Markdown", size="sm", elem_id="export-markdown"),
        gr.Textbox("", visible="hidden", elem_id="exported"),
    )


def wire_export(controls: ExportControls, session: gr.State, desk: Callable[[str], Desk]) -> None:
    """Make each button download the conversation in `session`; `desk` gives that of an archive."""
    for button, file_of in ((controls.pack, pack_file), (controls.markdown, markdown_file)):
        clicked = on([button.click], _exporter(desk, file_of), [session], [controls.made])
        clicked.success(None, [controls.made], None, js=_DOWNLOAD, api_visibility="private")


def pack_file(pack: Pack) -> str:
    """The evidence pack as the browser is to save it, in JSON: name, type, text."""
    return _file(pack, "html", "text/html", page_of(pack).decode())


def markdown_file(pack: Pack) -> str:
    """The conversation as Markdown, likewise."""
    return _file(pack, "md", "text/markdown", markdown_of(pack))


def _file(pack: Pack, ending: str, kind: str, text: str) -> str:
    day = pack.created_at[:16].replace(":", "")
    return json.dumps({"name": f"exhibit-{day}.{ending}", "type": kind, "text": text})


def _exporter(
    desk: Callable[[str], Desk], file_of: Callable[[Pack], str]
) -> Callable[[Session], str]:
    def export(session: Session) -> str:
        answers = [e.answer for e in session.exchanges if e.answer is not None]
        if not answers:
            gr.Info(NOTHING_YET)
            return ""
        try:
            archive = desk(session.archive).engine.describe()
        except ExhibitError as error:
            raise gr.Error(html.safe(str(error)), print_exception=False) from error
        return file_of(pack_of(answers, archive, datetime.now(UTC)))

    return export
