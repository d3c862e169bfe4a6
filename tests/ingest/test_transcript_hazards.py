"""The transcript reader on the three real compilations: every oddity they are known to have.

Facts only (lines, names, counts, hashes, fragments): their text stays out of this repository.
"""

from collections import Counter
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest

from ingest.formats.transcript import read_transcript, sniff
from ingest.known import body_sha256, message_text
from ingest.model import REDACTED, Draft, Skipped, Span, check_cover

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
FULLEST = CORPUS / "openai-emails-2024-12.txt"
MARKDOWN = CORPUS / "openai-emails-2024-11-lesswrong.md"
FIRST_PASS = CORPUS / "openai-emails-2024-11-first-pass.txt"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="no ../shared/corpus beside this repo")


@cache
def drafts_of(path: Path) -> dict[int, Draft]:
    """The messages by the number of their header line."""
    found = [draft for draft in read_transcript(path) if isinstance(draft, Draft)]
    return {draft.locator.first_line: draft for draft in found}


def fullest(line: int) -> Draft:
    return drafts_of(FULLEST)[line]


def credited(draft: Draft) -> list[tuple[str, str | None]]:
    return [(s.role, s.author.name if s.author else None) for s in draft.segments]


def names(people: tuple[object, ...]) -> list[str]:
    return [str(person) for person in people]


def test_the_fullest_file_has_85_messages_in_34_threads() -> None:
    drafts = drafts_of(FULLEST).values()
    assert len(drafts) == len({d.message_id for d in drafts}) == 85
    assert len({d.thread_key for d in drafts}) == 34
    assert Counter(d.kind for d in drafts) == {"email": 69, "imessage": 13, "forwarded": 3}
    assert [d.locator.first_line for d in drafts if d.kind == "forwarded"] == [168, 311, 872]


def test_senders_are_counted_as_published() -> None:
    assert Counter(d.sender.name for d in drafts_of(FULLEST).values()) == {
        "Elon Musk": 35,
        "Sam Altman": 19,
        "Shivon Zilis": 11,
        "Greg Brockman": 9,
        "Ilya Sutskever": 6,
        "Sam Teller": 2,
        "Andrej Karpathy": 2,
        "<redacted>": 1,
    }


@pytest.mark.parametrize("path", [FULLEST, MARKDOWN, FIRST_PASS], ids=lambda p: p.suffix)
def test_each_file_is_recognised_and_its_segments_cover_every_body(path: Path) -> None:
    assert sniff(path.read_text(encoding="utf-8")[:65_536])
    for draft in drafts_of(path).values():
        check_cover(draft.segments, len(draft.body), str(draft.message_id))


def test_every_body_is_the_text_between_its_lines() -> None:
    lines = FULLEST.read_text(encoding="utf-8").split("\n")
    for draft in drafts_of(FULLEST).values():
        below = lines[draft.locator.first_line : draft.locator.last_line]
        while below and not below[0].strip():
            below.pop(0)
        assert draft.body == "\n".join(below).rstrip()


def test_every_written_line_is_front_matter_title_header_or_body() -> None:
    """Nothing is lost in silence: the lines outside all messages are the file's own."""
    lines = FULLEST.read_text(encoding="utf-8").split("\n")
    spans = [d.locator for d in drafts_of(FULLEST).values()]
    inside = {n for span in spans for n in range(span.first_line, span.last_line + 1)}
    outside = [n for n, line in enumerate(lines, 1) if line.strip() and n not in inside]
    assert outside[:7] == [1, 2, 3, 4, 5, 6, 7]
    assert all(lines[n - 1].startswith(("Subject:", "iMessage")) for n in outside[6:])
    assert len(outside) == 6 + 34


def test_front_matter_is_no_message() -> None:
    assert min(drafts_of(FULLEST)) == 8
    assert fullest(8).subject == "question"


