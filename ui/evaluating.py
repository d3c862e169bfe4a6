"""What `exhibit eval` can do: run a suite, also without mail or on swapped mail; draft; compare."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from eval.cases import Case, load_suite, select, write_suite
from eval.run import Tell, run_suite
from eval.summary import Report
from ingest.errors import UsageError
from rag.config import Retrieval, Settings
from ui.output import note, print_json, stderr_console, stdout_console

if TYPE_CHECKING:
    from rag.engine import Engine
    from rag.ports import LLM

Mode = Literal["engine", "closed-book", "full-context"]

_BUNDLED = Path(__file__).resolve().parents[1] / "eval" / "qa.jsonl"


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
            load_suite(self.suite or _BUNDLED),
            kinds=self.kinds,
            split=self.split,
            limit=self.limit,
            seed=self.seed,
        )


def measure(
    settings: Settings, wanted: Selection, *, mode: Mode = "engine", resume: Path | None = None
) -> Report:
    """The suite asked of the engine, or of the language model alone (`eval/baselines.py`)."""
    from eval import baselines
    from rag.build import build_engine

    engine, cases = build_engine(settings), wanted.cases()
    with _shown_progress() as tell:
        if mode == "engine":
            return run_suite(engine, cases, progress=tell, seed=wanted.seed, resume_file=resume)
        ask = baselines.closed_book if mode == "closed-book" else baselines.full_context
        return ask(engine, cases, _model(settings), progress=tell, seed=wanted.seed)


def measure_swapped(settings: Settings, wanted: Selection, folder: Path) -> Report:
    """The suite on a copy of the archive with names, amounts and years swapped, kept in `folder`.

    Says on stderr how many answers came from the mail and how many from memory.
    """
    from eval.counterfactual import counterfactual, proving, remembered
    from rag.build import build_engine
    from ui.ingesting import Wish, ingest_mail

    cases = wanted.cases()
    swapped = counterfactual(build_engine(settings), cases, seed=wanted.seed)
    archive, _ = swapped.write(folder)
    elsewhere = replace(settings, index=(folder / "index").absolute())
    ingest_mail(elsewhere, Wish((archive,), offline=True), lambda stage, count: None)
    with _shown_progress() as tell:
        engine = build_engine(elsewhere)
        result = run_suite(engine, swapped.cases, progress=tell, seed=wanted.seed)
    telling = set(proving(cases, swapped.cases))
    right = sum(o.is_right for o in result.outcomes if o.case_id in telling)
    note(f"of {len(telling)} questions whose answer changed, {right} are answered from the mail")
    note(f"answered from memory instead: {len(remembered(result, cases))}")
    return result


def show_ablation(settings: Settings, wanted: Selection, *, json: bool) -> None:
    """Measure and print what each step of retrieval is worth; no language model is asked."""
    from eval.ablation import ablate
    from eval.report import ablation_tables
    from rag.build import build_engine

    quoting = replace(settings, answerer="extractive")

    def engine_with(retrieval: Retrieval) -> "Engine":
        return build_engine(replace(quoting, retrieval=retrieval))

    with _shown_progress() as tell:
        found = ablate(
            engine_with, quoting.retrieval, wanted.cases(), progress=tell, seed=wanted.seed
        )
    if json:
        print_json(found.to_json())
    else:
        stdout_console().print(ablation_tables(found))


def draft(engine: "Engine", path: Path, *, count: int, seed: int) -> int:
    """Write a suite drafted from the archive for its owner to review; how many questions."""
    from eval.make_suite import draft_suite

    emails = [email for thread in engine.threads() for email in engine.thread(thread.id)]
    cases = draft_suite(emails, count=count, seed=seed)
    write_suite(cases, path)
    return len(cases)


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


def show_report(result: Report, *, json: bool, page: Path | None) -> None:
    """Print the result, and write it as a self-contained page when one is named."""
    from eval.report import html, table, trouble

    if json:
        print_json(result.to_json())
        for line in trouble(result):
            note(line)
    else:
        stdout_console().print(table(result))
    if page:
        try:
            page.write_text(html(result), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write {page}: {error.strerror}; name another") from error
        note(f"report: {page}")


def passes_gate(result: Report) -> bool:
    """True when no figure fell below eval/gates.toml; those that did are told on stderr."""
    from eval.gate import check

    complaints = check(result)
    for complaint in complaints:
        note(f"gate: {complaint}")
    note("gate: failed" if complaints else "gate: passed")
    return not complaints


def _model(settings: Settings) -> "LLM":
    from rag.build import open_llm

    llm = open_llm(settings, settings.answerer)
    if llm is None:
        raise UsageError("a language model is needed for that; leave out --answerer extractive")
    return llm


@contextmanager
def _shown_progress() -> Iterator[Tell]:
    """A bar on a terminal, silence elsewhere."""
    from rich.progress import Progress

    console = stderr_console()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("asking")
        yield lambda done, total: bar.update(task, completed=done, total=total)
