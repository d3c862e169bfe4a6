"""The Evaluation tab: asks the bundled suite of the open archive; a miss leads to its question."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

import gradio as gr

from eval.cases import BUNDLED, Case, load_suite
from eval.run import run_suite
from eval.summary import Report
from ingest.errors import ExhibitError, UsageError
from ui import html, html_archives, html_evaluation
from ui.web.archives import Archives
from ui.web.chat_panel import Chat, answering
from ui.web.session import Session
from ui.web.talk import Asked, Talk
from ui.web.wiring import Update, key_of, on, shown
from ui.web.work import Done, Step, Tell, Works

_NOTE = (
    "Asks the questions that come with Exhibit, whose answers are known, of the archive that is "
    "open. They are about the emails released in Musk v. Altman. Without a language model it takes "
    "some seconds, with one some minutes; exhibit eval on the terminal measures more."
)


@dataclass(frozen=True, slots=True)
class EvalPanel:
    """The components of the tab."""

    run: gr.Button
    result: gr.HTML


def eval_layout() -> EvalPanel:
    """A button, and what comes of it."""
    with gr.Column(elem_classes="sheet"):
        heading = f'<h2>Evaluation</h2><p class="soft">{html.safe(_NOTE)}</p>'
        gr.HTML(heading, js_on_load=None, apply_default_css=False)
        run = gr.Button("Run the suite", size="md", elem_id="run-suite")
        result = shown("", "evaluation")
    return EvalPanel(run, result)


def wire_evaluation(
    panel: EvalPanel, chat: Chat, talk: Talk, archives: Archives, works: Works
) -> gr.events.Dependency:
    """Wire the tab; returns the event that asks a question of the suite in a conversation."""

    async def run(request: gr.Request, session: Session) -> AsyncIterator[Update]:
        job = partial(_measured, archives, session)
        try:
            async for step in works.steps(str(request.session_hash), job):
                if isinstance(step, Step):
                    bar = html_archives.progress(step.stage, step.done, step.total, step.seconds)
                    yield {panel.result: bar}
                elif isinstance(step, Done):
                    yield {panel.result: html_evaluation.evaluation(*step.result)}
        except ExhibitError as error:
            yield {panel.result: html.failure(str(error))}

    async def ask(
        request: gr.Request, event: gr.EventData, session: Session
    ) -> AsyncIterator[Update]:
        wanted = partial(_asked, key_of(event), session)
        async for update in answering(chat, talk, wanted, request):
            yield update

    def stop(request: gr.Request) -> None:
        works.stop(str(request.session_hash))

    on([panel.run.click], run, [chat.session], [panel.result])
    on([panel.result.apply], stop)
    return on([panel.result.submit], ask, [chat.session], chat.drawn)


def _measured(archives: Archives, session: Session, tell: Tell) -> tuple[Report, tuple[Case, ...]]:
    cases = load_suite(BUNDLED)
    engine = archives.desk(session.archive).engine
    report = run_suite(engine, cases, progress=lambda done, total: tell("asked", done, total))
    return report, cases


def _asked(key: str, session: Session) -> Asked:
    """The question of a case in a conversation of its own, after the turns that it follows."""
    for case in load_suite(BUNDLED):
        if key == f"case:{case.id}":
            return Asked(case.question, Session(archive=session.archive, prior=case.history))
    raise UsageError("that question is not in the suite any more; run it again")