TITLES = {
    40: "Re: AI docs",
    168: "Fwd: congrats on the falcon 9",
    465: "iMessages on OpenAI for-profit",
    543: "Tomorrow afternoon",
    553: "OpenAI notes",
    612: "iMessages on majority equity and board control",
    880: "AI updates",
    944: "AI updates (continuation)",
    972: "Re: OpenAI update",
    1017: "OpenAI",
    1055: "iMessage between Elon Musk and Sam Altman",
    1069: "iMessage between Sam Altman and Shivon Zilis",
}


def test_titles_lose_their_paper_clip_and_keep_their_prefix() -> None:
    assert {line: fullest(line).subject for line in TITLES} == TITLES
    assert not any("📎" in draft.subject for draft in drafts_of(FULLEST).values())


def test_near_identical_subjects_stay_apart() -> None:
    lines = [370, 483, 553, 880, 944, 972, 1017]
    assert len({fullest(line).thread_key for line in lines}) == 7


CC = {
    60: ["Sam Altman"],
    91: ["Sam Altman"],
    152: ["Sam Altman"],
    411: ["Greg Brockman", "<redacted>"],
    537: ["Ilya Sutskever", "<redacted>"],
    543: ["<redacted>", "Shivon Zilis"],
    710: ["Sam Altman", "Greg Brockman", "Sam Teller", "Shivon Zilis"],
    713: ["Greg Brockman", "Sam Teller", "Shivon Zilis"],
    716: ["Greg Brockman", "Sam Teller", "Shivon Zilis"],
    731: ["Sam Teller"],
    752: ["Greg Brockman", "Ilya Sutskever", "Sam Teller", "Shivon Zilis"],
    761: ["Greg Brockman", "Ilya Sutskever", "Sam Teller", "Shivon Zilis"],
    778: ["Sam Teller", "Shivon Zilis"],
    792: ["Ilya Sutskever", "Sam Altman", "<redacted>", "Shivon Zilis"],
}


def test_copies_are_read_in_every_variant() -> None:
    assert {line: names(fullest(line).cc) for line in CC} == CC


def test_a_middle_initial_and_a_later_recipient_are_understood() -> None:
    assert "John D. Schulman" in names(fullest(152).to)
    assert len(fullest(152).to) == 8
    assert fullest(778).warnings == ("also passed to Andrej Karpathy",)


CLOCKS = {
    40: "2015-11-20T10:48",
    53: "2015-11-20T12:29",
    168: "2016-01-02T10:12",
    305: "2016-03-21T06:53",
    311: "2016-04-27T07:25",
    710: "2017-09-20T14:17",
    792: "2018-01-31T22:56",
    880: "2018-03-25T11:03",
    938: "2018-04-02T14:45",
    944: "2018-04-23T01:49",
    1038: "2019-03-11T15:04",
    1049: "2019-03-11T15:11",
    1055: "2022-10-23T03:06",
}


def clock(draft: Draft) -> str:
    return draft.sent_at.isoformat(timespec="minutes")[:16] if draft.sent_at else ""


def test_times_are_read_in_every_variant() -> None:
    assert {line: clock(fullest(line)) for line in CLOCKS} == CLOCKS
    assert fullest(305).sent_at == datetime.fromisoformat("2016-03-21T06:53:47+00:00")


def test_the_one_printed_time_zone_is_kept() -> None:
    zones = {line: d.sent_at.utcoffset() for line, d in drafts_of(FULLEST).items() if d.sent_at}
    assert zones.pop(168) == timedelta(hours=-6)
    assert set(zones.values()) == {timedelta(0)}


def test_missing_times_are_not_made_up() -> None:
    unknown = [line for line, d in drafts_of(FULLEST).items() if not d.time_known]
    assert unknown == [133, 355, 617, 620, 627, 1076, 1093]


