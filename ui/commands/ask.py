"""`exhibit ask`: one question, or a conversation on a terminal."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ingest.errors import UsageError
from ui.history import read_history
from ui.options import (
    AnswererFlag,
    FromFlag,
    IndexFlag,
    JsonFlag,
    ModelFlag,
    RemoteFlag,
    SinceFlag,
    ToFlag,
    UntilFlag,
)
from ui.output import print_json
from ui.render import answer_json
from ui.scope import ScopeFlags
from ui.setup import engine_from, scope_from

EXIT_CODES = {"answered": 0, "not_in_archive": 1, "failed": 3}


def ask(
    question: Annotated[str | None, typer.Argument(help="The question; none: a session.")] = None,
    *,
    json: JsonFlag = False,
    index: IndexFlag = None,
    answerer: AnswererFlag = None,
    model: ModelFlag = None,
    allow_remote: RemoteFlag = None,
    sender: FromFlag = None,
    to: ToFlag = None,
    since: SinceFlag = None,
    until: UntilFlag = None,
    history: Annotated[
        Path | None, typer.Option("--history", metavar="FILE", help="Earlier turns, as JSON.")
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="FILE", help="Also keep it: .html evidence pack, or .md."),
    ] = None,
    trace: Annotated[bool, typer.Option("--trace", help="Show how the answer came about.")] = False,
) -> int:
    """Ask the archive; every sentence of the answer cites mail.

    Exits with 0 when answered, 1 when the archive does not tell.
    """
    from ui.pack.saving import check_name, save_answers
    from ui.session import converse, show_one

    if save:
        check_name(save)
    engine = engine_from(
        {"index": index, "answerer": answerer, "model": model, "allow_remote_llm": allow_remote}
    )
    turns = read_history(history) if history else ()
    scope = scope_from(engine, ScopeFlags(sender or (), to or (), since, until))
    if question is None and sys.stdin.isatty() and not json:
        return converse(engine, turns, scope, trace=trace, save=save)
    text = _read_question(question)
    if json:
        answer = engine.ask(text, turns, scope)
        print_json(answer_json(answer, with_trace=trace))
    else:
        answer = show_one(engine, text, turns, scope, trace=trace)
    if save:
        save_answers(engine, [answer], save)
    return EXIT_CODES[answer.status]


def _read_question(question: str | None) -> str:
    text = (sys.stdin.read() if question is None else question).strip()
    if not text:
        raise UsageError('no question; write it in quotes: exhibit ask "Who ...?"')
    return text
