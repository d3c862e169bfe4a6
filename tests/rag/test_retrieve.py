"""Finding messages: fusion, hard and soft scope, threads, finding aid. No exact scores."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from ingest.model import Chunk, Email, Person, Segment
from rag.adapters.cross_encoder import CrossEncoderReranker
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.adapters.memory_store import fits
from rag.config import Retrieval
from rag.lexical import Ranked
from rag.library import Library
from rag.model import Hit, Scope
from rag.ports import Neighbour, Vectors
from rag.question import Question, override, understand
from rag.retrieve import Retrieved, in_period, meets, merge, retrieve, whole_message
from tests.fakes import ANN, BOB, CY, make_email
from tests.rag.small_archive import COUNT, FREYA, INES, PRIYA, TOMAS, WALTER, library_in

NO_VECTOR = np.zeros(4, np.float32)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library_in(tmp_path_factory.getbasetemp())


@dataclass(frozen=True)
class Scripted:
    """An index whose two lists are written down: passage id to score."""

    emails_: Sequence[Email]
    dense_: Mapping[str, float] = field(default_factory=dict)
    lexical_: Mapping[str, float] = field(default_factory=dict)

    def dense(self, vector: Vectors, k: int, scope: Scope) -> list[Neighbour]:
        return [Neighbour(n, s) for n, s in self.dense_.items() if self._fits(n, scope)][:k]

    def untold(self, vector: Vectors) -> float:
        return 0.0

    def lexical(self, text: str, k: int, scope: Scope) -> list[Ranked]:
        return [Ranked(n, s) for n, s in self.lexical_.items() if self._fits(n, scope)][:k]

    def chunks(self, ids: Iterable[str]) -> Mapping[str, Chunk]:
        """`m1` is the whole message m1, `m1/3` a passage that begins at 3."""
        return {name: self._chunk(name) for name in ids}

    def emails(self, ids: Iterable[str]) -> Mapping[str, Email]:
        return {name: self._email(name) for name in ids}

    def thread(self, thread_id: str) -> list[Email]:
        return [email for email in self.emails_ if email.thread_id == thread_id]

    def _email(self, name: str) -> Email:
        return next(email for email in self.emails_ if email.id == name)

    def _chunk(self, name: str) -> Chunk:
        message, _, start = name.partition("/")
        email = self._email(message)
        place = int(start or 0), len(email.body)
        return Chunk(name, email.id, email.thread_id, *place, email.sender)

    def _fits(self, name: str, scope: Scope) -> bool:
        chunk = self._chunk(name)
        return fits(chunk, self._email(chunk.email_id), scope)


def asked(text: str = "boat", **changes: object) -> Question:
    plain = Question(text, text, "fact", "text", Scope())
    return replace(plain, **changes)  # type: ignore[arg-type]


def order(found: Retrieved) -> list[str]:
    return [hit.email.id for hit in found.hits]


def found_in(library: Library, text: str, scope: Scope | None = None) -> Retrieved:
    question = understand(text, library.names)
    question = override(question, scope) if scope else question
    vector = HashingEmbedder().embed_queries([question.topic])[0]
    return retrieve(question, vector, library, Retrieval())


def mail(*names: str) -> list[Email]:
    return [make_email(name, f"Body of {name}, long enough.") for name in names]


def conversation() -> list[Email]:
    """Ann asks, Bob answers, Cy answers Bob: one thread."""
    emails = [make_email(n, "Words.", sender=p) for n, p in (("q", ANN), ("r", BOB), ("s", CY))]
    parents = (None, "q", "r")
    return [
        replace(email, thread_id="t", parent_id=parent)
        for email, parent in zip(emails, parents, strict=True)
    ]


def test_message_high_in_both_lists_comes_first() -> None:
    index = Scripted(mail("a", "b", "c"), {"a": 0.9, "b": 0.8}, {"c": 0.9, "b": 0.8})
    assert order(retrieve(asked(), NO_VECTOR, index, Retrieval()))[0] == "b"


def test_how_near_a_message_is_counts_not_only_its_rank() -> None:
    words = {"b": 0.5, "a": 0.4}
    near = Scripted(mail("a", "b"), {"a": 0.9, "b": 0.2}, words)
    level = Scripted(mail("a", "b"), {"a": 0.51, "b": 0.5}, words)
    assert order(retrieve(asked(), NO_VECTOR, near, Retrieval())) == ["a", "b"]
    assert order(retrieve(asked(), NO_VECTOR, level, Retrieval())) == ["b", "a"]


@pytest.mark.parametrize("first", ["a", "b"])
def test_equal_scores_are_ordered_by_id(first: str) -> None:
    second = "b" if first == "a" else "a"
    emails = mail(second, first)
    index = Scripted(emails, {first: 0.9, second: 0.9}, {second: 0.5, first: 0.5})
    found = retrieve(asked(), NO_VECTOR, index, Retrieval())
    assert found.hits[0].score == found.hits[1].score
    assert order(found) == ["a", "b"]


def test_a_message_counts_once_however_many_passages_match() -> None:
    many = {"a/1": 0.8, "a/2": 0.7, "a/3": 0.6}
    index = Scripted(mail("a", "b"), {"b": 0.9, **many}, {"b": 0.9, "a/2": 0.8})
    found = retrieve(asked(), NO_VECTOR, index, Retrieval())
    assert order(found) == ["b", "a"]
    assert found.hits[1].chunk == found.passages["a"][0].chunk
    assert [hit.chunk.id for hit in found.passages["a"]] == ["a/2", "a/1", "a/3"]


def test_ranks_and_similarity_of_a_passage_are_told() -> None:
    index = Scripted(mail("a", "b"), {"a": 0.9, "b": 0.8}, {"b": 0.9})
    found = {h.email.id: h for h in retrieve(asked(), NO_VECTOR, index, Retrieval()).hits}
    assert (found["b"].dense_rank, found["b"].lexical_rank, found["b"].similarity) == (2, 1, 0.8)
    assert (found["a"].dense_rank, found["a"].lexical_rank) == (1, None)


@pytest.mark.parametrize(("name", "left"), [("dense", ["c"]), ("lexical", ["a"])])
def test_a_list_that_is_switched_off_finds_nothing(name: str, left: list[str]) -> None:
    index = Scripted(mail("a", "c"), {"a": 0.9}, {"c": 0.9})
    settings = Retrieval(dense=name != "dense", lexical=name != "lexical")
    assert order(retrieve(asked(), NO_VECTOR, index, settings)) == left


def test_nothing_found_is_no_error() -> None:
    assert retrieve(asked(), NO_VECTOR, Scripted(()), Retrieval()) == Retrieved((), {})


def test_replies_come_with_the_message_they_answer() -> None:
    index = Scripted(conversation(), {"q": 0.9})
    assert order(retrieve(asked(), NO_VECTOR, index, Retrieval())) == ["q", "r"]
    assert order(retrieve(asked(), NO_VECTOR, index, Retrieval(thread=False))) == ["q"]


def test_a_message_found_through_its_thread_shows_its_first_segment() -> None:
    index = Scripted(conversation(), {"q": 0.9})
    hit = retrieve(asked(), NO_VECTOR, index, Retrieval()).hits[1]
    assert (hit.text, hit.dense_rank, hit.lexical_rank) == ("Words.", None, None)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(senders=("Ann Lee",), explicit=frozenset({"senders"})),
        Scope(recipients=("Nobody",), explicit=frozenset({"recipients"})),
        Scope(since=date(2030, 1, 1), explicit=frozenset({"since"})),
        Scope(until=date(2000, 1, 1), explicit=frozenset({"until"})),
    ],
)
def test_explicit_scope_keeps_replies_out_too(scope: Scope) -> None:
    found = retrieve(
        asked(scope=scope), NO_VECTOR, Scripted(conversation(), {"q": 0.9}), Retrieval()
    )
    assert order(found) == (["q"] if scope.senders else [])


@pytest.mark.parametrize("kind", ["fact", "reply"])
def test_guessed_sender_only_raises(kind: str) -> None:
    index = Scripted(conversation(), {"q": 0.9, "s": 0.8})
    plain = retrieve(asked(kind=kind), NO_VECTOR, index, Retrieval())
    guessed = retrieve(
        asked(kind=kind, scope=Scope(senders=("Cy Doe",))), NO_VECTOR, index, Retrieval()
    )
    before, after = ({h.email.id: h.score for h in f.hits} for f in (plain, guessed))
    assert after.keys() >= before.keys()
    assert after["s"] > before["s"]
    assert after["q"] == before["q"]


def test_the_asked_reply_comes_before_what_it_answers() -> None:
    index = Scripted(conversation(), {"q": 0.9, "s": 0.1}, {"q": 0.9})
    question = asked(kind="reply", responders=("Bob Ray",))
    assert order(retrieve(question, NO_VECTOR, index, Retrieval()))[0] == "r"


def test_the_asked_reply_may_have_changed_the_subject() -> None:
    asks, answers, _ = conversation()
    index = Scripted([asks, replace(answers, thread_id="u")], {"q": 0.9, "r": 0.1}, {"q": 0.9})
    question = asked(kind="reply", responders=("Bob Ray",))
    assert order(retrieve(question, NO_VECTOR, index, Retrieval()))[0] == "r"


def test_nobody_replies_to_himself() -> None:
    first, second = (replace(m, thread_id="t") for m in mail("a", "b"))
    index = Scripted([first, second], {"a": 0.9})
    assert order(retrieve(asked(kind="reply"), NO_VECTOR, index, Retrieval()))[0] == "a"


def explicit(**fields: object) -> Scope:
    return Scope(**fields, explicit=frozenset(fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scope", "count"),
    [
        (explicit(senders=(TOMAS,)), 3),
        (explicit(senders=(INES,)), 1),
        (explicit(recipients=(PRIYA,)), 2),
        (explicit(since=date(2022, 8, 1)), 4),
        (explicit(until=date(2021, 2, 2)), 2),
        (explicit(senders=(WALTER,), recipients=(FREYA,)), 2),
        (explicit(since=date(2021, 6, 1), until=date(2021, 6, 30)), 2),
        (explicit(senders=("Nobody",)), 0),
    ],
)
def test_explicit_scope_filters_hard(library: Library, scope: Scope, count: int) -> None:
    hits = found_in(library, "crowns slate wheel loan band rye bakery", scope).hits
    assert all(meets(hit.email, scope) for hit in hits)
    assert len(hits) == count == sum(meets(email, scope) for email in library.mail)


@pytest.mark.parametrize("text", ["about:priya crowns", "about:priya crowns in 2021"])
def test_explicit_about_filters_hard(library: Library, text: str) -> None:
    for hit in found_in(library, text).hits:
        assert PRIYA in {hit.email.sender.name, *(p.name for p in hit.email.recipients)}


def test_guessed_people_and_time_hide_nothing(library: Library) -> None:
    assert len(found_in(library, "What did Walter write in 2022 about the crowns?").hits) == COUNT


def test_guessed_period_raises_its_messages(library: Library) -> None:
    plain, dated = (
        found_in(library, f"Who wanted crowns{when}?") for when in ("", " in July 2021")
    )
    place = "wheel3@mill.example"
    assert order(dated).index(place) <= order(plain).index(place)
    assert order(dated)[0] == place


def test_reply_question_finds_the_reply(library: Library) -> None:
    assert order(found_in(library, "How did Walter react to the brass band?"))[0].startswith(
        "open2"
    )


def test_finding_aid_points_to_its_sentence(library: Library) -> None:
    best = found_in(library, "Which musician suits nervous birds?").hits[0]
    assert best.chunk.hint == "Which musician suits nervous birds?"
    assert best.text == "A brass band frightens the geese, hire a fiddler."


def test_merged_clauses_keep_each_best_message() -> None:
    def searched(scores: Mapping[str, float]) -> Retrieved:
        index = Scripted(mail("a", "b", "c"), scores)
        return retrieve(asked(), NO_VECTOR, index, Retrieval())

    one, other = searched({"a": 0.9, "b": 0.2}), searched({"c": 0.9, "b": 0.2})
    both = merge([one, other])
    assert order(both) == ["a", "c", "b"]
    assert order(both) == order(merge([other, one]))
    assert len(both.passages["b"]) == 2
    assert merge([one]) is one


def test_reranker_decides_the_order() -> None:
    class Backwards:
        def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
            return list(reversed(hits))

    index = Scripted(mail("a", "b"), {"a": 0.9, "b": 0.8})
    assert order(retrieve(asked(), NO_VECTOR, index, Retrieval(), Backwards())) == ["b", "a"]


def test_cross_encoder_reorders_the_first_twenty() -> None:
    class LastIsBest:
        def predict(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
            return [float(n // 2) for n in range(len(pairs))]

    reranker = CrossEncoderReranker("unused")
    reranker.__dict__["_model"] = LastIsBest()
    emails = mail(*(f"m{n:02}" for n in range(22)))
    hits = [Hit(whole_message(email), email, 1 - n / 100) for n, email in enumerate(emails)]
    found = reranker.rerank("boat", hits)
    names = [hit.email.id for hit in found]
    assert names[:4] == ["m18", "m19", "m16", "m17"]
    assert names[18:] == ["m00", "m01", "m20", "m21"]
    assert [hit.score for hit in found] == [hit.score for hit in hits]


def test_undated_mail_is_in_no_period() -> None:
    undated = make_email("u", "Text.", sent_at=None)
    assert not in_period(undated, Scope(since=date(2000, 1, 1)))
    assert not meets(undated, explicit(until=date(2030, 1, 1)))


def test_a_period_is_of_whole_local_days() -> None:
    late = make_email("l", "Text.", sent_at=datetime(2021, 5, 3, 23, 59, tzinfo=UTC))
    assert in_period(late, Scope(since=date(2021, 5, 3), until=date(2021, 5, 3)))


def test_whole_message_leaves_the_signature_out() -> None:
    segments = (Segment(0, 4, ANN, "signature"), Segment(4, 9, Person("Eve"), "quoted"))
    chunk = whole_message(make_email("m", "Bye\nWords", segments=segments))
    assert (chunk.start, chunk.end) == (4, 9)
