"""Stems are the same however many conversations ask for them at the same time."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from rag.terms import stem, terms

WORDS = [f"{head}{tail}" for head in ("organ", "relat", "nation", "hope") for tail in (
    "ization", "ional", "izer", "ally", "fulness", "ousness", "iveness", "ator",
)]  # fmt: skip


@pytest.fixture
def hasty_switching() -> Iterator[None]:
    """Threads take turns after next to nothing, so that a race shows itself."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty_switching")
def test_stems_do_not_depend_on_other_threads() -> None:
    expected = [stem(word) for word in WORDS]
    for _ in range(20):
        stem.cache_clear()
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: [stem(word) for word in WORDS], range(8)))
        assert found == [expected] * 8


def test_stop_words_and_case_do_not_count() -> None:
    assert terms("The Boards’ decisions, in 2017") == ["board", "decis", "2017"]
