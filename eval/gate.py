"""The quality gate: a run against the thresholds of `gates.toml`, as a list of what fell.

`python -m eval.gate REPORT.json ... --provenance TEXT` prints a gates file drawn from reports of
`exhibit eval --json`; `make gates` measures and renews the bundled one.

File layout: one table per corpus kind with `questions`, the least number that counts as the suite,
and one entry per figure: `"recall@5" = { min = 0.7, provenance = "..." }`. An entry of another name
gives `figure`, and `kind` to look at one kind of question only.
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor
from pathlib import Path

from eval.outcome import LOWER_IS_BETTER, METRICS
from eval.summary import Report, read_report
from ingest.errors import SuiteError

#: The thresholds that come with Exhibit.
BUNDLED = Path(__file__).with_name("gates.toml")

#: What `draft_gates` watches: figure, kind of question ("" for all). Replies and follow-ups have
#: floors of their own because they are few: a fault in threads or history hardly moves the total.
_WATCHED = (
    *((name, "") for name in ("recall@1", "recall@5", "mrr", "ndcg@10", "thread_recall@5")),
    *((name, "") for name in ("correct", "citation_recall", "citation_precision", "attribution")),
    *((name, "") for name in ("refusal", "over_refusal")),
    *((name, "reply") for name in ("recall@1", "mrr", "correct")),
    *((name, "followup") for name in ("recall@5", "correct")),
)
#: Share of the questions that may change before the gate fails, at least one question. An
#: extractive run repeats itself; another processor may round a score across a boundary.
_SLACK = 0.02
#: Figures that are not means of a metric.
_DERIVED = ("aurc", "errors", "p95_ms")


@dataclass(frozen=True, slots=True)
class Threshold:
    """`value` must be at least `least` and at most `most`; None leaves that side open."""

    figure: str
    kind: str
    least: float | None
    most: float | None
    provenance: str

    def complaint(self, value: float | None) -> str | None:
        """What is wrong with the value; None when it passes."""
        label = f"{self.figure} ({self.kind})" if self.kind else self.figure
        if value is None:
            return f"{label}: no question of this run measures it"
        if self.least is not None and value < self.least:
            return f"{label} fell to {value:.3f}; at least {self.least:.3f} ({self.provenance})"
        if self.most is not None and value > self.most:
            return f"{label} rose to {value:.3f}; at most {self.most:.3f} ({self.provenance})"
        return None


@dataclass(frozen=True, slots=True)
class Gate:
    """The thresholds for one kind of corpus."""

    questions: int
    thresholds: tuple[Threshold, ...]


def check(report: Report, gates_path: Path = BUNDLED) -> list[str]:
    """What fell below its threshold, one line each; empty when the gate is passed.

    A run of fewer questions than the gate asks for fails, as does a corpus without thresholds:
    a gate that measures nothing must not pass. SuiteError when the file is malformed.
    """
    gates = read_gates(gates_path)
    corpus = report.subject.corpus
    gate = gates.get(corpus)
    if gate is None:
        return [f"{gates_path} has no thresholds for {corpus!r} mail; add a table [{corpus}]"]
    complaints = [threshold.complaint(_value(report, threshold)) for threshold in gate.thresholds]
    found = [complaint for complaint in complaints if complaint]
    if len(report.outcomes) < gate.questions:
        few = f"only {len(report.outcomes)} questions were asked; the gate needs {gate.questions}"
        found.insert(0, few)
    return found


def draft_gates(reports: Sequence[Report], provenance: str) -> str:
    """A gates file with the measured values less a little slack, from one report per corpus kind.

    `provenance` says which run: date, version, answerer. Citations must be valid and no question
    may fail, whatever was measured.
    """
    head = [f"# Written by eval.gate.draft_gates: {_SLACK:.0%} of the questions of slack."]
    return (
        "\n\n".join(["\n".join(head), *(_drafted(report, provenance) for report in reports)]) + "\n"
    )


def _drafted(report: Report, provenance: str) -> str:
    lines = [f"[{report.subject.corpus}]", f"questions = {len(report.outcomes)}"]
    exact = {"provenance": "must hold whatever was measured"}
    lines.append(_entry("citation_validity", {"min": 1.0, **exact}))
    lines.append(_entry("errors", {"max": 0.0, **exact}))
    for figure, kind in _WATCHED:
        found = report.figures(kind).get(figure)
        if found is None:
            continue
        slack = max(1.0, round(_SLACK * found.n)) / found.n
        is_cost = figure in LOWER_IS_BETTER
        limit = min(found.value + slack, 1.0) if is_cost else max(found.value - slack, 0.0)
        # Away from the measured value, or rounding would eat the slack.
        rounded = (ceil if is_cost else floor)(limit * 1000) / 1000
        bound = {"max" if is_cost else "min": rounded}
        told = {"provenance": f"{found.value:.3f} over {found.n}, {provenance}"}
        place = {"figure": figure, "kind": kind} if kind else {}
        lines.append(_entry(f"{kind} {figure}".strip(), {**place, **bound, **told}))
    return "\n".join(lines)


def _entry(name: str, values: Mapping[str, str | float]) -> str:
    # A JSON string or number is one of TOML too.
    inside = ", ".join(f"{key} = {json.dumps(value)}" for key, value in values.items())
    return f"{json.dumps(name)} = {{ {inside} }}"


def read_gates(path: Path) -> dict[str, Gate]:
    """Corpus kind -> gate; SuiteError names file and entry."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SuiteError(f"cannot read the gates {path}: {error}; check the file") from error
    return {corpus: _gate(table, f"{path} [{corpus}]") for corpus, table in tables.items()}


