"""Weights kept as four bits of what they differ by come back as they were, but for half a step."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.adapters.sentence_transformer import DEFAULT_SHA256
from rag.selector_weights import SELECTOR, SelectorWeights

BASE = {
    "matrix": np.linspace(-1, 1, 120 * 100, dtype=np.float32).reshape(120, 100),
    "bias": np.ones(100, np.float32),
}


def tuned(seed: int, size: float) -> dict[str, np.ndarray]:
    noise = np.random.default_rng(seed)
    return {
        name: (weights + size * noise.standard_normal(weights.shape)).astype(np.float32)
        for name, weights in BASE.items()
    }


@given(st.integers(0, 99), st.sampled_from([0.001, 0.01, 1.0]))
def test_each_number_is_at_most_half_a_step_off(seed: int, size: float) -> None:
    wanted = tuned(seed, size)
    found = SelectorWeights.made(BASE, wanted, "base").applied(BASE)
    step = np.abs(wanted["matrix"] - BASE["matrix"]).max(axis=1, keepdims=True) / 7
    assert np.all(np.abs(found["matrix"] - wanted["matrix"]) <= 0.51 * step + 1e-6)
    assert np.allclose(found["bias"], wanted["bias"], atol=3e-3)


def test_weights_that_did_not_change_stay_as_they_are() -> None:
    found = SelectorWeights.made(BASE, BASE, "base").applied(BASE)
    assert all(np.array_equal(found[name], weights) for name, weights in BASE.items())


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    made = SelectorWeights.made(BASE, tuned(1, 0.1), "base")
    made.save(tmp_path / "weights.npz")
    loaded = SelectorWeights.load(tmp_path / "weights.npz")
    assert loaded.base_hash == "base"
    found, wanted = loaded.applied(BASE), made.applied(BASE)
    assert sorted(found) == sorted(wanted)
    assert all(np.array_equal(found[name], wanted[name]) for name in wanted)


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "evil.npz", base_hash=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        SelectorWeights.load(tmp_path / "evil.npz")


def test_the_shipped_ones_belong_to_the_pinned_model() -> None:
    assert SelectorWeights.load(SELECTOR).base_hash == DEFAULT_SHA256
