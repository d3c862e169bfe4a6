"""What each step of retrieval is worth: real engines that differ in one setting, asked alike."""

from io import StringIO

import pytest
from rich.console import Console

from eval.ablation import Ablation, ablate, variants
from eval.report import ablation_tables
from rag.config import Retrieval
from tests.eval.mill import SUITE
from tests.rag.small_archive import engine_in, settings_for


@pytest.fixture(scope="module")
def told() -> list[tuple[int, int]]:
    return []


@pytest.fixture(scope="module")
def ablation(tmp_path_factory: pytest.TempPathFactory, told: list[tuple[int, int]]) -> Ablation:
    base = tmp_path_factory.getbasetemp()
    return ablate(
        lambda retrieval: engine_in(base, settings_for(base, retrieval=retrieval)),
        Retrieval(),
        SUITE,
        progress=lambda done, total: told.append((done, total)),
    )


def test_each_variant_adds_one_step() -> None:
    found = variants(Retrieval(reranker="some/cross-encoder", pool=50))
    switches = {
        v.name: (v.retrieval.dense, v.retrieval.lexical, v.retrieval.scope, v.retrieval.thread)
        for v in found
    }
    assert switches == {
        "dense only": (True, False, False, False),
        "words only": (False, True, False, False),
        "hybrid": (True, True, False, False),
        "+ scope": (True, True, True, False),
        "+ thread": (True, True, True, True),
        "+ rerank": (True, True, True, True),
    }
    assert [v.retrieval.reranker for v in found] == [""] * 5 + ["some/cross-encoder"]
    assert {v.retrieval.pool for v in found} == {50}


def test_reranking_is_measured_only_where_it_is_configured() -> None:
    assert variants(Retrieval())[-1].name == "+ thread"


def test_every_variant_ranks_in_its_own_way(ablation: Ablation) -> None:
    rankings = {
        tuple(hit.message_id for outcome in step.report.outcomes for hit in outcome.hits)
        for step in ablation.steps
    }
    assert len(rankings) == len(ablation.steps)


def test_each_variant_is_compared_with_the_row_above(ablation: Ablation) -> None:
    assert ablation.steps[0].change is None
    change = ablation.steps[-1].change
    assert change is not None
    assert {c.metric for c in change.changes} >= {"recall@5", "mrr", "correct"}


def test_progress_runs_once_over_all_variants(
    ablation: Ablation, told: list[tuple[int, int]]
) -> None:
    total = len(ablation.steps) * len(SUITE)
    assert {whole for _, whole in told} == {total}
    done = [count for count, _ in told]
    assert (done[0], done[-1], done == sorted(done)) == (0, total, True)


def test_tables_and_json_hold_every_variant_and_kind(ablation: Ablation) -> None:
    out = StringIO()
    Console(file=out, width=240, no_color=True).print(ablation_tables(ablation))
    for word in ("dense only", "words only", "hybrid", "+ scope", "+ thread", "reply", "followup"):
        assert word in out.getvalue()
    rows = ablation.to_json()["variants"]
    assert isinstance(rows, list)
    assert [row["variant"] for row in rows] == [step.variant.name for step in ablation.steps]
    assert rows[0]["change"] is None
    assert set(rows[1]["total"]["recall@5"]) == {"value", "n", "low", "high"}
