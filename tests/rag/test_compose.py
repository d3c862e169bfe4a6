"""Answers made of quotes: lead-ins, shared citations, and who is credited."""

from dataclasses import replace

import pytest

from ingest.model import Email, Person, Role, Segment
from rag.compose import headed, lead_in, quote_answer
from rag.extract import Candidate
from rag.model import Citation
from tests.fakes import ANN, BOB, CY, make_email

BODY = "First point here. Second point here. Third\npoint here."


def candidate(email: Email, text: str, author: Person | None = ANN) -> Candidate:
    start = email.body.index(text)
    return Candidate(email, start, start + len(text), author)


def cited(email: Email, role: Role = "own", author: Person | None = ANN) -> Citation:
    """All of a message of one segment."""
    segments = (Segment(0, len(email.body), author, role),)
    message = replace(email, segments=segments)
    return Citation(1, message, 0, len(email.body), email.body, author)


def test_an_answer_is_numbered_quotes_with_lead_ins() -> None:
    one, two = make_email("a", BODY), make_email("b", "Other words.", sender=BOB, to=[ANN, CY])
    answer = quote_answer(
        [candidate(two, "Other words.", BOB), candidate(one, "First point here.")]
    )
    assert answer.text == (
        "Bob Ray to Ann Lee and Cy Doe, 3 May 2021: “Other words.” [1]\n\n"
        "Ann Lee to Bob Ray, 3 May 2021: “First point here.” [2]"
    )
    assert [(c.n, c.message_id, c.quote, c.author) for c in answer.citations] == [
        (1, "b", "Other words.", BOB),
        (2, "a", "First point here.", ANN),
    ]
    assert [s.citations for s in answer.sentences] == [(1,), (2,)]


def test_neighbours_share_a_citation() -> None:
    email = make_email("a", BODY)
    answer = quote_answer(
        [candidate(email, "Second point here."), candidate(email, "First point here.")]
    )
    assert [c.quote for c in answer.citations] == ["First point here. Second point here."]


def test_the_best_sentence_of_a_longer_quote_is_its_highlight() -> None:
    email = make_email("a", BODY)
    order = ["Third\npoint here.", "First point here.", "Second point here."]
    [citation] = quote_answer([candidate(email, text) for text in order]).citations
    assert (citation.quote, citation.highlight) == (BODY, (BODY.index("Third"), len(BODY)))
    [alone] = quote_answer([candidate(email, "First point here.")]).citations
    assert alone.highlight is None


def test_a_quote_over_two_lines_is_shown_on_one() -> None:
    email = make_email("a", BODY)
    answer = quote_answer([candidate(email, "Third\npoint here.")])
    assert "“Third point here.”" in answer.text
    assert answer.citations[0].quote == "Third\npoint here."


@pytest.mark.parametrize(
    ("second", "author"), [("Third\npoint here.", ANN), ("Second point here.", BOB)]
)
def test_gaps_and_other_writers_keep_citations_apart(second: str, author: Person) -> None:
    email = make_email("a", BODY)
    answer = quote_answer([candidate(email, "First point here."), candidate(email, second, author)])
    assert [c.quote for c in answer.citations] == ["First point here.", second]


def test_no_quotes_make_no_text() -> None:
    assert quote_answer([]).text == ""


@pytest.mark.parametrize(
    ("role", "author", "line"),
    [
        ("own", ANN, "Ann Lee to Bob Ray, 3 May 2021"),
        ("quoted", CY, "Cy Doe, quoted by Ann Lee to Bob Ray, 3 May 2021"),
        ("forwarded", CY, "Cy Doe, forwarded by Ann Lee to Bob Ray, 3 May 2021"),
        ("quoted", None, "an unnamed writer, quoted by Ann Lee to Bob Ray, 3 May 2021"),
        ("attachment", None, "Attachment sent by Ann Lee to Bob Ray, 3 May 2021"),
    ],
)
def test_the_writer_is_credited(role: Role, author: Person | None, line: str) -> None:
    assert lead_in(cited(make_email("a", BODY), role, author)) == line


def test_restated_text_is_called_restated() -> None:
    email = replace(make_email("a", BODY), text_kind="restated")
    assert lead_in(cited(email)) == "Ann Lee to Bob Ray, 3 May 2021 (restated)"


def test_what_is_unknown_is_left_out() -> None:
    assert lead_in(cited(make_email("a", BODY, to=(), sent_at=None))) == "Ann Lee"


def test_many_recipients_are_counted() -> None:
    people = [BOB, CY, Person("Di Poe"), Person("Ed Roe")]
    line = lead_in(cited(make_email("a", BODY, to=people)))
    assert line == "Ann Lee to Bob Ray, Cy Doe and 2 others, 3 May 2021"


def test_a_headline_rests_on_all_citations() -> None:
    email = make_email("a", BODY)
    body = quote_answer(
        [candidate(email, "First point here."), candidate(email, "Third\npoint here.")]
    )
    answer = headed("Two points.", body)
    assert (answer.sentences[0].text, answer.sentences[0].citations) == (
        "Two points. [1][2]",
        (1, 2),
    )
    assert answer.citations == body.citations
    assert headed("None.", quote_answer([])).text == "None."
