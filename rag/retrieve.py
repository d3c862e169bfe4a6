"""Finding messages: dense and lexical lists fused by rank, raised by who and when, read in threads.

Nothing here writes or asks a model. Each constant was chosen on the dev split of eval/qa.jsonl.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from ingest.model import Chunk, Email
from rag.config import Retrieval
from rag.lexical import Ranked
from rag.model import Hit, Scope
from rag.ports import Neighbour, Reranker, Vectors
from rag.question import Question


class Searchable(Protocol):
    """What retrieval reads of an index."""

    def dense(self, vector: Vectors, k: int, scope: Scope) -> Sequence[Neighbour]:
        """Nearest passages, best first."""

    def lexical(self, text: str, k: int, scope: Scope) -> Sequence[Ranked]:
        """Passages by BM25, best first."""

    def chunks(self, ids: Iterable[str]) -> Mapping[str, Chunk]:
        """The chunks with these ids."""

    def emails(self, ids: Iterable[str]) -> Mapping[str, Email]:
        """The messages with these ids."""

    def thread(self, thread_id: str) -> Sequence[Email]:
        """The messages of a thread in reading order."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each sign counts, in units of the best fused score of the question."""

    sender: float = 0.30
    recipient: float = 0.10
    period: float = 0.60
    about: float = 0.08
    #: Share of the parent's score that a reply inherits.
    parent: float = 0.15
    #: The same where the question asks for a reply and the sender fits.
    reply: float = 1.0


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Messages best first, one hit each (its best passage), and every passage that was found."""

    hits: tuple[Hit, ...]
    passages: Mapping[str, tuple[Hit, ...]] = field(default_factory=dict)


def retrieve(
    question: Question,
    vector: Vectors,
    index: Searchable,
    settings: Retrieval,
    reranker: Reranker | None = None,
) -> Retrieved:
    """Messages that may answer, best first. `vector` is (dimensions,) of the question."""
    lists = _search(question, vector, index, settings)
    chunks = index.chunks(lists.dense | lists.lexical)
    emails = index.emails({chunk.email_id for chunk in chunks.values()})
    passages = _passages(lists, chunks, emails, settings.rrf_k)
    scores = _fused(lists, chunks, settings.rrf_k)
    if settings.scope:
        _raise_by_scope(scores, question.scope, emails)
    if settings.thread:
        _read_threads(scores, question, emails, index)
    ordered = sorted(scores, key=lambda name: (-scores[name], name))[: settings.pool]
    emails = {**emails, **index.emails(name for name in ordered if name not in emails)}
    hits = tuple(_message_hit(emails[n], passages.get(n, ()), scores[n]) for n in ordered)
    if reranker:
        hits = tuple(reranker.rerank(question.topic, hits))
    return Retrieved(hits, passages)


def merge(found: Sequence[Retrieved]) -> Retrieved:
    """The hits of several searches as one list: each message with its best score."""
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
    return Retrieved(hits, passages)


@dataclass(frozen=True, slots=True)
class _Lists:
    """What the two searches found: cosine and BM25 by chunk id."""

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


def _fused(lists: _Lists, chunks: Mapping[str, Chunk], k: int) -> dict[str, float]:
    """Messages by reciprocal rank fusion (Cormack, Clarke, Büttcher 2009), the best one at 1.

    A message stands in each list where its best passage does.
    """
    fused: dict[str, float] = defaultdict(float)
    for found in (lists.dense, lists.lexical):
        best: dict[str, float] = {}
        for name, score in found.items():
            message = chunks[name].email_id
            best[message] = max(score, best.get(message, score))
        for message, rank in _ranks(best).items():
            fused[message] += 1 / (k + rank)
    top = max(fused.values(), default=1.0)
    return {message: score / top for message, score in fused.items()}


def _ranks(scores: Mapping[str, float]) -> dict[str, int]:
    """1-based ranks, best score first, ties by id."""
    ordered = sorted(scores, key=lambda name: (-scores[name], name))
    return {name: rank for rank, name in enumerate(ordered, 1)}


def _as_filter(scope: Scope) -> Scope:
    named = ("senders", "recipients", "since", "until")
    return replace(scope, explicit=scope.explicit | {n for n in named if getattr(scope, n)})


def _passages(
    lists: _Lists, chunks: Mapping[str, Chunk], emails: Mapping[str, Email], k: int
) -> dict[str, tuple[Hit, ...]]:
    """The passages of each message, best first by their own fused ranks."""
    dense, lexical = _ranks(lists.dense), _ranks(lists.lexical)
    last = len(dense) + len(lexical) + 1
    scores = {n: 1 / (k + dense.get(n, last)) + 1 / (k + lexical.get(n, last)) for n in chunks}
    found: dict[str, list[Hit]] = defaultdict(list)
    for name in sorted(scores, key=lambda name: (-scores[name], name)):
        chunk = chunks[name]
        ranks = dense.get(name), lexical.get(name)
        email = emails[chunk.email_id]
        found[email.id].append(Hit(chunk, email, scores[name], *ranks, lists.dense.get(name)))
    return {name: tuple(hits) for name, hits in found.items()}


def _raise_by_scope(
    scores: dict[str, float], scope: Scope, emails: Mapping[str, Email], weights: Weights = WEIGHTS
) -> None:
    for name in scores:
        scores[name] += fit(emails[name], scope, weights)


def fit(email: Email, scope: Scope, weights: Weights = WEIGHTS) -> float:
    """How well a message fits the who and when of a question, in units of the best fused score."""
    sender, recipients = email.sender.name, {person.name for person in email.recipients}
    score = weights.sender * (sender in scope.senders)
    score += weights.recipient * any(name in recipients for name in scope.recipients)
    score += weights.about * any(n == sender or n in recipients for n in scope.about)
    return score + weights.period * in_period(email, scope)


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


def in_period(email: Email, scope: Scope) -> bool:
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
    weights: Weights = WEIGHTS,
) -> None:
    """Let replies inherit from the message they answer; wholly when a reply is asked for."""
    base = dict(scores)
    for thread_id in sorted({emails[name].thread_id for name in base}):
        thread = index.thread(thread_id)
        parents = {email.id: email for email in thread}
        for position, email in enumerate(thread):
            previous = thread[position - 1] if position else None
            parent = parents.get(email.parent_id or "", previous)
            if parent is None or parent.id not in base or not meets(email, question.scope):
                continue
            own = base.get(email.id, fit(email, question.scope))
            scores[email.id] = own + weights.parent * base[parent.id]
            if _is_asked_reply(question, email, parent):
                scores[email.id] = max(scores[email.id], weights.reply * base[parent.id] + 0.01)


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