def test_file_order_is_kept_where_times_would_break_it() -> None:
    order = list(drafts_of(FULLEST))
    assert order == sorted(order)
    assert [fullest(line).message_id for line in (168, 182, 526, 537)] == [
        "2016-01-02T1012-redacted",
        "2016-01-02T0906-sutskever",
        "2017-07-21T1318-brockman",
        "2017-07-21T1318-musk",
    ]


def test_redacted_people_are_one_placeholder() -> None:
    assert fullest(168).sender == REDACTED
    assert REDACTED in fullest(370).to
    assert all(REDACTED in fullest(line).cc for line in (411, 414, 537, 543, 792))


BARE = {617: "Zilis", 620: "Brockman", 627: "Zilis", 1069: "Zilis", 1076: "Altman"}
BARE |= {1083: "Zilis", 1088: "Zilis", 1093: "Altman"}


def test_bare_headers_inherit_recipient_and_day() -> None:
    found = {line: fullest(line).to[0].name.split()[-1] for line in BARE}
    inferred = [line for line, d in drafts_of(FULLEST).items() if d.date_source == "inferred"]
    assert found == BARE
    assert inferred == list(BARE)
    assert {clock(fullest(line))[:10] for line in BARE} == {"2017-09-04", "2022-10-23"}


def test_ids_of_bare_headers_use_the_time_only_where_there_is_one() -> None:
    assert [fullest(line).message_id for line in (617, 620, 627, 1069, 1076, 1093)] == [
        "2017-09-04-brockman",
        "2017-09-04-zilis",
        "2017-09-04-brockman-2",
        "2022-10-23T0807-altman",
        "2022-10-23-zilis",
        "2022-10-23-zilis-2",
    ]


def test_a_forwarded_message_is_credited_to_its_writer() -> None:
    draft = fullest(311)
    assert (draft.sender.name, names(draft.to)) == ("Sam Teller", ["Elon Musk"])
    assert credited(draft) == [("forwarded", "Alex Thompson")]


def test_editors_notes_are_nobodys_words() -> None:
    assert credited(fullest(168)) == [("own", "<redacted>"), ("note", None)]
    assert credited(fullest(872)) == [("note", None), ("own", "Elon Musk")]
    assert fullest(168).locator.last_line == 181


def test_false_headers_stay_inside_their_message() -> None:
    inside = [18, 34, 52, 164, 324, 340, 655, 669, 689, 699, 736, 748, 760, 882, 896, 900]
    inside += [910, 990, 1013, 1032, 442, 530, 531, 831, 834, 890, 107, 116, 323]
    assert not set(inside) & set(drafts_of(FULLEST))
    assert fullest(659).locator == Span(str(FULLEST), 659, 709)


QUOTED = {
    60: ["own", "quoted", "own"],
    103: ["own", "quoted"],
    112: ["own", "quoted"],
    288: ["own", "quoted", "own", "quoted", "own"],
    343: ["own", "quoted", "own"],
    906: ["own", "quoted"],
    1038: ["own", "quoted"],
    1083: ["own", "quoted"],
    1088: ["own", "quoted"],
}


def test_unmarked_quotations_are_found_and_nothing_else_is() -> None:
    drafts = drafts_of(FULLEST)
    found = {n: [s.role for s in d.segments] for n, d in drafts.items() if len(d.segments) > 1}
    assert {n: roles for n, roles in found.items() if "note" not in roles} == QUOTED


def test_quoted_words_are_never_credited_to_the_wrong_person() -> None:
    authors = {n: credited(fullest(n))[1][1] for n in (288, 343, 1038, 1088)}
    assert authors == {288: None, 343: None, 1038: "Bloomberg", 1088: "Elon Musk"}


def test_redaction_bars_and_angle_brackets_stay() -> None:
    bars = sum("█" in line for d in drafts_of(FULLEST).values() for line in d.body.split("\n"))
    assert bars == 14
    assert fullest(543).body.startswith("████")
    assert fullest(792).body.count("<redacted>") == 7
    assert "<screenshot of" in fullest(1069).body


