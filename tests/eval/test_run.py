"""A suite asked of a small archive: values per question, misses, resuming."""

from dataclasses import replace
from pathlib import Path

import pytest

from eval.rows import GoldRow, TraceRow
from eval.run import ask_case, corpus_hash, run_suite
from eval.summary import read_report
from ingest.errors import LLMError, SuiteError
from rag.model import Answer
from tests.eval.little_engine import CANOE, CASES, MAIL, MOON, PRICE, LittleEngine


def failing(answer: Answer) -> Answer:
    if answer.question == CANOE.question:
        raise LLMError("the model fell over")
    return answer


def test_a_right_answer_scores_full_marks() -> None:
    outcome = ask_case(LittleEngine(), replace(PRICE, author="Anna Berg", answer="4,200 crowns"))
    f1 = outcome.values["token_f1"]
    assert 0 < f1 < 1
    assert {**outcome.values, "token_f1": 1.0, "over_refusal": 1.0} == dict.fromkeys(
        outcome.values, 1.0
    )
    assert outcome.values["over_refusal"] == 0.0
    assert outcome.is_right
    assert outcome.faults == ()


def test_a_gold_message_in_second_place() -> None:
    values = ask_case(LittleEngine(), replace(CANOE, author="Otto Lind")).values
    assert (values["recall@1"], values["recall@5"], values["mrr"]) == (0.0, 1.0, 0.5)
    assert values["thread_recall@1"] == 1.0
    assert (values["citation_precision"], values["citation_recall"]) == (0.5, 1.0)
    assert values["attribution"] == 0.5


def test_an_outcome_shows_hits_gold_and_trace() -> None:
    outcome = ask_case(LittleEngine(), replace(PRICE, split="dev", answer="4,200 crowns"))
    (gold,) = outcome.gold
    assert gold == GoldRow("m1", "t1", "Anna Berg", "2021-05-03", "The boat", MAIL[0].body)
    (hit,) = outcome.hits
    assert (hit.message_id, hit.text) == ("m1", MAIL[0].body)
    assert outcome.trace == TraceRow("fact", "", "from Anna Berg; since 2021-05-01", {"total": 1.0})
    assert (outcome.split, outcome.expected) == ("dev", "4,200 crowns")


def test_an_accepted_string_from_the_wrong_message_is_not_correct() -> None:
    values = ask_case(LittleEngine(), replace(PRICE, gold_messages=("m2",))).values
    assert (values["contains_gold"], values["correct"]) == (1.0, 0.0)


def test_refusals_count_both_ways() -> None:
    assert ask_case(LittleEngine(), MOON).values == {"refusal": 1.0}
    refused = ask_case(LittleEngine(), replace(PRICE, question="unheard of"))
    assert refused.values["over_refusal"] == 1.0
    assert refused.values["contains_gold"] == 0.0
    assert "citation_validity" not in refused.values


def test_a_question_that_raises_is_a_listed_miss() -> None:
    report = run_suite(LittleEngine(failing), CASES)
    (error,) = report.errors
    assert (error.case_id, error.error) == ("canoe", "LLMError: the model fell over")
    figures = report.figures()
    assert (figures["recall@5"].value, figures["recall@5"].n) == (0.5, 2)
    assert [outcome.case_id for outcome in report.misses] == ["canoe"]


def test_progress_runs_to_the_total() -> None:
    told: list[tuple[int, int]] = []
    run_suite(LittleEngine(), CASES, progress=lambda done, total: told.append((done, total)))
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_report_survives_json(tmp_path: Path) -> None:
    import json

    report = run_suite(LittleEngine(failing), CASES, seed=5)
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report.to_json()))
    assert read_report(path) == report
    with pytest.raises(SuiteError, match="no eval report"):
        path.write_text("{}")
        read_report(path)


def test_resuming_asks_only_what_is_left(tmp_path: Path) -> None:
    kept = tmp_path / "run.jsonl"
    whole = run_suite(LittleEngine(), CASES, resume_file=kept)
    lines = kept.read_text().splitlines()
    kept.write_text("\n".join([*lines[:2], lines[2][:40]]))
    again = LittleEngine()
    report = run_suite(again, CASES, resume_file=kept)
    assert again.asked == [CANOE.question, MOON.question]
    assert report.figures().keys() == whole.figures().keys()
    assert len(kept.read_text().splitlines()) == len(lines)


def test_resuming_another_suite_is_refused(tmp_path: Path) -> None:
    kept = tmp_path / "run.jsonl"
    run_suite(LittleEngine(), CASES, resume_file=kept)
    with pytest.raises(SuiteError, match="another suite"):
        run_suite(LittleEngine(), CASES[:1], resume_file=kept)
    with pytest.raises(SuiteError, match="other settings"):
        kept.write_text("\n".join(kept.read_text().split("\n")[:2]) + "\n")
        run_suite(LittleEngine(lambda a: replace(a, settings_hash="x")), CASES, resume_file=kept)


def test_a_suite_about_other_mail_is_refused() -> None:
    with pytest.raises(SuiteError, match="none of the suite's 1 gold messages"):
        run_suite(LittleEngine(), [replace(PRICE, gold_messages=("elsewhere",))])
    report = run_suite(LittleEngine(), [PRICE, replace(CANOE, gold_messages=("elsewhere",))])
    assert report.subject.missing_gold == ("elsewhere",)


def test_corpus_hash_is_of_content() -> None:
    assert corpus_hash(LittleEngine()) == corpus_hash(LittleEngine())
