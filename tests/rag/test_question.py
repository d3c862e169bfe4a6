"""Who, when, which kind: what the words of a question are taken to mean."""

from datetime import date

import pytest

from ingest.model import Person
from rag.model import Scope
from rag.names import NameIndex
from rag.question import asks_nothing, day_range, follow_up, override, understand

NAMES = NameIndex([Person("Ada Lovelace"), Person("Charles Babbage"), Person("Mary Somerville")])
ADA, CHARLES, MARY = "Ada Lovelace", "Charles Babbage", "Mary Somerville"


@pytest.mark.parametrize(
    ("text", "senders", "recipients", "about"),
    [
        ("What did Ada tell Charles about the loom?", (ADA,), (CHARLES,), ()),
        ("How did Babbage respond to Lovelace's notes?", (CHARLES, ADA), (), ()),
        ("according to Mary, who paid?", (MARY,), (), ()),
        ("Who wrote to Babbage in 1842?", (), (CHARLES,), ()),
        ("Why were they angry with Somerville?", (), (), (MARY,)),
    ],
)
def test_roles_follow_the_grammar(
    text: str, senders: tuple[str, ...], recipients: tuple[str, ...], about: tuple[str, ...]
) -> None:
    scope = understand(text, NAMES).scope
    assert (scope.senders, scope.recipients, scope.about) == (senders, recipients, about)
    assert scope.explicit == frozenset()


@pytest.mark.parametrize(
    ("text", "kind", "expects"),
    [
        ("how many emails did Ada send?", "count", "amount"),
        ("every message that mentions looms", "list", "text"),
        ("count the messages about looms", "count", "text"),
        ("how often does Ada mention looms?", "count", "amount"),
        ("messages mentioning looms", "list", "text"),
        ("show me everything Ada wrote", "list", "text"),
        ("which of Ada's letters mention looms?", "list", "text"),
        ("when did Mary last write?", "last", "date"),
        ("Ada's first letter", "first", "text"),
        ("when did we last hear from Mary", "last", "date"),
        ("the last mail of Mary", "last", "text"),
        ("how did the price change over time?", "change", "amount"),
        ("How did Charles react to the offer?", "reply", "text"),
        ("What did Ada say when Charles offered the mill?", "reply", "text"),
        ("What did Ada say when she was asked?", "fact", "text"),
        ("When Ada left, who took over?", "fact", "person"),
        ("Which two investors led the round?", "fact", "person"),
        ("Which of the two looms broke?", "fact", "text"),
        ("When did Ada leave?", "fact", "date"),
        ("did Ada leave?", "fact", "yesno"),
        ("why leave", "fact", "reason"),
    ],
)
def test_kind_and_expected_answer(text: str, kind: str, expects: str) -> None:
    understood = understand(text, NAMES)
    assert (understood.kind, understood.expects) == (kind, expects)


def test_typed_fields_filter_and_leave_the_topic() -> None:
    understood = understand('from:ada date:2018-10..2019 to:"Charles Babbage" looms', NAMES)
    assert understood.topic == "looms"
    assert understood.scope.senders == (ADA,)
    assert understood.scope.recipients == (CHARLES,)
    assert understood.scope.explicit == {"senders", "recipients", "since", "until"}


def test_years_of_this_century_are_periods() -> None:
    scope = understand("what did Ada write in March 2018?", NAMES).scope
    assert (scope.since, scope.until) == (date(2018, 3, 1), date(2018, 3, 31))


def test_mail_from_somebody_is_a_filter() -> None:
    assert understand("emails from Ada about looms", NAMES).scope.explicit == {"senders"}


def test_a_range_of_months_is_asked_from_its_first_to_its_last_day() -> None:
    assert day_range("2017-03..2018-02") == (date(2017, 3, 1), date(2018, 2, 28))
    assert day_range("2018-04") == (date(2018, 4, 1), date(2018, 4, 30))
    assert day_range("some day") == (None, None)


def test_an_unknown_name_in_a_field_is_kept() -> None:
    scope = understand("from:zoe looms", NAMES).scope
    assert scope == Scope(senders=("zoe",), explicit=frozenset({"senders"}))


def test_a_given_scope_wins_over_the_guess() -> None:
    guess = understand("What did Ada tell Charles in 2018?", NAMES)
    given = Scope(senders=(MARY,), until=date(2019, 1, 1), explicit=frozenset({"senders"}))
    assert override(guess, given).scope == Scope(
        senders=(MARY,),
        recipients=(CHARLES,),
        since=date(2018, 1, 1),
        until=date(2019, 1, 1),
        explicit=frozenset({"senders"}),
    )


def test_an_empty_explicit_field_takes_the_guess_away() -> None:
    guess = understand("What did Ada tell Charles?", NAMES)
    assert override(guess, Scope(explicit=frozenset({"senders"}))).scope.senders == ()


