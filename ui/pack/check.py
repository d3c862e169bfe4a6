"""Whether an evidence pack is as it was made, and whether the mail says what it quotes.

Without the mail or a fingerprint from its maker, this finds every edit that did not remake the
whole pack; who remakes it with this program, or signs nothing, is not found out by it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, takewhile, zip_longest

from ingest.errors import UnknownMessage
from ingest.model import Email
from ui.pack.model import Entry, Pack, Source, text_hash
from ui.pack.page import page_of
from ui.render import date_text

#: Differing lines told, and bytes shown after the first difference in each.
_MOST_LINES = 5
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked; `message` is one line."""

    ok: bool
    message: str


def check_page(page: bytes, pack: Pack) -> Iterator[Finding]:
    """Whether every byte of the file follows from its data."""
    wanted = page_of(pack)
    if page == wanted:
        yield Finding(True, f"page: all {len(page):,} bytes are what its data gives")
        return
    if f"<dd>{pack.fingerprint}</dd>".encode() not in page:
        yield Finding(False, "data: altered, the page shows the fingerprint of other data")
    # With its end, so that a line which is not there differs from an empty one.
    lines = zip_longest(page.splitlines(True), wanted.splitlines(True), fillvalue=b"")
    differing = ((n, *pair) for n, pair in enumerate(lines, 1) if pair[0] != pair[1])
    for number, found, due in islice(differing, _MOST_LINES):
        yield Finding(False, f"page: line {number} is not what the data gives: {_at(found, due)}")


def check_data(pack: Pack) -> Iterator[Finding]:
    """Whether hashes, offsets and citation numbers agree with each other, one line a question."""
    for number, entry in enumerate(pack.entries, 1):
        wrong = [*_wrong_numbers(entry)]
        for name, source in _named(entry):
            wrong += [f"{name}: {line}" for line in _wrong_source(source)]
        yield from (Finding(False, f"question {number}: {line}") for line in wrong)
        if not wrong:
            count = len(entry.citations)
            excerpts = "1 excerpt" if count == 1 else f"{count} excerpts"
            yield Finding(True, f"question {number}: {excerpts}, hashes and offsets agree")


def check_fingerprint(pack: Pack, expected: str) -> Finding:
    """Whether this is the very pack whose fingerprint its maker told."""
    if pack.fingerprint == expected.strip().lower():
        return Finding(True, "fingerprint: as expected")
    return Finding(False, f"fingerprint: another pack, this one's is {pack.fingerprint}")


def check_mail(pack: Pack, message: Callable[[str], Email]) -> Iterator[Finding]:
    """Whether the mail has the excerpts; `message` gives one by id or raises UnknownMessage."""
    for number, entry in enumerate(pack.entries, 1):
        wrong = [
            f"{name}: {line}"
            for name, source in _named(entry)
            for line in _wrong_in_mail(source, message)
        ]
        yield from (Finding(False, f"question {number}: {line}") for line in wrong)
        if not wrong:
            yield Finding(True, f"question {number}: the mail has every excerpt, word for word")


def _named(entry: Entry) -> Iterator[tuple[str, Source]]:
    """Each excerpt with what a finding calls it."""
    yield from ((f"[{s.n}] {s.message_id}", s) for s in entry.citations)
    yield from ((f"near miss {s.n} {s.message_id}", s) for s in entry.near_misses)


def _wrong_numbers(entry: Entry) -> Iterator[str]:
    numbers = [source.n for source in entry.citations]
    if len(set(numbers)) < len(numbers):
        yield "two excerpts have one number"
    used = {n for statement in entry.statements for n in statement.citations}
    for n in sorted(used - set(numbers)):
        yield f"[{n}] is cited and has no excerpt"


def _wrong_source(source: Source) -> Iterator[str]:
    if text_hash(source.quote) != source.quote_sha256:
        yield "the excerpt was altered, its sha256 is another"
    if source.start < 0 or source.end - source.start != len(source.quote):
        yield "the excerpt is not as long as its offsets say"


def _wrong_in_mail(source: Source, message: Callable[[str], Email]) -> Iterator[str]:
    try:
        email = message(source.message_id)
    except UnknownMessage:
        yield "no such message in this index"
        return
    if text_hash(email.body) != source.body_sha256:
        kinds = f"{email.text_kind} here, {source.text_kind} in the pack"
        yield f"the message has other words here ({kinds})"
    if email.body[source.start : source.end] != source.quote:
        yield "the excerpt does not stand at its place in the message"
    told = (source.sender, source.date, source.subject)
    if told != (email.sender.name, date_text(email), email.subject):
        yield "sender, date or subject are not those of the message"
    spanned = [s for s in email.segments if s.start < source.end and source.start < s.end]
    if source.author not in {None, email.sender.name, *(str(s.author) for s in spanned)}:
        yield f"its words are not those of {source.author}"


def _at(found: bytes, due: bytes) -> str:
    """The part of a line around the first byte that is not as due."""
    pairs = zip(found, due, strict=False)
    first = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    shown = found[max(first - _SHOWN // 2, 0) : first + _SHOWN]
    return f"…{shown.decode('utf-8', 'replace')}…"
