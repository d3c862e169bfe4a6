"""Settings -> Engine: the composition root, the only place that names an adapter."""

from functools import lru_cache
from threading import Lock

from ingest.errors import LLMError
from rag.config import Settings
from rag.engine import Engine
from rag.index import IndexWatcher
from rag.library import Library
from rag.ports import LLM, Embedder, Reranker
