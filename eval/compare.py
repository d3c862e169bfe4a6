"""Two runs over the same questions: which figures differ, and whether by more than chance."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from eval.intervals import PairedTest, mcnemar, paired_bootstrap
from eval.outcome import LOWER_IS_BETTER, METRICS, Outcome
from eval.summary import Report
from ingest.errors import SuiteError

#: Two-sided level of McNemar's test.
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Change:
    """One metric in both runs, over the `n` questions that have it in both."""

    metric: str
    before: float
    after: float
    n: int
    test: PairedTest

    @property
    def verdict(self) -> str:
        """ "better", "worse" or "no difference shown"."""
        if not self.test.shows_difference:
            return "no difference shown"
        rose = self.test.difference > 0
        return "better" if rose != (self.metric in LOWER_IS_BETTER) else "worse"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Changes per metric, and which questions flipped between right and wrong."""

    changes: tuple[Change, ...]
    #: Ids of questions that only the second, or only the first, run ended right on.
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    #: McNemar's exact test on the questions that flipped.
    p_value: float

    @property
    def verdict(self) -> str:
        """One sentence about right answers as a whole."""
        flips = f"{len(self.gained)} gained, {len(self.lost)} lost, p = {self.p_value:.3f}"
        if self.p_value >= LEVEL:
            return f"no difference shown ({flips})"
        return f"{'better' if len(self.gained) > len(self.lost) else 'worse'} ({flips})"

    def to_json(self) -> dict[str, object]:
        """One JSON object."""
        changes = [{**asdict(change), "verdict": change.verdict} for change in self.changes]
        return {**asdict(self), "changes": changes, "verdict": self.verdict}


def compare(before: Report, after: Report, *, seed: int = 0) -> Comparison:
    """Paired differences, after minus before; SuiteError for different suites or archives.

    A metric is compared over the questions that have it in both runs: citation precision, for
    one, exists only where something was cited.
    """
    _check_same(before, after)
    first = {outcome.case_id: outcome for outcome in before.outcomes}
    pairs = [(first[outcome.case_id], outcome) for outcome in after.outcomes]
    changes = [_change(metric, pairs, seed) for metric in METRICS]
    gained = tuple(b.case_id for a, b in pairs if b.is_right and not a.is_right)
    lost = tuple(b.case_id for a, b in pairs if a.is_right and not b.is_right)
    return Comparison(
        tuple(change for change in changes if change),
        gained,
        lost,
        mcnemar(len(lost), len(gained)),
    )


def _check_same(before: Report, after: Report) -> None:
    one, other = before.subject, after.subject
    parts: Mapping[str, tuple[str, str]] = {
        "suites": (one.suite_hash, other.suite_hash),
        "archives": (one.corpus_hash, other.corpus_hash),
    }
    for what, (a, b) in parts.items():
        if a != b:
            raise SuiteError(
                f"these runs are on different {what} ({a} and {b}) and cannot be compared; "
                "run both with the same questions on the same index"
            )


def _change(metric: str, pairs: list[tuple[Outcome, Outcome]], seed: int) -> Change | None:
    both = [
        (a.values[metric], b.values[metric])
        for a, b in pairs
        if metric in a.values and metric in b.values
    ]
    if not both:
        return None
    a_values, b_values = [a for a, _ in both], [b for _, b in both]
    return Change(
        metric=metric,
        before=sum(a_values) / len(both),
        after=sum(b_values) / len(both),
        n=len(both),
        test=paired_bootstrap(a_values, b_values, seed=seed),
    )
