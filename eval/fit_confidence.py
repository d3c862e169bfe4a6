"""Fits the weights of confidence where an answer selector reads: `python -m eval.fit_confidence`.

The selector was fitted to the finding aid, so what it makes of those questions says nothing; the
dev questions of the suites are asked instead, over an index of the released emails each. The fitted
numbers are printed, for a person to put into `rag/confidence.py`.
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from eval.cases import Case, load_suite
from rag.build import open_embedder, open_selector
from rag.confidence import Signs, read_signs
from rag.config import Settings
from rag.finding import Finder
from rag.index import open_index
from rag.library import Library
from rag.log import Log

Numbers = NDArray[np.float64]
#: Penalty on the squared weights, per question.
_L2 = 0.01
#: Share of the answerable questions that the floor may refuse.
_OVER_REFUSED = 0.05
#: Signs that speak against an answer; the others speak for one.
_AGAINST = ("untold", "unknown_name", "out_of_time")
#: Weights of the selector that are tried; none without one.
_TRIED = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8, 1.0)


def main() -> None:
    """Fit over indexes that have a finding aid, or over some that have none."""
    parser = argparse.ArgumentParser(prog="eval.fit_confidence", description=__doc__)
    parser.add_argument("index", type=Path, nargs="+")
    parser.add_argument("--suite", type=Path, nargs="+", required=True)
    options = parser.parse_args()
    cases = [case for suite in options.suite for case in load_suite(suite) if case.split == "dev"]
    found = [one for index in options.index for one in _asked(index, cases)]
    fit_confidence([signs for signs, _ in found], [right for _, right in found])


def _asked(index: Path, cases: Sequence[Case]) -> Iterator[tuple[Signs, bool]]:
    """The signs of each question that looks for sentences, and whether the mail answers it."""
    settings = Settings(index=index)
    embedder = open_embedder(settings)
    library = Library(open_index(index, embedder=embedder))
    selector = open_selector(settings, embedder)
    finder = Finder(settings, lambda: embedder, lambda: None, lambda: selector)
    for case in cases:
        if case.history:
            continue
        rewritten, question = finder.understand(library, case.question, None, None)
        log = Log(time.perf_counter)
        found = finder.find(library, case.question, rewritten, question, log)
        if question.kind in ("fact", "reply", "change"):
            ranked = found.ranked[0]
            signs = read_signs(question, found.retrieved, ranked, library.is_known)
            # The whole is not read of a change and of what asks several things.
            if (signs.answers is None) == (selector[0] is None):
                yield signs, case.is_answerable


def fit_confidence(signs: Sequence[Signs], right: Sequence[bool]) -> None:
    """Print the weights of a logistic model of which of the questions have an answer.

    Both sorts count the same, however many there are. What the selector says is weighed afterwards,
    for the largest area under the ROC curve: fitted with the others it drowns them.
    """
    read = [f.name for f in fields(Signs) if f.name not in ("answers", "aided")]
    rows = np.asarray([[getattr(one, name) for name in read] for one in signs], np.float64)
    columns, answered = np.column_stack([np.ones(len(rows)), rows]), np.asarray(right)
    shares = np.where(answered, 0.5 / answered.sum(), 0.5 / (~answered).sum())

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        odds = columns @ weights
        miss = np.logaddexp(0, np.where(answered, -odds, odds))
        penalty = np.r_[0.0, weights[1:]] * _L2 / len(weights)
        slope = (shares * (1 / (1 + np.exp(-odds)) - answered)) @ columns
        return float(shares @ miss + penalty @ weights), slope + 2 * penalty

    bounds = [(None, None), *((None, 0) if name in _AGAINST else (0, None) for name in read)]
    start = np.zeros(columns.shape[1])
    weights = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    answers = np.asarray([one.answers or 0.0 for one in signs])
    odds = [(columns @ weights + weight * answers, weight) for weight in _TRIED]
    best, weight = max(odds, key=lambda tried: _area(tried[0], answered))
    sure = 1 / (1 + np.exp(-best))
    floor = float(np.quantile(sure[answered], _OVER_REFUSED))
    area, refused = _area(sure, answered), np.mean(sure[~answered] < floor)
    print(f"confidence: area {area:.3f}, refused at the floor {refused:.3f}")
    named = zip(["bias", *read, "answers"], [*weights, weight], strict=True)
    told = ", ".join(f"{name}={number:.2f}" for name, number in named)
    print(f"  {told}, floor={floor:.3f}")


def _area(sure: Numbers, answered: NDArray[np.bool_]) -> float:
    return float(np.mean([np.mean(one > sure[~answered]) for one in sure[answered]]))


if __name__ == "__main__":
    main()
