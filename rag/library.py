"""An open index as retrieval and the engine read it: messages, passages, names, rarity of words."""

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from threading import Lock

from ingest.message_store import Header, MessageStore
from ingest.model import Chunk, Email
from rag.index import Index, check_vectors
from rag.lexical import Ranked
from rag.model import Scope
from rag.names import NameIndex
from rag.ports import Embedder, Neighbour, Vectors

#: Messages kept decoded: an archive of this size is read from disk once.
_CACHED = 4096
#: Passages kept, about 1 kB each.
_CHUNKS_CACHED = 32768


class Library:
    """One generation of an index, with caches. Safe to read from several threads."""

    def __init__(self, index: Index) -> None:
        """`index` stays open as long as the library is used."""
        self._index = index
        self._email = lru_cache(maxsize=_CACHED)(index.mail.get)
        self._thread = lru_cache(maxsize=_CACHED)(index.mail.thread)
        self._chunks: dict[str, Chunk] = {}
        self._checking = Lock()
        self._checked: Embedder | None = None
        self._frequency = lru_cache(maxsize=65536)(index.lexical.document_frequency)

    def check_model(self, embedder: Embedder) -> None:
        """IndexMismatch unless `embedder` gives the vectors of the index; looked at once.

        IndexDamaged when these are no vectors. 20 ms with the first question, none later.
        """
        with self._checking:
            if self._checked is not embedder:
                check_vectors(self._index.path, embedder)
                self._checked = embedder

    @property
    def mail(self) -> MessageStore:
        """All messages."""
        return self._index.mail

    @cached_property
    def headers(self) -> tuple[Header, ...]:
        """Every message without its body, in archive order."""
        return tuple(self.mail.headers())

    @property
    def corpus(self) -> str:
        """One of "verbatim", "restated" and "mail"."""
        return self._index.stamp.corpus

    @property
    def chunk_count(self) -> int:
        """Number of indexed passages, questions of a finding aid included."""
        return len(self._index.passages)

    @cached_property
    def stamp_hash(self) -> str:
        """12 hex digits that change when the index is written anew."""
        return hashlib.sha256(repr(self._index.stamp).encode()).hexdigest()[:12]

    @cached_property
    def names(self) -> NameIndex:
        """People of the archive, those who wrote most first, with the spellings it proves."""
        people = [summary.person for summary in self.mail.people()]
        return NameIndex(people, self.mail.aliases())

    @cached_property
    def full_names(self) -> tuple[str, ...]:
        """Canonical names of all people, those who wrote most first."""
        return tuple(summary.person.name for summary in self.mail.people())

    def projected(self, vectors: Vectors) -> Vectors:
        """The (n, dimensions) vectors of questions as this archive is searched with them."""
        return self._index.questions.projected(vectors)

    def untold(self, vector: Vectors) -> float:
        """Best cosine of a projected vector with a question known to have no answer here."""
        return self._index.questions.nearest_untold(vector)

    def dense(self, vector: Vectors, k: int, scope: Scope) -> Sequence[Neighbour]:
        """Nearest passages, best first."""
        return self._index.store.search(vector, k, scope)

    def lexical(self, text: str, k: int, scope: Scope) -> Sequence[Ranked]:
        """Passages by the words they share with `text`, best first."""
        return self._index.lexical.search(text, k, scope)

    def chunks(self, ids: Iterable[str]) -> Mapping[str, Chunk]:
        """The passages with these ids."""
        wanted = list(dict.fromkeys(ids))
        if len(self._chunks) > _CHUNKS_CACHED:
            self._chunks.clear()
        found = {name: chunk for name in wanted if (chunk := self._chunks.get(name))}
        read = self._index.passages.get_many(name for name in wanted if name not in found)
        self._chunks.update(read)
        found.update(read)
        return {name: found[name] for name in wanted if name in found}

    def emails(self, ids: Iterable[str]) -> Mapping[str, Email]:
        """The messages with these ids."""
        return {name: self._email(name) for name in ids}

    def bodies(self, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Id and body of the messages with these ids."""
        return self.mail.bodies(ids)

    def thread(self, thread_id: str) -> Sequence[Email]:
        """The messages of a thread in reading order."""
        return self._thread(thread_id)

    @property
    def vocabulary(self) -> Sequence[str]:
        """All words of four letters or more of the mail, those of most passages first."""
        return self._index.lexical.vocabulary

    def rarity(self, stem: str) -> float:
        """Inverse document frequency of a stem over the passages, at least log 2."""
        return math.log(1 + self.chunk_count / (self._frequency(stem) + 0.5))

    def is_known(self, stem: str) -> bool:
        """True when some passage has the stem."""
        return self._frequency(stem) > 0
