"""Mail counted by people or time: the order, the counts and the messages shown are right."""

from collections import Counter

import pytest

from ingest.model import Email
from rag.library import Library
from rag.model import Citation
from rag.question import kind_of, understand
from rag.survey import survey, survey_answer
from tests.rag.small_archive import FREYA, library_in


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library_in(tmp_path_factory.getbasetemp())


def told(library: Library, text: str) -> tuple[str, tuple[Citation, ...]]:
    found = survey(understand(text, library.names), library, library.names)
    assert found is not None
    composed, _ = survey_answer(found, library)
    return composed.sentences[0].text, composed.citations


def month(email: Email) -> str:
    return f"{email.sent_at:%b %Y}" if email.sent_at else ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Which month had the most emails?", "count"),
        ("In which year did Freya write the least?", "count"),
        ("When were the most messages sent?", "count"),
        ("What was the busiest day?", "count"),
        ("List everybody who wrote in 2021", "list"),
        ("Which people e-mailed Freya?", "list"),
        ("Who are the people in this archive?", "list"),
        ("Which year did Freya buy the oven that most people liked?", "fact"),
        ("What do the people who work at the mill want?", "fact"),
        ("When was most of the flour sold?", "fact"),
    ],
)
def test_what_asks_for_a_count_by_people_or_time(text: str, kind: str) -> None:
    assert kind_of(text) == kind


def test_the_month_with_most_mail_is_first_and_its_mail_is_shown(library: Library) -> None:
    line, citations = told(library, "Which month had the most emails?")
    counts = Counter(month(email) for email in library.mail if email.sent_at)
    most = max(counts.values())
    named = line.removeprefix("By month: ").split(",")[0]
    assert named in {f"{name} {most}" for name, count in counts.items() if count == most}
    assert {month(c.email) for c in citations} == {named.rsplit(" ", 1)[0]}


def test_the_month_with_least_mail_is_first_when_that_is_asked(library: Library) -> None:
    line, _ = told(library, "Which month had the fewest emails?")
    counts = Counter(month(email) for email in library.mail if email.sent_at)
    assert line.split(",")[0].endswith(f" {min(counts.values())}")


def test_a_count_for_each_year_is_in_the_order_of_time(library: Library) -> None:
    line, citations = told(library, "How many emails did Freya send per year?")
    sent = [e for e in library.mail if e.sent_at and e.sender.name == FREYA]
    counts = Counter(f"{email.sent_at:%Y}" for email in sent)
    assert line.startswith(f"By year: {', '.join(f'{y} {counts[y]}' for y in sorted(counts))}.")
    assert len(citations) == len(counts)


def test_all_people_are_listed_each_with_a_message_of_theirs(library: Library) -> None:
    line, citations = told(library, "List all people who wrote in 2021")
    wrote = Counter(e.sender.name for e in library.mail if e.sent_at and e.sent_at.year == 2021)
    assert line.startswith(f"Written by {len(wrote)}: ")
    assert all(f"{name} {count}" in line for name, count in wrote.items())
    assert [c.email.sender.name for c in citations] == [name for name, _ in wrote.most_common()]


def test_only_what_follows_the_word_word_is_looked_for(library: Library) -> None:
    by_mention, _ = told(library, "How many emails mention rye?")
    assert told(library, "In how many emails do they use the word rye?")[0] == by_mention
    assert not by_mention.startswith("0 ")
