"""Haystack with Chroma: splitter, embedder and writer in one pipeline, its usual shape."""

from collections.abc import Callable, Sequence

from harness import Mail, model_folder
from haystack import Document, Pipeline
from haystack.components.preprocessors import DocumentSplitter
from haystack.components.writers import DocumentWriter
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack_integrations.components.retrievers.chroma import ChromaEmbeddingRetriever
from haystack_integrations.document_stores.chroma import ChromaDocumentStore


def ingest(mails: Sequence[Mail], folder: str) -> int:
    """Index the mails in `folder`; the number of passages."""
    pipeline = Pipeline()
    pipeline.add_component("split", DocumentSplitter(split_by="word", split_length=150))
    embedder = SentenceTransformersDocumentEmbedder(model=model_folder(), progress_bar=False)
    pipeline.add_component("embed", embedder)
    pipeline.add_component("write", DocumentWriter(_store(folder)))
    pipeline.connect("split", "embed")
    pipeline.connect("embed", "write")
    documents = [
        Document(content=mail.text, meta={"message_id": mail.message_id}) for mail in mails
    ]
    written = pipeline.run({"split": {"documents": documents}})
    return int(written["write"]["documents_written"])


def searcher(folder: str) -> Callable[[str, int], list[str]]:
    """A search over what was indexed: Message-IDs of the best passages, best first."""
    pipeline = Pipeline()
    embedder = SentenceTransformersTextEmbedder(model=model_folder(), progress_bar=False)
    pipeline.add_component("embed", embedder)
    pipeline.add_component("retrieve", ChromaEmbeddingRetriever(_store(folder)))
    pipeline.connect("embed.embedding", "retrieve.query_embedding")

    def search(question: str, k: int) -> list[str]:
        found = pipeline.run({"embed": {"text": question}, "retrieve": {"top_k": k}})
        return [document.meta["message_id"] for document in found["retrieve"]["documents"]]

    return search


def _store(folder: str) -> ChromaDocumentStore:
    return ChromaDocumentStore("mail", persist_path=folder, distance_function="cosine")
