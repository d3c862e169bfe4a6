"""Scopes and what is said of a passage in Chroma's terms: its filter language and its metadata."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

from ingest.model import Chunk, Email
from rag.model import Scope
from rag.passages import metadata

if TYPE_CHECKING:
    from chromadb.api.types import Metadata as ChromaMetadata
    from chromadb.api.types import Where

_Filter: TypeAlias = dict[str, object]


def where(scope: Scope) -> "Where | None":
    """The explicit part of a scope in Chroma's filter language."""
    tests: list[_Filter] = []
    if scope.senders and "senders" in scope.explicit:
        tests.append(_either(_is_in(("sender", "author"), scope.senders)))
    if scope.recipients and "recipients" in scope.explicit:
        tests.append(_either(_contains(scope.recipients)))
    if scope.about and "about" in scope.explicit:
        tests.append(_either(_is_in(("sender", "author"), scope.about) + _contains(scope.about)))
    if scope.since and "since" in scope.explicit:
        tests.append({"day": {"$gte": int(f"{scope.since:%Y%m%d}")}})
    if scope.until and "until" in scope.explicit:
        tests += [{"day": {"$gt": 0}}, {"day": {"$lte": int(f"{scope.until:%Y%m%d}")}}]
    # Chroma's own type is too wide to be built up in parts.
    return cast("Where", {"$and": tests} if len(tests) > 1 else tests[0]) if tests else None


def _is_in(fields: Sequence[str], names: Sequence[str]) -> list[_Filter]:
    return [{field: {"$in": [_clean(name) for name in names]}} for field in fields]


def _contains(names: Sequence[str]) -> list[_Filter]:
    return [{"recipients": {"$contains": _clean(name)}} for name in names]


def _either(tests: list[_Filter]) -> _Filter:
    return {"$or": tests} if len(tests) > 1 else tests[0]


def storable(chunk: Chunk, email: Email) -> "ChromaMetadata":
    """Without empty lists, which Chroma refuses, and without what UTF-8 cannot hold."""
    facts = metadata(chunk, email).items()
    return {key: _storable_value(value) for key, value in facts if value != []}


def _storable_value(value: str | int | list[str]) -> "str | int | list[str | int | float | bool]":
    if isinstance(value, list):
        return [_clean(part) for part in value]
    return _clean(value) if isinstance(value, str) else value


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
