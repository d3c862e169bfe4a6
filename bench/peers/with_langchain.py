"""LangChain with Chroma, as its tutorial on retrieval has it: split by characters and embed."""

from collections.abc import Callable, Sequence

from harness import Mail, model_folder
from langchain_chroma import Chroma
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter

#: Chroma takes no more at once.
_AT_ONCE = 5_000


def ingest(mails: Sequence[Mail], folder: str) -> int:
    """Index the mails in `folder`; the number of passages."""
    documents = [Document(mail.text, metadata={"message_id": mail.message_id}) for mail in mails]
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    passages = splitter.split_documents(documents)
    store = _store(folder)
    for start in range(0, len(passages), _AT_ONCE):
        store.add_documents(passages[start : start + _AT_ONCE])
    return len(passages)


def searcher(folder: str) -> Callable[[str, int], list[str]]:
    """A search over what was indexed: Message-IDs of the best passages, best first."""
    store = _store(folder)

    def search(question: str, k: int) -> list[str]:
        return [found.metadata["message_id"] for found in store.similarity_search(question, k=k)]

    return search


def _store(folder: str) -> Chroma:
    embeddings = HuggingFaceEmbeddings(model_name=model_folder())
    return Chroma("mail", embedding_function=embeddings, persist_directory=folder)
