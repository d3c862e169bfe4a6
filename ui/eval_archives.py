"""Suites with an archive of their own (swapped copies, public sets), and drafted suites."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from eval.beside import Beside
from eval.cases import Case, write_suite
from eval.loaders import TestSet
from eval.run import run_suite
from ingest.errors import SuiteError
from ingest.model import Email
from rag.config import Settings
from ui.eval_parts import model_of, shown_progress
from ui.output import note

if TYPE_CHECKING:
    from rag.index import Rules


def measure_swapped(
    settings: Settings, cases: Sequence[Case], folder: Path, *, seed: int
) -> Beside:
    """The cases on a copy of the archive with names, amounts and years swapped, kept in `folder`.

    The finding aid of the released emails is swapped with them, so that the score can stand beside
    the normal one.
    """
    from eval.counterfactual import counterfactual, proving, remembered
    from rag.build import build_engine
    from rag.index import Rules, released_rules

    engine = build_engine(settings)
    rules = Rules() if engine.describe().corpus == "mail" else released_rules()
    swapped = counterfactual(engine, cases, rules, seed=seed)
    archive, _ = swapped.write(folder)
    elsewhere = replace(settings, index=(folder / "index").absolute())
    _index(elsewhere, archive, swapped.rules)
    with shown_progress("swapped mail") as tell:
        run = run_suite(build_engine(elsewhere), swapped.cases, progress=tell, seed=seed)
    named = replace(run, subject=replace(run.subject, mode="counterfactual"))
    telling = proving(cases, swapped.cases)
    return Beside((("counterfactual", named),), telling, remembered(run, cases))


def ingest_public(settings: Settings, found: TestSet, folder: Path) -> tuple[Settings, Path]:
    """Index a public test set in `folder`; settings that ask it, and the path of its suite."""
    from rag.index import Rules

    archive, suite = found.write(folder)
    elsewhere = replace(settings, index=(folder / "index").absolute())
    _index(elsewhere, archive, Rules())
    return elsewhere, suite


def draft(settings: Settings, path: Path, *, count: int, seed: int) -> int:
    """Write a suite drafted from the archive for its owner to review; how many questions.

    With a language model asked for by name (answerer ollama or openai) it writes the questions;
    says on stderr how many of its drafts were dropped, and why.
    """
    from eval.make_suite import draft_suite
    from rag.build import build_engine

    engine = build_engine(settings)
    emails = [email for thread in engine.threads() for email in engine.thread(thread.id)]
    if settings.answerer in ("ollama", "openai"):
        cases = _drafted_by_model(settings, emails, count=count, seed=seed)
    else:
        cases = draft_suite(emails, count=count, seed=seed)
    write_suite(cases, path)
    return len(cases)


def _drafted_by_model(
    settings: Settings, emails: Sequence[Email], *, count: int, seed: int
) -> tuple[Case, ...]:
    from eval.draft_llm import draft_with_model
    from eval.make_suite import strangers

    unknown = strangers(emails, count // 5)
    with shown_progress("drafting") as tell:
        drafted = draft_with_model(
            emails, model_of(settings), count=count - len(unknown), seed=seed, progress=tell
        )
    for why, times in drafted.dropped.items():
        note(f"dropped {times}: {why}")
    if not drafted.cases:
        raise SuiteError("no draft of the model passed; try a larger one, or --answerer extractive")
    return (*drafted.cases, *unknown)


def _index(settings: Settings, source: Path, rules: "Rules") -> None:
    """Publish an index of one file in the digest's layout."""
    from ingest.archive import read_archive
    from rag.build import open_embedder
    from rag.index import lock_index, write_index

    with (
        lock_index(settings.index),
        tempfile.TemporaryDirectory(dir=source.parent) as workspace,
    ):
        archive = read_archive([source], workspace=Path(workspace))
        write_index(archive, settings.index, open_embedder(settings), rules=rules)
