"""Counting and listing: what is told equals a count made by hand over every message."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime

import pytest

from ingest.message_store import Header
from ingest.model import Email, Person
from rag.library import Library
from rag.names import NameIndex
from rag.question import override, understand
from rag.survey import MOST_LISTED, Survey, survey, survey_answer
from tests.fakes import ANN, BOB, make_email
from tests.rag.small_archive import COUNT, FREYA, PRIYA, TOMAS, WALTER, library_in

Test = Callable[[Email], bool]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library_in(tmp_path_factory.getbasetemp())


def surveyed(library: Library, text: str) -> Survey:
    found = survey(understand(text, library.names), library, library.names)
    assert found is not None
    return found


def sent_by(name: str) -> Test:
    return lambda email: email.sender.name == name


def sent_to(name: str) -> Test:
    return lambda email: name in {person.name for person in email.recipients}


def says(word: str) -> Test:
    return lambda email: word in f"{email.subject} {email.body}".lower()


def of_year(year: int) -> Test:
    return lambda email: email.sent_at is not None and email.sent_at.year == year


@pytest.mark.parametrize(
    ("text", "tests"),
    [
        ("How many emails did Freya send?", [sent_by(FREYA)]),
        ("How many messages did Tomas write?", [sent_by(TOMAS)]),
        ("how many mails did Priya Nair send in 2022?", [sent_by(PRIYA), of_year(2022)]),
        ("How many emails were sent to Walter?", [sent_to(WALTER)]),
        ("How many emails did Walter send to Tomas?", [sent_by(WALTER), sent_to(TOMAS)]),
        ("How many emails mention crowns?", [says("crown")]),
        ("How many messages from Priya mention Holger?", [sent_by(PRIYA), says("holger")]),
        ("How many messages were sent in 2021?", [of_year(2021)]),
        ("How many imessages are there?", [lambda email: email.kind == "imessage"]),
        ("How many messages mention Zanzibar?", [says("zanzibar")]),
        ("Every email that mentions rye", [says("rye")]),
    ],
)
def test_count_equals_a_count_by_hand(library: Library, text: str, tests: Sequence[Test]) -> None:
    expected = [email.id for email in library.mail if all(test(email) for test in tests)]
    found = surveyed(library, text)
    assert sorted(email.id for email in found.found) == sorted(expected)
    composed, hits = survey_answer(found, library)
    plural = "s" * (len(expected) != 1)
    line = f"{len(expected)} message{plural} found; all {COUNT} were looked at."
    assert composed.sentences[0].text.startswith(line)
    assert [hit.email.id for hit in hits] == [header.id for header in found.found]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("How many messages were sent in June 2021?", 2),
        ("How many emails did Freya send before April 2021?", 2),
        ("List all messages about the bakery in September 2022", 1),
        ("How many emails did Priya send in summer 2021?", 2),
    ],
)
def test_the_words_of_a_date_need_not_stand_in_the_mail(
    library: Library, text: str, count: int
) -> None:
    assert len(surveyed(library, text).found) == count


def test_everything_found_is_in_time_order(library: Library) -> None:
    dates = [email.sent_at for email in surveyed(library, "Every email from Walter").found]
    assert len(dates) == 5
    assert dates == sorted(dates, key=str)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("What was Freya's first email?", "roof1@mill.example"),
        ("the last mail of Tomas", "loan4@mill.example"),
        ("the earliest message that mentions Holger", "wheel1@mill.example"),
        ("the latest email to Priya", "open2@mill.example"),
    ],
)
def test_first_and_last(library: Library, text: str, message: str) -> None:
    found = surveyed(library, text)
    composed, hits = survey_answer(found, library)
    assert [email.id for email in found.found] == [message]
    assert [citation.message_id for citation in composed.citations] == [message]
    assert [hit.email.id for hit in hits] == [message]


def test_each_message_found_is_quoted_where_it_holds_the_words(library: Library) -> None:
    composed, _ = survey_answer(surveyed(library, "Every email that mentions Holger"), library)
    assert len(composed.citations) == 3
    assert all("Holger" in citation.quote for citation in composed.citations)


def test_how_many_there_are_counts_the_whole_archive(library: Library) -> None:
    found = survey(understand("how many emails are there?", library.names), library, library.names)
    assert found is not None
    assert len(found.found) == found.scanned == len(library.mail)


def test_a_list_of_nothing_in_particular_is_not_surveyed(library: Library) -> None:
    assert survey(understand("list all the emails", library.names), library, library.names) is None


def test_asked_scope_is_kept(library: Library) -> None:
    question = override(
        understand("How many emails mention crowns?", library.names),
        understand("from:priya since:2021-07", library.names).scope,
    )
    found = survey(question, library, library.names)
    assert found and [email.id for email in found.found] == ["wheel3@mill.example"]


NAMES = NameIndex([ANN, BOB, Person("Dee Fox")])


class Listed:
    """Mail in memory."""

    def __init__(self, mail: Sequence[Email]) -> None:
        self._mail = {email.id: email for email in mail}

    @property
    def headers(self) -> list[Header]:
        return [
            Header(e.id, e.thread_id, e.sender, e.recipients, e.sent_at, e.subject)
            for e in self._mail.values()
        ]

    def bodies(self, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        return ((i, self._mail[i].body) for i in ids)

    def emails(self, ids: Iterable[str]) -> dict[str, Email]:
        return {i: self._mail[i] for i in ids}


def by_ann(number: int, sent_at: datetime | None) -> Email:
    return make_email(f"m{number:02}", f"Report {number}.", sent_at=sent_at)


def test_a_long_list_counts_all_and_quotes_the_first() -> None:
    mail = [by_ann(n, datetime(2021, 1, 1 + n, tzinfo=UTC)) for n in range(MOST_LISTED + 5)]
    found = survey(understand("How many emails did Ann send?", NAMES), Listed(mail), NAMES)
    assert found is not None
    composed, hits = survey_answer(found, Listed(mail))
    assert composed.text.startswith(f"{len(mail)} messages found; all {len(mail)} were looked at.")
    assert f"The first {MOST_LISTED}:" in composed.text
    assert (len(composed.citations), len(hits)) == (MOST_LISTED, len(mail))


def test_undated_mail_is_counted_but_in_no_period() -> None:
    mail = [by_ann(1, None), by_ann(2, datetime(2021, 1, 1, tzinfo=UTC)), by_ann(3, None)]
    counted = survey(understand("How many emails did Ann send?", NAMES), Listed(mail), NAMES)
    dated = survey(understand("How many emails did Ann send in 2021?", NAMES), Listed(mail), NAMES)
    assert counted and [email.id for email in counted.found] == ["m02", "m01", "m03"]
    assert dated and [email.id for email in dated.found] == ["m02"]
    assert dated.question.scope.since == date(2021, 1, 1)


def test_the_last_mail_is_a_dated_one() -> None:
    mail = [by_ann(1, None), by_ann(2, datetime(2021, 1, 1, tzinfo=UTC))]
    found = survey(understand("the last mail of Ann", NAMES), Listed(mail), NAMES)
    assert found and [email.id for email in found.found] == ["m02"]


def test_nobody_found_is_a_count_of_none() -> None:
    mail = Listed([by_ann(1, None)])
    found = survey(understand("How many emails did Dee send?", NAMES), mail, NAMES)
    assert found is not None
    composed, hits = survey_answer(found, mail)
    assert (composed.text, composed.citations, hits) == (
        "0 messages found; all 1 were looked at.",
        (),
        (),
    )


@pytest.mark.parametrize("body", ["...\n", ""])
def test_a_message_without_text_is_counted(body: str) -> None:
    mail = Listed([make_email("e", body)])
    found = survey(understand("How many emails did Ann send?", NAMES), mail, NAMES)
    assert found is not None
    assert survey_answer(found, mail)[0].text.startswith("1 message found")


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ("companies", "Company"), ("hopes", "hoping"), ("hop", "hopped"), ("deaths", "death"),
        ("dying", "He may die."), ("die", "dying"), ("lying", "lies"), ("skis", "ski"),
        ("relational", "relate"), ("Tesla", "TeslaAI"), ("O'Brien", "o’brien"),
        ("news", "the news"), ("organisation", "organised"),
    ],
)  # fmt: skip
def test_a_word_is_found_in_all_its_forms(asked: str, held: str) -> None:
    mail = Listed([make_email("e", f"Well, {held}"), make_email("f", "Nothing of it")])
    found = survey(understand(f"How many emails mention {asked}?", NAMES), mail, NAMES)
    assert found and [header.id for header in found.found] == ["e"]


def test_mail_that_mentions_somebody_is_not_what_they_wrote(library: Library) -> None:
    found = surveyed(library, "How many messages mention Walter?").found
    assert [e.id for e in found] == [e.id for e in library.mail if says("walter")(e)]
    assert found
    assert [e.id for e in found] != [e.id for e in library.mail if sent_by(WALTER)(e)]


def test_who_wrote_most_is_told_with_the_count(library: Library) -> None:
    composed, _ = survey_answer(surveyed(library, "Who wrote the most emails?"), library)
    counts = Counter(email.sender.name for email in library.mail)
    name, most = counts.most_common(1)[0]
    assert f"Written by {len(counts)}: {name} {most}," in composed.sentences[0].text


def test_the_oldest_message_of_all_is_found(library: Library) -> None:
    dated = [email for email in library.mail if email.sent_at]
    oldest = min(dated, key=lambda email: str(email.sent_at))
    assert [e.id for e in surveyed(library, "Which is the oldest message?").found] == [oldest.id]


def test_people_written_to_are_told_with_the_count(library: Library) -> None:
    composed, _ = survey_answer(surveyed(library, "How many people did Freya write to?"), library)
    got = {p.name for email in library.mail if sent_by(FREYA)(email) for p in email.recipients}
    assert f"Sent to {len(got)}: " in composed.sentences[0].text


def test_either_word_is_enough_where_the_question_says_or(library: Library) -> None:
    found = surveyed(library, "How many emails mention rye or Holger?").found
    wanted = [e.id for e in library.mail if says("rye")(e) or says("holger")(e)]
    assert [e.id for e in found] == wanted
    assert not surveyed(library, "How many emails mention rye and Holger?").found


def test_mail_to_both_went_to_each_of_them(library: Library) -> None:
    found = surveyed(library, "How many emails were sent to both Freya and Tomas?").found
    wanted = [e.id for e in library.mail if sent_to(FREYA)(e) and sent_to(TOMAS)(e)]
    assert [e.id for e in found] == wanted
    either = surveyed(library, "How many emails were sent to Freya and Tomas?").found
    assert len(either) > len(wanted) > 0


@pytest.mark.parametrize(
    ("text", "texts_only"),
    [("How many texts are there?", True), ("All mails and texts since 2021", False)],
)
def test_texts_are_messages_of_a_phone_unless_mail_is_named_too(
    library: Library, text: str, texts_only: bool
) -> None:
    found = library.emails(header.id for header in surveyed(library, text).found)
    kinds = {email.kind for email in found.values()}
    assert (kinds == {"imessage"}) == texts_only
