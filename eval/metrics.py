"""The metrics of retrieval, citation and abstention: pure functions with formula and source.

Every rate is in [0, 1]. A list of message ids is best first and holds each id once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, log2
from typing import Literal

GoldMode = Literal["any", "all"]


def unique(ids: Iterable[str]) -> tuple[str, ...]:
    """The ids without repetitions, each at its first place."""
    return tuple(dict.fromkeys(ids))


def recall_at(ranked: Sequence[str], gold: Sequence[str], k: int, mode: GoldMode) -> float:
    """Recall@k. "all": |gold in the first k| / |gold|; "any": 1 if one of them is there, else 0.

    Manning, Raghavan and Schütze 2008, chapter 8; "any" is Success@k (also called hit rate).
    """
    found = len(set(ranked[:k]) & set(gold))
    return found / len(set(gold)) if mode == "all" else float(found > 0)


def reciprocal_rank(ranked: Sequence[str], gold: Sequence[str]) -> float:
    """1 / rank of the first gold message, 0 when there is none (Voorhees 1999; its mean is MRR)."""
    wanted = set(gold)
    return next((1 / rank for rank, id_ in enumerate(ranked, 1) if id_ in wanted), 0.0)


def ndcg_at(ranked: Sequence[str], gold: Sequence[str], k: int, mode: GoldMode) -> float:
    """nDCG@k with gains 0 and 1 and discount 1/log2(rank+1) (Järvelin and Kekäläinen 2002).

    "any": the gold messages are alternatives, so only the first one found gains, of an ideal 1.
    """
    wanted = set(gold)
    gains = [1 / log2(rank + 1) for rank, id_ in enumerate(ranked[:k], 1) if id_ in wanted]
    if mode == "any":
        return max(gains, default=0.0)
    ideal = sum(1 / log2(rank + 1) for rank in range(1, min(len(wanted), k) + 1))
    return sum(gains) / ideal


def citation_precision(cited: Sequence[str], gold: Sequence[str]) -> float | None:
    """|citations of gold messages| / |citations|; None when nothing is cited.

    After ALCE (Gao et al. 2023), with gold messages in place of an entailment model.
    """
    wanted = set(gold)
    return sum(id_ in wanted for id_ in cited) / len(cited) if cited else None


def citation_recall(cited: Sequence[str], gold: Sequence[str], mode: GoldMode) -> float:
    """Share of the gold messages that are cited; with "any", 1 if one of them is (after ALCE)."""
    return recall_at(unique(cited), gold, len(cited), mode)


def mean(values: Iterable[float | None]) -> float | None:
    """Arithmetic mean of the values that are not None; None when there is none."""
    kept = [value for value in values if value is not None]
    return sum(kept) / len(kept) if kept else None


def percentile(values: Sequence[float], share: float) -> float | None:
    """Nearest-rank percentile, `share` in (0, 1]: the smallest value not below that share."""
    if not values:
        return None
    return sorted(values)[max(ceil(share * len(values)), 1) - 1]


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """Answering only the `coverage` share with the highest confidence errs on `risk` of them."""

    coverage: float
    risk: float
    confidence: float


def risk_coverage(scored: Sequence[tuple[float, bool]]) -> tuple[RiskPoint, ...]:
    """Risk-coverage curve of (confidence, is right) pairs, by falling confidence.

    El-Yaniv and Wiener 2010. Questions of equal confidence enter together, so that the order of
    the input does not matter.
    """
    ordered = sorted(scored, key=lambda pair: -pair[0])
    points: list[RiskPoint] = []
    wrong = 0
    for count, (score, is_right) in enumerate(ordered, 1):
        wrong += not is_right
        if count == len(ordered) or ordered[count][0] < score:
            points.append(RiskPoint(count / len(ordered), wrong / count, score))
    return tuple(points)


def aurc(points: Sequence[RiskPoint]) -> float | None:
    """Area under the risk-coverage curve, lower is better: the sum of risk times coverage gained.

    Geifman, Uziel and El-Yaniv 2019, with ties taken as one step. None without points.
    """
    if not points:
        return None
    starts = [0.0, *(point.coverage for point in points)]
    return sum(p.risk * (p.coverage - start) for p, start in zip(points, starts, strict=False))
