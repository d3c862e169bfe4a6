"""The places where an implementation can be swapped: a Protocol exists only where two do."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ingest.model import Chunk, Email
from rag.model import Hit, Scope

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns text into unit-length vectors."""

    @property
    def name(self) -> str:
        """Model name, recorded in the index stamp."""

    @property
    def weights_hash(self) -> str:
        """sha256 of the weights: two embedders with equal hashes are interchangeable."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimensions) float32, unit length, for questions."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """(n, dimensions) float32, unit length, for passages; row order is input order."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Number of model tokens of each text, without special tokens, not truncated."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A passage found by its vector. `similarity` is the cosine in [-1, 1]."""

    chunk_id: str
    similarity: float


class Store(Protocol):
    """Keeps passages and their vectors."""

    def ids(self) -> list[str]:
        """All chunk ids, sorted."""

    def vectors(self, ids: Sequence[str]) -> Vectors:
        """(n, dimensions) float32 in the order of `ids`; raises KeyError for an unknown id."""

    def add(self, passages: Sequence[tuple[Chunk, Email]], vectors: Vectors) -> None:
        """Append passages, each new; `vectors` is (n, dimensions) float32 in the same order."""

    def delete(self, ids: Sequence[str]) -> None:
        """Remove passages; unknown ids are ignored."""

    def search(self, vector: Vectors, k: int, scope: Scope) -> list[Neighbour]:
        """Up to `k` nearest passages, best first, ties by chunk id; explicit scope filters."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a language model is sent. `num_predict` and `num_ctx` are in tokens."""

    system: str
    user: str
    num_ctx: int
    num_predict: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts where the server reports them, else None; `done_reason` such as "stop"."""

    prompt_tokens: int | None
    answer_tokens: int | None
    done_reason: str


@dataclass(frozen=True, slots=True)
class PullProgress:
    """One line of a running download; bytes, None where the server does not say."""

    status: str
    completed: int | None
    total: int | None


@runtime_checkable
class LLM(Protocol):
    """A language model that streams its answer."""

    @property
    def name(self) -> str:
        """Model name as shown to the user."""

    def context_length(self) -> int:
        """Tokens the model can read at once; raises LLMError when it cannot be asked."""

    def stream(self, prompt: Prompt) -> Iterator[str | Usage]:
        """Pieces of text, then exactly one Usage, last; closing it stops the server. LLMError."""


@contextmanager
def opened(llm: LLM, prompt: Prompt) -> Iterator[Iterator[str | Usage]]:
    """The stream of an answer; closed on leaving, which makes the server stop."""
    stream = llm.stream(prompt)
    try:
        yield stream
    finally:
        close = getattr(stream, "close", None)
        if close:
            close()


class AnswerSelector(Protocol):
    """Reads a question and sentences of the mail together."""

    def log_odds(self, question: str, sentences: Sequence[tuple[str, str]]) -> list[float]:
        """Of each sentence with its heading (who wrote it when), that it answers the question."""


class Reranker(Protocol):
    """Reorders hits by reading question and passage together."""

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """The same hits, best first."""
