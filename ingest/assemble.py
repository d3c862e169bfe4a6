"""Puts finished messages together from spooled drafts: people, copies and threads resolved."""

from array import array
from collections import deque
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from functools import partial
from typing import Literal

from ingest.copy_table import CopyTable
from ingest.forgotten import FORGOTTEN
from ingest.ids import Namer, make_id
from ingest.model import Draft, Email, Person, ReceiptLine, Segment, Variant
from ingest.node import Node
from ingest.node_table import NodeTable
from ingest.origin import MOST_SEARCHED, Said, said, with_origins
from ingest.outline import Copies, Outline
from ingest.outline_table import OutlineTable
from ingest.people import People
from ingest.scratch import Scratch
from ingest.spool import Entry, Spool
from ingest.thread import find_threads


class Builder:
    """Turns spooled drafts into finished messages, and tells what became of each draft.

    In memory are a few numbers for each draft; the rest is read when it is needed.
    """

    def __init__(self, spool: Spool, people: People, left_out: Set[str] = frozenset()) -> None:
        """`left_out` are ids of messages not to be kept."""
        self._spool = spool
        self._people = people
        ranks = _ranks(spool.paths)
        outlines = OutlineTable(spool.scratch)
        for outline in _with_identities(spool, people, ranks):
            outlines.add(outline)
        volume = {ranks[path]: count for path, count in spool.volume.items()}
        self._outlines = outlines
        self._copies = CopyTable(outlines, len(spool), spool.body, volume)
        # Named before any is left out, so that the others keep their ids.
        self._ids = _named(self._copies, spool, people)
        self._left_out = {seq for name in left_out if (seq := self._ids.seq(name)) is not None}
        self._messages = array("i", (s for s in self._copies.in_order() if s not in self._left_out))
        self._openings = spool.scratch.numbers()
        self._nodes = NodeTable(spool.scratch)
        self._add_nodes()

    def emails(self) -> Iterator[Email]:
        """The finished messages in archive order."""
        for thread in find_threads(self._nodes, self._spool.scratch.numbers):
            earlier: deque[Said] = deque(maxlen=MOST_SEARCHED)
            thread_id, inside = self._id(thread.members[0]), set(thread.members)
            for index, parent in zip(thread.members, thread.parents, strict=True):
                parent_id = None if parent is None else self._id(parent)
                if parent is not None and parent not in inside:
                    # The subject changed: what is quoted stands in another thread.
                    earlier.append(said(self._email(parent, "", None)))
                email = self._email(index, thread_id, parent_id)
                yield with_origins(email, earlier, partial(self._said, index))
                if len(thread.members) > 1:
                    earlier.append(said(email))

    def receipt(self) -> Iterator[ReceiptLine]:
        """What became of each input message, in the order read."""
        for entry in self._spool.entries():
            if entry.is_skipped:
                yield ReceiptLine(entry.locator, "skipped", None, entry.reason)
                continue
            line = self._fate(entry)
            yield replace(line, reason="; ".join(filter(None, (line.reason, entry.reason))))

    def _fate(self, entry: Entry) -> ReceiptLine:
        kept = self._copies.kept(entry.seq)
        message_id = self._ids.of(kept)
        if kept in self._left_out:
            return ReceiptLine(entry.locator, "skipped", message_id, FORGOTTEN)
        if kept == entry.seq:
            return ReceiptLine(entry.locator, "indexed", message_id)
        is_equal = self._outlines.get(entry.seq).digest == self._outlines.get(kept).digest
        place = self._spool.locator(kept)
        outcome: Literal["duplicate", "variant"] = "duplicate" if is_equal else "variant"
        reason = f"copy of {place.path}:{place.first_line}"
        return ReceiptLine(entry.locator, outcome, message_id, reason)

    def _id(self, index: int) -> str:
        return self._ids.of(self._messages[index])

    def _add_nodes(self) -> None:
        index_of = array("i", [-1]) * len(self._spool)
        for index, seq in enumerate(self._messages):
            index_of[seq] = index
        for index, seq in enumerate(self._messages):
            copies = self._copies.copies(seq)
            carriers = [o.carrier for o in copies.all if o.carrier is not None]
            carrier = index_of[self._copies.kept(carriers[0])] if carriers else -1
            self._nodes.append(_node(copies, None if carrier < 0 else carrier))
            if copies.kept.opening is not None:
                self._openings.setdefault(str(copies.kept.opening), index)

    def _email(self, index: int, thread_id: str, parent_id: str | None) -> Email:
        copies = self._copies.copies(self._messages[index])
        draft = self._spool.draft(copies.kept.seq)
        dated = _dated(copies)
        context = (draft.sender, *draft.to, *draft.cc)
        return Email(
            id=self._id(index),
            kind=draft.kind,
            sender=self._people.resolve(draft.sender, context),
            to=tuple(self._people.resolve(p, context) for p in draft.to),
            cc=tuple(self._people.resolve(p, context) for p in draft.cc),
            sent_at=dated.sent_at,
            date_source=dated.date_source,
            subject=_subject(copies),
            body=draft.body,
            segments=tuple(self._segment(s, context) for s in draft.segments),
            thread_id=thread_id,
            locator=draft.locator,
            text_kind=draft.text_kind,
            time_known=dated.time_known,
            parent_id=parent_id,
            attachments=draft.attachments,
            variants=tuple(self._variant(o, copies.kept, draft) for o in copies.others),
        )

    def _segment(self, segment: Segment, context: Sequence[Person]) -> Segment:
        if segment.author is None:
            return segment
        author = self._people.resolve(segment.author, context)
        return Segment(segment.start, segment.end, author, segment.role, segment.sent_at)

    def _variant(self, outline: Outline, kept: Outline, draft: Draft) -> Variant:
        is_equal = outline.digest == kept.digest
        body = draft.body if is_equal else self._spool.body(outline.seq)
        return Variant(self._spool.locator(outline.seq), body, outline.subject, is_equal)

    def _said(self, before: int, opening: int) -> Said | None:
        """The earliest message with that opening, when it is earlier than message `before`."""
        index = self._openings.get(str(opening))
        if index is None or index >= before:
            return None
        return said(self._email(index, "", None))


