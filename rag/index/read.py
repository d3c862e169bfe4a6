"""An open index, the watcher that follows what is published, and the checks on a whole index."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock

from ingest.chunk import embedding_text
from ingest.errors import EnvironmentTrouble, IndexDamaged, IndexMissing, UnknownMessage
from ingest.message_store import MessageStore
from ingest.model import Chunk, ReceiptLine
from ingest.receipt import read_receipt
from rag.adapters.chroma_database import stored_passages
from rag.adapters.chroma_store import ChromaStore
from rag.index.canary import check_canaries
from rag.index.generation import (
    CHROMA,
    LEXICAL,
    MAIL,
    RECEIPT,
    Generation,
    pointer_state,
    published,
)
from rag.index.manifest import (
    FileStates,
    check_at_open,
    faults,
    file_states,
    searched_files,
)
from rag.index.stamp import Stamp, check_match, stamp_of
from rag.lexical import LexicalIndex
from rag.passages import PassageTable, metadata
from rag.ports import Embedder
from rag.question_vectors import QuestionVectors
from rag.vector_table import VectorTable

#: How often a generation may be replaced while it is being opened.
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Index:
    """One published generation, read only. A part of it stays usable for as long as it is held."""

    folder: Path
    stamp: Stamp
    mail: MessageStore
    passages: PassageTable
    store: ChromaStore
    lexical: LexicalIndex
    questions: QuestionVectors
    #: The folder of the generation.
    path: Path
    #: Its files as they were before they were checked.
    states: FileStates

    def chunk(self, chunk_id: str) -> Chunk:
        """The passage with this id; UnknownMessage."""
        found = self.passages.get_many([chunk_id])
        if chunk_id not in found:
            raise UnknownMessage(f"no passage has the id {chunk_id!r}; `exhibit search` finds them")
        return found[chunk_id]

    def chunks_of(self, email_id: str) -> tuple[Chunk, ...]:
        """The passages of a message in order."""
        return self.passages.of_email(email_id)

    def receipt(self) -> Iterator[ReceiptLine]:
        """What became of each input message, in the order read."""
        return read_receipt(self.path / RECEIPT)

    def is_as_opened(self) -> bool:
        """False when a file was changed since: what is mapped must not be read then (SIGBUS)."""
        return file_states(self.states) == self.states

    def close(self) -> None:
        """Let go of the files now, not when nobody holds them any more."""
        self.mail.close()
        self.passages.close()
        self.store.close()


def open_index(folder: Path, *, embedder: Embedder | None = None) -> Index:
    """The published index in `folder`, checked for damage.

    With `embedder`, IndexMismatch when another model wrote it. IndexMissing, IndexDamaged.
    """
    for attempt in range(_ATTEMPTS):
        generation = published(folder)
        try:
            return open_generation(generation, embedder)
        except (IndexDamaged, IndexMissing):
            # Two ingests may have finished meanwhile, and the second removed what was being opened.
            if published(folder) == generation or attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def open_generation(generation: Generation, embedder: Embedder | None = None) -> Index:
    """A generation, published or not, checked for damage; IndexDamaged, IndexMismatch."""
    path = generation.path
    stamp = stamp_of(path)
    if embedder:
        check_match(stamp, path.parent, embedder)
    states = file_states(searched_files(path))
    check_at_open(generation)
    table = VectorTable.open(path)
    mail = MessageStore.open(path / MAIL)
    passages = PassageTable.open(path)
    store = ChromaStore(path / CHROMA, table=table)
    lexical = LexicalIndex.open(path / LEXICAL)
    questions = QuestionVectors.open(path)
    return Index(path.parent, stamp, mail, passages, store, lexical, questions, path, states)


class IndexWatcher:
    """Hands out the published index and opens the next one as soon as it is published."""

    def __init__(self, folder: Path, *, embedder: Embedder | None = None) -> None:
        """Nothing is opened yet. With `embedder`, an index of another model is refused."""
        self._folder = folder
        self._embedder = embedder
        self._lock = Lock()
        self._index: Index | None = None
        self._state: tuple[int, int, int] | None = None

    def current(self) -> Index:
        """The index as published now, for some twenty `stat`s; IndexMissing, IndexMismatch,
        IndexDamaged, also when files were changed under the open index.

        One handed out before stays open for as long as somebody holds it.
        """
        with self._lock:
            state = pointer_state(self._folder)
            index = self._index
            if index is None or state is None or state != self._state or not index.is_as_opened():
                # Forgotten first: a damaged index must not be handed out the next time.
                self._index = None
                index = open_index(self._folder, embedder=self._embedder)
                self._index, self._state = index, state
            return index


def verify_index(folder: Path, *, embedder: Embedder | None = None) -> list[str]:
    """All that is wrong with the published index, one line each: files, counts, places of passages.

    With `embedder`, also whether it still gives the stored vectors. IndexMissing.
    """
    try:
        return verify_generation(published(folder), embedder=embedder)
    except IndexDamaged as error:
        return [str(error)]


def verify_generation(generation: Generation, *, embedder: Embedder | None = None) -> list[str]:
    """The same of one generation, published or not."""
    try:
        stamp = stamp_of(generation.path)
        found = faults(generation)
        if not found:
            index = open_generation(generation, embedder)
            found = list(_disagreements(index, stamp))
            index.close()
        if not found and embedder:
            check_canaries(generation.path, embedder)
    except EnvironmentTrouble as error:
        return [str(error)]
    return found


def _disagreements(index: Index, stamp: Stamp) -> Iterator[str]:
    ids = index.store.ids()
    if ids != sorted(chunk.id for chunk in index.passages):
        yield "the vectors are not those of the passages"
    if ids != index.lexical.ids():
        yield "the word index does not hold the same passages as the vectors"
    if ids != sorted(name for name, _ in stored_passages(index.path / CHROMA)):
        yield "Chroma does not hold the same passages as the vectors"
    if (stamp.messages, stamp.chunks) != (len(index.mail), len(ids)):
        yield "the stamp gives other counts"
    for email in index.mail:
        for chunk in index.passages.of_email(email.id):
            if not 0 <= chunk.start < chunk.end <= len(email.body):
                yield f"passage {chunk.id} is not inside {email.id}"


def canonical_dump(folder: Path) -> str:
    """sha256 over every passage of the published index, by id: text, metadata, vector, as Chroma,
    the word index and the tables have them. Equal for equal mail, however the index came about.
    """
    index = open_index(folder)
    digest = sha256(f"{index.stamp.embedder} {index.stamp.weights_hash}\n".encode())
    chunks = {chunk.id: chunk for chunk in index.passages}
    stored = dict(stored_passages(index.path / CHROMA))
    for name in sorted(chunks):
        chunk = chunks[name]
        email = index.mail.get(chunk.email_id)
        said = (chunk, embedding_text(email, chunk), metadata(chunk, email))
        facts = (*said, stored.pop(name, None))
        digest.update(repr(facts).encode("utf-8", "surrogatepass"))
        digest.update(index.store.vectors([name]).tobytes())
    digest.update(repr((index.lexical.ids(), sorted(stored), index.mail.ids())).encode())
    index.close()
    return digest.hexdigest()
