"""Finding passages by the words they share with a question: a small tantivy index, written once.

The score is the share of the question's stems that a passage holds, weighted by rarity. It says how
much of the question is there, so that it can be added to a cosine and compared between questions;
BM25, which has no upper bound, only orders passages of the same share.

Adding and deleting in place would let deleted passages count in the statistics until tantivy
merges them away, so that the same mail would rank differently; a rebuild is exact and quick.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log
from pathlib import Path
from tempfile import TemporaryDirectory

import tantivy
from rapidfuzz.distance import OSA
from rapidfuzz.process import extract
from tantivy import Document, FieldType, Occur, Query

from ingest.chunk import embedding_text
from ingest.errors import EnvironmentTrouble, IndexDamaged
from ingest.model import Chunk, Email
from rag.model import Scope
from rag.passages import day_number
from rag.terms import terms

#: Distinct stems of one question that are looked up; more is not a question.
_MAX_TERMS = 256
#: A word that the mail does not have counts as one that differs by one letter, from this length on.
_FUZZY_LENGTH = 5
_FUZZY_WORDS = 4
#: What a word with one letter changed weighs against one spelled as asked.
_FUZZY_SHARE = 0.5
#: What BM25 (below 40 for any question) counts beside the share.
_TIE = 0.001
_WORD = re.compile(rf"[^\W\d_]{{{_FUZZY_LENGTH - 1},}}")
#: Bytes tantivy may hold before it writes a segment: some 90,000 passages of short mail. With 128
#: MB writing is as quick, a question of 130,000 passages not quicker.
_HEAP = 32_000_000
_LATEST = 99991231


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage found by its words.

    `score` is the share of the question's stems that it holds, in (0, 1], weighted by rarity, plus
    a thousandth of its BM25 (k1 1.2, b 0.75).
    """

    chunk_id: str
    score: float


