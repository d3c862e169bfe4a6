"""Threads: references first, then subject, people and time; never a wrong merge."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.node import Node
from ingest.subject import base_subject, is_changed, is_generic
from ingest.thread import find_threads

ANN, BOB, CY, DAN = range(4)
DAY = 86_400.0


def node(id_: str, at: float | None, subject: str = "Budget 2020", **fields: object) -> Node:
    base: dict[str, object] = {"sender": ANN, "recipients": (BOB,), "references": ()}
    return Node((id_,), at=at, subject=subject, **(base | fields))  # type: ignore[arg-type]


def threads(*nodes: Node) -> list[list[str]]:
    """Ids by thread; the nodes are given in any order."""
    ordered = sort(nodes)
    return [[ordered[i].message_ids[0] for i in t.members] for t in find_threads(ordered)]


def parents(*nodes: Node) -> dict[str, str | None]:
    ordered = sort(nodes)
    return {
        ordered[i].message_ids[0]: None if p is None else ordered[p].message_ids[0]
        for thread in find_threads(ordered)
        for i, p in zip(thread.members, thread.parents, strict=True)
    }


def sort(nodes: Sequence[Node]) -> list[Node]:
    return sorted(nodes, key=lambda n: (float("inf") if n.at is None else n.at, n.message_ids))


@pytest.mark.parametrize(
    ("subject", "base", "is_reply"),
    [
        ("Re: Plan", "plan", True),
        ("RE: re: FWD: Plan", "plan", True),
        ("AW: WG: Plan", "plan", True),
        ("SV: TR: Plan", "plan", True),
        ("Re[2]: Plan", "plan", True),
        ("Re (3): Plan", "plan", True),
        ("Re : Plan", "plan", True),
        ("[list] Plan", "plan", False),
        ("[list] Re: [list] Plan", "plan", True),
        ("Plan (fwd)", "plan", False),
        ("[urgent]", "[urgent]", False),
        ("Regarding: Plan", "regarding: plan", False),
        ("回复：计划表", "计划表", True),
        ("  A   b ", "a b", False),
        ("Re:", "", True),
        ("", "", False),
    ],
)
def test_prefixes_are_stripped(subject: str, base: str, is_reply: bool) -> None:
    assert base_subject(subject) == (base, is_reply)


def test_a_long_row_of_prefixes_takes_linear_time() -> None:
    assert base_subject("Re: " * 50_000 + "Plan") == ("plan", True)


def test_generic_subjects_are_told() -> None:
    assert all(map(is_generic, ("", "hi", "hello!", "2020", "no subject", "ok.")))
    assert not is_generic("budget 2020")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Budget 2020", "Rome (was: Budget 2020)"),
        ("Budget 2020", "Re: Budget 2021"),
        ("Budget", "Bugdet"),
        ("Budget", "Automatic reply: Budget"),
        ("Trip to Rome", "Rome"),
        ("年度计划表", "年度计划表更新"),
        ("Budget 2020", ""),
        ("Budget 2020", "Re: hello"),
        ("(no subject)", "Budget 2020"),
        ("Encrypted Message", "Re: Budget 2020"),
        ("[PATCH 0/5] Faster start", "[PATCH 3/5] mail: read dates once"),
    ],
)
def test_subject_with_a_word_in_common_is_not_changed(old: str, new: str) -> None:
    assert not is_changed(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Budget 2020", "Trip to Rome"),
        ("Re: Budget 2020", "Re: Trip to Rome"),
        ("[list] Budget 2020", "[list] Who has the projector?"),
        ("Rechnung 2019", "Urlaub im August"),
        ("年度计划表", "旅行安排通知"),
    ],
)
def test_quite_another_subject_is_changed(old: str, new: str) -> None:
    assert is_changed(old, new)


def test_references_join_like_subjects() -> None:
    a, b = node("a", 1), node("b", 2, "Budget, once more", references=("a",), sender=CY)
    assert threads(b, a) == [["a", "b"]]


def test_changed_subject_begins_a_thread_that_its_replies_follow() -> None:
    a, b = node("a", 1), node("b", 2, "Trip to Rome", references=("a",))
    c = node("c", 3, "Re: Trip to Rome", references=("a", "b"))
    d = node("d", 4, "Re: Budget 2020", references=("a",))
    assert threads(a, b, c, d) == [["a", "d"], ["b", "c"]]
    assert parents(a, b, c, d) == {"a": None, "b": "a", "c": "b", "d": "a"}


def test_subject_may_drift_word_by_word() -> None:
    a, b = node("a", 1), node("b", 2, "Budget and hiring", references=("a",))
    c = node("c", 3, "Hiring of Ann", references=("a", "b"))
    assert threads(a, b, c) == [["a", "b", "c"]]


def test_reply_under_the_old_subject_stays_in_the_old_thread() -> None:
    a, b = node("a", 1), node("b", 2, "Trip to Rome", references=("a",))
    c = node("c", 3, "Re: Budget 2020", references=("a", "b"))
    assert threads(a, b, c) == [["a", "c"], ["b"]]
    assert parents(a, b, c)["c"] == "b"


def test_answer_to_an_absent_change_of_subject_is_split_off_too() -> None:
    a, c = node("a", 1), node("c", 3, "Re: Trip to Rome", references=("a", "lost"))
    assert threads(a, c) == [["a"], ["c"]]


def test_attached_message_stays_with_its_carrier_whatever_the_subject() -> None:
    nodes = [node("a", 1), node("b", 2, "Trip to Rome", carrier=0)]
    assert [thread.members for thread in find_threads(nodes)] == [(0, 1)]


def test_absent_message_joins_those_that_name_it() -> None:
    a, b = node("a", 1, references=("x",)), node("b", 2, "Fwd: Budget", references=("x",))
    assert threads(a, b) == [["a", "b"]]
    assert parents(a, b) == {"a": None, "b": None}


def test_absent_message_joins_no_two_subjects() -> None:
    a, b = node("a", 1, references=("x",)), node("b", 2, "Trip to Rome", references=("x",))
    c = node("c", 99 * DAY, "Re: Trip to Rome", references=("x",), sender=CY)
    assert threads(a, b, c) == [["a"], ["b", "c"]]


def test_nearest_reference_is_the_parent() -> None:
    a, b = node("a", 1), node("b", 2, references=("a",))
    assert parents(a, b, node("c", 3, references=("a", "b")))["c"] == "b"
    assert parents(a, b, node("c", 3, references=("a", "b", "lost")))["c"] == "b"


def test_circular_references_end() -> None:
    a, b = node("a", 1, references=("b",)), node("b", 2, references=("a", "b"))
    assert threads(a, b) == [["b", "a"]]
    assert parents(a, b) == {"b": None, "a": "b"}


def test_reply_with_a_wrong_clock_stands_after_what_it_answers() -> None:
    assert threads(node("a", 100), node("b", 1, references=("a",))) == [["a", "b"]]


def test_undated_reply_stands_after_what_it_answers() -> None:
    a, c = node("a", 1), node("c", 9, references=("a",))
    assert threads(a, node("b", None, references=("a",)), c) == [["a", "b", "c"]]


def test_reply_without_headers_joins_by_subject_and_people() -> None:
    a = node("a", 0)
    b = node("b", DAY, "Re: Budget 2020", sender=BOB, recipients=(ANN,))
    assert threads(a, b) == [["a", "b"]]
    assert parents(a, b)["b"] == "a"


@pytest.mark.parametrize(
    "other",
    [
        node("b", 31 * DAY, "Re: Budget 2020", sender=BOB, recipients=(ANN,)),
        node("b", DAY, "Re: Budget 2020", sender=CY, recipients=(DAN,)),
        node("b", DAY, "Re: Budget 2020", sender=CY, recipients=(ANN,)),
        node("b", DAY, "Re: Budget 2020", sender=BOB, recipients=(DAN,)),
        node("b", DAY, "Re: Budget 2021", sender=BOB, recipients=(ANN,)),
        node("b", DAY, "Budget 2020"),
        node("b", 8 * DAY, "Budget 2020", sender=BOB, recipients=(ANN,)),
        node("b", None, "Re: Budget 2020", sender=BOB, recipients=(ANN,)),
    ],
)
def test_weak_evidence_joins_nothing(other: Node) -> None:
    assert len(threads(node("a", 0), other)) == 2


@pytest.mark.parametrize("subject", ["", "hi", "Update", "Re: hello"])
def test_generic_subjects_join_nothing(subject: str) -> None:
    a, b = node("a", 0, subject), node("b", 1, subject, sender=BOB, recipients=(ANN,))
    assert len(threads(a, b)) == 2


def test_answer_without_prefix_joins_within_a_week() -> None:
    a, b = node("a", 0), node("b", DAY, sender=BOB, recipients=(ANN,))
    assert threads(a, b) == [["a", "b"]]


def test_thread_that_goes_on_stays_open() -> None:
    mails = [
        node(f"m{n}", n * 20 * DAY, "Re: Budget 2020", sender=n % 2, recipients=(1 - n % 2,))
        for n in range(5)
    ]
    assert len(threads(*mails)) == 1


def test_source_decides_over_subject_and_order() -> None:
    a = node("a", 5, thread_key="k", places=((0, 1),))
    b = node(
        "b", 1, "Re: Budget 2020", thread_key="k", places=((0, 2),), sender=BOB, recipients=(ANN,)
    )
    c = node("c", 2, "Re: Budget 2020", thread_key="other", places=((0, 3),))
    assert threads(a, b, c) == [["c"], ["a", "b"]]
    assert parents(a, b, c)["b"] == "a"


def test_parent_without_headers_is_the_last_mail_the_sender_got() -> None:
    a = node("a", 0, recipients=(BOB, CY), thread_key="k", places=((0, 1),))
    b = node("b", 1, sender=BOB, recipients=(ANN,), thread_key="k", places=((0, 2),))
    c = node("c", 2, sender=CY, recipients=(ANN,), thread_key="k", places=((0, 3),))
    assert parents(a, b, c) == {"a": None, "b": "a", "c": "a"}


def test_attached_message_belongs_to_its_carrier() -> None:
    nodes = [node("a", 1, "One"), node("b", 2, "Two", carrier=0)]
    (thread,) = find_threads(nodes)
    assert thread.parents == (None, 0)


def test_a_chain_of_ten_thousand_replies_is_one_thread() -> None:
    chain = [node("0", 0), *(node(str(n), n, references=(str(n - 1),)) for n in range(1, 10_000))]
    (thread,) = find_threads(chain)
    assert thread.members == tuple(range(10_000))


mails = st.builds(
    node,
    st.sampled_from("abcdefgh"),
    st.none() | st.integers(0, 60).map(lambda d: d * DAY),
    st.sampled_from(["Budget 2020", "Re: Budget 2020", "Trip to Rome", "Fwd: Trip to Rome", "hi"]),
    sender=st.integers(0, 3),
    recipients=st.lists(st.integers(0, 3), max_size=2).map(tuple),
    references=st.lists(st.sampled_from("abcdefghxy"), max_size=3).map(tuple),
)


@given(st.lists(mails, max_size=8, unique_by=lambda n: n.message_ids), st.integers())
def test_order_of_files_is_no_matter(nodes: list[Node], seed: int) -> None:
    shuffled = nodes.copy()
    random.Random(seed).shuffle(shuffled)
    assert threads(*nodes) == threads(*shuffled)
    assert parents(*nodes) == parents(*shuffled)


@given(st.lists(mails, max_size=8, unique_by=lambda n: n.message_ids))
def test_every_message_is_in_one_thread_and_follows_its_parent(nodes: list[Node]) -> None:
    ordered = sort(nodes)
    found = list(find_threads(ordered))
    assert sorted(i for t in found for i in t.members) == list(range(len(nodes)))
    for thread in found:
        for position, parent in enumerate(thread.parents):
            is_outside = parent is not None and parent not in thread.members
            named = ordered[thread.members[position]].references
            assert parent is None or parent in thread.members[:position] or is_outside
            assert not is_outside or ordered[parent or 0].message_ids[0] in named


@given(st.lists(mails, max_size=8, unique_by=lambda n: n.message_ids))
def test_no_message_is_above_itself(nodes: list[Node]) -> None:
    above = parents(*nodes)
    for name in above:
        path = [name]
        while (parent := above[path[-1]]) is not None:
            assert parent not in path
            path.append(parent)


def test_a_subject_of_spaces_takes_linear_time() -> None:
    assert base_subject("x" + " " * 300_000 + "y") == ("x y", False)
