"""An open index as the engine reads it: messages, passages, names, and how rare a word is."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
import math

from ingest.message_store import MessageStore
from ingest.model import Chunk, Email
from rag.index import Index
from rag.lexical import Ranked
from rag.model import Scope
from rag.names import NameIndex
from rag.ports import Neighbour, Vectors


class Library:
    """One generation of an index, with small caches. Safe to read from several threads."""

    def __init__(self, index: Index) -> None:
        """`index` stays open as long as the library is used."""
        self._index = index
        self._thread = lru_cache(maxsize=512)(self._read_thread)
        self.rarity = lru_cache(maxsize=65536)(self._rarity)

    @property
    def mail(self) -> MessageStore:
        """All messages."""
        return self._index.mail
