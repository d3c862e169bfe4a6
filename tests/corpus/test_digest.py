"""The digest: true facts of all 85 messages, restated without losing a number or copying a run."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from corpus.released import digest_path, known_messages
from ingest.formats.digest import read_digest
from ingest.formats.transcript import read_transcript
from ingest.known import body_sha256, message_text, opening_sha256
from ingest.model import Draft

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
FULLEST = SHARED / "corpus" / "openai-emails-2024-12.txt"
needs_corpus = pytest.mark.skipif(not FULLEST.is_file(), reason="no ../shared/corpus")

FACTS = ["message_id", "kind", "sender", "to", "cc", "sent_at", "time_known", "date_source"]
FACTS += ["thread_key", "references"]
#: The subject is a newspaper headline that the digest shortens.
SHORTENED = {"2019-03-11T1504-musk", "2019-03-11T1511-altman"}
NUMBER = re.compile(r"[$~≤]?\d[\d,.:–-]*(?:MM|bps|yr|[%+xkKMBm])?")


@cache
def verbatim() -> list[Draft]:
    return [draft for draft in read_transcript(FULLEST) if isinstance(draft, Draft)]


@cache
def restated() -> list[Draft]:
    return [draft for draft in read_digest(digest_path()) if isinstance(draft, Draft)]


def numbers(text: str) -> set[str]:
    text = re.sub(r"https?://\S+|\[\d\]", "", text)
    return {n.strip(".,:-–").replace("–", "-").replace(",", "") for n in NUMBER.findall(text)}


def test_every_message_is_restated_once() -> None:
    assert len(list(read_digest(digest_path()))) == len(restated()) == 85
    assert len({draft.message_id for draft in restated()}) == 85
    assert all(draft.text_kind == "restated" and draft.body for draft in restated())


@needs_corpus
@pytest.mark.parametrize("fact", FACTS)
def test_facts_are_those_of_the_verbatim_message(fact: str) -> None:
    assert [getattr(d, fact) for d in restated()] == [getattr(d, fact) for d in verbatim()]


@needs_corpus
def test_subjects_are_those_of_the_verbatim_message_but_one_headline() -> None:
    differing = [
        (short.message_id, short.subject.split(" [...] "), full.subject)
        for short, full in zip(restated(), verbatim(), strict=True)
        if short.subject != full.subject
    ]
    assert {id_ for id_, _, _ in differing} == SHORTENED
    assert all(full.startswith(a) and full.endswith(b) for _, (a, b), full in differing)


@needs_corpus
def test_hashes_and_counts_are_those_of_the_verbatim_text() -> None:
    texts = [message_text(draft) for draft in verbatim()]
    expected = [(len(t.split()), body_sha256(t), opening_sha256(t)) for t in texts]
    assert [(k.words, k.body_sha256, k.opening_sha256) for k in known_messages()] == expected


@needs_corpus
def test_no_number_or_amount_is_lost() -> None:
    lost = {
        full.message_id: numbers(message_text(full)) - numbers(short.body)
        for full, short in zip(verbatim(), restated(), strict=True)
    }
    assert {id_: missing for id_, missing in lost.items() if missing} == {}


@needs_corpus
def test_no_run_of_eight_words_is_copied(tmp_path: Path) -> None:
    tool = SHARED / "tools" / "verbatim_runs.py"
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "digest.jsonl").write_bytes(digest_path().read_bytes())
    run = subprocess.run([sys.executable, tool, tmp_path], capture_output=True, text=True)
    assert (run.stdout, run.returncode) == ("", 0)
