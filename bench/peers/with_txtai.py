"""txtai with an index of its own, by meaning and by words; one passage for each paragraph."""

from collections.abc import Callable, Iterator, Sequence

from harness import Mail, model_folder
from txtai import Embeddings
from txtai.pipeline import Segmentation


def ingest(mails: Sequence[Mail], folder: str) -> int:
    """Index the mails in `folder`; the number of passages."""
    embeddings = Embeddings(path=model_folder(), content=True, hybrid=True)
    embeddings.index(_passages(mails))
    embeddings.save(folder)
    return int(embeddings.count())


def searcher(folder: str) -> Callable[[str, int], list[str]]:
    """A search over what was indexed: Message-IDs of the best passages, best first."""
    embeddings = Embeddings()
    embeddings.load(folder)

    def search(question: str, k: int) -> list[str]:
        return [found["id"].partition(" ")[2] for found in embeddings.search(question, k)]

    return search


def _passages(mails: Sequence[Mail]) -> Iterator[tuple[str, str, None]]:
    paragraphs = Segmentation(paragraphs=True)
    for mail in mails:
        for number, text in enumerate(paragraphs(mail.text)):
            yield f"{number} {mail.message_id}", text, None
