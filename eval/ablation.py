"""What each step of retrieval is worth: the same questions asked with steps left out.

The variants are cumulative, in the order in which the engine applies the steps, so each row is to
be compared with the one above it; that comparison is paired and says when it shows nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace

from eval.cases import Case
from eval.compare import Comparison, compare
from eval.run import Asker, Tell, run_suite
from eval.summary import Report
from rag.config import Retrieval

#: Figures by which the variants are compared, in the order of the tables.
COMPARED = (
    *("recall@1", "recall@5", "mrr", "ndcg@10", "thread_recall@5"),
    *("citation_recall", "correct", "refusal"),
)


@dataclass(frozen=True, slots=True)
class Variant:
    """A name for the tables, and the settings of retrieval that it stands for."""

    name: str
    retrieval: Retrieval


@dataclass(frozen=True, slots=True)
class Step:
    """One variant measured; `change` compares it with the one before, None for the first."""

    variant: Variant
    report: Report
    change: Comparison | None


@dataclass(frozen=True, slots=True)
class Ablation:
    """The variants in order. All of them were asked the same questions on the same archive."""

    steps: tuple[Step, ...]

    def to_json(self) -> dict[str, object]:
        """One JSON object: per variant its settings, its figures and what it adds."""
        return {"variants": [_step_json(step) for step in self.steps]}


def variants(settings: Retrieval) -> tuple[Variant, ...]:
    """Dense only, words only, both, then scope, threads and (when configured) the reranker."""
    bare = replace(settings, dense=True, lexical=True, scope=False, thread=False, reranker="")
    found = [
        Variant("dense only", replace(bare, lexical=False)),
        Variant("words only", replace(bare, dense=False)),
        Variant("hybrid", bare),
        Variant("+ scope", replace(bare, scope=True)),
        Variant("+ thread", replace(bare, scope=True, thread=True)),
    ]
    if settings.reranker:
        full = replace(found[-1].retrieval, reranker=settings.reranker)
        found.append(Variant("+ rerank", full))
    return tuple(found)


def ablate(
    engine_with: Callable[[Retrieval], Asker],
    settings: Retrieval,
    cases: Sequence[Case],
    *,
    progress: Tell | None = None,
    seed: int = 0,
) -> Ablation:
    """Ask all cases of every variant; `progress` counts the questions of all of them."""
    steps: list[Step] = []
    chosen = variants(settings)

    def tell(done: int, total: int) -> None:
        if progress:
            progress(len(steps) * total + done, len(chosen) * total)

    for variant in chosen:
        report = run_suite(engine_with(variant.retrieval), cases, progress=tell, seed=seed)
        change = compare(steps[-1].report, report, seed=seed) if steps else None
        steps.append(Step(variant, report, change))
    return Ablation(tuple(steps))


def _step_json(step: Step) -> dict[str, object]:
    summary = step.report.to_json()
    kept = ("subject", "questions", "right", "total", "kinds", "latency_ms")
    return {
        "variant": step.variant.name,
        "retrieval": asdict(step.variant.retrieval),
        **{name: summary[name] for name in kept},
        "change": step.change.to_json() if step.change else None,
    }
