"""Sentences as answers: exact spans, their authors, what raises one, and which are picked."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ingest.model import Chunk, Email, Segment
from rag.extract import Candidate, candidates, pick, pick_dated, pick_each
from rag.model import Hit, Scope
from rag.question import Expected, Question
from rag.retrieve import Retrieved, whole_message
from rag.signs import sentences
from tests.fakes import ANN, BOB, CY, make_email

BODY = (
    "The boat is red. It costs 4,200 crowns in Oslo. We sail on Friday because the wind turns.\n"
    "---\nBjorn paints it."
)
BOAT = make_email("boat", BODY)


def asked(text: str, expects: Expected = "text") -> Question:
    return Question(text, text, "fact", expects, Scope())


def found(*emails: Email) -> Retrieved:
    """The messages as hits in this order, with falling scores."""
    hits = tuple(Hit(whole_message(e), e, 1 - n / 10) for n, e in enumerate(emails))
    return Retrieved(hits, {hit.email.id: (hit,) for hit in hits})


def ranked(question: Question, *emails: Email) -> list[Candidate]:
    return candidates(question, found(*emails), lambda _stem: 1.0, messages=8)


def sentence(email: Email, text: str) -> Candidate:
    start = email.body.index(text)
    return Candidate(email, start, start + len(text), email.sender)


def test_every_candidate_is_a_span_of_its_message() -> None:
    texts = sorted((c.start, c.text) for c in ranked(asked("boat"), BOAT))
    assert [text for _, text in texts] == [
        "The boat is red.",
        "It costs 4,200 crowns in Oslo.",
        "We sail on Friday because the wind turns.",
        "Bjorn paints it.",
    ]


def test_sentences_have_the_writer_of_their_segment() -> None:
    segments = (
        Segment(0, 6, BOB, "own"),
        Segment(6, 21, ANN, "quoted"),
        Segment(21, 25, BOB, "signature"),
        Segment(25, 35, CY, "forwarded"),
    )
    email = make_email("m", "I do.\n> Will you go?\nBob\nGo at ten.", sender=BOB, segments=segments)
    spans = [(email.body[start:end], author) for start, end, author in sentences(email)]
    assert spans == [("I do.", BOB), ("> Will you go?", ANN), ("Go at ten.", CY)]


def test_salutations_and_signatures_are_no_sentences() -> None:
    body = "Hi Bob, Cy and Ann,\n\nCome soon.\n\n- Ann\n- Cy\n\nYes.\n\n-- Bob & Cy"
    email = make_email("m", body)
    texts = [email.body[start:end] for start, end, _ in sentences(email)]
    assert texts == ["Come soon.", "- Ann", "- Cy", "Yes."]


@pytest.mark.parametrize("body", ["Absolutely", "Ok, fine.", "- Bob"])
def test_a_whole_message_of_a_word_or_two_is_a_sentence(body: str) -> None:
    assert len(sentences(make_email("m", body))) == 1


@pytest.mark.parametrize(
    ("expects", "best"),
    [
        ("amount", "It costs 4,200 crowns in Oslo."),
        ("date", "We sail on Friday because the wind turns."),
        ("reason", "We sail on Friday because the wind turns."),
        ("place", "It costs 4,200 crowns in Oslo."),
    ],
)
def test_the_kind_of_thing_asked_for_raises_a_sentence(expects: Expected, best: str) -> None:
    signs = {c.text: c.signs.expected for c in ranked(asked("boat", expects), BOAT)}
    assert signs[best] == 1.0
    assert signs["The boat is red."] == 0.0


def test_the_words_of_the_question_raise_a_sentence() -> None:
    best = ranked(asked("Who paints?"), BOAT)[0]
    assert (best.text, best.signs.overlap) == ("Bjorn paints it.", 1.0)


def test_rare_words_count_more() -> None:
    rare = {"red": 9.0, "sail": 1.0}
    question = asked("red sail")
    order = candidates(question, found(BOAT), lambda s: rare.get(s, 1.0), messages=8)
    assert order[0].text == "The boat is red."


def test_a_finding_aid_raises_only_its_sentence() -> None:
    plain = whole_message(BOAT)
    start = BOAT.body.index("Bjorn")
    aid = Chunk("q1", "boat", "boat", start, len(BOAT.body), ANN, "own", "Who brushes?")
    hits = (Hit(plain, BOAT, 1.0, similarity=0.1), Hit(aid, BOAT, 1.0, similarity=0.9))
    signs = {
        c.text: (c.signs.similarity, c.signs.pointed)
        for c in candidates(
            asked("brush"), Retrieved(hits[:1], {"boat": hits}), lambda _s: 1.0, messages=8
        )
    }
    assert signs["Bjorn paints it."] == (0.1, 0.9)
    assert signs["The boat is red."] == (0.1, 0.0)


def test_a_reply_counts_as_if_it_held_the_words_it_answers() -> None:
    answer = make_email("answer", "Not before spring, I am afraid.", sender=BOB)
    question = replace(
        asked("How did Bob answer about the red boat?"), kind="reply", responders=(BOB.name,)
    )
    plain = found(BOAT, answer)
    replied = replace(plain, replies={"answer": "boat"})
    first = [
        candidates(question, one, lambda _s: 1.0, messages=8)[0].text for one in (plain, replied)
    ]
    assert first == ["The boat is red.", "Not before spring, I am afraid."]


def test_only_the_best_messages_are_read() -> None:
    emails = [make_email(f"m{n}", "Same words.") for n in range(3)]
    read = candidates(asked("words"), found(*emails), lambda _s: 1.0, messages=2)
    assert [c.email.id for c in read] == ["m0", "m1"]


def test_equal_sentences_keep_message_order() -> None:
    emails = [make_email(name, "Same words.") for name in ("z", "a")]
    level = replace(found(*emails), hits=tuple(replace(h, score=1.0) for h in found(*emails).hits))
    order = candidates(asked("words"), level, lambda _s: 1.0, messages=8)
    assert [c.email.id for c in order] == ["z", "a"]


def test_a_message_without_text_gives_no_sentence() -> None:
    assert ranked(asked("boat"), make_email("e", "  \n---\n")) == []


APART = make_email("apart", "\n---\n".join(f"Harbour number {n} is here." for n in "abcde"))


@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_no_more_are_picked_than_asked(most: int) -> None:
    order = [sentence(APART, f"Harbour number {n} is here.") for n in "ac"]
    order += [sentence(BOAT, "The boat is red."), sentence(BOAT, "Bjorn paints it.")]
    assert pick(order, most=most) == order[:1][:most] + order[2:][: max(0, most - 1)]


def test_a_sentence_beside_a_quote_makes_it_longer() -> None:
    red, price, wind, brush = (
        sentence(BOAT, text)
        for text in ("The boat is red.", "It costs 4,200", "We sail on Friday", "Bjorn paints it.")
    )
    price = replace(price, end=BOAT.body.index(" We sail"))
    assert pick([red, brush, price, wind], most=1) == [red, price]


def test_what_is_far_below_the_best_is_not_quoted_beside_it() -> None:
    assert [c.text for c in pick(ranked(asked("boat"), BOAT), most=3)] == ["The boat is red."]


def test_the_same_words_are_picked_once() -> None:
    copy = make_email("copy", "> The boat is red.\nQuite new words.")
    order = [
        sentence(BOAT, "The boat is red."),
        sentence(copy, "The boat is red."),
        sentence(copy, "Quite new words."),
    ]
    assert [c.text for c in pick(order, most=3)] == ["The boat is red.", "Quite new words."]


def test_overlapping_spans_are_picked_once() -> None:
    order = [sentence(BOAT, "is red. It costs"), sentence(BOAT, "It costs 4,200 crowns")]
    assert pick(order, most=2) == order[:1]


def test_each_clause_gets_its_sentence_first() -> None:
    a, c, e = (sentence(APART, f"Harbour number {n} is here.") for n in "ace")
    red, paint = sentence(BOAT, "The boat is red."), sentence(BOAT, "Bjorn paints it.")
    whole = [red, a, paint]
    assert pick_each([whole, [paint, a], [paint, a]], most=3) == [paint, a, red]
    assert pick_each([whole, [paint], [a]], most=2) == [paint, a]
    assert pick_each([[c], [e, c], [red]], most=2) == [e, red]


def test_change_is_told_by_a_quote_of_each_message_in_time_order() -> None:
    days = {"b": 3, "a": 1, "c": 2}
    body = "One here. Two here.\n---\nThree there."
    emails = [
        make_email(name, body, sent_at=datetime(2021, 1, day, tzinfo=UTC))
        for name, day in days.items()
    ]
    texts = ("Two here.", "Three there.", "One here.")
    order = [sentence(email, text) for text in texts for email in emails]
    told = [(c.email.id, c.text) for c in pick_dated(order, most=3)]
    assert told == [(n, text) for n in ("a", "c", "b") for text in ("Two here.", "One here.")]
    assert {c.email.id for c in pick_dated(order, most=2)} == {"b", "a"}


def test_what_is_far_from_the_best_is_no_part_of_a_change() -> None:
    near, far = (
        replace(sentence(make_email(name, "Text."), "Text."), message=score)
        for name, score in (("near", 1.0), ("far", 0.1))
    )
    assert pick_dated([near, far], most=3) == [near]


def test_a_change_between_two_days_is_told_from_both_sides_of_their_middle() -> None:
    def told_on(day: int, score: float) -> Candidate:
        email = make_email(f"{day}", "Text.", sent_at=datetime(2021, 1, day, tzinfo=UTC))
        return replace(sentence(email, "Text."), message=score)

    ranked = [told_on(1, 1.0), told_on(2, 0.9), told_on(9, 0.1), told_on(8, 0.05)]
    for found, days in ((ranked, ["1", "2", "9"]), (ranked[:2], ["1", "2"])):
        picked = pick_dated(found, most=3, middle=date(2021, 1, 5))
        assert [c.email.id for c in picked] == days


def test_undated_messages_tell_no_change() -> None:
    assert pick_dated([sentence(make_email("u", "Text.", sent_at=None), "Text.")], most=3) == []