def test_indented_lists_keep_their_indentation() -> None:
    bodies = [line for d in drafts_of(FULLEST).values() for line in d.body.split("\n")]
    assert sum(line.startswith("    ") for line in bodies) == 100
    assert sum(line.startswith("        ") for line in bodies) == 12


def test_missing_enclosures_are_reported() -> None:
    assert fullest(336).body.endswith("Terms[2]")
    assert fullest(336).warnings == ("the enclosure 'Microsoft/OpenAI Terms' is not in this file",)
    assert fullest(1017).warnings == ("the enclosure 'Draft post' is not in this file",)


def test_the_broken_off_end_is_kept_as_it_is() -> None:
    assert fullest(1093).body.endswith(" Grea")
    assert fullest(1093).locator.last_line == 1095


def test_tiny_messages_survive() -> None:
    tiny = {141: "awesome", 185: "Yup", 731: "Ok", 761: "Absolutely", 1049: "on it"}
    assert {line: fullest(line).body for line in tiny} == tiny


def test_typing_errors_of_the_source_stay() -> None:
    typos = {22: "safefy", 182: "opensorucing", 343: "we want do any", 350: "space cycles"}
    assert all(word in fullest(line).body for line, word in typos.items())


def test_a_continued_thread_points_to_the_earlier_one() -> None:
    assert fullest(944).references == (fullest(880).message_id,)


def test_the_markdown_bodies_equal_those_of_the_fullest_file() -> None:
    verbatim = {d.message_id: d for d in drafts_of(FULLEST).values()}
    for draft in drafts_of(MARKDOWN).values():
        same = verbatim[draft.message_id]
        written = [line.rstrip() for line in message_text(draft).split("\n") if line.strip()]
        assert written == [x.rstrip() for x in message_text(same).split("\n") if x.strip()]
        assert (draft.subject, draft.to, draft.cc) == (same.subject, same.to, same.cc)


def test_the_markdown_file_adds_two_enclosures() -> None:
    drafts = drafts_of(MARKDOWN)
    assert (len(drafts), len({d.subject for d in drafts.values()})) == (51, 20)
    found = {n: d.attachments[0].name for n, d in drafts.items() if d.attachments}
    assert found == {291: "Microsoft/OpenAI Terms", 746: "Draft post"}
    assert credited(drafts[746]) == [("own", "Sam Altman"), ("attachment", None)]
    assert (drafts[291].locator.last_line, drafts[746].locator.last_line) == (342, 813)


def test_markdown_footnotes_are_not_part_of_the_last_message() -> None:
    *_, last = read_transcript(MARKDOWN)
    assert last == Skipped(Span(str(MARKDOWN), 834, 838), "footnotes of the compilation")
    assert drafts_of(MARKDOWN)[830].body == "on it"


def test_the_first_pass_has_the_same_51_messages_without_times() -> None:
    drafts = drafts_of(FIRST_PASS)
    assert len(drafts) == 51
    assert [n for n, d in drafts.items() if d.time_known] == [416, 419]
    assert {d.subject for d in drafts.values()} == {""}
    assert {248, 611} < set(drafts)


def test_the_first_pass_differences_are_kept() -> None:
    drafts = drafts_of(FIRST_PASS)
    assert drafts[89].body.startswith("just got word...")
    assert credited(drafts[218]) == [("note", None), ("forwarded", "Alex Thompson")]
    assert ("note", None) in credited(drafts[464])
    assert names(drafts[566].cc) == ["Shivon Zilis"]
    assert drafts[622].body == "on it"


def test_bodies_are_the_ones_read_by_hand() -> None:
    """Guards the reading of the fullest file as a whole against any later change."""
    joined = "\n".join(d.body for d in drafts_of(FULLEST).values())
    assert body_sha256(joined) == "c04a9b81752d0d5602516864cb20e579b162a7865edf42a52d892f16cf231745"
