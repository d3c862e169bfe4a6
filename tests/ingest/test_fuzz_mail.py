"""Damaged mail: seeded mutations never crash the reader and never lose a message in silence."""

import os
import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.archive import read_archive
from ingest.model import Draft, Skipped, check_cover
from tests.raw_mail import mail, multipart, read, source, text_part
from tests.wild import enclosed, headers, structure

#: RELIABILITY R8 asks for 10,000 messages and 1,000 boxes, each within 10 s of CPU: `make stress`.
IS_STRESS = "EXHIBIT_STRESS" in os.environ
MESSAGES, BOXES = (10_000, 1_000) if IS_STRESS else (1_000, 50)
CPU_SECONDS = 10
#: The stress run selects by marker: there the whole module is one.
pytestmark = [pytest.mark.stress] if IS_STRESS else []

SEEDS = (
    mail(b"Hello Bob,\n\nOn Mon, Mar 4, 2024 at 10:12 AM Bob <b@x.org> wrote:\n> Shall we?\n"),
    multipart(
        "alternative",
        text_part(b"plain text"),
        text_part(b"<p>rich <b>text</b></p><blockquote>old</blockquote>", b"text/html"),
    ),
    multipart(
        "mixed",
        text_part("café".encode()),
        b"Content-Type: message/rfc822\n\nFrom: =?utf-8?q?C=C3=A9?= <c@d.org>\n\ninner\n",
        b"Content-Type: text/csv; name*=utf-8''%C3%A9.csv\nContent-Transfer-Encoding: base64\n\n"
        b"MSwyCjMsNAo=",
    ),
    mail(b"caf=C3=A9=\n more", b"Content-Transfer-Encoding: quoted-printable"),
    *(case.raw for module in (enclosed, headers, structure) for case in module.CASES),
)
ENVELOPE = b"From ann@example.org Mon Mar  4 10:12:13 2024\n"
CHARSETS = (b"utf-7", b"utf-16", b"hz", b"iso-2022-kr", b"x-none", b"punycode", b"big5", b"koi8-r")


def flip(raw: bytes, chance: random.Random) -> bytes:
    data = bytearray(raw)
    for _ in range(chance.randint(1, 20)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def truncate(raw: bytes, chance: random.Random) -> bytes:
    return raw[: chance.randint(1, len(raw))]


def duplicate_line(raw: bytes, chance: random.Random) -> bytes:
    lines = raw.split(b"\n")
    at = chance.randrange(len(lines))
    return b"\n".join(lines[:at] + [lines[at]] * chance.randint(2, 5) + lines[at + 1 :])


def drop_line(raw: bytes, chance: random.Random) -> bytes:
    lines = raw.split(b"\n")
    del lines[chance.randrange(len(lines))]
    return b"\n".join(lines)


def shuffle_lines(raw: bytes, chance: random.Random) -> bytes:
    lines = raw.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def lie_about_charset(raw: bytes, chance: random.Random) -> bytes:
    return raw.replace(b"utf-8", chance.choice(CHARSETS))


def change_line_ends(raw: bytes, chance: random.Random) -> bytes:
    return raw.replace(b"\n", chance.choice([b"\r\n", b"\r", b"\n\n", b"\r\r\n"]))


def insert_nuls(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw))
    return raw[:at] + b"\0" * chance.randint(1, 9) + raw[at:]


def insert_envelope(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw))
    return raw[:at] + b"\n" + ENVELOPE + raw[at:]


def swap_halves(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw))
    return raw[at:] + raw[:at]


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip,
    truncate,
    duplicate_line,
    drop_line,
    shuffle_lines,
    lie_about_charset,
    change_line_ends,
    insert_nuls,
    insert_envelope,
    swap_halves,
)


def mutated(seed: int) -> bytes:
    """One of the seed messages after one to three mutations; the same for the same seed."""
    chance = random.Random(seed)
    raw = chance.choice(SEEDS)
    for mutation in chance.choices(MUTATIONS, k=chance.randint(1, 3)):
        raw = mutation(raw, chance) or b"\n"
    return raw


@pytest.mark.parametrize("first", range(0, MESSAGES, 100))
def test_mutated_messages_always_give_a_result(first: int) -> None:
    for seed in range(first, first + 100):
        begin = time.process_time()
        found = read(mutated(seed))
        assert time.process_time() - begin < CPU_SECONDS, seed
        assert found, seed
        for one in found:
            assert isinstance(one, Draft) or one.reason.startswith("empty "), (seed, one)
            if isinstance(one, Draft):
                check_cover(one.segments, len(one.body), str(seed))
                one.body.encode("utf-8")


@pytest.mark.parametrize("first", range(0, BOXES, 25))
def test_mutated_mailboxes_lose_no_bytes(first: int, tmp_path: Path) -> None:
    """Every byte of a box belongs to a message that is listed."""
    for seed in range(first, first + 25):
        box = b"".join(ENVELOPE + mutated(seed * 7 + n) + b"\n\n" for n in range(5))
        path = tmp_path / f"{seed}.mbox"
        path.write_bytes(box)
        begin = time.process_time()
        found = [one for one in source(path) if "!/" not in one.locator.path]
        assert time.process_time() - begin < CPU_SECONDS, seed
        starts = [one.locator.first_byte for one in found]
        ends = [one.locator.last_byte for one in found]
        assert starts[0] == 0, seed
        gaps = [box[end:start] for end, start in zip(ends, starts[1:], strict=False)]
        assert all(not gap.strip() for gap in gaps), seed
        assert not box[ends[-1] :].strip(), seed


@pytest.mark.parametrize("first", range(0, BOXES, 25))
def test_intact_neighbours_of_mutated_messages_are_read(first: int, tmp_path: Path) -> None:
    marker = b"From: keep@example.org\nMessage-ID: <%d@keep>\nSubject: keep\n\nintact\n\n"
    for seed in range(first, first + 25):
        parts = [
            ENVELOPE + mutated(seed * 11 + n) + b"\n\n" + ENVELOPE + marker % n for n in range(4)
        ]
        path = tmp_path / f"{seed}.mbox"
        path.write_bytes(b"".join(parts))
        kept = [one for one in source(path) if isinstance(one, Draft) and one.subject == "keep"]
        assert [draft.body[:7] for draft in kept] == ["intact\n"] * 4, seed


@pytest.mark.parametrize("first", range(0, BOXES, 25))
def test_mutated_mailboxes_end_in_an_archive_that_adds_up(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + 25):
        path = tmp_path / "box.mbox"
        path.write_bytes(b"".join(ENVELOPE + mutated(seed * 5 + n) + b"\n\n" for n in range(4)))
        count = len(source(path))
        archive = read_archive([path], workspace=tmp_path / str(seed))
        receipt = archive.receipt
        outcomes = ("indexed", "duplicate", "variant", "skipped")
        assert sum(map(receipt.count, outcomes)) == len(receipt) == count, seed
        assert len(archive.store) == receipt.count("indexed"), seed
        archive.store.close()


@pytest.mark.skipif(not IS_STRESS, reason="of use alone in a process: run `make stress`")
@pytest.mark.skipif(sys.platform != "linux", reason="reads peak memory from /proc")
def test_no_mutated_mail_needs_a_gigabyte() -> None:
    """The peak of this process, whatever else it ran."""
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))
    assert peak is not None
    assert int(peak[1]) < 1 << 20, "KiB"


def test_skipped_results_name_their_place() -> None:
    (found,) = read(b"\n")
    assert isinstance(found, Skipped)
    assert found.locator.first_line == 1
