"""Recognises the released messages, so that each has one id, subject and time in every compilation.

Some compilations print neither subjects nor times. What they leave out is taken from the registry
of known messages, which `corpus/digest.jsonl` holds together with hashes of the verbatim text.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from ingest.errors import SourceError
from ingest.formats.digest import Record, read_records
from ingest.model import Draft, Kind, Person, Skipped

#: Ids that the transcript reader makes; a Message-ID never looks like this.
_TRANSCRIPT_ID = re.compile(r"^\d{4}-\d\d-\d\d(?:T\d{4})?-\w+(?:-\d+)?$")
_QUOTES = str.maketrans("‘’‚‛“”„‟′″‐‑‒–—―−", "''''\"\"\"\"'\"-------")
_MARKUP = re.compile(r"[*_\\`]|\[\^?\d\]")
_BARS = re.compile("█[█ ]*")
_OPENING_WORDS = 8
#: The last resort accepts a text whose word count differs by at most this share, or two words.
_LENGTH_TOLERANCE = 0.1
_EDITORIAL = frozenset({"note", "attachment"})

_Day = tuple[date, str]


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """Facts of a released message. `words` and the hashes are of its text, see `message_text`."""

    id: str
    sent_at: datetime | None
    time_known: bool
    sender: Person
    subject: str
    thread_key: str
    kind: Kind
    words: int
    body_sha256: str
    opening_sha256: str


def load_known(digest: Path) -> tuple[KnownMessage, ...]:
    """The messages of a digest file in file order; SourceError names the first malformed line."""
    known = []
    for number, record in read_records(digest):
        if isinstance(record, str):
            raise SourceError(f"{digest}:{number}: {record}; restore the file from the release")
        known.append(_known(record))
    return tuple(known)


def message_text(draft: Draft) -> str:
    """The body without editors' notes and enclosures, which differ between compilations."""
    parts = [draft.body[s.start : s.end] for s in draft.segments if s.role not in _EDITORIAL]
    return "".join(parts).strip()


def normalise_body(text: str) -> str:
    """`text` in the form that is hashed: equal for copies that differ in typography only.

    NFKC, straight quotes and dashes, no Markdown emphasis, escapes or footnote numbers, each
    run of redaction bars as one bar, single spaces, no leading or trailing space.
    """
    text = unicodedata.normalize("NFKC", text).translate(_QUOTES)
    return " ".join(_BARS.sub("█ ", _MARKUP.sub("", text)).split())


def body_sha256(text: str) -> str:
    """Hex sha256 of the normalised text in UTF-8."""
    return sha256(normalise_body(text).encode()).hexdigest()


def opening_sha256(text: str) -> str:
    """Hex sha256 of the first eight normalised words in lower case (all, when there are fewer)."""
    opening = normalise_body(text).lower().split()[:_OPENING_WORDS]
    return sha256(" ".join(opening).encode()).hexdigest()


def adopt(
    drafts: Iterable[Draft | Skipped], known: Sequence[KnownMessage]
) -> Iterator[Draft | Skipped]:
    """The drafts in order; a transcript's that is a known message takes over the known facts.

    Known and draft must share local day and sender. In each file a known message is adopted at
    most once: by equal text, else equal opening words, else nearest length. A draft keeps its
    own facts when nothing matches. Holds back the drafts of one transcript at a time.
    """
    by_day = _by_day(known)
    held: list[Draft | Skipped] = []
    for draft in drafts:
        if held and held[0].locator.path != draft.locator.path:
            yield from _adopted(held, by_day)
            held = []
        if held or (isinstance(draft, Draft) and _is_transcript(draft)):
            held.append(draft)
        else:
            yield draft
    yield from _adopted(held, by_day)


def _by_day(known: Sequence[KnownMessage]) -> dict[_Day, list[KnownMessage]]:
    result: dict[_Day, list[KnownMessage]] = defaultdict(list)
    for message in known:
        if message.sent_at is not None:
            result[message.sent_at.date(), message.sender.name.lower()].append(message)
    return result


def _is_transcript(draft: Draft) -> bool:
    is_ours = draft.message_id is not None and _TRANSCRIPT_ID.match(draft.message_id) is not None
    return is_ours and draft.text_kind == "verbatim" and draft.sent_at is not None


def _adopted(
    held: Sequence[Draft | Skipped], by_day: dict[_Day, list[KnownMessage]]
) -> Iterator[Draft | Skipped]:
    groups: dict[_Day, dict[int, Draft]] = defaultdict(dict)
    for index, draft in enumerate(held):
        if isinstance(draft, Draft) and draft.sent_at is not None and _is_transcript(draft):
            groups[draft.sent_at.date(), draft.sender.name.lower()][index] = draft
    matched: dict[int, KnownMessage] = {}
    renamed: dict[str | None, str] = {}
    for day, drafts in groups.items():
        found = _matched(drafts, by_day.get(day, []))
        matched |= found
        renamed |= {drafts[index].message_id: message.id for index, message in found.items()}
    for index, draft in enumerate(held):
        if isinstance(draft, Skipped):
            yield draft
        else:
            yield _with_facts(_relinked(draft, renamed), matched.get(index))


def _matched(messages: dict[int, Draft], known: Sequence[KnownMessage]) -> dict[int, KnownMessage]:
    """One-to-one matches of one sender's messages of one day, the surest evidence first."""
    texts = {index: message_text(draft) for index, draft in messages.items()}
    result: dict[int, KnownMessage] = {}
    left = list(known)

    def take(is_same: Callable[[str, KnownMessage], bool]) -> None:
        for index, text in texts.items():
            fits = [m for m in left if _times_agree(messages[index], m) and is_same(text, m)]
            if index not in result and fits:
                best = min(fits, key=lambda m: abs(m.words - len(text.split())))
                result[index] = best
                left.remove(best)

    take(lambda text, m: body_sha256(text) == m.body_sha256)
    take(lambda text, m: opening_sha256(text) == m.opening_sha256)
    take(lambda text, m: _has_length(len(text.split()), m.words))
    return result


def _times_agree(draft: Draft, known: KnownMessage) -> bool:
    both = draft.time_known and known.time_known
    return not both or _minute(draft.sent_at) == _minute(known.sent_at)


def _minute(when: datetime | None) -> datetime | None:
    return None if when is None else when.replace(second=0, microsecond=0)


def _has_length(words: int, expected: int) -> bool:
    return abs(words - expected) <= max(3, _LENGTH_TOLERANCE * expected)


def _relinked(draft: Draft, renamed: dict[str | None, str]) -> Draft:
    """The draft with its references to other messages of the file under their adopted ids."""
    return replace(
        draft,
        thread_key=renamed.get(draft.thread_key, draft.thread_key),
        references=tuple(renamed.get(id_, id_) for id_ in draft.references),
    )


def _with_facts(draft: Draft, known: KnownMessage | None) -> Draft:
    """The draft with the known facts; a subject the file prints stays as printed."""
    if known is None:
        return draft
    return replace(
        draft,
        message_id=known.id,
        subject=draft.subject or known.subject,
        thread_key=known.thread_key,
        sent_at=known.sent_at,
        time_known=known.time_known,
        kind=known.kind,
    )


def _known(record: Record) -> KnownMessage:
    return KnownMessage(
        record.id,
        record.sent_at,
        record.time_known,
        record.sender,
        record.subject,
        record.thread,
        record.kind,
        record.words,
        record.sha256,
        record.opening_sha256,
    )
