"""Markers, spans and grades of a model's answer, through `resolve`."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Email, Person, Segment, Span
from rag.cite import Resolved, resolve
from rag.model import Passage

FELD, LIND = Person("Nora Feld"), Person("Oskar Lind")
LEASE = (
    "We signed the lease for the corner shop. The rent is 4,200 euros a month.\n\n"
    "Petra will paint the walls. The oven arrives in May."
)
REPLY = "I cannot pay for the oven. Please ask the bank.\n> The oven arrives in May."


def mail(name: str, body: str, sender: Person, to: Person, quote_at: int | None = None) -> Passage:
    at = len(body) if quote_at is None else quote_at
    segments = [Segment(0, at, sender, "own")]
    if at < len(body):
        segments.append(Segment(at, len(body), to, "quoted"))
    email = Email(
        id=name,
        kind="email",
        sender=sender,
        to=(to,),
        cc=(),
        sent_at=None,
        date_source="none",
        subject="Bakery",
        body=body,
        segments=tuple(segments),
        thread_id="t",
        locator=Span("/mail", 1, 1),
    )
    return Passage(int(name), email, 0, len(body))


PASSAGES = {
    1: mail("1", LEASE, FELD, LIND),
    2: mail("2", REPLY, LIND, FELD, REPLY.index(">")),
}


def quotes(answer: Resolved) -> list[str]:
    return [citation.quote for citation in answer.citations]


def test_each_sentence_cites_the_sentences_that_bear_it() -> None:
    answer = resolve("Feld signed the lease [1]. Lind cannot pay for the oven [2].", PASSAGES)
    assert quotes(answer) == [
        "We signed the lease for the corner shop.",
        "I cannot pay for the oven.",
    ]
    assert answer.text == "Feld signed the lease [1]. Lind cannot pay for the oven [2]."
    assert [(s.citations, s.support) for s in answer.sentences] == [
        ((1,), "supported"),
        ((2,), "supported"),
    ]


def test_citations_are_renumbered_by_first_use_and_reused() -> None:
    raw = (
        "Lind cannot pay for the oven [2]. The lease is signed [1]. He cannot pay for the oven [2]."
    )
    answer = resolve(raw, PASSAGES)
    assert [s.citations for s in answer.sentences] == [(1,), (2,), (1,)]
    assert [c.message_id for c in answer.citations] == ["2", "1"]


@pytest.mark.parametrize(
    "marker",
    ["[1]", "[ 1 ]", "【1】", "[1†source]", "[passage 1]", "[Passage 1]", "［1］", "[^1]", "[#1]"],
)
def test_marker_spellings(marker: str) -> None:
    answer = resolve(f"The lease is signed {marker}.", PASSAGES)
    assert answer.text == "The lease is signed [1]."


@pytest.mark.parametrize("marker", ["[1][2]", "[1, 2]", "[1-2]", "[1 and 2]", "[1; 2]", "[1–2]"])
def test_markers_for_several_passages(marker: str) -> None:
    answer = resolve(f"The oven arrives in May {marker}.", PASSAGES)
    assert {c.message_id for c in answer.citations} == {"1", "2"}


def test_a_marker_after_the_full_stop_belongs_to_the_sentence_before() -> None:
    answer = resolve("The lease is signed.[1] Lind cannot pay for the oven. [2]", PASSAGES)
    assert answer.text == "The lease is signed [1]. Lind cannot pay for the oven [2]."


def test_unknown_marker_is_dropped_and_the_sentence_marked() -> None:
    answer = resolve("The lease is signed [7]. The oven arrives in May [1][99].", PASSAGES)
    assert [(s.citations, s.support) for s in answer.sentences] == [
        ((), "unsupported"),
        ((1,), "partly"),
    ]
    assert answer.dropped == (
        "[7] was removed: no such passage was shown",
        "[99] was removed: no such passage was shown",
    )
    assert answer.text == "The lease is signed. The oven arrives in May [1]."


def test_a_huge_range_is_bounded() -> None:
    answer = resolve("The lease is signed [1-99999].", PASSAGES)
    assert answer.dropped == ("[99999] was removed: no such passage was shown",)


def test_a_sentence_without_marker_rests_on_the_one_after_it() -> None:
    answer = resolve("The lease is signed. The rent is 4,200 euros [1].", PASSAGES)
    assert [s.support for s in answer.sentences] == ["supported", "supported"]


def test_an_uncited_sentence_is_cited_only_when_fully_supported() -> None:
    answer = resolve("The oven arrives in May.\n\nThe bakery went bankrupt.", PASSAGES)
    assert [(bool(s.citations), s.support) for s in answer.sentences] == [
        (True, "supported"),
        (False, "unsupported"),
    ]


def test_what_another_person_said_is_not_supported() -> None:
    answer = resolve("Feld wrote that she cannot pay for the oven [2].", PASSAGES)
    assert answer.sentences[0].support != "supported"


def test_words_of_the_claimed_speaker_are_preferred_to_a_quotation_of_them() -> None:
    answer = resolve("Lind says that he cannot pay for the oven in May [2].", PASSAGES)
    assert answer.citations[0].author == LIND


@pytest.mark.parametrize(
    ("quoted", "grade"),
    [
        ("“We signed the lease for the corner shop”", "supported"),
        ('"signed the lease ... corner shop"', "supported"),
        ('"We signed the lease for the northern shop"', "unsupported"),
    ],
)
def test_quotation_marks_promise_the_very_words(quoted: str, grade: str) -> None:
    answer = resolve(f"Feld wrote {quoted} [1].", PASSAGES)
    assert answer.sentences[0].support == grade


def test_a_wrong_number_is_not_supported() -> None:
    answer = resolve("The rent is 2,400 euros a month [1].", PASSAGES)
    assert answer.sentences[0].support == "unsupported"


def test_paragraphs_and_lists_keep_their_shape() -> None:
    raw = "Two points:\n\n- The lease is signed [1].\n- The oven arrives in May [1]."
    assert resolve(raw, PASSAGES).text.endswith(
        "- The lease is signed [1].\n- The oven arrives in May [2]."
    )


def test_nested_brackets_leave_no_marker_behind() -> None:
    answer = resolve("The lease [1[2]] is signed [[1]].", PASSAGES)
    marks = {int(n) for n in re.findall(r"\[(\d+)\]", answer.text)}
    assert marks <= {c.n for c in answer.citations}


def test_text_outside_the_shown_part_is_never_cited() -> None:
    email = PASSAGES[1].email
    shown = {1: Passage(1, email, 0, LEASE.index("Petra"))}
    answer = resolve("Petra will paint the walls [1].", shown)
    assert all(c.end <= LEASE.index("Petra") for c in answer.citations)
    assert answer.sentences[0].support == "unsupported"


def test_stray_reasoning_and_the_refusal_word_are_not_shown() -> None:
    answer = resolve("hm [9]</think>The lease is signed [1]. NOT_IN_ARCHIVE", PASSAGES)
    assert answer.text == "The lease is signed [1]."


@pytest.mark.parametrize("raw", ["", "   ", "[1]", "...", "[99] [1-3]", "```\n```"])
def test_answers_without_words_have_no_sentences(raw: str) -> None:
    assert resolve(raw, PASSAGES).sentences == ()


@given(st.text(alphabet="ab T.[]【】1290,-\n\"'“”", max_size=80))
def test_every_citation_is_verbatim_and_every_marker_resolves(raw: str) -> None:
    answer = resolve(raw, PASSAGES)
    assert [c.n for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    for citation in answer.citations:
        assert citation.email.body[citation.start : citation.end] == citation.quote
    marks = {int(n) for n in re.findall(r"\[([0-9]+)\]", answer.text)}
    assert marks <= {c.n for c in answer.citations}
