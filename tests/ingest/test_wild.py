"""Wild mail of every kind becomes messages: nothing lost, nothing listed as unreadable."""

from pathlib import Path

import pytest

from ingest.archive import read_archive
from ingest.model import Draft
from tests.raw_mail import source
from tests.wild import charsets, enclosed, files, headers, structure
from tests.wild.case import Wild

CASES = tuple(
    case for some in (charsets, headers, structure, enclosed, files) for case in some.CASES
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_wild_mail_is_read(case: Wild, tmp_path: Path) -> None:
    path = tmp_path / f"mail{case.suffix}"
    path.write_bytes(case.raw)
    found = source(path)
    assert all(isinstance(one, Draft) for one in found), found
    read = [one for one in found if isinstance(one, Draft)]
    text = "\n".join(one.body for one in read)
    assert len(read) == case.messages
    assert [words for words in case.holds if words not in text] == []
    assert [words for words in case.lacks if words in text] == []
    assert case.subject in (None, read[0].subject)
    assert case.sender in (None, read[0].sender.name)
    attached = tuple(a.name for one in read for a in one.attachments)
    assert case.attached in (None, attached)


def test_every_wild_mail_ends_in_the_archive(tmp_path: Path) -> None:
    """RELIABILITY R7: what went in is what is indexed and listed, and nothing is unreadable."""
    mail = tmp_path / "mail"
    mail.mkdir()
    for number, case in enumerate(CASES):
        (mail / f"{number}{case.suffix}").write_bytes(case.raw)
    archive = read_archive([mail], workspace=tmp_path / "work")
    receipt = archive.receipt
    assert len(CASES) > 400
    assert len(receipt) == sum(case.messages for case in CASES)
    assert receipt.count("skipped") == 0
    assert {line.locator.path for line in receipt} >= set(map(str, mail.iterdir()))
    assert len(archive.store) == receipt.count("indexed")
    archive.store.close()
