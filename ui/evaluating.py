"""What `exhibit eval` can do: run a suite, also without mail or on swapped mail; draft; compare."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from eval.beside import Beside
from eval.cases import BUNDLED, Case, load_suite, select
from eval.judge import Judgement
from eval.page import Extras
from eval.run import Tell, run_suite
from eval.summary import Report
from ingest.errors import UsageError
from rag.config import Retrieval, Settings
from ui.output import note, print_json, stderr_console, stdout_console

if TYPE_CHECKING:
    from rag.engine import Engine
    from rag.ports import LLM


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
class OtherWays:
    """Which other ways of asking are set beside the normal score; `swapped` is a folder to fill."""

    closed_book: bool = False
    full_context: bool = False
    swapped: Path | None = None


def measure(settings: Settings, wanted: Selection, *, resume: Path | None = None) -> Report:
    """The suite asked of the engine."""
    from rag.build import build_engine

    engine, cases = build_engine(settings), wanted.cases()
    with shown_progress("asking") as tell:
        return run_suite(engine, cases, progress=tell, seed=wanted.seed, resume_file=resume)


def measure_beside(
    settings: Settings, wanted: Selection, ways: OtherWays, *, resume: Path | None = None
) -> Beside:
    """The same questions asked in other ways; each keeps its outcomes in a file beside `resume`."""
    from eval.baselines import closed_book, full_context, run_alone
    from rag.build import build_engine
    from ui.eval_archives import measure_swapped

    engine, cases = build_engine(settings), wanted.cases()
    chosen = [
        make
        for make, is_wanted in ((closed_book, ways.closed_book), (full_context, ways.full_context))
        if is_wanted
    ]
    runs = []
    for alone in [make(engine, model_of(settings)) for make in chosen]:
        kept = resume and resume.with_name(f"{resume.name}-{alone.mode}")
        with shown_progress(alone.mode) as tell:
            run = run_alone(alone, cases, progress=tell, seed=wanted.seed, resume_file=kept)
        runs.append((alone.mode, run))
    if ways.swapped is None:
        return Beside(tuple(runs))
    swapped = measure_swapped(settings, cases, ways.swapped, seed=wanted.seed)
    return replace(swapped, runs=(*runs, *swapped.runs))


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


def judged(settings: Settings, report: Report, model: str) -> Judgement:
    """A language model's opinion of the answers, and how far it can be believed."""
    from eval.judge import judge

    with shown_progress("judging") as tell:
        return judge(report, model_of(replace(settings, model=model)), progress=tell)


def show_report(result: Report, extras: Extras, *, json: bool, page: Path | None) -> None:
    """Print the result, and write it as a self-contained page when one is named."""
    from eval.report import html, trouble

    if json:
        print_json({**result.to_json(), **_extras_json(result, extras)})
        for line in trouble(result):
            note(line)
    else:
        _print_tables(result, extras)
    if page:
        try:
            page.write_text(html(result, extras), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write {page}: {error.strerror}; name another") from error
        note(f"report: {page}")


def _extras_json(result: Report, extras: Extras) -> dict[str, object]:
    found: dict[str, object] = {}
    if extras.beside.runs:
        found["beside"] = extras.beside.to_json(result)
    if extras.judgement:
        found["judge"] = extras.judgement.to_json()
    return found


def _print_tables(result: Report, extras: Extras) -> None:
    from eval.report import beside_table, judge_text, table

    console = stdout_console()
    console.print(table(result))
    if extras.beside.runs:
        console.print(beside_table(extras.beside, result))
    if extras.judgement:
        console.print(judge_text(extras.judgement))


def passes_gate(result: Report) -> bool:
    """True when no figure fell below eval/gates.toml; those that did are told on stderr."""
    from eval.gate import check

    complaints = check(result)
    for complaint in complaints:
        note(f"gate: {complaint}")
    note("gate: failed" if complaints else "gate: passed")
    return not complaints


def model_of(settings: Settings) -> "LLM":
    """The language model; raises LLMError, with the fix, when there is none.

    An extractive engine may be set beside it: then the model is the one that Ollama has.
    """
    from rag.build import open_llm

    llm = open_llm(settings, "auto" if settings.answerer == "extractive" else settings.answerer)
    assert llm is not None, "only the extractive answerer has no model"  # noqa: S101
    return llm


@contextmanager
def shown_progress(doing: str) -> Iterator[Tell]:
    """A bar on a terminal, silence elsewhere."""
    from rich.progress import Progress

    console = stderr_console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(doing)
        yield lambda done, total: bar.update(task, completed=done, total=total)
