"""Reading suites: what is accepted, and errors that name line and field."""

import json
from pathlib import Path

import pytest

from eval.cases import BUNDLED, load_suite, select, suite_hash, write_suite
from ingest.errors import SuiteError

GOOD = {"id": "a", "question": "Why?", "type": "fact", "gold_messages": ["m1"]}


def suite(folder: Path, *rows: object) -> Path:
    path = folder / "suite.jsonl"
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows))
    return path


def test_a_suite_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    cases = load_suite(BUNDLED)
    write_suite(cases, tmp_path / "copy.jsonl")
    assert load_suite(tmp_path / "copy.jsonl") == cases


def test_bundled_suite_keeps_its_shape() -> None:
    cases = load_suite(BUNDLED)
    assert len(cases) >= 200
    assert sum(not case.is_answerable for case in cases) >= 40
    assert all(case.has_accepted_answers for case in cases if case.is_answerable)
    assert {case.split for case in cases} == {"dev", "test"}


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("{", "2: not JSON"),
        ("[]", "2: not a JSON object"),
        ({**GOOD, "question": 5}, "2: field 'question' is 5"),
        ({**GOOD, "question": " "}, "2: field 'question' is empty"),
        ({**GOOD, "gold_message": []}, "2: unknown field 'gold_message'; did you mean"),
        ({"question": "Why?"}, "2: field 'gold_messages' is missing"),
        ({**GOOD, "gold_mode": "some"}, "2: field 'gold_mode' is 'some'"),
        ({**GOOD, "gold_messages": "m1"}, "2: field 'gold_messages' must be a list"),
        ({**GOOD, "answer_any": [""]}, "2: field 'answer_any' must be a list"),
        ({**GOOD, "must_all": ["a"]}, "2: field 'must_all' must be a list"),
        ({**GOOD, "history": [{"role": "system"}]}, "2: field 'history'"),
        ({**GOOD, "type": "\u001b[2J"}, "2: field 'type' is '\\x1b[2J'; use printable"),
        ({**GOOD, "split": "train"}, "2: field 'split' is 'train'"),
        (GOOD, "1: field 'id': 'a' is used twice"),
    ],
)
def test_errors_name_line_and_field(tmp_path: Path, row: object, complaint: str) -> None:
    with pytest.raises(SuiteError) as caught:
        load_suite(suite(tmp_path, GOOD, row))
    assert f"suite.jsonl:{complaint}" in str(caught.value)


def test_fields_of_other_tools_are_let_through(tmp_path: Path) -> None:
    (case,) = load_suite(suite(tmp_path, {**GOOD, "difficulty": 3, "source": "me"}))
    assert case.gold_messages == ("m1",)


def test_missing_and_empty_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="cannot read the suite"):
        load_suite(tmp_path / "none.jsonl")
    with pytest.raises(SuiteError, match="holds no question"):
        load_suite(suite(tmp_path, ""))


def test_select_by_kind_split_and_seeded_sample() -> None:
    cases = load_suite(BUNDLED)
    sample = select(cases, kinds=["fact"], split="dev", limit=5, seed=3)
    assert len(sample) == 5
    assert {(case.type, case.split) for case in sample} == {("fact", "dev")}
    assert sample == select(cases, kinds=["fact"], split="dev", limit=5, seed=3)
    assert sample != select(cases, kinds=["fact"], split="dev", limit=5, seed=4)
    assert [c for c in cases if c in sample] == list(sample)


def test_select_of_an_unknown_kind_names_the_known() -> None:
    with pytest.raises(SuiteError, match="no question of kind 'facts'; kinds here"):
        select(load_suite(BUNDLED), kinds=["facts"])


def test_hash_depends_on_the_choice_of_questions() -> None:
    cases = load_suite(BUNDLED)
    assert suite_hash(cases) == suite_hash(list(cases))
    assert suite_hash(cases) != suite_hash(cases[1:])
