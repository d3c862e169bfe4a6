"""The support check on a planted set of true and false sentences, and rule by rule."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from corpus.released import digest_path
from ingest.model import Email, Person, Segment, Span
from rag.cite import resolve
from rag.evidence import worst
from rag.model import Passage, Support
from rag.support import support
from tests.fakes import make_email, opened_archive

DATA = Path(__file__).parents[1] / "data"
#: The rules were tuned on this one.
PLANTED = DATA / "support.jsonl"
#: Written without a look at the rules. When first run it had 87 of 99 false sentences caught and
#: 10 of 86 true ones marked; what that showed was mended on general grounds.
HELD_OUT = DATA / "support_heldout.jsonl"
#: Written after that mending. When first run: 34 of 42 caught, 4 of 39 marked; mended in turn.
FRESH = DATA / "support_fresh.jsonl"

Row = dict[str, str]
Case = tuple[Email, str, str]


def planted(path: Path = PLANTED) -> Iterator[Case]:
    """(mail, sentence, kind); kind is "true" for sentences that the mail bears out.

    A row names a released message, which is read from the digest, or holds a mail of its own.
    """
    released = released_mail()
    for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        email = released[row["message"]] if "message" in row else own_mail(row, n)
        yield from ((email, text, "true") for text in row["true"])
        yield from ((email, false["text"], false["kind"]) for false in row["false"])


@cache
def released_mail() -> dict[str, Email]:
    with opened_archive(digest_path()) as archive:
        return {email.id: email for email in archive.store}


def own_mail(row: Row, n: int) -> Email:
    """The mail of a row; what it quotes of another writer stands below."""
    sender, body = Person(row["from"]), row["body"]
    segments = [Segment(0, len(body), sender, "own")]
    if quoted := row.get("quoted"):
        end = len(body) + len(quoted)
        segments.append(Segment(len(body), end, Person(row["quoted_from"]), "quoted"))
        body += quoted
    return Email(
        id=f"mail-{n}",
        kind="email",
        sender=sender,
        to=(Person(row["to"]),),
        cc=(),
        sent_at=datetime.fromisoformat(row["date"]).replace(tzinfo=UTC),
        date_source="header",
        subject=row["subject"],
        body=body,
        segments=tuple(segments),
        thread_id="t",
        locator=Span("/mail", n, n),
    )


def grade(email: Email, sentence: str) -> Support:
    checked = resolve(f"{sentence} [1]", {1: Passage(1, email, 0, len(email.body))})
    return worst(found.support for found in checked.sentences)


@cache
def grades(path: Path) -> list[tuple[Support, str, str]]:
    """(grade, kind, sentence) of a set."""
    return [(grade(email, text), kind, text) for email, text, kind in planted(path)]


SETS = pytest.mark.parametrize("path", [PLANTED, HELD_OUT, FRESH], ids=lambda path: path.stem)


@pytest.mark.parametrize("path", [PLANTED, HELD_OUT])
def test_planted_sets_are_large_and_balanced(path: Path) -> None:
    kinds = Counter(kind for _, kind, _ in grades(path))
    assert kinds["true"] >= 60 and kinds.total() - kinds["true"] >= 60
    assert min(kinds[k] for k in ("name", "number", "date", "negation", "author", "role")) >= 3


@SETS
def test_false_sentences_are_caught(path: Path) -> None:
    false = [(g, kind, text) for g, kind, text in grades(path) if kind != "true"]
    passed = [(kind, text) for g, kind, text in false if g == "supported"]
    assert len(passed) <= 0.1 * len(false), passed


@SETS
def test_true_sentences_are_not_marked(path: Path) -> None:
    true = [(g, text) for g, kind, text in grades(path) if kind == "true"]
    marked = [text for g, text in true if g == "unsupported"]
    assert len(marked) <= 0.05 * len(true), marked
    assert sum(g == "supported" for g, _ in true) >= 0.65 * len(true)


def test_a_check_takes_less_than_two_milliseconds() -> None:
    cases = [(email, text) for email, text, _ in planted()]
    start = time.perf_counter()
    for email, text in cases:
        support(text, [email.body], authors=[email.sender.name], similarity=None)
    assert (time.perf_counter() - start) / len(cases) < 0.01  # 0.002 measured; slack for a busy CI


@pytest.mark.parametrize(
    ("quote", "sentence", "expected"),
    [
        # Irregular forms are the verbs they belong to, and the one who wrote is checked.
        ("I sold the van to Cy Doe.", "Ann Lee sells the van to Cy Doe.", "supported"),
        ("I find this annoying.", "Bob Ray wrote that he found this annoying.", "unsupported"),
        # Turns of phrase.
        ("I am inclined to say no to them.", "Ann is inclined to accept.", "unsupported"),
        ("Antwerp turned us down.", "Antwerp accepted them.", "unsupported"),
        ("Do not print it before May.", "It is to be printed after May.", "supported"),
        # Sizes and times are not counts.
        (
            "They discuss a multi-billion loan.",
            "They discuss a loan of several billion.",
            "supported",
        ),
        ("We voted five to two.", "They voted nine to two.", "partly"),
        # Dates: a month by itself, a day of the month, the day of a mail that names another.
        ("It rises from January on.", "It rises in January.", "supported"),
        ("I moved it to the 25th.", "Ann moved it to 25 May.", "supported"),
        ("I moved it to the 25th.", "Ann moved it to 26 May.", "unsupported"),
        ("She comes on Thursday.", "She comes on Monday.", "unsupported"),
        # Short names.
        ("The mill is paid by MSFT.", "The mill is paid by Microsoft.", "supported"),
        ("Brixen Print made the leaflets.", "Lagoon Print made the leaflets.", "unsupported"),
        # Who holds which post, who is asked, what moves where.
        ("We made Cy chairman and Bob CEO.", "Cy was made CEO.", "partly"),
        ("I asked Cy to sing.", "Ann asked Dan Fox to sing.", "unsupported"),
        ("I asked Cy to sing.", "Cy was asked to sing.", "supported"),
        ("It goes to Google from Intel.", "It goes to Intel from Google.", "unsupported"),
        # A denied clause said without its denial.
        ("Refunds are not planned.", "Refunds are planned for all.", "unsupported"),
        ("The cause was the tap, not the pump as Cy feared.", "Cy feared the pump.", "partly"),
    ],
)
def test_each_rule(quote: str, sentence: str, expected: Support) -> None:
    assert grade(make_email("m", quote), sentence) == expected


@pytest.mark.parametrize(
    ("similarity", "expected"), [(None, "partly"), (0.5, "partly"), (0.65, "supported")]
)
def test_nearness_makes_up_for_other_words(similarity: float | None, expected: Support) -> None:
    said, quote = (
        "The crew wanted prompt wages from the mill.",
        "The crew wanted to be paid quickly.",
    )
    assert support(said, [quote], authors=["Ann Lee"], similarity=similarity) == expected


def test_a_number_of_another_company_is_doubted() -> None:
    quotes = ["Acme paid 900 crowns.", "Brill owns the mill."]
    told = {"authors": ["Ann Lee"], "similarity": None}
    assert support("Brill paid 900 crowns.", quotes, **told) == "partly"  # type: ignore[arg-type]
    assert support("Acme paid 900 crowns.", quotes, **told) == "supported"  # type: ignore[arg-type]
