"""A machine of its own for tests of the command line: no settings, caches or models of the user."""

import os
from pathlib import Path

import pytest


def clean_home(
    patch: pytest.MonkeyPatch, folder: Path, base: Path, *, answerer: str = "extractive"
) -> None:
    """Point every setting into `folder`; the exported model is kept in `base`, made once."""
    for name in [name for name in os.environ if name.startswith(("EXHIBIT_", "OLLAMA_"))]:
        patch.delenv(name)
    config = folder / "config.toml"
    config.write_text("")
    patch.setenv("EXHIBIT_CONFIG", str(config))
    patch.setenv("EXHIBIT_CACHE", str(folder / "cache"))
    patch.setenv("EXHIBIT_INDEX", str(folder / "index"))
    patch.setenv("EXHIBIT_MODELS", str(base / "models"))
    patch.setenv("EXHIBIT_ANSWERER", answerer)
