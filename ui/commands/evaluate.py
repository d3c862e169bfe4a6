"""`exhibit eval`: how well questions with known answers are answered."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ingest.errors import UsageError
from ui.options import AnswererFlag, IndexFlag, JsonFlag, ModelFlag, RemoteFlag
from ui.output import note
from ui.setup import settings_from


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
    closed_book: Annotated[
        bool, typer.Option("--closed-book", help="Beside it: the language model without mail.")
    ] = False,
    full_context: Annotated[
        bool, typer.Option("--full-context", help="Beside it: the model with all of the mail.")
    ] = False,
    counterfactual: Annotated[
        Path | None,
        typer.Option("--counterfactual", metavar="DIR", help="Beside it: swapped mail, in DIR."),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(
            "--judge", metavar="MODEL", help="Beside it: what a model says of the answers."
        ),
    ] = None,
    ablate: Annotated[
        bool, typer.Option("--ablate", help="Instead: what each step of retrieval is worth.")
    ] = False,
    public: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            "--public",
            metavar="SET DIR",
            help="Index an EnronQA file or BEIR folder in DIR and ask its questions.",
        ),
    ] = None,
    user: Annotated[str, typer.Option("--user", help="Only this inbox of EnronQA.")] = "",
    rephrased: Annotated[
        bool, typer.Option("--rephrased", help="EnronQA's questions in other words.")
    ] = False,
    make: Annotated[
        Path | None, typer.Option("--make", metavar="FILE", help="Only draft a suite.")
    ] = None,
    from_feedback: Annotated[
        bool,
        typer.Option(
            "--from-feedback", help="Only turn feedback (SUITE, or your index's) into candidates."
        ),
    ] = False,
    index: IndexFlag = None,
    answerer: AnswererFlag = None,
    model: ModelFlag = None,
    allow_remote: RemoteFlag = None,
) -> int:
    """Ask questions with known answers; measure retrieval, answers, citations and abstention.

    Exits with 1 when --gate finds a figure that fell.
    """
    from eval.loaders import load_public
    from ui import eval_archives, eval_feedback, evaluating

    _only_one({"--compare": compare, "--ablate": ablate, "--make": make, "--gate": gate})
    if compare:
        evaluating.show_comparison(*compare, seed=seed, json=json)
        return 0
    overrides = {
        "index": index,
        "answerer": answerer,
        "model": model,
        "allow_remote_llm": allow_remote,
    }
    settings = settings_from(overrides)
    if from_feedback:
        eval_feedback.candidates(suite, settings.index, make)
        return 0
    if make:
        count = eval_archives.draft(settings, make, count=limit or 40, seed=seed)
        note(f"{count} questions in {make}: review them, then exhibit eval {make}")
        return 0
    if public:
        source, folder = public
        found = load_public(source, split=split, user=user, rephrased=rephrased)
        settings, suite = eval_archives.ingest_public(settings, found, folder)
        split = ""
    wanted = evaluating.Selection(suite, tuple(kind or ()), split, limit, seed)
    if ablate:
        evaluating.show_ablation(settings, wanted, json=json)
        return 0
    besides = evaluating.Besides(closed_book, full_context, counterfactual, judge or "")
    output = evaluating.Output(json, report, gate)
    return evaluating.report_on(settings, wanted, besides, output, resume=resume)


def _only_one(flags: Mapping[str, object]) -> None:
    """UsageError when two flags are given that each say what the whole run is for."""
    given = [name for name, value in flags.items() if value]
    if len(given) > 1:
        raise UsageError(f"{given[0]} and {given[1]} do not go together; leave one out")
