"""Finding aids point to the sentence that answers, and are never text of the message."""

from datetime import UTC, datetime

from ingest.aid import Aid, aid_chunks
from ingest.chunk import embedding_text
from ingest.model import Email, Person, Segment, Span

ADA = Person("Ada Lovelace")


def _email(body: str, role: str = "own") -> Email:
    return Email(
        id="1843-01-02-lovelace",
        kind="email",
        sender=ADA,
        to=(),
        cc=(),
        sent_at=datetime(1843, 1, 2, tzinfo=UTC),
        date_source="header",
        subject="Notes",
        body=body,
        segments=(Segment(0, len(body), ADA, role),),  # type: ignore[arg-type]
        thread_id="t",
        locator=Span("/mail/a.eml", 1, 9),
    )


def test_aid_points_to_the_sentence_with_its_phrase() -> None:
    email = _email("The cards cost £4. The loom’s  price is ten pounds. Goodbye.")
    (chunk,) = aid_chunks(email, [Aid("what does it cost?", ("no such words", "loom's price"))])
    assert email.body[chunk.start : chunk.end] == "The loom’s  price is ten pounds."
    assert embedding_text(email, chunk) == "what does it cost?"


def test_phrase_must_stand_as_whole_words() -> None:
    assert aid_chunks(_email("The loomsmith left."), [Aid("who?", ("loom",))]) == ()


def test_signature_is_not_pointed_to() -> None:
    assert aid_chunks(_email("Ada, Ockham Park", "signature"), [Aid("who?", ("Ada",))]) == ()


def test_two_aids_of_one_sentence_are_two_chunks() -> None:
    email = _email("The price is ten pounds.")
    chunks = aid_chunks(email, [Aid("price?", ("price",)), Aid("cost?", ("price",))])
    assert len({chunk.id for chunk in chunks}) == 2
