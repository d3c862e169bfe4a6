"""Finding messages: what they mean, the words they share, who and when, read in threads.

The signs of a message are added up as they are (a convex combination of scores, which Bruch, Gai
and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval", find better than fusion of
ranks): how near the best passage is counts, not only how many are nearer. Nothing here writes or
asks a model.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from ingest.message_store import Header
from ingest.model import Chunk, Email
from rag.config import Retrieval
from rag.lexical import Ranked
from rag.model import Hit, Scope
from rag.ports import Neighbour, Reranker, Vectors
from rag.question import Question
from rag.weighing import weighted_sum


class Searchable(Protocol):
    """What retrieval reads of an index."""

    def dense(self, vector: Vectors, k: int, scope: Scope) -> Sequence[Neighbour]:
        """Nearest passages, best first."""

    def untold(self, vector: Vectors) -> float:
        """How near a question that has no answer here is, as cosine; 0 where none is known."""

    def lexical(self, text: str, k: int, scope: Scope) -> Sequence[Ranked]:
        """Passages by the words they share with `text`, best first."""

    def chunks(self, ids: Iterable[str]) -> Mapping[str, Chunk]:
        """The chunks with these ids."""

    def emails(self, ids: Iterable[str]) -> Mapping[str, Email]:
        """The messages with these ids."""

    def thread(self, thread_id: str) -> Sequence[Email]:
        """The messages of a thread in reading order."""


@dataclass(frozen=True, slots=True)
class MessageSigns:
    """What a message is judged by."""

    #: Best cosine of the question with a passage, and with a question of the finding aid.
    passage: float = 0.0
    aid: float = 0.0
    #: Best share of the question's words that a passage holds.
    words: float = 0.0
    #: 1 when it fits who and when: it is from one asked for, to one asked for, of the time.
    sender: float = 0.0
    recipient: float = 0.0
    period: float = 0.0


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each sign counts."""

    passage: float
    aid: float
    words: float
    sender: float
    recipient: float
    period: float
    #: Share of the parent's score that a reply inherits. On the dev split 0.92 of the answers are
    #: right with 0.1 or 0.15, 0.91 with 0.05.
    parent: float = 0.1
    #: The same where the question asks for a reply and the sender fits.
    reply: float = 1.0


_SIGNS = tuple(MessageSigns.__slots__)

