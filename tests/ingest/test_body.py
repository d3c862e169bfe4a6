"""Segments cover the text, and what an ending or a prose line may and may not become."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.body import segment
from ingest.model import Person, Segment, check_cover

ANN = Person("Ann Lee")


def roles(text: str, subject: str = "") -> list[tuple[str, str]]:
    """The role and text of each segment."""
    return [(s.role, text[s.start : s.end]) for s in segment(text, ANN, subject=subject)]


def first_quoted(text: str) -> Segment:
    return next(s for s in segment(text, ANN) if s.role in ("quoted", "forwarded"))


ALL_OWN = {
    "one word": "Ok",
    "no text": "",
    "blank lines": "\n\n",
    "prose that mentions writing": "On Friday Bob wrote:\n\na letter to the mayor.\n",
    "prose that begins like a header": "From: the top\nof the hill you see it.\n",
    "From and To in prose": "From: Paris\nTo: Rome\nby train.\n",
    "a journey": "From: Paris\nTo: Rome\nDate: 4 March\n\nSeat by the window.\n",
    "a template": "Use this:\nFrom: you\nTo: them\nSubject: lunch\nThanks.\n",
    "list of labels": "To: do\nSubject: to change\n",
    "rule between paragraphs": "One.\n____________________\nTwo.\n",
    "dashes between paragraphs": "One.\n----------\nTwo.\n",
    "arrow inside a line": "a -> b > c\n",
    "sent from in the middle": "Sent from my window\nthe garden looks grand.\nCome and see.\n",
    "confidential in prose": "Please keep this confidential.\n",
    "dashes followed by a long list": "--\n" + "item of the list\n" * 30,
    "original message in prose": "The original message was lost.\n",
    "table of bars": "| Part | Price |\n| Valve | 12 |\n| Pump | 40 |\n",
    "table open at its sides": "Part | Price\nValve | 12\n",
    "table of one column": "|------|\n| Part |\n",
    "one bar": "| is called a pipe.\n",
    "wrote without a name": "The report that the committee wrote:\n\nit is long.\n",
}


@pytest.mark.parametrize("rule", ALL_OWN)
def test_stays_the_senders_own(rule: str) -> None:
    text = ALL_OWN[rule]
    found = segment(text, ANN)
    assert {s.role for s in found} <= ({"own"} if text.strip() else {"frame", "own"})
    assert all(s.author == ANN for s in found if s.role == "own")


ENDINGS = {
    "delimiter": ("Yes.\n-- \nAnn\n", "signature", "-- \nAnn\n"),
    "delimiter without blank": ("Yes.\n--\nAnn\n", "signature", "--\nAnn\n"),
    "device": ("Yes.\n\nSent from my iPhone\n", "signature", "Sent from my iPhone\n"),
    "device in German": (
        "Ja.\n\nVon meinem iPad gesendet",
        "signature",
        "Von meinem iPad gesendet",
    ),
    "device in French": ("Oui.\nEnvoyé de mon iPhone\n", "signature", "Envoyé de mon iPhone\n"),
    "device in Spanish": ("Sí.\nEnviado desde mi móvil\n", "signature", "Enviado desde mi móvil\n"),
    "list footer": (
        "Yes.\n\n_______________________________________________\nGarden mailing list\n",
        "disclaimer",
        "_______________________________________________\nGarden mailing list\n",
    ),
    "notice": (
        "Yes.\n\nThis message is confidential, privileged and intended only for its addressee.\n",
        "disclaimer",
        "This message is confidential, privileged and intended only for its addressee.\n",
    ),
}


@pytest.mark.parametrize("rule", ENDINGS)
def test_ending_is_set_apart(rule: str) -> None:
    text, role, ending = ENDINGS[rule]
    found = roles(text)
    assert found[-1] == (role, ending)
    assert found[0][0] == "own"


def test_text_after_a_device_line_is_not_lost() -> None:
    text = "Sent from my iPhone\n\nOne more thing: bring the ladder.\n"
    assert roles(text) == [("own", text)]


def test_attribution_line_is_a_note() -> None:
    text = "Yes.\n\nOn Mon, Mar 4, 2024 at 10:12 AM Bob <b@x.org> wrote:\n> Shall we?\n"
    assert [role for role, _ in roles(text)] == ["own", "frame", "quoted"]


def test_quoted_time_is_read_in_the_repliers_zone() -> None:
    text = "Yes.\n\nOn Mon, Mar 4, 2024 at 10:12 AM Bob <b@x.org> wrote:\n> Shall we?\n"
    zone = timezone(timedelta(hours=1))
    quoted = next(s for s in segment(text, ANN, zone=zone) if s.role == "quoted")
    assert quoted.sent_at == datetime(2024, 3, 4, 9, 12, tzinfo=UTC)


def test_quoted_day_without_time_has_no_sent_at() -> None:
    assert first_quoted("On March 4, 2024, Bob Hart wrote:\n> Shall we?\n").sent_at is None


def test_ambiguous_numeric_day_has_no_sent_at() -> None:
    quoted = first_quoted("On 04/03/2024 10:12, Bob Hart wrote:\n> Shall we?\n")
    assert (quoted.sent_at, quoted.author) == (None, Person("Bob Hart"))


def test_forward_is_told_by_the_subject_where_the_text_does_not() -> None:
    block = "From: Bob Hart\nSent: 4 March 2024 10:12\nTo: Ann\nSubject: Bees\n\nThey swarm.\n"
    assert roles(block, "Fwd: Bees")[-1] == ("forwarded", "\nThey swarm.\n"[1:])
    assert roles(block, "Re: Bees")[-1][0] == "quoted"


def test_address_of_the_quoted_author_is_kept() -> None:
    quoted = first_quoted("On Mar 4, 2024, at 10:12, Bob Hart <Bob@X.org> wrote:\n> Yes\n")
    assert quoted.author == Person("Bob Hart", ("bob@x.org",))


def test_quote_marks_without_attribution_are_nobodys() -> None:
    assert first_quoted("> Shall we?\n").author is None


def test_bars_mark_quotes_as_arrows_do() -> None:
    text = (
        "On Mon, 4 Mar 2024 at 10:12, Bob Hart <b@x.org> wrote:\n| Shall we?\n|\n| | Why?\nYes.\n"
    )
    found = [(s.role, s.author and s.author.name) for s in segment(text, ANN)]
    assert found[1:] == [("quoted", "Bob Hart"), ("quoted", None), ("own", "Ann Lee")]


def test_bars_without_attribution_are_nobodys() -> None:
    assert first_quoted("| Shall we go there?\n| It is far.\nYes.\n").author is None


def test_million_quote_marks_are_one_line() -> None:
    text = ">" * 1_000_000 + " deep\n"
    assert [role for role, _ in roles(text)] == ["quoted"]


lines = st.sampled_from(
    [
        "Hello there.",
        "",
        "> quoted",
        ">> deeper",
        "On Mon, Mar 4, 2024 at 10:12 AM Bob Hart <bob@example.org> wrote:",
        "Bob Hart wrote:",
        "-----Original Message-----",
        "---------- Forwarded message ---------",
        "From: Bob Hart <bob@example.org>",
        "Sent: Monday, March 4, 2024 10:12 AM",
        "To: Ann Lee",
        "Subject: Bees",
        "________________________________",
        "-- ",
        "Sent from my iPhone",
        "This e-mail is confidential, privileged and intended only for the addressee.",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(lines, max_size=25), st.sampled_from(["\n", "\n\n"]))
def test_segments_always_cover_the_text(chosen: list[str], gap: str) -> None:
    text = gap.join(chosen)
    found = segment(text, ANN)
    check_cover(found, len(text), "random lines")
    marked = [
        s for s in found for line in text[s.start : s.end].split("\n") if line.startswith(">")
    ]
    assert all(s.role not in ("own",) for s in marked)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_covered(text: str) -> None:
    check_cover(segment(text, ANN), len(text), "random text")


PGP_SIGNATURE = (
    "-----BEGIN PGP SIGNATURE-----\nVersion: GnuPG v1\n\n"
    "iQEzBA\n=abcd\n-----END PGP SIGNATURE-----\n"
)


def test_what_openpgp_adds_is_nobodys_words() -> None:
    head = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\n"
    ending = f"- -- \nAnn Lee\n{PGP_SIGNATURE}"
    assert roles(f"{head}The boiler hums.\n{ending}") == [
        ("frame", head),
        ("own", "The boiler hums.\n"),
        ("signature", ending),
    ]


def test_a_quoted_openpgp_signature_is_no_quote() -> None:
    quoted = "".join(f"> {line}\n" for line in f"Shall we?\n{PGP_SIGNATURE}".splitlines())
    text = (
        f"Yes.\n\nOn Mon, 4 Mar 2024 at 10:12, Bob Hart <bob@example.org> wrote:\n{quoted}\nAnn\n"
    )
    assert [role for role, _ in roles(text)] == ["own", "frame", "quoted", "signature", "own"]


def test_encrypted_text_is_not_searched_and_a_block_without_end_stays() -> None:
    block = "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n"
    assert roles(block) == [("frame", block)]
    assert [role for role, _ in roles("Hi\n-----BEGIN PGP MESSAGE-----\nabc\n")] == ["own"]
