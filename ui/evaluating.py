"""What `exhibit eval` does: asks a suite and shows the result, ablates, compares two results."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from eval.beside import Beside
from eval.cases import BUNDLED, Case, load_suite, select
from eval.judge import Judgement
from eval.page import Extras
from eval.run import run_suite
from eval.summary import Report
from ingest.errors import UsageError
from rag.config import Retrieval, Settings
from ui.eval_archives import measure_swapped
from ui.eval_parts import model_of, shown_progress
from ui.output import note, print_json, stdout_console

if TYPE_CHECKING:
    from rag.engine import Engine


@dataclass(frozen=True, slots=True)
class Selection:
    """Which questions are asked; `suite` None means the bundled ones."""

    suite: Path | None = None
    kinds: Sequence[str] = ()
    split: str = ""
    limit: int | None = None
    seed: int = 0

    def cases(self) -> tuple[Case, ...]:
        """The questions in suite order; SuiteError."""
        return select(
            load_suite(self.suite or BUNDLED),
            kinds=self.kinds,
            split=self.split,
            limit=self.limit,
            seed=self.seed,
        )


@dataclass(frozen=True, slots=True)
class Besides:
    """What is set beside the normal score: other ways of asking, and a judge (a model's name).

    `swapped` is the folder to make swapped mail in.
    """

    closed_book: bool = False
    full_context: bool = False
    swapped: Path | None = None
    judge: str = ""


@dataclass(frozen=True, slots=True)
class Output:
    """What is done with the result."""

    json: bool = False
    page: Path | None = None
    gate: bool = False


def report_on(
    settings: Settings,
    wanted: Selection,
    besides: Besides,
    output: Output,
    *,
    resume: Path | None = None,
) -> int:
    """Measure, print, and write what was asked for; 1 when the gate was asked for and fails.

    What cannot work (no model, no folder for the page) is refused before the first question.
    """
    if output.page and not output.page.absolute().parent.is_dir():
        raise UsageError(f"no folder {output.page.parent} for the report; make it first")
    if besides.closed_book or besides.full_context:
        model_of(settings)
    if besides.judge:
        model_of(replace(settings, model=besides.judge))
    cases = wanted.cases()
    report = _measured(settings, cases, seed=wanted.seed, resume=resume)
    others = _beside(settings, cases, besides, seed=wanted.seed, resume=resume)
    verdicts = _judged(settings, report, besides.judge) if besides.judge else None
    _show(report, Extras(others, verdicts), output)
    return 0 if not output.gate or _passes_gate(report) else 1


def show_ablation(settings: Settings, wanted: Selection, *, json: bool) -> None:
    """Measure and print what each step of retrieval is worth; no language model is asked."""
    from eval.ablation import ablate
    from eval.report import ablation_tables
    from rag.build import build_engine

    quoting = replace(settings, answerer="extractive")

    def engine_with(retrieval: Retrieval) -> "Engine":
        return build_engine(replace(quoting, retrieval=retrieval))

    with shown_progress("asking") as tell:
        found = ablate(
            engine_with, quoting.retrieval, wanted.cases(), progress=tell, seed=wanted.seed
        )
    if json:
        print_json(found.to_json())
    else:
        stdout_console().print(ablation_tables(found))


def show_comparison(before: Path, after: Path, *, seed: int, json: bool) -> None:
    """Print the paired differences of two results of `--json`."""
    from eval.compare import compare
    from eval.report import comparison_table
    from eval.summary import read_report

    comparison = compare(read_report(before), read_report(after), seed=seed)
    if json:
        print_json(comparison.to_json())
    else:
        stdout_console().print(comparison_table(comparison))


def _measured(
    settings: Settings, cases: Sequence[Case], *, seed: int, resume: Path | None
) -> Report:
    from rag.build import build_engine

    with shown_progress("asking") as tell:
        return run_suite(
            build_engine(settings), cases, progress=tell, seed=seed, resume_file=resume
        )


def _beside(
    settings: Settings,
    cases: Sequence[Case],
    besides: Besides,
    *,
    seed: int,
    resume: Path | None,
) -> Beside:
    """The same questions asked in other ways; each keeps its outcomes in a file beside `resume`."""
    from eval.baselines import closed_book, full_context, run_alone
    from rag.build import build_engine

    engine, runs = build_engine(settings), []
    ways = ((closed_book, besides.closed_book), (full_context, besides.full_context))
    for make in [make for make, is_wanted in ways if is_wanted]:
        alone = make(engine, model_of(settings))
        kept = resume and resume.with_name(f"{resume.name}-{alone.mode}")
        with shown_progress(alone.mode) as tell:
            run = run_alone(alone, cases, progress=tell, seed=seed, resume_file=kept)
        runs.append((alone.mode, run))
    if besides.swapped is None:
        return Beside(tuple(runs))
    swapped = measure_swapped(settings, cases, besides.swapped, seed=seed)
    return replace(swapped, runs=(*runs, *swapped.runs))


def _judged(settings: Settings, report: Report, model: str) -> Judgement:
    from eval.judge import judge

    with shown_progress("judging") as tell:
        return judge(report, model_of(replace(settings, model=model)), progress=tell)


def _show(report: Report, extras: Extras, output: Output) -> None:
    from eval.report import html, trouble

    if output.json:
        print_json({**report.to_json(), **_extras_json(report, extras)})
    else:
        _print_tables(report, extras)
    for line in trouble(report):
        note(line)
    if output.page:
        try:
            output.page.write_text(html(report, extras), encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"cannot write {output.page}: {error.strerror}; name another"
            ) from error
        note(f"report: {output.page}")


def _extras_json(report: Report, extras: Extras) -> dict[str, object]:
    found: dict[str, object] = {}
    if extras.beside.runs:
        found["beside"] = extras.beside.to_json(report)
    if extras.judgement:
        found["judge"] = extras.judgement.to_json()
    return found


def _print_tables(report: Report, extras: Extras) -> None:
    from eval.report import beside_table, judge_text, table

    console = stdout_console()
    console.print(table(report))
    if extras.beside.runs:
        console.print(beside_table(extras.beside, report))
    if extras.judgement:
        console.print(judge_text(extras.judgement))


def _passes_gate(report: Report) -> bool:
    """True when no figure fell below eval/gates.toml; those that did are told on stderr."""
    from eval.gate import check

    complaints = check(report)
    for complaint in complaints:
        note(f"gate: {complaint}")
    note("gate: failed" if complaints else "gate: passed")
    return not complaints
