"""Settings -> Engine: the composition root, the only module that names an adapter."""

from collections.abc import Callable, Generator
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from ingest.errors import LLMError, ModelMissing, UsageError
from rag.cite import SupportCheck
from rag.config import Settings
from rag.engine import Engine
from rag.entailment import EntailmentCheck
from rag.index import Index, IndexWatcher
from rag.library import Library
from rag.ports import LLM, AnswerSelector, Embedder, PullProgress, Reranker
from rag.support import support

if TYPE_CHECKING:
    from rag.adapters.faults import Limits
    from rag.adapters.ollama_llm import OllamaLLM


def build_engine(settings: Settings, *, embedder: Callable[[], Embedder] | None = None) -> Engine:
    """An engine whose index, embedder and model are opened on first use.

    `embedder` shares one between engines. The first question raises IndexMissing, IndexMismatch,
    IndexDamaged or ModelMissing.
    """
    embedder = embedder or lru_cache(maxsize=1)(lambda: open_embedder(settings))
    return Engine(
        settings,
        library=_Shelf(settings.index, embedder),
        embedder=embedder,
        llm=lambda answerer: open_llm(settings, answerer),
        reranker=lru_cache(maxsize=1)(lambda: open_reranker(settings)),
        selector=lru_cache(maxsize=1)(lambda: open_selector(settings, embedder())),
        check=lru_cache(maxsize=1)(lambda: open_check(settings)),
    )


def open_embedder(settings: Settings) -> Embedder:
    """The embedder that indexes and asks alike; raises ModelMissing."""
    from rag.adapters.embedder_export import open_embedder as opened

    return opened(settings.models_dir, model=settings.embedding_model or None)


def open_selector(settings: Settings, embedder: Embedder) -> tuple[AnswerSelector | None, str]:
    """The answer selector, exported now if it is not yet; why there is none when there should be.

    There should be none beside another embedding model than it was fitted from, or when the
    settings say so.
    """
    from rag.adapters.onnx_selector import open_selector as opened
    from rag.adapters.sentence_transformer import DEFAULT_SHA256

    if not settings.answering.selector or embedder.weights_hash != DEFAULT_SHA256:
        return None, ""
    try:
        return opened(settings.models_dir), ""
    except (ModelMissing, OSError) as error:
        return None, f"{error}; sentences are chosen without the answer selector"


def open_llm(settings: Settings, answerer: str) -> LLM | None:
    """The language model for an answerer; None for "extractive".

    For "auto" and "ollama" the server is asked first; raises LLMError, with the fix, when it or
    the model is not there.
    """
    if answerer == "extractive":
        return None
    if answerer == "openai":
        return _openai(settings)
    if answerer not in ("auto", "ollama"):
        raise UsageError(f"unknown answerer {answerer!r}: auto, ollama, openai or extractive")
    llm = _ollama(settings)
    if fix := llm.probe().fix:
        raise LLMError(fix)
    return llm


def pull_model(settings: Settings) -> Generator[PullProgress, None, None]:
    """Have Ollama download the model of the settings; raises LLMError. Nothing when it is there."""
    llm = _ollama(settings)
    state = llm.probe()
    if not state.reachable:
        raise LLMError(state.fix)
    if not state.model_present:
        yield from llm.pull()


def _ollama(settings: Settings) -> "OllamaLLM":
    from rag.adapters.ollama_llm import OllamaLLM

    return OllamaLLM(
        settings.model,
        host=settings.ollama_host,
        limits=_limits(settings),
        allow_remote=settings.allow_remote_llm,
    )


def _openai(settings: Settings) -> LLM:
    from rag.adapters.openai_llm import OpenAILLM

    return OpenAILLM(
        settings.model,
        settings.openai_base_url,
        api_key=settings.openai_api_key or None,
        context_length=settings.openai_context_length,
        limits=_limits(settings),
        allow_remote=settings.allow_remote_llm,
    )


def _limits(settings: Settings) -> "Limits":
    from rag.adapters.faults import Limits

    answering = settings.answering
    return Limits(
        first_token_s=answering.first_token_timeout_s,
        read_s=answering.read_timeout_s,
        total_s=answering.answer_timeout_s,
    )


def open_reranker(settings: Settings) -> Reranker | None:
    """The configured cross-encoder; None when there is none, as by default."""
    if not settings.retrieval.reranker:
        return None
    from rag.adapters.cross_encoder import CrossEncoderReranker

    return CrossEncoderReranker(settings.retrieval.reranker)


def open_check(settings: Settings) -> SupportCheck:
    """The support check: rules, and the configured entailment model beside them."""
    if not settings.answering.entailment:
        return support
    from rag.adapters.cross_encoder import EntailmentModel

    return EntailmentCheck(EntailmentModel(settings.answering.entailment))


class _Shelf:
    """The library over the newest generation of the index; a new one when it is published."""

    def __init__(self, folder: Path, embedder: Callable[[], Embedder]) -> None:
        self._folder = folder
        self._embedder = embedder
        self._lock = Lock()
        self._watcher: IndexWatcher | None = None
        self._held: tuple[Index, Library] | None = None

    def __call__(self) -> Library:
        with self._lock:
            if self._watcher is None:
                self._watcher = IndexWatcher(self._folder, embedder=self._embedder())
            index = self._watcher.current()
            if self._held is None or self._held[0] is not index:
                self._held = index, Library(index)
            return self._held[1]
