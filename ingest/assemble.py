"""Puts finished messages together from spooled drafts: people, copies and threads resolved."""

from collections.abc import Iterator, Sequence, Set
from functools import partial
from typing import Literal

from ingest.dedupe import find_copies
from ingest.forgotten import FORGOTTEN
from ingest.ids import make_id, tell_apart
from ingest.model import Draft, Email, Person, ReceiptLine, Segment, Variant
from ingest.origin import Said, said, with_origins
from ingest.outline import Copies, Outline
from ingest.people import People
from ingest.spool import Spool
from ingest.thread import Node, find_threads


class Builder:
    """Turns outlines into finished messages, and tells what became of each draft."""

    def __init__(
        self,
        spool: Spool,
        people: People,
        outlines: Sequence[Outline],
        left_out: Set[str] = frozenset(),
    ) -> None:
        """`outlines` as the spool made them; `left_out` are ids of messages not to be kept."""
        self._spool = spool
        self._people = people
        resolved = _with_identities(outlines, spool, people)
        found = find_copies(resolved, spool.body)
        # Named before any is left out, so that the others keep their ids.
        named = list(zip(_message_ids(found, spool, people), found, strict=True))
        self._left_out = [(name, one) for name, one in named if name in left_out]
        kept = [(name, one) for name, one in named if name not in left_out]
        self._ids, self._copies = [name for name, _ in kept], [one for _, one in kept]
        self._index_of = {o.seq: n for n, copies in enumerate(self._copies) for o in copies.all}
        self._openings: dict[int, int] = {}
        for index, copies in enumerate(self._copies):
            if copies.kept.opening is not None:
                self._openings.setdefault(copies.kept.opening, index)

    def emails(self) -> Iterator[Email]:
        """The finished messages in archive order."""
        nodes = [self._node(copies) for copies in self._copies]
        for thread in find_threads(nodes):
            earlier: list[Said] = []
            thread_id = self._ids[thread.members[0]]
            for index, parent in zip(thread.members, thread.parents, strict=True):
                parent_id = None if parent is None else self._ids[parent]
                email = self._email(index, thread_id, parent_id)
                yield with_origins(email, earlier, partial(self._said, index))
                if len(thread.members) > 1:
                    earlier.append(said(email))

    def fate(self) -> dict[int, ReceiptLine]:
        """What became of each draft, by its number."""
        locators = self._spool.locators
        found: dict[int, ReceiptLine] = {}
        for message_id, copies in zip(self._ids, self._copies, strict=True):
            kept = locators[copies.kept.seq]
            found[copies.kept.seq] = ReceiptLine(kept, "indexed", message_id)
            for other in copies.others:
                is_equal = other.digest == copies.kept.digest
                outcome: Literal["duplicate", "variant"] = "duplicate" if is_equal else "variant"
                reason = f"copy of {kept.path}:{kept.first_line}"
                found[other.seq] = ReceiptLine(locators[other.seq], outcome, message_id, reason)
        for message_id, copies in self._left_out:
            for one in copies.all:
                line = ReceiptLine(locators[one.seq], "skipped", message_id, FORGOTTEN)
                found[one.seq] = line
        return found

    def _node(self, copies: Copies) -> Node:
        kept = _dated(copies)
        keys = [o.thread_key for o in copies.all if o.thread_key is not None]
        carriers = [o.carrier for o in copies.all if o.carrier is not None]
        return Node(
            message_ids=tuple(dict.fromkeys(o.message_id for o in copies.all if o.message_id)),
            sender=kept.sender,
            recipients=copies.kept.recipients,
            at=None if kept.sent_at is None else kept.sent_at.timestamp(),
            subject=_subject(copies),
            references=tuple(dict.fromkeys(r for o in copies.all for r in o.references)),
            thread_key=keys[0] if keys else None,
            carrier=self._index_of.get(carriers[0]) if carriers else None,
            places=tuple((o.path, o.place) for o in copies.all),
        )

    def _email(self, index: int, thread_id: str, parent_id: str | None) -> Email:
        copies = self._copies[index]
        draft = self._spool.draft(copies.kept.seq)
        dated = _dated(copies)
        context = (draft.sender, *draft.to, *draft.cc)
        return Email(
            id=self._ids[index],
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
        return Variant(self._spool.locators[outline.seq], body, outline.subject, is_equal)

    def _said(self, before: int, opening: int) -> Said | None:
        """The earliest message with that opening, when it is earlier than message `before`."""
        index = self._openings.get(opening)
        if index is None or index >= before:
            return None
        return said(self._email(index, "", None))


def _with_identities(
    outlines: Sequence[Outline], spool: Spool, people: People
) -> Iterator[Outline]:
    """The outlines with identities for mentions, and files numbered by name."""
    rank = {path: n for n, path in enumerate(sorted(spool.paths))}
    ranks = [rank[path] for path in spool.paths]
    resolved: list[list[Person]] = []
    for outline in outlines:
        mentions = [spool.mentions[n] for n in (outline.sender, *outline.recipients)]
        resolved.append([people.resolve(mention, mentions) for mention in mentions])
    everyone = {person for persons in resolved for person in persons}
    # Numbered by name, so that ties are broken alike in whatever order files are read.
    ordered = sorted(everyone, key=lambda person: (person.name, person.addresses))
    numbers = {person: number for number, person in enumerate(ordered)}
    for outline, persons in zip(outlines, resolved, strict=True):
        sender, *recipients = (numbers[person] for person in persons)
        yield outline.resolved(ranks[outline.path], sender, tuple(recipients))


def _message_ids(copies: Sequence[Copies], spool: Spool, people: People) -> list[str]:
    """The id of each message: a Message-ID, else the id its source gives, else made."""
    stems: list[str] = []
    for one in copies:
        given = sorted((o for o in one.all if o.message_id), key=lambda o: not o.has_real_id)
        if given:
            stems.append(str(given[0].message_id))
        else:
            stems.append(_made_id(one, spool, people))
    fixed = [any(o.message_id for o in one.all) for one in copies]
    return tell_apart(stems, fixed=fixed)


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
