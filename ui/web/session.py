"""What one browser tab has asked so far. Pure values: no gradio, no engine."""

from dataclasses import dataclass, field, replace
from secrets import token_hex

from rag.model import Answer, Scope, Turn

#: Turns of the conversation that a follow-up question is read with.
REMEMBERED_TURNS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Exchange:
    """One question and what came of it: an answer, an error, or the text written until Stop.

    Each is equal to itself alone, so that how it is drawn can be kept.
    """

    question: str
    answer: Answer | None = None
    error: str = ""
    partial: str = ""
    #: What the chips and the picker asked for; fields in `explicit` filter.
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """The conversation of one tab, oldest exchange first, and the key of the archive it asks."""

    exchanges: tuple[Exchange, ...] = ()
    archive: str = ""
    #: Under which the browser keeps it.
    id: str = field(default_factory=lambda: token_hex(6), compare=False)
    #: Turns that came before the first exchange and are not shown as such.
    prior: tuple[Turn, ...] = ()

    def history(self) -> tuple[Turn, ...]:
        """The turns a new question follows, oldest first; failed and stopped ones left out."""
        turns = list(self.prior)
        for exchange in self.exchanges:
            if exchange.answer is not None and exchange.answer.status != "failed":
                turns.append(Turn("user", exchange.question))
                turns.append(Turn("assistant", exchange.answer.text))
        return tuple(turns[-REMEMBERED_TURNS:])

    def cited(self) -> frozenset[str]:
        """Ids of the messages that the conversation cites."""
        answers = [e.answer for e in self.exchanges if e.answer is not None]
        return frozenset(c.message_id for answer in answers for c in answer.citations)

    def told(self, number: int) -> frozenset[str]:
        """The notes shown with the answers before exchange `number`."""
        answers = [e.answer for e in self.exchanges[:number] if e.answer is not None]
        return frozenset(note for answer in answers for note in answer.trace.notes)

    def split(self, number: int) -> tuple["Session", Exchange | None]:
        """The session before exchange `number`, and that exchange; None when there is none."""
        rest = self.exchanges[number:]
        return replace(self, exchanges=self.exchanges[:number]), rest[0] if rest else None

    def with_exchange(self, exchange: Exchange) -> "Session":
        """The session after one more exchange."""
        return replace(self, exchanges=(*self.exchanges, exchange))

    def without_last(self) -> "Session":
        """The session before its last exchange, to ask that one again."""
        return replace(self, exchanges=self.exchanges[:-1])


def asked_for(scope: Scope) -> Scope:
    """The part of `scope` that filters: what was asked for, without what was guessed from words."""
    kept = {name: getattr(scope, name) for name in scope.explicit}
    return replace(Scope(explicit=scope.explicit), **kept)


def without_chip(scope: Scope, chip: str) -> Scope:
    """`scope` after removing the chip `field:value`; what is left filters, what is gone stays gone.

    An emptied field is named in `explicit`, so that it is not guessed from the words again.
    """
    field, _, value = chip.partition(":")
    explicit = scope.explicit | {field}
    if field == "since":
        return replace(scope, since=None, explicit=explicit)
    if field == "until":
        return replace(scope, until=None, explicit=explicit)
    if field == "senders":
        return replace(scope, senders=_without(scope.senders, value), explicit=explicit)
    if field == "recipients":
        return replace(scope, recipients=_without(scope.recipients, value), explicit=explicit)
    if field == "about":
        return replace(scope, about=_without(scope.about, value), explicit=explicit)
    return scope


def _without(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(n for n in names if n != name)
