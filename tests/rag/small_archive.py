"""An invented archive: four friends restore a watermill, 2021 to 2022; read and indexed for real.

Twelve messages stand in an mbox, four in a digest, where their text is a restatement.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from ingest.aid import Aid
from rag.adapters.hashing_embedder import HashingEmbedder
from rag.build import open_llm
from rag.config import Answering, Retrieval, Settings
from rag.engine import Engine
from rag.index import Rules, open_index, write_index
from rag.library import Library
from rag.ports import LLM
from tests.fakes import opened_archive

FREYA, TOMAS, PRIYA, WALTER = "Freya Lund", "Tomas Vale", "Priya Nair", "Walter Croft"
#: She wrote only a text that was forwarded.
INES = "Ines Boyer"
#: Everything in the archive, in the order sent.
COUNT = 16


@dataclass(frozen=True, slots=True)
class Mail:
    """One message of the mbox; `sent` is a UTC time in ISO form."""

    id: str
    sender: str
    to: str
    sent: str
    subject: str
    body: str
    answers: str = ""

    def entry(self) -> str:
        """The message as it stands in the mbox."""
        sent = datetime.fromisoformat(self.sent).replace(tzinfo=UTC)
        lines = [
            f"From x@mill.example {sent:%a %b %d %H:%M:%S %Y}",
            f"Message-ID: <{self.id}@mill.example>",
            f"From: {_address(self.sender)}",
            f"To: {', '.join(_address(name) for name in self.to.split(', '))}",
            f"Date: {sent:%a, %d %b %Y %H:%M:%S +0000}",
            f"Subject: {self.subject}",
        ]
        if self.answers:
            lines.append(f"In-Reply-To: <{self.answers}@mill.example>")
        return "\n".join([*lines, "", self.body, "", ""])


@dataclass(frozen=True, slots=True)
class Restated:
    """One record of the digest; `sent` is a local time in ISO form."""

    id: str
    sender: str
    to: str
    sent: str
    body: str
    kind: str = "email"
    parent: str | None = None

    def record(self) -> str:
        """The message as a line of the digest."""
        facts = {
            "id": self.id,
            "kind": self.kind,
            "date": self.sent,
            "date_source": "header",
            "from": self.sender,
            "to": [self.to],
            "cc": [],
            "subject": "Flour deliveries",
            "thread": "flour1",
            "parent": self.parent,
            "words": len(self.body.split()),
            "sha256": "0",
            "opening_sha256": "1",
            "body": self.body,
        }
        return json.dumps(facts)


_FORWARDED = """Walter, the bank has answered at last.

---------- Forwarded message ---------
From: Ines Boyer <ines@bank.example>
Date: Mon, 8 Nov 2021 at 10:15
Subject: Your application
To: Tomas Vale <tomas@mill.example>

The bank can offer thirty thousand crowns against the meadow as security.
"""
_QUOTING = """On Mon, Feb 1, 2021 at 9:00 AM Freya Lund <freya@mill.example> wrote:
> The slater asks 8,400 crowns for a slate roof, nails not counted.

