"""The list beside the index of what the user asked to forget; every ingest leaves that out.

`forgotten.json` survives `--rebuild`; taking a line out and ingesting again brings the mail back.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from ingest.errors import IndexDamaged
from ingest.forgotten import Forgotten
from rag.index.generation import private_files, told_plainly, write_synced

NAME = "forgotten.json"


def read_forgotten(folder: Path) -> Forgotten:
    """What is to be left out of the index in `folder`; IndexDamaged when the list is unreadable."""
    path = folder / NAME
    try:
        return forgotten_in(json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return Forgotten()
    except (OSError, ValueError, KeyError, TypeError) as error:
        # Without the list, forgotten mail would come back in silence.
        raise IndexDamaged(
            f"{path} is not the list of forgotten mail that was written: mend it, or delete it to "
            "have that mail back"
        ) from error


def write_forgotten(folder: Path, forgotten: Forgotten) -> None:
    """Replace the list in one step; only its owner can read it. EnvironmentTrouble."""
    with private_files(), told_plainly(folder):
        write_synced(folder / NAME, forgotten_text(forgotten))


def forgotten_text(forgotten: Forgotten) -> str:
    """The list as it is written."""
    lists = {"messages": sorted(forgotten.messages), "paths": sorted(forgotten.paths)}
    return json.dumps(lists, indent=1) + "\n"


def forgotten_in(lists: Mapping[str, object]) -> Forgotten:
    """The list as it was read; KeyError, TypeError, ValueError when it is not one."""
    return Forgotten(_strings(lists["messages"]), _strings(lists["paths"]))


def _strings(values: object) -> frozenset[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError("not a list of strings")
    return frozenset(values)
