"""Who said it: scores the segmenter on planted replies and forwards in the common styles.

`python -m eval.attribution [FILE]` prints the share of snippets with the right role and author.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from ingest.body import segment
from ingest.errors import SuiteError
from ingest.model import Person, Segment

#: One JSON object per line: name, sender, text, expected [[role, author or null, snippet], ...].
PLANTED = Path(__file__).resolve().parents[1] / "tests" / "data" / "attribution.jsonl"


class _Record(TypedDict):
    name: str
    sender: str
    text: str
    expected: list[tuple[str, str | None, str]]


@dataclass(frozen=True, slots=True)
class Planted:
    """A message text, and for snippets of it the role and author that are right."""

    name: str
    sender: str
    text: str
    expected: tuple[tuple[str, str | None, str], ...]


def planted(path: Path = PLANTED) -> list[Planted]:
    """The planted messages in file order; SuiteError."""
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [_planted(record) for record in records]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SuiteError(
            f"{path} cannot be read as planted messages ({error}); see eval/README.md"
        ) from error


def mistakes(message: Planted) -> list[str]:
    """The snippets of a message whose role or author is wrong."""
    segments = segment(message.text, Person(message.sender))
    wrong = []
    for role, author, snippet in message.expected:
        found = _at(segments, message.text.index(snippet))
        if (found.role, found.author.name if found.author else None) != (role, author):
            wrong.append(f"{snippet!r}: {found.role} by {found.author}, not {role} by {author}")
    return wrong


def attribution_accuracy(messages: Sequence[Planted]) -> float:
    """The share in [0, 1] of snippets whose role and author are right."""
    total = sum(len(message.expected) for message in messages)
    return 1 - sum(len(mistakes(message)) for message in messages) / total


def main(argv: Sequence[str] | None = None) -> int:
    """Print the accuracy and every mistake; 0 when there is none, else 1."""
    parser = argparse.ArgumentParser(prog="python -m eval.attribution", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=PLANTED, help="planted messages")
    messages = planted(parser.parse_args(argv).file)
    wrong = [(message.name, fault) for message in messages for fault in mistakes(message)]
    for name, fault in wrong:
        print(f"{name}: {fault}")
    snippets = sum(len(message.expected) for message in messages)
    accuracy = attribution_accuracy(messages)
    print(
        f"{len(messages)} messages, {snippets} snippets: {accuracy:.1%} credited rightly; "
        f"{len({name for name, _ in wrong})} messages with a mistake"
    )
    return 1 if wrong else 0


def _planted(record: _Record) -> Planted:
    expected = tuple((role, author, snippet) for role, author, snippet in record["expected"])
    return Planted(record["name"], record["sender"], record["text"], expected)


def _at(segments: tuple[Segment, ...], offset: int) -> Segment:
    return next(s for s in segments if s.start <= offset < s.end)


if __name__ == "__main__":
    sys.exit(main())
