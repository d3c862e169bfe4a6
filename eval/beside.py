"""Mail or memory: the same questions asked in other ways, set beside the normal score.

Closed book asks the language model with no mail, full context with all of it; the swapped run asks
an archive in which names, amounts and years were changed (`eval/counterfactual.py`).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from eval.intervals import PairedTest, paired_bootstrap
from eval.outcome import Outcome
from eval.summary import Figure, Report, summed

#: The one figure that all ways of asking have: an accepted answer stands in what was said.
SHARED = "contains_gold"


@dataclass(frozen=True, slots=True)
class Beside:
    """Runs of the same cases. `telling` are the ids of the questions whose answer the swap changed:
    only they can tell mail from memory. `remembered` answered with the original on swapped mail.
    """

    runs: tuple[tuple[str, Report], ...] = ()
    telling: tuple[str, ...] = ()
    remembered: tuple[str, ...] = ()

    def rows(self, normal: Report) -> tuple["Row", ...]:
        """The normal run first, then each other one compared with it."""
        first = self._row("with the mail", normal, None)
        changes = [_change(normal, run) for _, run in self.runs]
        others = zip(self.runs, changes, strict=True)
        return (first, *(self._row(name, run, change) for (name, run), change in others))

    def to_json(self, normal: Report) -> dict[str, object]:
        """One JSON object: the rows, the questions that tell, and every run in full."""
        return {
            "rows": [asdict(row) for row in self.rows(normal)],
            "telling": list(self.telling),
            "remembered": list(self.remembered),
            "runs": {name: run.to_json() for name, run in self.runs},
        }

    def _row(self, name: str, run: Report, change: PairedTest | None) -> "Row":
        figures = run.figures()
        telling = [outcome for outcome in run.outcomes if outcome.case_id in self.telling]
        return Row(
            name,
            figures.get(SHARED),
            summed(telling, seed=run.seed).get(SHARED),
            change,
            figures.get("refusal"),
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One way of asking: the share of answers that hold an accepted string, over all answerable
    questions and over those that tell mail from memory; `change` is against the normal run.
    """

    name: str
    holds: Figure | None
    holds_telling: Figure | None
    change: PairedTest | None
    refusal: Figure | None

    @property
    def verdict(self) -> str:
        """ "", "no difference shown", or the difference."""
        if self.change is None:
            return ""
        if not self.change.shows_difference:
            return "no difference shown"
        low, high = self.change.interval.low, self.change.interval.high
        return f"{self.change.difference:+.2f} ({low:+.2f} to {high:+.2f})"


def _change(normal: Report, run: Report) -> PairedTest | None:
    before, after = _values(normal.outcomes), _values(run.outcomes)
    return paired_bootstrap(before, after, seed=normal.seed) if before else None


def _values(outcomes: Sequence[Outcome]) -> list[float]:
    return [o.values[SHARED] for o in outcomes if SHARED in o.values]
