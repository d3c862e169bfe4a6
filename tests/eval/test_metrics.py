"""Known answers for every metric, and retrieval against an independent implementation."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from eval import metrics
from eval.metrics import RiskPoint
from eval.outcome import METRICS


def test_recall_all_and_any() -> None:
    ranked, gold = ["a", "b", "c", "d"], ["b", "d", "x"]
    assert metrics.recall_at(ranked, gold, 1, "all") == 0
    assert metrics.recall_at(ranked, gold, 4, "all") == pytest.approx(2 / 3)
    assert metrics.recall_at(ranked, gold, 4, "any") == 1
    assert metrics.recall_at(ranked, ["x"], 4, "any") == 0


def test_reciprocal_rank_of_the_first_gold() -> None:
    assert metrics.reciprocal_rank(["a", "b", "c"], ["c", "b"]) == 0.5
    assert metrics.reciprocal_rank(["a"], ["b"]) == 0


def test_ndcg_by_hand() -> None:
    # gains at ranks 1 and 3 of an ideal at ranks 1 and 2: (1 + 1/2) / (1 + 1/log2(3))
    assert metrics.ndcg_at(["a", "x", "b"], ["a", "b"], 10, "all") == pytest.approx(
        0.9197, abs=1e-4
    )
    assert metrics.ndcg_at(["x", "a", "b"], ["a", "b"], 10, "any") == pytest.approx(
        0.6309, abs=1e-4
    )
    assert metrics.ndcg_at(["x", "y"], ["a"], 10, "any") == 0


def test_retrieval_agrees_with_ir_measures() -> None:
    ir = pytest.importorskip("ir_measures")
    draw = random.Random(7)
    names: dict[object, Callable[[list[str], list[str]], float]] = {
        ir.R @ 5: lambda r, g: metrics.recall_at(r, g, 5, "all"),
        ir.Success @ 5: lambda r, g: metrics.recall_at(r, g, 5, "any"),
        ir.RR: metrics.reciprocal_rank,
        ir.nDCG @ 10: lambda r, g: metrics.ndcg_at(r, g, 10, "all"),
    }
    for _ in range(50):
        ids = [f"m{n}" for n in range(30)]
        ranked, gold = draw.sample(ids, 20), draw.sample(ids, draw.randint(1, 6))
        qrels = [ir.Qrel("q", id_, 1) for id_ in gold]
        run = [ir.ScoredDoc("q", id_, -place) for place, id_ in enumerate(ranked)]
        expected = ir.calc_aggregate(list(names), qrels, run)
        for measure, ours in names.items():
            assert ours(ranked, gold) == pytest.approx(expected[measure]), measure


def test_thread_recall_agrees_with_ir_measures_over_the_messages_of_gold_threads() -> None:
    ir = pytest.importorskip("ir_measures")
    draw = random.Random(9)
    for _ in range(50):
        thread_of = {f"m{n}": f"t{draw.randint(0, 8)}" for n in range(30)}
        ranked = draw.sample(sorted(thread_of), 20)
        gold = thread_of[draw.choice(sorted(thread_of))]
        qrels = [ir.Qrel("q", id_, 1) for id_, thread in thread_of.items() if thread == gold]
        run = [ir.ScoredDoc("q", id_, -place) for place, id_ in enumerate(ranked)]
        expected = ir.calc_aggregate([ir.Success @ 5], qrels, run)[ir.Success @ 5]
        threads = metrics.unique(thread_of[id_] for id_ in ranked[:5])
        assert metrics.recall_at(threads, [gold], 5, "any") == expected


def test_citation_measures_agree_with_ir_measures_where_each_message_is_cited_once() -> None:
    ir = pytest.importorskip("ir_measures")
    draw = random.Random(13)
    ids = [f"m{n}" for n in range(12)]
    for _ in range(50):
        cited, gold = draw.sample(ids, draw.randint(1, 6)), draw.sample(ids, draw.randint(1, 4))
        qrels = [ir.Qrel("q", id_, 1) for id_ in gold]
        run = [ir.ScoredDoc("q", id_, -place) for place, id_ in enumerate(cited)]
        precision, recall = ir.SetP, ir.SetR
        expected = ir.calc_aggregate([precision, recall], qrels, run)
        assert metrics.citation_precision(cited, gold) == pytest.approx(expected[precision])
        assert metrics.citation_recall(cited, gold, "all") == pytest.approx(expected[recall])


def test_citation_precision_and_recall() -> None:
    assert metrics.citation_precision(["a", "a", "b", "x"], ["a", "b"]) == 0.75
    assert metrics.citation_precision([], ["a"]) is None
    assert metrics.citation_recall(["a", "a", "x"], ["a", "b"], "all") == 0.5
    assert metrics.citation_recall(["x", "y", "b"], ["a", "b"], "any") == 1
    assert metrics.citation_recall([], ["a"], "any") == 0


def test_percentiles_are_nearest_rank() -> None:
    assert metrics.percentile([5, 1, 4, 2, 3], 0.5) == 3
    assert metrics.percentile([5, 1, 4, 2, 3], 0.95) == 5
    assert metrics.percentile([], 0.5) is None


def test_percentiles_agree_with_numpy() -> None:
    draw = random.Random(2)
    for size in (1, 2, 7, 100, 205):
        values = [draw.random() for _ in range(size)]
        for share in (0.05, 0.5, 0.95, 1.0):
            expected = np.percentile(values, share * 100, method="inverted_cdf")
            assert metrics.percentile(values, share) == expected


def test_mean_skips_what_does_not_apply() -> None:
    assert metrics.mean([1.0, None, 2.0]) == 1.5
    assert metrics.mean([None]) is None


def test_risk_coverage_takes_ties_together() -> None:
    scored = [(0.9, True), (0.5, False), (0.5, True), (0.1, False)]
    expected = (RiskPoint(0.25, 0, 0.9), RiskPoint(0.75, 1 / 3, 0.5), RiskPoint(1.0, 0.5, 0.1))
    assert metrics.risk_coverage(scored) == expected
    assert metrics.risk_coverage(scored[::-1]) == expected
    # 0 * 0.25 + 1/3 * 0.5 + 1/2 * 0.25
    assert metrics.aurc(expected) == pytest.approx(7 / 24)
    assert metrics.aurc(()) is None


def test_the_area_is_the_mean_risk_over_all_coverages() -> None:
    # Geifman et al. 2019, equation 2, for distinct confidences: the mean of the selective risks.
    draw = random.Random(4)
    for size in (1, 5, 60):
        scored = [(draw.random(), draw.random() < 0.7) for _ in range(size)]
        wrong = [not right for _, right in sorted(scored, reverse=True)]
        expected = np.mean(np.cumsum(wrong) / np.arange(1, size + 1))
        assert metrics.aurc(metrics.risk_coverage(scored)) == pytest.approx(expected)


def test_the_readme_documents_every_metric() -> None:
    readme = (Path(metrics.__file__).with_name("README.md")).read_text(encoding="utf-8")
    documented = {
        name for line in readme.split("\n") for name in re.findall(r"^\| `([^`]+)`", line)
    }
    assert {re.sub(r"(recall)@\d+", r"\1@k", name) for name in METRICS} <= documented