Slate is far too heavy for those old beams. I would rather thatch it.
"""

MBOX = (
    Mail("roof1", FREYA, TOMAS, "2021-02-01T09:00", "The roof",
         "Dear Tomas,\n\nA slate roof would cost 8,400 crowns and last a century.\n"
         "Shall I order the slate this week?\n"),
    Mail("roof2", TOMAS, FREYA, "2021-02-02T18:30", "Re: The roof", _QUOTING, "roof1"),
    Mail("roof3", FREYA, TOMAS, "2021-02-03T08:10", "Re: The roof",
         "Very well, you know carpentry better than I do.\n", "roof2"),
    Mail("wheel1", PRIYA, f"{FREYA}, {TOMAS}", "2021-06-10T12:00", "The water wheel",
         "The oak paddles of the wheel are rotten.\nI found a joiner in Skagen named Holger.\n"),
    Mail("wheel2", FREYA, PRIYA, "2021-06-11T07:45", "Re: The water wheel",
         "Please ask Holger for a price in writing.\n", "wheel1"),
    Mail("wheel3", PRIYA, FREYA, "2021-07-02T16:20", "Re: The water wheel",
         "Holger wants 5,200 crowns for twelve new paddles.\n", "wheel2"),
    Mail("loan1", TOMAS, WALTER, "2021-11-09T11:00", "Fwd: Your application", _FORWARDED),
    Mail("loan2", WALTER, TOMAS, "2021-11-10T09:30", "Re: Your application",
         "I would never pledge the meadow to a lender.\nOffer them my van instead.\n", "loan1"),
    Mail("loan3", WALTER, TOMAS, "2022-01-15T10:00", "Re: Your application",
         "The interest has risen to six percent since we spoke.\n", "loan2"),
    Mail("loan4", TOMAS, WALTER, "2022-03-20T19:05", "Re: Your application",
         "Now the interest is down to four percent, so I have signed.\n", "loan3"),
    Mail("open1", PRIYA, WALTER, "2022-05-04T14:00", "Opening day",
         "I propose that we open the mill on Midsummer with a brass band.\n"),
    Mail("open2", WALTER, PRIYA, "2022-05-05T06:50", "Re: Opening day",
         "A brass band frightens the geese, hire a fiddler.\n", "open1"),
)  # fmt: skip

DIGEST = (
    Restated("flour1", WALTER, FREYA, "2022-08-01T08:00:00",
             "Walter says the bakery ordered forty sacks of rye flour."),
    Restated("flour2", FREYA, WALTER, "2022-08-02T09:00:00",
             "Freya answers that the millstones can grind thirty sacks a week.",
             parent="flour1"),
    Restated("flour3", WALTER, FREYA, "2022-08-02T21:15:00",
             "Walter texts that thirty is plenty.", kind="imessage", parent="flour2"),
    Restated("flour4", PRIYA, TOMAS, "2022-09-12T13:00:00",
             "Priya reports that the bakery paid for its rye in full."),
)  # fmt: skip

#: A question in words that the answering sentence does not have.
AIDS = {"open2@mill.example": (Aid("Which musician suits nervous birds?", ("hire a fiddler",)),)}


@cache
def index_in(base: Path) -> Path:
    """The folder of the index, written under `base` the first time it is asked for."""
    source, folder = base / "mill", base / "mill-index"
    source.mkdir()
    (source / "mill.mbox").write_text("".join(mail.entry() for mail in MBOX), encoding="utf-8")
    lines = "".join(f"{restated.record()}\n" for restated in DIGEST)
    (source / "mill.jsonl").write_text(lines, encoding="utf-8")
    with opened_archive(source / "mill.mbox", source / "mill.jsonl") as archive:
        write_index(archive, folder, HashingEmbedder(), rules=Rules(aids=AIDS))
    return folder


@cache
def library_in(base: Path) -> Library:
    """The open index of the invented archive."""
    return Library(open_index(index_in(base), embedder=HashingEmbedder()))


def settings_for(
    base: Path,
    *,
    floor: float = 0.0,
    max_sentences: int = 3,
    retrieval: Retrieval | None = None,
) -> Settings:
    """Settings without a language model; at `floor` 0 everything that is found is answered."""
    return Settings(
        index=index_in(base),
        answerer="extractive",
        retrieval=retrieval or Retrieval(),
        answering=Answering(floor=floor, max_sentences=max_sentences),
    )


def engine_in(
    base: Path,
    settings: Settings | None = None,
    *,
    llm: Callable[[str], LLM | None] | None = None,
) -> Engine:
    """An engine of the real parts over the invented archive, with the hashing embedder."""
    chosen = settings or settings_for(base)
    return Engine(
        chosen,
        library=lambda: library_in(base),
        embedder=HashingEmbedder,
        llm=llm or (lambda answerer: open_llm(chosen, answerer)),
    )


def _address(name: str) -> str:
    return f"{name} <{name.split()[0].lower()}@mill.example>"
