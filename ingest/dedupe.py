"""Finds the copies of one message: in several folders, mail programs or compilations.

Two messages become one only on strong evidence; what differs between copies is kept as variants.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from ingest.known import normalise_body
from ingest.outline import Copies, Outline, content_key
from ingest.subject import base_subject

#: Gives the body of a spooled message.
ReadBody = Callable[[int], str]

_WORD = re.compile(r"\w+")
#: Words compared: a text is judged by its first 20,000, more than any mail that people write.
_WORDS = 20_000
#: Four words in a row are rarely shared by chance (Broder 1997, shingles).
_SHINGLE = 4
#: Texts under this many words must be equal word for word.
_FEW_WORDS = 12
#: Share of the shorter text's shingles that the longer one holds. Equal Message-ID, sender and date
#: already prove much; without an id nothing but a footer or typography may differ.
_ALIKE_BY_ID, _ALIKE_WITHOUT_ID = 0.5, 0.9
#: Without an id the longer copy may add a footer of this many words.
_FOOTER_WORDS = 80
#: A copy's Date header is the same; clocks of gateways may differ by this much.
_SAME_DATE = timedelta(hours=1)
#: Beyond this many different texts under one id or moment, only equal ones are joined.
_MOST_COMPARED = 60
#: A longest copy counts as fuller only when it has this share more characters.
_FULLER = 1.02


def find_copies(
    outlines: Iterable[Outline], read_body: ReadBody, volume: Mapping[int, int]
) -> list[Copies]:
    """The messages with their copies, by time and content; the order of files is no matter.

    `volume`: how many messages each file holds. Messages can be copies only when they share an id,
    or a sender and either the local day or moment and text (see `OutlineTable.alike`).
    """
    ordered = sorted(outlines, key=content_key)
    groups = list(_with_equal_id(ordered, read_body))
    groups = _with_equal_text(groups)
    groups = _with_like_text(groups, read_body)
    found = [_choose(group, volume) for group in groups]
    return sorted(found, key=lambda copies: content_key(copies.kept))


def is_like_text(first: str, second: str, *, has_equal_id: bool) -> bool:
    """True when two bodies are copies of one text; a text may be contained in a fuller one."""
    a, b = sorted((_words(first), _words(second)), key=len)
    if a == b:
        return bool(a) or normalise_body(first) == normalise_body(second)
    if len(a) < _FEW_WORDS:
        return has_equal_id and b[: len(a)] == a
    if not has_equal_id and (
        len(b) > 1.5 * len(a) + _FOOTER_WORDS or not set(_numbers(a)) <= set(_numbers(b))
    ):
        return False
    shingles = _shingles(a)
    share = len(shingles & _shingles(b)) / len(shingles)
    return share >= (_ALIKE_BY_ID if has_equal_id else _ALIKE_WITHOUT_ID)


def _with_equal_id(ordered: Sequence[Outline], read_body: ReadBody) -> Iterator[list[Outline]]:
    """Groups of messages with one id and one content; messages without an id stay alone."""
    by_id: dict[str, list[Outline]] = defaultdict(list)
    for outline in ordered:
        if outline.message_id is None:
            yield [outline]
        else:
            by_id[outline.message_id].append(outline)
    for members in by_id.values():
        yield from _split_by_content(members, read_body) if len(members) > 1 else [members]


def _split_by_content(members: Sequence[Outline], read_body: ReadBody) -> list[list[Outline]]:
    groups: list[list[Outline]] = []
    by_digest: dict[bytes, list[list[Outline]]] = defaultdict(list)
    for one in members:
        known = by_digest[one.digest]
        home = next((g for g in known if _can_be_copy(g[0], one)), None)
        if home is None and len(groups) <= _MOST_COMPARED:
            home = next((g for g in groups if _is_copy_by_id(g[0], one, read_body)), None)
        if home is None:
            groups.append(home := [])
        home.append(one)
        if not any(g is home for g in known):
            known.append(home)
    return groups


def _is_copy_by_id(first: Outline, second: Outline, read_body: ReadBody) -> bool:
    if not _can_be_copy(first, second) or first.sender != second.sender:
        return False
    if first.is_restated != second.is_restated:
        return True
    return is_like_text(read_body(first.seq), read_body(second.seq), has_equal_id=True)


def _can_be_copy(first: Outline, second: Outline) -> bool:
    """True unless the dates prove two messages."""
    if first.sent_at is None or second.sent_at is None:
        return True
    if not (first.time_known and second.time_known):
        return first.sent_at.date() == second.sent_at.date()
    if first.date_source != "header" or second.date_source != "header":
        return True
    return abs(first.sent_at - second.sent_at) <= _SAME_DATE


def _with_equal_text(groups: Sequence[list[Outline]]) -> list[list[Outline]]:
    """Joins groups of equal sender, moment and text, of which at most one has a Message-ID."""
    by_content: dict[tuple[object, ...], list[list[Outline]]] = defaultdict(list)
    for group in sorted(groups, key=lambda g: not g[0].has_real_id):
        one = group[0]
        moment = one.sent_at.timestamp() if one.sent_at else None
        key: tuple[object, ...] = (one.sender, moment, one.time_known, one.digest)
        if moment is None or not one.time_known or not one.length:
            # Too little to go by: everything that is told must agree.
            key += (one.subject, one.recipients, one.kind, one.thread_key)
        homes = by_content[key]
        home = next((h for h in homes if _may_join(h, group)), None)
        if home is None:
            homes.append(list(group))
        else:
            home.extend(group)
    return [group for homes in by_content.values() for group in homes]


def _may_join(first: Sequence[Outline], second: Sequence[Outline]) -> bool:
    """False for two Message-IDs, two entries of one transcript, and two sets of recipients."""
    # Messages with a Message-ID come first, and their copies by id have been found already.
    if first[0].has_real_id and second[0].has_real_id:
        return False
    to = [{person for o in group for person in o.recipients} for group in (first, second)]
    if to[0] and to[1] and not to[0] & to[1]:
        return False
    return not _made_paths(first) & _made_paths(second)


def _made_paths(group: Sequence[Outline]) -> set[int]:
    """The transcripts among the files of a group: each lists a message once."""
    return {o.path for o in group if o.message_id and not o.has_real_id}


def _with_like_text(groups: Sequence[list[Outline]], read_body: ReadBody) -> list[list[Outline]]:
    """Joins groups of different files with one sender, day, time, subject and nearly one text."""
    by_day: dict[tuple[object, ...], list[list[Outline]]] = defaultdict(list)
    result: list[list[Outline]] = []
    for group in sorted(groups, key=lambda g: (not g[0].has_real_id, content_key(g[0]))):
        one = group[0]
        if one.sent_at is None:
            result.append(group)
            continue
        homes = by_day[one.sender, one.sent_at.date()]
        near = (h for h in homes[:_MOST_COMPARED] if _may_be_like(h, group))
        home = next((h for h in near if _is_like(h[0], one, read_body)), None)
        if home is None:
            homes.append(group)
            result.append(group)
        else:
            home.extend(group)
    return result


def _may_be_like(first: Sequence[Outline], second: Sequence[Outline]) -> bool:
    a, b = first[0], second[0]
    if {o.path for o in first} & {o.path for o in second} or not _may_join(first, second):
        return False
    if a.time_known and b.time_known and _clock(a) != _clock(b):
        return False
    subjects = {base_subject(a.subject)[0], base_subject(b.subject)[0]} - {""}
    return len(subjects) <= 1 and a.is_restated == b.is_restated


def _is_like(first: Outline, second: Outline, read_body: ReadBody) -> bool:
    shorter = min(first.length, second.length)
    if shorter < 40 and not (first.time_known and second.time_known):
        return False
    return is_like_text(read_body(first.seq), read_body(second.seq), has_equal_id=False)


def _clock(outline: Outline) -> tuple[int, int] | None:
    """The printed local time: transcripts print no zone, so instants cannot be compared."""
    return None if outline.sent_at is None else (outline.sent_at.hour, outline.sent_at.minute)


def _choose(group: Sequence[Outline], volume: Mapping[int, int]) -> Copies:
    """The fullest verbatim copy is kept; of equally full ones that of the fullest file."""
    verbatim = [o for o in group if not o.is_restated] or list(group)
    longest = max(o.length for o in verbatim)
    full = [o for o in verbatim if o.length * _FULLER + 20 >= longest]
    kept = min(
        full,
        key=lambda o: (
            not o.time_known,
            -volume[o.path],
            -len(o.recipients),
            -o.length,
            content_key(o),
            o.path,
        ),
    )
    others = sorted((o for o in group if o is not kept), key=lambda o: (o.path, o.place, o.seq))
    return Copies(kept, tuple(others))


def _words(text: str) -> list[str]:
    return _WORD.findall(normalise_body(text[: 20 * _WORDS]).casefold())[:_WORDS]


def _numbers(words: Sequence[str]) -> list[str]:
    return [word for word in words if any(c.isdigit() for c in word)]


def _shingles(words: Sequence[str]) -> set[int]:
    return {hash(tuple(words[i : i + _SHINGLE])) for i in range(len(words) - _SHINGLE + 1)}