class LexicalWriter:
    """Writes a word index; `finish` makes it readable."""

    def __init__(self, folder: Path) -> None:
        """In a new or empty folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        try:
            index = tantivy.Index(_schema(), path=str(folder))
            # One thread and one commit: the same mail gives the same segment in the same order.
            self._writer = index.writer(heap_size=_HEAP, num_threads=1)
        except (ValueError, OSError) as error:
            raise self._trouble(error) from error

    def add(self, passages: Iterable[tuple[Chunk, Email]]) -> None:
        """Append passages, each new."""
        for chunk, email in passages:
            try:
                self._writer.add_document(_document(chunk, email))
            except (ValueError, OSError) as error:
                raise self._trouble(error) from error

    def finish(self) -> None:
        """Write everything out and close the files."""
        try:
            self._writer.commit()
            self._writer.wait_merging_threads()
        except (ValueError, OSError) as error:
            raise self._trouble(error) from error
        del self._writer

    def _trouble(self, error: Exception) -> EnvironmentTrouble:
        return EnvironmentTrouble(
            f"cannot write the word index in {self._folder}: {error}; "
            "free some space, then run it again"
        )


class LexicalIndex:
    """Passages by their words, read only. Safe to read from several threads."""

    def __init__(self, index: tantivy.Index) -> None:
        """Use `open`."""
        self._schema = index.schema
        self._searcher = index.searcher()

    @classmethod
    def open(cls, folder: Path) -> "LexicalIndex":
        """The word index in `folder`; IndexDamaged."""
        try:
            if os.access(folder, os.W_OK):
                return cls(tantivy.Index.open(str(folder)))
            # tantivy wants to make a lock file beside the files, which it opens once and for all.
            with TemporaryDirectory(prefix="exhibit-") as writable:
                for path in folder.iterdir():
                    if path.suffix != ".lock":
                        Path(writable, path.name).symlink_to(path.absolute())
                return cls(tantivy.Index.open(writable))
        except (ValueError, OSError) as error:
            raise IndexDamaged(
                f"the word index in {folder} cannot be read: run `exhibit ingest --rebuild`"
            ) from error

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(
        self, words: str | Sequence[str], k: int, scope: Scope, *, fuzzy: bool = True
    ) -> list[Ranked]:
        """Up to `k` passages that have any of the content words, best first, ties by id.

        `words` is any text: it is taken apart into stems, never parsed. `fuzzy`: a word of 5 or
        more letters that no passage has stands for those that differ by one letter.
        """
        text = words if isinstance(words, str) else " ".join(words)
        wanted = self._term_queries(text, fuzzy=fuzzy)
        if not wanted or k < 1 or not len(self):
            return []
        parts = [(Occur.Must, Query.boolean_query(wanted))]
        parts += [(Occur.Must, Query.const_score_query(q, 0.0)) for q in self._filters(scope)]
        # Some more than asked for, so that ties at the end are settled by id as well.
        found = self._searcher.search(Query.boolean_query(parts), 2 * k + 16, count=False)
        hits = [(score, self._searcher.doc(place)) for score, place in found.hits]
        ranked = [Ranked(str(document["id"][0]), float(score)) for score, document in hits]
        return sorted(ranked, key=lambda r: (-r.score, r.chunk_id))[:k]

    def document_frequency(self, stem: str) -> int:
        """The number of passages that have the stem, as `rag.terms` makes them."""
        return int(self._searcher.doc_freq("terms", stem))

    def has_term(self, word: str) -> bool:
        """True when a passage has the word in any form; never for stop words."""
        return any(self.document_frequency(stem) for stem in terms(word))

    def ids(self) -> list[str]:
        """All passage ids, sorted."""
        found = self._searcher.search(Query.all_query(), max(1, len(self)), count=False)
        return sorted(str(self._searcher.doc(place)["id"][0]) for _, place in found.hits)

    def similar_words(self, word: str) -> list[str]:
        """Words of the mail that differ from `word` by one letter, sorted; none for short ones."""
        if len(word) < _FUZZY_LENGTH:
            return []
        found = extract(
            word.lower(), self.vocabulary, scorer=OSA.distance, score_cutoff=1, limit=_FUZZY_WORDS
        )
        return sorted(match for match, _, _ in found)

    @cached_property
    def vocabulary(self) -> list[str]:
        """All words of four letters or more, lower-case, those of most passages first."""
        # tantivy's own order: by passages, then by the alphabet.
        return [term for term, _ in self._searcher.terms_with_prefix("words", "", limit=None)]

    def _term_queries(self, text: str, *, fuzzy: bool) -> list[tuple[Occur, Query]]:
        stems = list(dict.fromkeys(terms(text)))[:_MAX_TERMS]
        shares = self._shares(stems)
        known = [stem for stem in stems if self.document_frequency(stem)]
        found = [query for stem in known for query in self._holds([stem], shares[stem])]
        if fuzzy and len(known) < len(stems):
            found += self._fuzzy(text, shares)
        return [(Occur.Should, query) for query in found]

    def _shares(self, stems: Sequence[str]) -> dict[str, float]:
        """What each stem is of the question: inverse document frequencies, as BM25 has them."""
        total = len(self)
        held = {stem: self.document_frequency(stem) for stem in stems}
        idf = {stem: log(1 + (total - n + 0.5) / (n + 0.5)) for stem, n in held.items()}
        whole = sum(idf.values())
        return {stem: value / whole for stem, value in idf.items()}

    def _fuzzy(self, text: str, shares: Mapping[str, float]) -> list[Query]:
        found: list[Query] = []
        for word in dict.fromkeys(match.group().lower() for match in _WORD.finditer(text)):
            asked = [stem for stem in terms(word) if stem in shares]
            if not asked or self.has_term(word):
                continue
            near = dict.fromkeys(stem for like in self.similar_words(word) for stem in terms(like))
            meant = [stem for stem in near if stem not in shares]
            if meant:
                found += self._holds(meant, _FUZZY_SHARE * sum(shares[s] for s in asked))
        return found

    def _holds(self, stems: Sequence[str], share: float) -> list[Query]:
        """`share` for a passage that holds any of the stems, and a little for how it holds them."""
        query = Query.disjunction_max_query([self._term(stem) for stem in stems])
        return [Query.const_score_query(query, share), Query.boost_query(query, _TIE)]

    def _term(self, stem: str) -> Query:
        return Query.term_query(self._schema, "terms", stem, "freq")

    def _filters(self, scope: Scope) -> list[Query]:
        found = []
        if scope.senders and "senders" in scope.explicit:
            found.append(self._any(("writers",), scope.senders))
        if scope.recipients and "recipients" in scope.explicit:
            found.append(self._any(("recipients",), scope.recipients))
        if scope.about and "about" in scope.explicit:
            found.append(self._any(("writers", "recipients"), scope.about))
        since = int(f"{scope.since:%Y%m%d}") if scope.since and "since" in scope.explicit else 1
        until = int(f"{scope.until:%Y%m%d}") if scope.until and "until" in scope.explicit else 0
        if since > 1 or until:
            last = until or _LATEST
            found.append(Query.range_query(self._schema, "day", FieldType.Integer, since, last))
        return found

    def _any(self, fields: Sequence[str], names: Sequence[str]) -> Query:
        queries = [
            (Occur.Should, Query.term_query(self._schema, field, _name(name), "basic"))
            for field in fields
            for name in names
        ]
        return Query.boolean_query(queries)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    # Stems come from `rag.terms`, the same as everywhere else, and are only split here.
    builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("words", tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("writers", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("recipients", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("day", indexed=True, fast=True)
    return builder.build()


def _document(chunk: Chunk, email: Email) -> Document:
    text = embedding_text(email, chunk)
    document = Document()
    document.add_text("id", chunk.id)
    document.add_text("terms", " ".join(terms(text)))
    document.add_text("words", " ".join(match.group().lower() for match in _WORD.finditer(text)))
    for person in dict.fromkeys(filter(None, (email.sender, chunk.author))):
        document.add_text("writers", _name(person.name))
    for person in email.recipients:
        document.add_text("recipients", _name(person.name))
    document.add_integer("day", day_number(email))
    return document


def _name(name: str) -> str:
    """The name without what UTF-8 cannot hold."""
    return name.encode("utf-8", "replace").decode()
