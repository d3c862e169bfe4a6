"""The weights of confidence keep the sense of each sign, and the selector gets its own."""

import re

import numpy as np
import pytest

from eval.fit_confidence import fit_confidence
from rag.confidence import Signs

NOISE = np.random.default_rng(1)
ANSWERED = [n % 2 == 0 for n in range(200)]


def signs(answered: bool, *, read: bool) -> Signs:
    """Similarity and what the selector says lean to the truth; the lead leans against it."""
    lean = 0.3 if answered else -0.3
    similarity, lead = 0.5 + lean * NOISE.normal(1, 2), 0.5 - lean * NOISE.normal(1, 1)
    answers = 6 * lean + NOISE.normal(0, 2) if read else None
    return Signs(similarity, 0.5, lead, 0.2, 0.0, 0.0, answers, aided=True)


def fitted(text: str) -> dict[str, float]:
    return {name: float(number) for name, number in re.findall(r"(\w+)=(-?[\d.]+)", text)}


@pytest.mark.parametrize("read", [True, False])
def test_signs_weigh_by_what_they_tell(read: bool, capsys: pytest.CaptureFixture[str]) -> None:
    fit_confidence([signs(answered, read=read) for answered in ANSWERED], ANSWERED)
    weights = fitted(capsys.readouterr().out)
    assert weights["similarity"] > 0
    assert weights["lead"] == 0.0
    assert (weights["answers"] > 0) == read
    assert 0 < weights["floor"] < 1
