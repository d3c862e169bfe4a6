"""LlamaIndex with Chroma: its sentence splitter, fitted to the model's window of 256 tokens."""

from collections.abc import Callable, Sequence

import chromadb
from harness import Mail, model_folder
from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.node_parser import SentenceSplitter
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.chroma import ChromaVectorStore


def ingest(mails: Sequence[Mail], folder: str) -> int:
    """Index the mails in `folder`; the number of passages."""
    documents = [
        Document(
            text=mail.text,
            metadata={"message_id": mail.message_id},
            excluded_embed_metadata_keys=["message_id"],
        )
        for mail in mails
    ]
    store = _store(folder)
    VectorStoreIndex.from_documents(
        documents,
        storage_context=StorageContext.from_defaults(vector_store=store),
        embed_model=HuggingFaceEmbedding(model_name=model_folder()),
        transformations=[SentenceSplitter(chunk_size=256, chunk_overlap=20)],
    )
    return int(store.client.count())


def searcher(folder: str) -> Callable[[str, int], list[str]]:
    """A search over what was indexed: Message-IDs of the best passages, best first."""
    index = VectorStoreIndex.from_vector_store(
        _store(folder), embed_model=HuggingFaceEmbedding(model_name=model_folder())
    )

    def search(question: str, k: int) -> list[str]:
        found = index.as_retriever(similarity_top_k=k).retrieve(question)
        return [node.metadata["message_id"] for node in found]

    return search


def _store(folder: str) -> ChromaVectorStore:
    collection = chromadb.PersistentClient(folder).get_or_create_collection(
        "mail", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
    )
    return ChromaVectorStore(chroma_collection=collection)
