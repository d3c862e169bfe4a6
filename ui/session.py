"""Asking on a terminal: an answer as it is written, and the interactive session."""

import re
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from ingest.errors import ExhibitError
from rag.engine import Engine
from rag.model import Answer, Event, Progress, Scope, Token, Turn
from ui.output import note, stderr_console, stdout_console
from ui.pack.saving import check_name, save_answers
from ui.terminal import answer_text
from ui.terminal_mail import email_text
from ui.terminal_trace import trace_text

#: "show 2", "show [2]"; anything longer is a question ("show me all mails of 2017").
_SHOW = re.compile(r"show\s+\[?(\d+)\]?")
_SAVE = re.compile(r"/save\s+(\S.*)")
_HELP = (
    "Ask in plain words. `show 2` opens citation 2, /save FILE.html keeps the conversation, "
    "/help shows this, /quit or Ctrl-D leaves."
)


def show_one(
    engine: Engine,
    question: str,
    history: Sequence[Turn] = (),
    scope: Scope | None = None,
    *,
    trace: bool = False,
) -> Answer:
    """Ask, print the answer with its excerpts on stdout and remarks on stderr, and return it."""
    with closing(_as_generator(engine, question, history, scope)) as events:
        answer = _watch(events)
    stdout_console().print(answer_text(answer))
    rewritten = answer.trace.rewritten_question
    if rewritten and rewritten != question:
        note(f"(understood as: {rewritten})")
    for remark in answer.trace.notes:
        note(f"note: {remark}")
    if trace:
        stderr_console().print(trace_text(answer))
    return answer


def converse(
    engine: Engine,
    history: Sequence[Turn],
    scope: Scope | None,
    *,
    trace: bool = False,
    save: Path | None = None,
) -> int:
    """Read questions until Ctrl-D; earlier turns give later ones their context. Returns 0.

    With `save`, the conversation is kept there anew after each answer.
    """
    _enable_line_editing()
    _greet(engine)
    talk = _Conversation(engine, scope, list(history), trace=trace, save=save)
    while (line := _next_line()) is not None:
        if line in ("/quit", "/exit"):
            break
        talk.take(line)
    return 0


@dataclass(slots=True)
class _Conversation:
    """What was asked so far, and what each further line does."""

    engine: Engine
    scope: Scope | None
    turns: list[Turn]
    trace: bool = False
    save: Path | None = None
    answers: list[Answer] = field(default_factory=list)

    def take(self, line: str) -> None:
        """Do what the line says; trouble and Ctrl-C end that, not the conversation."""
        try:
            self._do(line)
        except KeyboardInterrupt:
            note("stopped")
        except ExhibitError as error:
            note(f"exhibit: {error}")

    def _do(self, line: str) -> None:
        if line in ("", "/help"):
            note(_HELP)
        elif shown := _SHOW.fullmatch(line):
            _show_citation(self.answers[-1] if self.answers else None, shown.group(1))
        elif saved := _SAVE.fullmatch(line):
            self._keep_in(Path(saved.group(1)).expanduser())
        elif line.startswith("/"):
            note(f"no command {line.split()[0]}. {_HELP}")
        else:
            self._ask(line)

    def _ask(self, question: str) -> None:
        answer = show_one(self.engine, question, self.turns, self.scope, trace=self.trace)
        self.turns += [Turn("user", question), Turn("assistant", answer.text)]
        self.answers.append(answer)
        if self.save:
            save_answers(self.engine, self.answers, self.save)

    def _keep_in(self, path: Path) -> None:
        check_name(path)
        if not self.answers:
            note("nothing to save yet; ask first")
            return
        save_answers(self.engine, self.answers, path)
        self.save = path


def _greet(engine: Engine) -> None:
    about = engine.describe()
    writer = f"{about.answerer} {about.model}".strip()
    note(f"{about.messages} messages ({about.corpus}), answers by {writer}. {_HELP}")
    if about.note:
        note(f"note: {about.note}")


def _next_line() -> str | None:
    """One line typed by the user, stripped; None at the end of input."""
    while True:
        try:
            return input("\n> ").strip()
        except EOFError:
            print(file=sys.stderr)
            return None
        except KeyboardInterrupt:
            note("\n(Ctrl-D leaves)")


def _show_citation(answer: Answer | None, wanted: str) -> None:
    cited = {str(citation.n): citation.email for citation in answer.citations} if answer else {}
    if wanted in cited:
        stdout_console().print(email_text(cited[wanted]))
    else:
        note(f"no citation {wanted!r}; the last answer has {', '.join(cited) or 'none'}")


def _enable_line_editing() -> None:
    try:
        import readline  # noqa: F401  (importing it gives `input` history and cursor keys)
    except ImportError:
        return


def _as_generator(
    engine: Engine, question: str, history: Sequence[Turn], scope: Scope | None
) -> Generator[Event, None, None]:
    # A generator of our own has `close`, which reaches the engine's iterator and the model.
    yield from engine.ask_stream(question, history, scope)


def _watch(events: Iterator[Event]) -> Answer:
    """The final answer; on a terminal the words are shown, unchecked, until it replaces them."""
    if not sys.stdout.isatty():
        return next(event for event in events if isinstance(event, Answer))
    return _watch_live(events)


def _watch_live(events: Iterator[Event]) -> Answer:
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    from ui.neutral import neutralise

    console, written = stderr_console(), ""
    with Live(console=console, transient=True, refresh_per_second=12) as live:
        for event in events:
            if isinstance(event, Answer):
                return event
            if isinstance(event, Progress):
                live.update(Spinner("dots", text=f" {event.detail} …"))
            elif isinstance(event, Token):
                written += event.text
                tail = neutralise(written).splitlines()[-(console.height - 2) :]
                live.update(Text("\n".join(tail), style="dim"))
    raise AssertionError("ask_stream ends with an Answer")
