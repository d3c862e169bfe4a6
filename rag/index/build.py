"""One run that turns an archive into a generation: cut, embed, write, check, publish.

Only passages that are new are embedded; memory holds one batch of them.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ingest.aid import aid_chunks
from ingest.chunk import chunk_email, embedding_text
from ingest.errors import EnvironmentTrouble, ModelMissing
from ingest.message_store import MessageStore
from ingest.model import Chunk, Email
from rag.adapters.chroma_store import EXACT_LIMIT, ChromaStore
from rag.index.canary import check_canaries
from rag.index.generation import CHROMA, LEXICAL, MAIL, RECEIPT, publish
from rag.index.journal import VectorJournal
from rag.index.manifest import write_manifest
from rag.index.rules import Rules
from rag.index.stamp import Corpus, Stamp
from rag.known_vectors import Embed
from rag.lexical import LexicalIndex, LexicalWriter
from rag.passages import PassageTable, difference
from rag.ports import Embedder, Vectors
from rag.question_vectors import QuestionVectors
from rag.vector_table import VectorTable, VectorTableWriter, vector_fault

if TYPE_CHECKING:
    from ingest.archive import Archive

#: Passages embedded and written at a time; bounds memory, costs nothing.
_BATCH = 128
_EMAILS = 200
#: Passages whose vectors are looked up again in the finished generation.
_SAMPLE = 200

Progress = Callable[[str, int], None]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Former:
    """The published generation that a new one takes its vectors from."""

    path: Path
    stamp: Stamp
    table: VectorTable
    email_ids: frozenset[str]
    #: Whether its Chroma folder may be copied, with what Chroma keeps of deleted rows.
    is_copied: bool = True


@dataclass(frozen=True, slots=True)
class Changes:
    """Counts of messages."""

    indexed: int
    unchanged: int
    removed: int


class Build:
    """One run of `write_index`, in the order of its methods."""

    def __init__(
        self,
        generation: Path,
        archive: "Archive",
        embedder: Embedder,
        rules: Rules,
        progress: Progress,
    ) -> None:
        self._path = generation
        self._archive = archive
        self._embedder = embedder
        self._rules = rules
        self._progress = progress
        self._passages = PassageTable.create(generation)

    def run(self, former: Former | None) -> tuple[Stamp, Changes]:
        """Write and publish the generation unless the former one has the same content."""
        try:
            content = self._cut()
            self._count = len(self._passages)
            self._progress("cut", self._count)
            if former and former.stamp.content == content:
                return former.stamp, Changes(0, len(former.email_ids), 0)
            if former:
                check_canaries(former.path, self._embedder)
            with VectorJournal(self._path.parent, self._embedder) as journal:
                self._write(former, journal)
                changes = self._changes(former)
                stamp = self._finish(content)
        finally:
            self._passages.close()
        return stamp, changes

    def _cut(self) -> str:
        """Write the table of passages; a hash of all that the index will say."""
        digest = sha256()
        aids, settings = self._rules.aids, self._rules.settings
        for count, emails in enumerate(_batches(self._archive.store, _EMAILS)):
            passages: list[tuple[Chunk, Email]] = []
            for email in emails:
                own = chunk_email(
                    email, count_tokens=self._embedder.count_tokens, settings=settings
                )
                chunks = own + aid_chunks(email, aids.get(email.id, ()))
                digest.update(repr((email, [c.id for c in chunks])).encode("utf-8", "replace"))
                passages += [(chunk, email) for chunk in chunks]
            self._passages.add(passages)
            self._progress("cutting", count * _EMAILS + len(emails))
        for line in self._archive.receipt:
            digest.update(repr(line).encode("utf-8", "replace"))
        rest = (self._archive.store.aliases(), self._sources())
        digest.update(repr(rest).encode("utf-8", "replace"))
        if self._rules.untold or self._rules.projection:
            aid = (self._rules.untold, self._rules.projection)
            digest.update(repr(aid).encode("utf-8", "replace"))
        return digest.hexdigest()

    def _write(self, former: Former | None, journal: VectorJournal) -> None:
        """Write vectors, words and the Chroma folder; EnvironmentTrouble unless they are whole."""
        texts = self._rules.untold
        untold = self._embed(texts, self._embedder.embed_queries) if texts else None
        QuestionVectors.made(self._rules.projection, untold, self._embedder).write(self._path)
        with closing(ChromaStore(self._path / CHROMA)) as chroma:
            self._fill(chroma, former, journal)
            self._check(chroma)

    def _fill(self, chroma: ChromaStore, former: Former | None, journal: VectorJournal) -> None:
        words = LexicalWriter(self._path / LEXICAL)
        with VectorTableWriter(self._path, self._count, self._embedder.dimensions) as table:
            kept = self._keep_chroma(former, chroma)
            for count, passages in enumerate(_batches(self._all_passages(), _BATCH)):
                vectors = self._vectors(passages, former, journal)
                table.add(passages, vectors)
                words.add(passages)
                rows = [i for i, (c, _) in enumerate(passages) if kept is None or c.id in kept]
                if rows:
                    chroma.add([passages[i] for i in rows], vectors[rows])
                self._progress("embedding", count * _BATCH + len(passages))
            table.finish()
        words.finish()

    def _keep_chroma(self, former: Former | None, chroma: ChromaStore) -> frozenset[str] | None:
        """Start from a copy of the former Chroma folder when little changed; the ids left to write.

        None: it starts empty, all are to be written.
        """
        if former is None or not former.is_copied:
            return None
        found = difference(self._path, former.path)
        if 2 * (len(found.written) + len(found.removed)) > self._count:
            return None
        shutil.copytree(former.path / CHROMA, self._path / CHROMA)
        chroma.delete([*found.removed, *sorted(found.written)])
        return found.written

    def _all_passages(self) -> Iterator[tuple[Chunk, Email]]:
        for email in self._archive.store:
            yield from ((chunk, email) for chunk in self._passages.of_email(email.id))

    def _vectors(
        self,
        passages: Sequence[tuple[Chunk, Email]],
        former: Former | None,
        journal: VectorJournal,
    ) -> Vectors:
        """(n, dimensions) float32: known ones taken over, the others embedded."""
        ids = [chunk.id for chunk, _ in passages]
        vectors = np.zeros((len(ids), self._embedder.dimensions), dtype=np.float32)
        is_known = np.zeros(len(ids), dtype=np.bool_)
        if former:
            is_known = former.table.rows(ids) >= 0
            vectors[is_known] = former.table.vectors([ids[i] for i in np.flatnonzero(is_known)])
        for i in np.flatnonzero(~is_known):
            if ids[i] in journal:
                vectors[i], is_known[i] = journal.vector(ids[i]), True
        missing = np.flatnonzero(~is_known).tolist()
        if missing:
            texts = [embedding_text(passages[i][1], passages[i][0]) for i in missing]
            vectors[missing] = self._embed(texts, self._embedder.embed_passages)
            journal.add([ids[i] for i in missing], vectors[missing])
        return vectors

    def _embed(self, texts: Sequence[str], embed: Embed) -> Vectors:
        """(n, dimensions) float32; ModelMissing when they cannot be used."""
        known, model = self._rules.vectors, self._embedder
        if known and known.weights_hash == model.weights_hash:
            vectors = known.embed(texts, embed)
        else:
            vectors = embed(texts)
        if fault := vector_fault(vectors):
            raise ModelMissing(
                f"the embedding model {model.name} gave vectors that are {fault}: reinstall it"
            )
        return vectors

    def _check(self, chroma: ChromaStore) -> None:
        """Raise EnvironmentTrouble unless all passages are there and vectors find themselves."""
        self._progress("checking", self._count)
        table = VectorTable.open(self._path)
        words = LexicalIndex.open(self._path / LEXICAL)
        sample = table.some_ids(_SAMPLE)
        is_complete = (
            len(words) == len(table) == self._count
            and table.has_just(chroma.stored_ids())
            and chroma.keeps(sample, table.vectors(sample))
        )
        if not is_complete:
            raise EnvironmentTrouble(
                f"Chroma did not keep all passages in {self._path.parent}; the index there is as "
                "it was: run `exhibit ingest --rebuild`"
            )

    def _finish(self, content: str) -> Stamp:
        """Add the mail, the receipt and the stamp, then publish."""
        source = self._archive.store.path
        shutil.copyfile(source, self._path / MAIL)
        shutil.copyfile(source.with_name(RECEIPT), self._path / RECEIPT)
        stamp = Stamp(
            embedder=self._embedder.name,
            weights_hash=self._embedder.weights_hash,
            dimensions=self._embedder.dimensions,
            chunking=self._rules.settings,
            corpus=_corpus(self._archive.store),
            sources=self._sources(),
            messages=len(self._archive.store),
            chunks=self._count,
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            content=content,
        )
        stamp.write(self._path)
        self._progress("publishing", self._count)
        publish(write_manifest(self._path, chroma_is_searched=self._count > EXACT_LIMIT))
        self._progress("published", self._count)
        return stamp

    def _changes(self, former: Former | None) -> Changes:
        if former is None:
            return Changes(len(self._archive.store), 0, 0)
        ids = self._archive.store.ids()
        found = difference(self._path, former.path)
        unchanged = sum(i in former.email_ids and i not in found.changed_emails for i in ids)
        return Changes(len(ids) - unchanged, unchanged, len(former.email_ids.difference(ids)))

    def _sources(self) -> tuple[str, ...]:
        return tuple(str(path) for path in self._archive.sources)


def _corpus(store: MessageStore) -> Corpus:
    """Which text this is: "mail" unless every message is one of the released ones."""
    from corpus.released import known_messages

    known = {message.id for message in known_messages()}
    if not 0 < len(store) <= len(known) or not known.issuperset(store.ids()):
        return "mail"
    kinds = {email.text_kind for email in store}
    return kinds.pop() if len(kinds) == 1 else "mail"


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    remaining = iter(items)
    while some := list(islice(remaining, size)):
        yield some
