"""From flags to the engine: the one place where the command line loads settings."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import SourceError
from rag.model import Scope
from ui.scope import ScopeFlags, explicit_scope

if TYPE_CHECKING:
    from rag.config import Settings
    from rag.engine import Engine


def settings_from(overrides: Mapping[str, object]) -> "Settings":
    """Settings with the flags that were given (those not None) over everything else."""
    from rag.config import load_settings

    return load_settings(overrides, environ=os.environ)


def engine_from(overrides: Mapping[str, object]) -> "Engine":
    """The engine for these flags; it opens its index on first use."""
    from rag.build import build_engine

    return build_engine(settings_from(overrides))


def scope_from(engine: "Engine", flags: ScopeFlags) -> Scope | None:
    """What the scope flags ask for; None when there are none. Raises UsageError."""
    if not flags.any_given:
        return None
    return explicit_scope(flags, [entry.person for entry in engine.people()])


def checked_paths(paths: list[Path]) -> list[Path]:
    """The same paths, absolute; raises SourceError for one that is not there."""
    for path in paths:
        if not path.exists():
            raise SourceError(f"no file or folder {path}; check the spelling")
    return [path.absolute() for path in paths]