def _ranks(paths: Sequence[str]) -> list[int]:
    """The place of each file by name."""
    ranks = {path: n for n, path in enumerate(sorted(paths))}
    return [ranks[path] for path in paths]


def _with_identities(spool: Spool, people: People, ranks: Sequence[int]) -> Iterator[Outline]:
    """The outlines with identities for mentions, and files numbered by name."""
    numbers: dict[Person, int] = {}
    named = array("I")
    for outline in spool.outlines():
        mentions = [spool.mentions[n] for n in (outline.sender, *outline.recipients)]
        for mention in mentions:
            person = people.resolve(mention, mentions)
            named.append(numbers.setdefault(person, len(numbers)))
    # Numbered by name, so that ties are broken alike in whatever order files are read.
    ordered = sorted(numbers, key=lambda person: (person.name, person.addresses))
    final = array("I", numbers.values())
    for number, person in enumerate(ordered):
        final[numbers[person]] = number
    position = 0
    for outline in spool.outlines():
        end = position + 1 + len(outline.recipients)
        sender, *recipients = (final[n] for n in named[position:end])
        yield outline.resolved(ranks[outline.path], sender, tuple(recipients))
        position = end


class _Ids:
    """The id of each message, by the number of its kept copy."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        scratch.add("CREATE TABLE name (seq INTEGER PRIMARY KEY, id TEXT UNIQUE)")

    def add(self, seq: int, message_id: str) -> None:
        self._scratch.add("INSERT INTO name VALUES (?, ?)", seq, message_id)

    def of(self, seq: int) -> str:
        (message_id,) = self._scratch.one("SELECT id FROM name WHERE seq = ?", seq)
        return str(message_id)

    def seq(self, message_id: str) -> int | None:
        found = self._scratch.first("SELECT seq FROM name WHERE id = ?", message_id)
        return None if found is None else int(found[0])


def _named(table: CopyTable, spool: Spool, people: People) -> _Ids:
    """The id of each message: a Message-ID, else the id its source gives, else made."""
    ids = _Ids(spool.scratch)
    namer = Namer(lambda name: ids.seq(name) is not None)
    without = array("i")
    for seq in table.in_order():
        given = [o for o in table.copies(seq).all if o.message_id]
        if given:
            best = min(given, key=lambda o: not o.has_real_id)
            ids.add(seq, namer.name(str(best.message_id)))
        else:
            without.append(seq)
    for seq in without:
        ids.add(seq, namer.name(_made_id(table.copies(seq), spool, people)))
    return ids


def _node(copies: Copies, carrier: int | None) -> Node:
    dated = _dated(copies)
    keys = [o.thread_key for o in copies.all if o.thread_key is not None]
    return Node(
        message_ids=tuple(dict.fromkeys(o.message_id for o in copies.all if o.message_id)),
        sender=dated.sender,
        recipients=copies.kept.recipients,
        at=None if dated.sent_at is None else dated.sent_at.timestamp(),
        subject=_subject(copies),
        references=tuple(dict.fromkeys(r for o in copies.all for r in o.references)),
        thread_key=keys[0] if keys else None,
        carrier=carrier,
        places=tuple((o.path, o.place) for o in copies.all),
    )


def _made_id(copies: Copies, spool: Spool, people: People) -> str:
    draft = spool.draft(copies.kept.seq)
    sender = people.resolve(draft.sender, (*draft.to, *draft.cc))
    dated = _dated(copies)
    return make_id(sender, dated.sent_at, copies.kept.digest, time_known=dated.time_known)


def _dated(copies: Copies) -> Outline:
    """The copy whose date is told best: the kept one, unless another one knows more."""
    return min(copies.all, key=lambda o: (o.sent_at is None, not o.time_known))


def _subject(copies: Copies) -> str:
    return next((o.subject for o in copies.all if o.subject), "")
