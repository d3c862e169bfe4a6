"""Shares of a question by stems: the formula, safety with any text, typing errors, scope, order."""

import math
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.chunk import embedding_text
from ingest.errors import IndexDamaged
from ingest.model import Email
from rag.lexical import LexicalIndex, LexicalWriter, Ranked
from rag.model import Scope
from rag.terms import terms
from tests.fakes import BOB, CY, make_email, passages_of

EMAILS = [
    make_email("e1", "The committee discussed compensation and the new harbour."),
    make_email("e2", "Compensation, compensation: nothing else was discussed.", sender=BOB),
    make_email("e3", "Copper prices went up to 4,200.", sender=CY, to=(BOB,), sent_at=None),
    make_email("e4", "A walnut violin."),
]


def make_index(folder: Path, emails: list[Email]) -> LexicalIndex:
    writer = LexicalWriter(folder)
    writer.add(passages_of(emails))
    writer.finish()
    return LexicalIndex.open(folder)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> LexicalIndex:
    return make_index(tmp_path_factory.mktemp("lexical"), EMAILS)


def found(index: LexicalIndex, words: str, scope: Scope | None = None) -> list[str]:
    names = {chunk.id: email.id for chunk, email in passages_of(EMAILS)}
    return [names[ranked.chunk_id] for ranked in index.search(words, 10, scope or Scope())]


def test_scores_are_shares_of_the_question_by_rarity(index: LexicalIndex) -> None:
    texts = [Counter(terms(embedding_text(e, c))) for c, e in passages_of(EMAILS)]
    ids = [chunk.id for chunk, _ in passages_of(EMAILS)]
    mean = sum(text.total() for text in texts) / len(texts)
    asked = terms("compensation violins trumpet")
    held = {stem: sum(stem in text for text in texts) for stem in asked}
    idf = {stem: math.log(1 + (4 - n + 0.5) / (n + 0.5)) for stem, n in held.items()}
    expected = {}
    for name, text in zip(ids, texts, strict=True):
        share = sum(idf[stem] for stem in asked if stem in text) / sum(idf.values())
        norm = 1.2 * (0.25 + 0.75 * text.total() / mean)
        bm25 = sum(idf[stem] * text[stem] * 2.2 / (text[stem] + norm) for stem in asked)
        if share:
            expected[name] = share + bm25 / 1000
    ranked = index.search("compensation violins trumpet", 10, Scope(), fuzzy=False)
    assert {r.chunk_id: pytest.approx(r.score, rel=1e-4) for r in ranked} == expected


def test_all_words_of_the_question_are_a_whole(index: LexicalIndex) -> None:
    [best] = index.search("walnut violin", 1, Scope())
    assert best.score == pytest.approx(1, abs=0.01)


def test_the_words_of_most_passages_come_first_then_by_the_alphabet(index: LexicalIndex) -> None:
    held = Counter[str]()
    for chunk, email in passages_of(EMAILS):
        held.update(set(re.findall(r"[^\W\d_]{4,}", embedding_text(email, chunk).lower())))
    assert index.vocabulary == sorted(held, key=lambda word: (-held[word], word))


def test_other_forms_of_a_word_are_found(index: LexicalIndex) -> None:
    assert found(index, "Who was compensated?") == ["e2", "e1"]


def test_a_typing_error_finds_what_was_meant(index: LexicalIndex) -> None:
    assert found(index, "compensaton") == ["e2", "e1"]
    assert index.search("compensaton", 5, Scope(), fuzzy=False) == []


def test_a_word_that_the_mail_has_is_never_widened(tmp_path: Path) -> None:
    emails = [make_email("e1", "The boast was loud."), make_email("e2", "The roast was fine.")]
    assert len(make_index(tmp_path, emails).search("roast", 5, Scope())) == 1


def test_words_may_come_as_a_list(index: LexicalIndex) -> None:
    assert index.search(["walnut", "violin"], 3, Scope()) == index.search(
        "walnut violin", 3, Scope()
    )


def test_stop_words_alone_find_nothing(index: LexicalIndex) -> None:
    assert index.search("what is it about", 5, Scope()) == []


def test_frequencies_count_passages(index: LexicalIndex) -> None:
    assert index.document_frequency(terms("compensation")[0]) == 2
    assert (index.has_term("violins"), index.has_term("trumpet"), len(index)) == (True, False, 4)


def test_scope_filters(index: LexicalIndex) -> None:
    by_bob = Scope(senders=("Bob Ray",), explicit=frozenset({"senders"}))
    early = Scope(until=date(2021, 5, 3), explicit=frozenset({"until"}))
    late = Scope(since=date(2021, 5, 4), explicit=frozenset({"since"}))
    assert found(index, "compensation copper", by_bob) == ["e2"]
    assert found(index, "compensation copper", early) == ["e2", "e1"]
    assert found(index, "compensation copper", late) == []


def test_a_filter_does_not_change_scores(index: LexicalIndex) -> None:
    by_bob = Scope(senders=("Bob Ray",), explicit=frozenset({"senders"}))
    best = index.search("compensation", 1, Scope())
    assert index.search("compensation", 1, by_bob) == best


def test_equal_scores_are_ordered_by_id(tmp_path: Path) -> None:
    emails = [make_email(f"e{n}", "Same words here.") for n in range(12)]
    ranked = make_index(tmp_path, emails).search("words", 5, Scope())
    assert [r.chunk_id for r in ranked] == sorted(c.id for c, _ in passages_of(emails))[:5]


def test_the_same_mail_gives_the_same_ranking(tmp_path: Path, index: LexicalIndex) -> None:
    again = make_index(tmp_path, EMAILS)
    for words in ("compensation harbour", "copper 4,200 violin"):
        assert again.search(words, 9, Scope()) == index.search(words, 9, Scope())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60))
def test_any_text_is_a_safe_question(index: LexicalIndex, text: str) -> None:
    ranked = index.search(text + ' "a:b" AND (-x^2 OR [1 TO', 5, Scope())
    assert all(isinstance(r, Ranked) and r.score > 0 for r in ranked)


def test_odd_text_is_indexed(tmp_path: Path) -> None:
    email = make_email("e1", "Lone \ud800 surrogate, nul \x00 and 🙂 " + "x" * 70_000)
    assert make_index(tmp_path, [email]).has_term("surrogate")


def test_a_damaged_folder_is_refused(tmp_path: Path) -> None:
    make_index(tmp_path, EMAILS)
    (tmp_path / "meta.json").write_text("{")
    with pytest.raises(IndexDamaged, match="--rebuild"):
        LexicalIndex.open(tmp_path)
