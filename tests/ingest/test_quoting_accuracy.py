"""Who said it: the planted replies and forwards, in the styles of the common mail programs."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.body import segment
from ingest.model import Person, Segment

PLANTED = Path(__file__).resolve().parents[1] / "data" / "attribution.jsonl"


@dataclass(frozen=True, slots=True)
class Planted:
    """A message text, and for snippets of it the role and author that are right."""

    name: str
    sender: str
    text: str
    expected: tuple[tuple[str, str | None, str], ...]


def planted(path: Path = PLANTED) -> list[Planted]:
    """The planted messages in file order."""
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Planted(r["name"], r["sender"], r["text"], tuple((a, b, c) for a, b, c in r["expected"]))
        for r in records
    ]


def mistakes(message: Planted) -> list[str]:
    """The snippets of a message whose role or author is wrong."""
    segments = segment(message.text, Person(message.sender))
    wrong = []
    for role, author, snippet in message.expected:
        found = _at(segments, message.text.index(snippet))
        if (found.role, found.author.name if found.author else None) != (role, author):
            wrong.append(f"{snippet!r}: {found.role} by {found.author}, not {role} by {author}")
    return wrong


def attribution_accuracy(messages: list[Planted]) -> float:
    """The share of snippets whose role and author are right."""
    total = sum(len(message.expected) for message in messages)
    return 1 - sum(len(mistakes(message)) for message in messages) / total


def _at(segments: tuple[Segment, ...], offset: int) -> Segment:
    return next(s for s in segments if s.start <= offset < s.end)


@pytest.mark.parametrize("message", planted(), ids=lambda message: message.name)
def test_planted_message_is_credited(message: Planted) -> None:
    assert mistakes(message) == []


def test_the_set_is_large_enough() -> None:
    assert len(planted()) >= 60
    assert len({message.name for message in planted()}) == len(planted())


def test_accuracy_counts_mistakes() -> None:
    right, wrong = ("own", "Ann", "Hello"), ("quoted", None, "Hello")
    message = Planted("half", "Ann", "Hello", (right, wrong))
    assert attribution_accuracy([message]) == 0.5
