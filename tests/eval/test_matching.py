"""Accepted answers in texts."""

import random

import pytest

from eval.cases import Case
from eval.matching import contains_gold, holds, normalise, token_f1


@pytest.mark.parametrize(
    ("text", "phrase", "expected"),
    [
        ("It is a full $50m deal", "$50m", True),
        ("a US$50m deal", "$50m", False),
        ("it is 0% now", "0%", True),
        ("it is 10% now", "0%", False),
        ("the cost is 100", "10", False),
        ("Don’t  text\nback", "don't text back", True),
        ("a 2016–2017 plan", "2016-2017", True),
        ("He said yes [1].", "yes.", True),
        ("Category", "cat", False),
        ("anything", " ", False),
        ("a “quoted” word", '"quoted"', True),
    ],
)
def test_whole_words_after_normalising(text: str, phrase: str, expected: bool) -> None:
    assert holds(text, phrase) is expected


def test_normalise_drops_markers_and_spaces() -> None:
    assert normalise("The  Boat [1, 2]\tsank — “fast”") == 'the boat sank - "fast"'


def test_gold_needs_one_of_any_each_group_and_nothing_forbidden() -> None:
    case = Case(
        "c",
        "?",
        "fact",
        ("m",),
        answer_any=("red", "crimson"),
        must_all=(("boat", "ship"), ("sank",)),
        forbid_any=("blue",),
    )
    assert contains_gold(case, ["a crimson ship", "it sank"])
    assert not contains_gold(case, ["a crimson ship"])
    assert not contains_gold(case, ["a green ship sank"])
    assert not contains_gold(case, ["a red ship sank in the blue sea"])
    assert not contains_gold(Case("c", "?", "fact", ("m",)), ["anything"])


def test_token_f1_by_hand() -> None:
    # 2 of 4 words found, 2 of 3 wanted: 2 * 0.5 * 2/3 / (0.5 + 2/3)
    assert token_f1("the red boat sank yesterday", "a red boat burned") == pytest.approx(4 / 7)
    assert token_f1("soup", "boat") == 0.0
    assert token_f1("", "boat") == 0.0


def test_token_f1_agrees_with_precision_and_recall_over_counted_words() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    draw = random.Random(6)
    names = "boat canoe harbour keel mast oar yawl".split()
    for _ in range(40):
        said, gold = (draw.choices(names, k=draw.randint(1, 9)) for _ in "ab")
        # Each word as many times as it occurs in either: found or not, wanted or not.
        found, wanted = [], []
        for name in names:
            for place in range(max(said.count(name), gold.count(name))):
                found.append(place < said.count(name))
                wanted.append(place < gold.count(name))
        expected = metrics.f1_score(wanted, found, zero_division=0)
        assert token_f1(" ".join(said), " ".join(gold)) == pytest.approx(expected)