#: Fitted as eval/README.md tells ("Where the weights come from"), with a finding aid and without.
AIDED = Weights(passage=0.25, aid=0.38, words=0.37, sender=0.076, recipient=0.016, period=0.069)
BARE = Weights(passage=0.53, aid=0.0, words=0.47, sender=0.16, recipient=0.02, period=0.22)


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Messages best first, one hit each (its best passage), and every passage that was found."""

    hits: tuple[Hit, ...]
    passages: Mapping[str, tuple[Hit, ...]] = field(default_factory=dict)
    #: Messages that may be the reply which the question asks for, and what each answers.
    replies: Mapping[str, str] = field(default_factory=dict)
    #: Best cosine with a question that is known to have no answer in the archive.
    untold: float = 0.0

    @property
    def is_aided(self) -> bool:
        """True when questions of a finding aid were found."""
        return any(hit.chunk.hint for hits in self.passages.values() for hit in hits)


def retrieve(
    question: Question,
    vector: Vectors,
    index: Searchable,
    settings: Retrieval,
    reranker: Reranker | None = None,
) -> Retrieved:
    """Messages that may answer, best first. `vector` is (dimensions,), projected."""
    lists = _search(question, vector, index, settings)
    chunks = index.chunks(lists.dense | lists.lexical)
    emails = index.emails({chunk.email_id for chunk in chunks.values()})
    weights = AIDED if any(chunk.hint for chunk in chunks.values()) else BARE
    passages = _passages(lists, chunks, emails, weights)
    scope = question.scope if settings.scope else Scope()
    signs = {name: message_signs(emails[name], hits, scope) for name, hits in passages.items()}
    scores = {name: weighted_sum(found, weights, _SIGNS) for name, found in signs.items()}
    replies = _read_threads(scores, question, emails, index, weights) if settings.thread else {}
    ordered = sorted(scores, key=lambda name: (-scores[name], name))[: settings.pool]
    emails = {**emails, **index.emails(name for name in ordered if name not in emails)}
    hits = tuple(_message_hit(emails[n], passages.get(n, ()), scores[n]) for n in ordered)
    if reranker:
        hits = tuple(reranker.rerank(question.topic, hits))
    return Retrieved(hits, passages, replies, index.untold(vector))


def merge(found: Sequence[Retrieved]) -> Retrieved:
    """The hits of several searches as one list: each message with its best score.

    The first search is for the whole question.
    """
    if len(found) == 1:
        return found[0]
    best: dict[str, Hit] = {}
    passages: dict[str, tuple[Hit, ...]] = {}
    for retrieved in found:
        for hit in retrieved.hits:
            if hit.email.id not in best or hit.score > best[hit.email.id].score:
                best[hit.email.id] = hit
        for name, hits in retrieved.passages.items():
            passages[name] = passages.get(name, ()) + hits
    hits = tuple(sorted(best.values(), key=lambda hit: (-hit.score, hit.email.id)))
    replies = {reply: answered for one in found for reply, answered in one.replies.items()}
    return Retrieved(hits, passages, replies, found[0].untold)


@dataclass(frozen=True, slots=True)
class _Lists:
    """What the two searches found: cosine and share of words by chunk id."""

    dense: dict[str, float]
    lexical: dict[str, float]


def _search(question: Question, vector: Vectors, index: Searchable, settings: Retrieval) -> _Lists:
    """The dense and lexical lists.

    A guessed scope is searched a second time as a filter, so that in a large archive the messages
    of that person or month are among the candidates at all.
    """
    scopes = [question.scope]
    if settings.scope and not question.scope.is_empty:
        scopes.append(_as_filter(question.scope))
    dense: dict[str, float] = {}
    lexical: dict[str, float] = {}
    for scope in scopes:
        if settings.dense:
            dense |= {n.chunk_id: n.similarity for n in index.dense(vector, settings.pool, scope)}
        if settings.lexical:
            found = index.lexical(question.topic, settings.pool, scope)
            lexical |= {ranked.chunk_id: ranked.score for ranked in found}
    return _Lists(dense, lexical)


def _ranks(scores: Mapping[str, float]) -> dict[str, int]:
    """1-based ranks, best score first, ties by id."""
    ordered = sorted(scores, key=lambda name: (-scores[name], name))
    return {name: rank for rank, name in enumerate(ordered, 1)}


def _as_filter(scope: Scope) -> Scope:
    named = ("senders", "recipients", "since", "until")
    return replace(scope, explicit=scope.explicit | {n for n in named if getattr(scope, n)})


def _passages(
    lists: _Lists, chunks: Mapping[str, Chunk], emails: Mapping[str, Email], weights: Weights
) -> dict[str, tuple[Hit, ...]]:
    """The passages of each message, best first."""
    dense, lexical = _ranks(lists.dense), _ranks(lists.lexical)
    found: dict[str, list[Hit]] = defaultdict(list)
    for name, chunk in chunks.items():
        similarity = lists.dense.get(name)
        words = lists.lexical.get(name, 0.0)
        meaning = (weights.aid if chunk.hint else weights.passage) * (similarity or 0.0)
        ranks = dense.get(name), lexical.get(name)
        email = emails[chunk.email_id]
        hit = Hit(chunk, email, meaning + weights.words * words, *ranks, similarity, words)
        found[email.id].append(hit)
    return {
        name: tuple(sorted(hits, key=lambda hit: (-hit.score, hit.chunk.id)))
        for name, hits in found.items()
    }


def message_signs(email: Email, hits: Sequence[Hit], scope: Scope) -> MessageSigns:
    """The signs of a message of which the passages `hits` were found."""
    return MessageSigns(
        passage=max((hit.similarity or 0.0 for hit in hits if not hit.chunk.hint), default=0.0),
        aid=max((hit.similarity or 0.0 for hit in hits if hit.chunk.hint), default=0.0),
        words=max((hit.words for hit in hits), default=0.0),
        sender=float(email.sender.name in scope.senders),
        recipient=float(any(person.name in scope.recipients for person in email.recipients)),
        period=float(in_period(email, scope)),
    )


def meets(email: Email, scope: Scope) -> bool:
    """True when the message passes every field of the scope that was asked for explicitly."""
    senders = {email.sender.name} | {s.author.name for s in email.segments if s.author}
    recipients = {person.name for person in email.recipients}
    asked = scope.explicit
    if "senders" in asked and scope.senders and senders.isdisjoint(scope.senders):
        return False
    if "recipients" in asked and scope.recipients and recipients.isdisjoint(scope.recipients):
        return False
    if "about" in asked and scope.about and (senders | recipients).isdisjoint(scope.about):
        return False
    dated = replace(
        scope,
        since=scope.since if "since" in asked else None,
        until=scope.until if "until" in asked else None,
    )
    return not (dated.since or dated.until) or in_period(email, dated)


def in_period(email: Email | Header, scope: Scope) -> bool:
    """True when the scope names a period and the message was sent in it (sender's local date)."""
    if email.sent_at is None or not (scope.since or scope.until):
        return False
    day = email.sent_at.date()
    return (not scope.since or day >= scope.since) and (not scope.until or day <= scope.until)


def _read_threads(
    scores: dict[str, float],
    question: Question,
    emails: Mapping[str, Email],
    index: Searchable,
    weights: Weights,
) -> dict[str, str]:
    """Let replies inherit from the message they answer; wholly when a reply is asked for.

    The ids of the replies asked for, each with what it answers.
    """
    base, asked = dict(scores), {}
    for thread_id in sorted({emails[name].thread_id for name in base}):
        thread = index.thread(thread_id)
        parents = {**emails, **{email.id: email for email in thread}}
        for position, email in enumerate(thread):
            previous = thread[position - 1] if position else None
            parent = parents.get(email.parent_id or "", previous)
            if parent is None or parent.id not in base or not meets(email, question.scope):
                continue
            own = base.get(
                email.id, weighted_sum(message_signs(email, (), question.scope), weights, _SIGNS)
            )
            scores[email.id] = own + weights.parent * base[parent.id]
            if _is_asked_reply(question, email, parent):
                scores[email.id] = max(scores[email.id], weights.reply * base[parent.id] + 0.01)
                asked[email.id] = parent.id
    return asked


def _is_asked_reply(question: Question, email: Email, parent: Email) -> bool:
    if question.kind != "reply" or email.sender.name == parent.sender.name:
        return False
    asked = question.responders or question.scope.senders
    return not asked or email.sender.name in asked


def _message_hit(email: Email, passages: Sequence[Hit], score: float) -> Hit:
    if passages:
        return replace(passages[0], score=score)
    return Hit(whole_message(email), email, score)


def whole_message(email: Email) -> Chunk:
    """A chunk that is the first indexed segment of a message found only through its thread."""
    segment = next((s for s in email.segments if s.is_searched), None)
    start, end = (segment.start, segment.end) if segment else (0, len(email.body))
    return Chunk(f"{email.id}#0", email.id, email.thread_id, start, end, email.sender)