def _gate(table: object, where: str) -> Gate:
    if not isinstance(table, dict) or not isinstance(table.get("questions"), int):
        raise SuiteError(f"{where}: 'questions' must be a whole number")
    entries = [(name, entry) for name, entry in table.items() if name != "questions"]
    if not entries:
        raise SuiteError(f"{where} has no thresholds; a gate that measures nothing cannot pass")
    return Gate(
        table["questions"],
        tuple(_threshold(name, entry, f"{where} {name}") for name, entry in entries),
    )


def _threshold(name: str, entry: object, where: str) -> Threshold:
    if not isinstance(entry, dict) or not isinstance(entry.get("provenance"), str):
        raise SuiteError(f"{where}: needs 'min' or 'max', and 'provenance'")
    figure = str(entry.get("figure", name))
    if figure not in METRICS and figure not in _DERIVED:
        known = ", ".join((*METRICS, *_DERIVED))
        raise SuiteError(f"{where}: unknown figure {figure!r}; known: {known}")
    least, most = _limit(entry.get("min"), where), _limit(entry.get("max"), where)
    if least is None and most is None:
        raise SuiteError(f"{where}: needs 'min' or 'max'")
    return Threshold(figure, str(entry.get("kind", "")), least, most, entry["provenance"])


def _limit(value: object, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SuiteError(f"{where}: 'min' and 'max' are numbers, not {value!r}")
    return float(value)


def _value(report: Report, threshold: Threshold) -> float | None:
    if threshold.figure == "aurc":
        return report.aurc()
    if threshold.figure == "errors":
        return float(len(report.errors))
    if threshold.figure == "p95_ms":
        return report.latency_ms().get("p95")
    found = report.figures(threshold.kind).get(threshold.figure)
    return None if found is None else found.value


def main(argv: Sequence[str] | None = None) -> int:
    """Print a gates file drawn from the reports; 2 when one cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m eval.gate", description=__doc__)
    parser.add_argument("reports", nargs="+", type=Path, help="results of exhibit eval --json")
    parser.add_argument("--provenance", required=True, help="which run: date, version, answerer")
    chosen = parser.parse_args(argv)
    try:
        reports = [read_report(path) for path in chosen.reports]
    except SuiteError as error:
        print(error, file=sys.stderr)
        return 2
    print(draft_gates(reports, chosen.provenance), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
