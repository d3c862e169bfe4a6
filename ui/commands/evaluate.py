"""`exhibit eval`: how well questions with known answers are answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.errors import UsageError
from ui.options import AnswererFlag, IndexFlag, JsonFlag, ModelFlag, RemoteFlag
from ui.output import note, print_json, stderr_console, stdout_console
from ui.setup import engine_from

if TYPE_CHECKING:
    from eval.run import Tell
    from eval.summary import Report


def evaluate(
    suite: Annotated[
        Path | None, typer.Argument(help="Questions as JSON lines; none: the bundled ones.")
    ] = None,
    *,
    json: JsonFlag = False,
    gate: Annotated[bool, typer.Option("--gate", help="Fail below eval/gates.toml.")] = False,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Also write an HTML report.")
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--compare", metavar="A B", help="Only compare two results of --json."),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Ask only so many.")] = None,
    kind: Annotated[list[str] | None, typer.Option("--kind", help="Only this type.")] = None,
    split: Annotated[str, typer.Option("--split", help="Only dev, or only test.")] = "",
    seed: Annotated[int, typer.Option("--seed", help="Of sampling and intervals.")] = 0,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="FILE", help="Keep outcomes here; go on.")
    ] = None,
    index: IndexFlag = None,
    answerer: AnswererFlag = None,
    model: ModelFlag = None,
    allow_remote: RemoteFlag = None,
) -> int:
    """Ask questions with known answers; measure retrieval, answers, citations and abstention.

    Exits with 1 when --gate finds a figure that fell.
    """
    if compare:
        return _compare(*compare, seed=seed, json=json)
    from eval.cases import load_suite, select
    from eval.run import run_suite

    overrides = {"index": index, "answerer": answerer, "model": model}
    engine = engine_from({**overrides, "allow_remote_llm": allow_remote})
    cases = select(
        load_suite(suite or _bundled()), kinds=kind or (), split=split, limit=limit, seed=seed
    )
    with _shown_progress() as tell:
        result = run_suite(engine, cases, progress=tell, seed=seed, resume_file=resume)
    _print(result, json=json)
    if report:
        _write_report(result, report)
    return _gate(result) if gate else 0


def _compare(before: Path, after: Path, *, seed: int, json: bool) -> int:
    from eval.compare import compare
    from eval.report import comparison_table
    from eval.summary import read_report

    comparison = compare(read_report(before), read_report(after), seed=seed)
    if json:
        print_json(comparison.to_json())
    else:
        stdout_console().print(comparison_table(comparison))
    return 0


def _print(result: "Report", *, json: bool) -> None:
    from eval.report import table, trouble

    if json:
        print_json(result.to_json())
        for line in trouble(result):
            note(line)
    else:
        stdout_console().print(table(result))


def _write_report(result: "Report", path: Path) -> None:
    from eval.report import html

    try:
        path.write_text(html(result), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}; name another file") from error
    note(f"report: {path}")


def _gate(result: "Report") -> int:
    from eval.gate import check

    complaints = check(result)
    for complaint in complaints:
        note(f"gate: {complaint}")
    note("gate: failed" if complaints else "gate: passed")
    return 1 if complaints else 0


def _bundled() -> Path:
    from eval import cases

    return Path(cases.__file__).with_name("qa.jsonl")


@contextmanager
def _shown_progress() -> "Iterator[Tell]":
    """A bar on a terminal, silence elsewhere."""
    from rich.progress import Progress

    console = stderr_console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("asking")
        yield lambda done, total: bar.update(task, completed=done, total=total)
