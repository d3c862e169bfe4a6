"""From flags and files of the user to scope and history, and what is said when they are wrong."""

import json
from datetime import date
from pathlib import Path

import pytest

from ingest.errors import SuiteError, UsageError
from ingest.model import Person
from rag.model import Scope, Turn
from ui.history import read_history
from ui.scope import ScopeFlags, explicit_scope

PEOPLE = [Person("Ada Lovelace", ("ada@example.org",)), Person("Bob Kahn"), Person("Ada Yonath")]


def test_flags_become_a_scope_that_filters() -> None:
    flags = ScopeFlags(["lovelace"], ["Bob"], "2017-09", "2018")
    assert explicit_scope(flags, PEOPLE) == Scope(
        senders=("Ada Lovelace",),
        recipients=("Bob Kahn",),
        since=date(2017, 9, 1),
        until=date(2018, 12, 31),
        explicit=frozenset({"senders", "recipients", "since", "until"}),
    )


def test_only_given_flags_filter() -> None:
    assert explicit_scope(ScopeFlags(since="2017-09-20"), PEOPLE).explicit == {"since"}


def test_shared_first_name_means_both() -> None:
    assert explicit_scope(ScopeFlags(["ada"]), PEOPLE).senders == ("Ada Lovelace", "Ada Yonath")


def test_unknown_person_names_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"--from: nobody here is called 'Yonas'; .*Ada Yonath"):
        explicit_scope(ScopeFlags(["Yonas"]), PEOPLE)


@pytest.mark.parametrize("text", ["soon", "2017-13-40", " ", "before 2018"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--since: .* is no date"):
        explicit_scope(ScopeFlags(since=text), PEOPLE)


def test_range_that_runs_backwards_is_refused() -> None:
    with pytest.raises(UsageError, match="swap them"):
        explicit_scope(ScopeFlags(since="2018", until="2017"), PEOPLE)


def test_history_is_read_oldest_first(tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    turns = [{"role": "user", "content": "who?"}, {"role": "assistant", "content": "Ada"}]
    path.write_text(json.dumps(turns))
    assert read_history(path) == (Turn("user", "who?"), Turn("assistant", "Ada"))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "not valid JSON"),
        ("{}", "must be a JSON list"),
        ("[1]", "turn 1 must be an object"),
        ('[{"role": "system", "content": "x"}]', "turn 1: role must be user or assistant"),
        ('[{"role": "user", "content": 3}]', "turn 1: content must be a string"),
        ("[" * 100_000, "not valid JSON"),
    ],
)
def test_malformed_history_is_named(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "h.json"
    path.write_text(content)
    with pytest.raises(SuiteError, match=complaint):
        read_history(path)


def test_missing_history_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="No such file"):
        read_history(tmp_path / "none.json")