@pytest.mark.parametrize(
    ("text", "responders"),
    [
        ("How did Charles take Ada's plan?", (CHARLES,)),
        ("What was Mary's reply to Ada?", (MARY,)),
        ("When Ada left, how did Mary react?", (MARY,)),
        ("What did Ada propose?", ()),
    ],
)
def test_the_one_who_replies_is_found(text: str, responders: tuple[str, ...]) -> None:
    assert understand(text, NAMES).responders == responders


@pytest.mark.parametrize("text", ["", "?", "from:", "   ", "\n", "[" * 200, "a" * 5000])
def test_odd_questions_are_facts_without_scope(text: str) -> None:
    understood = understand(text, NAMES)
    assert (understood.kind, understood.scope) == ("fact", Scope())
    assert understood.text == text


def test_mail_from_two_people_hides_neither() -> None:
    scope = understand("all mail from Ada and Mary", NAMES).scope
    assert "senders" not in scope.explicit or scope.senders == (ADA, MARY)


@pytest.mark.parametrize(
    "text", ["the last email Ada ever sent", "the first message Ada has written"]
)
def test_also_before_an_adverb_or_auxiliary(text: str) -> None:
    scope = understand(text, NAMES).scope
    assert (scope.senders, scope.recipients) == ((ADA,), ())


@pytest.mark.parametrize("text", ["from:ada from:mary looms", "from:ada,mary looms"])
def test_two_people_may_be_asked_for(text: str) -> None:
    assert understand(text, NAMES).scope.senders == (ADA, MARY)


def test_mail_between_two_people_goes_both_ways() -> None:
    scope = understand("all emails between Ada and Mary", NAMES).scope
    assert (scope.senders, scope.recipients) == ((ADA, MARY), (ADA, MARY))


def test_follow_up_asks_by_itself_and_is_about_the_people_before() -> None:
    bare = understand("how did Charles answer?", NAMES)
    whole = understand("how did Charles answer? (following: What did Ada ask in 2018?)", NAMES)
    read = follow_up(whole, bare)
    assert (read.kind, read.responders) == ("reply", (CHARLES,))
    assert (read.scope.senders, read.scope.about) == ((CHARLES,), (ADA,))
    assert read.scope.since == date(2018, 1, 1)
    assert read.topic == whole.topic


@pytest.mark.parametrize(
    ("text", "senders", "recipients", "about"),
    [
        ("How many emails did Ada get from Charles?", (CHARLES,), (ADA,), ()),
        ("How many letters did Ada and Mary exchange?", (ADA, MARY), (ADA, MARY), ()),
        ("When was Mary first mentioned?", (), (), (MARY,)),
        ("When was Mary hired?", (MARY,), (), ()),
    ],
)
def test_who_gets_mail_exchanges_it_and_is_spoken_of(
    text: str, senders: tuple[str, ...], recipients: tuple[str, ...], about: tuple[str, ...]
) -> None:
    scope = understand(text, NAMES).scope
    assert (scope.senders, scope.recipients, scope.about) == (senders, recipients, about)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Count Ada's emails", "count"),
        ("How often did Ada bring up the looms?", "count"),
        ("How many times did Ada say that?", "count"),
        ("the number of times Ada is named", "count"),
        # What a message tells, no count of messages.
        ("How often should the looms be oiled?", "fact"),
        ("How many times a week would Ada come by?", "fact"),
        ("How many times did Charles win?", "fact"),
        ("How often were the letters to be sent to Ada?", "fact"),
        ("How often was Ada supposed to talk to the weavers?", "fact"),
        ("How many people are on the committee?", "fact"),
        ("How many people are there in this archive?", "count"),
        ("Did Ada keep three looms at all times?", "fact"),
        ("Who wrote the most letters?", "count"),
        ("How many people wrote about the loom?", "count"),
        ("How many people work at the mill?", "fact"),
        ("What messages did Ada send in 2018?", "list"),
        ("What message did Ada send?", "fact"),
        ("Where is the loom mentioned?", "list"),
        ("Where is the loom?", "fact"),
        ("Do any emails mention the loom?", "list"),
        ("Is the loom mentioned anywhere?", "list"),
        ("Find all mentions of the loom", "list"),
        ("When is the loom first mentioned?", "first"),
        ("What was the last thing Ada wrote?", "last"),
        ("What was the first thing to go wrong?", "fact"),
        ("How did the price of the loom develop?", "change"),
        ("Walk me through the talks about the loom", "change"),
        ("A chronology of the talks", "change"),
    ],
)
def test_kinds_by_other_words(text: str, kind: str) -> None:
    assert understand(text, NAMES).kind == kind


@pytest.mark.parametrize(
    "text", ["thanks!", "Ok great, thank you so much", "Hello there", "👍 cool"]
)
def test_thanks_and_greetings_ask_nothing(text: str) -> None:
    assert asks_nothing(text)


@pytest.mark.parametrize(
    "text", ["", "?", "why?", "Who said thanks?", "it", "cool loom", "is that all", "that's it"]
)
def test_anything_else_asks_something(text: str) -> None:
    assert not asks_nothing(text)
