"""The digest's format: what a record becomes and how a broken line is reported."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from corpus.released import digest_path
from ingest.errors import SourceError
from ingest.formats.digest import read_digest, sniff
from ingest.known import load_known
from ingest.model import REDACTED, Draft, Person, Segment, Skipped, Span

RECORD: dict[str, object] = {
    "id": "2015-05-02T2110-musk",
    "kind": "email",
    "date": "2015-05-02T21:10:00",
    "date_source": "header",
    "from": "Elon Musk",
    "to": ["Sam Altman"],
    "cc": ["<redacted>"],
    "subject": "lunch",
    "thread": "2015-05-02T2110-musk",
    "parent": "2015-05-01-altman",
    "words": 1,
    "sha256": "0",
    "opening_sha256": "1",
    "body": "Musk agrees.",
}


def written(folder: Path, *records: object) -> Path:
    path = folder / "digest.jsonl"
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in records))
    return path


def test_a_record_becomes_a_restated_draft(tmp_path: Path) -> None:
    path = written(tmp_path, RECORD)
    musk = Person("Elon Musk")
    assert list(read_digest(path)) == [
        Draft(
            Span(str(path), 1, 1),
            "email",
            musk,
            (Person("Sam Altman"),),
            (REDACTED,),
            datetime(2015, 5, 2, 21, 10, tzinfo=UTC),
            "header",
            "lunch",
            "Musk agrees.",
            (Segment(0, 12, musk, "own"),),
            text_kind="restated",
            message_id="2015-05-02T2110-musk",
            references=("2015-05-01-altman",),
            thread_key="2015-05-02T2110-musk",
        )
    ]


def test_a_day_alone_means_that_the_time_is_unknown(tmp_path: Path) -> None:
    (draft,) = read_digest(written(tmp_path, RECORD | {"date": "2015-05-02"}))
    assert isinstance(draft, Draft)
    assert (draft.sent_at, draft.time_known) == (datetime(2015, 5, 2, tzinfo=UTC), False)


BROKEN = {
    "not JSON": "{",
    "not a JSON object": "[]",
    "no id": json.dumps({k: v for k, v in RECORD.items() if k != "id"}),
    "malformed record: Invalid isoformat": json.dumps(RECORD | {"date": "soon"}),
    "malformed record: kind": json.dumps(RECORD | {"kind": "fax"}),
    "malformed record: to and cc": json.dumps(RECORD | {"to": "Sam"}),
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_broken_line_is_skipped_with_its_reason(tmp_path: Path, reason: str) -> None:
    first, second = read_digest(written(tmp_path, BROKEN[reason], RECORD))
    assert isinstance(first, Skipped)
    assert first.reason.startswith(reason)
    assert isinstance(second, Draft)


def test_a_broken_registry_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"digest\.jsonl:2: not JSON"):
        load_known(written(tmp_path, RECORD, "{"))


def test_an_unreadable_digest_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot read .*gone\.jsonl"):
        list(read_digest(tmp_path / "gone.jsonl"))


def test_a_digest_is_recognised_by_its_first_line() -> None:
    assert sniff(digest_path().read_text(encoding="utf-8")[:500])
    assert not sniff('{"question": "who?"}')
