"""Exhibit and its peers in turns, each in its own environment and process, on the same mail.

Exhibit is run before and after each peer, and a peer is compared with the mean of the two.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from bench.clock import ROOT, Finished, run_program
from bench.mail import Planted, write_mail
from bench.options import Options
from bench.starting import EXHIBIT
from bench.table import Table

PEERS = {
    "LangChain + Chroma": "langchain",
    "LlamaIndex + Chroma": "llamaindex",
    "Haystack + Chroma": "haystack",
    "txtai": "txtai",
}
_HERE = Path(__file__).parent
_ENVIRONMENTS = ROOT / "build" / "peers"
#: A peer must not look for a newer model on a hub: the weights are those of Exhibit's package.
_OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}
_K = 5
_COLUMNS = (
    "pipeline",
    "passages",
    "ingest s",
    "mails/s",
    "Exhibit is x faster",
    "cold ask s",
    "Exhibit is x faster cold",
    "warm search p50 ms",
    "recall@5",
    "recall@5, writer only",
    "peak MB",
)
_NOTES = (
    "recall@5: among 5 messages is one that holds the words asked for, quoted or not;",
    "writer only: the one whose writer answers. Cold ask: one question from process start to end;",
    "Exhibit's includes composing the cited answer, a peer's ends with the passages found.",
)


@dataclass(frozen=True, slots=True)
class _Run:
    """What a pipeline took and found. `found` are Message-IDs for each question, best first."""

    passages: int
    ingest: Finished
    cold: float
    warm_ms: float
    found: Sequence[Sequence[str]]


def beside(options: Options) -> Table:
    """One row for each pipeline; a peer that is not installed is told as absent."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mbox = folder / "mail.mbox"
        planted = write_mail(mbox, options.mails, planted=min(100, options.mails // 10))
        (folder / "questions.json").write_text(json.dumps([p.question for p in planted]))
        holders = _holders(mbox, planted)
        own = [_exhibit(folder, 0, options.rounds)]
        rows, absent = [], []
        for number, (title, peer) in enumerate(PEERS.items(), 1):
            run = _peer(folder, peer, options.rounds)
            if run is None:
                absent.append(f"{title}: absent; bench/peers/install {peer} installs it")
                continue
            own.append(_exhibit(folder, number, options.rounds))
            rows.append(_row(title, run, own[-2:], options.mails, planted, holders))
        rows.insert(
            0, _row("Exhibit", _middle(own), [_middle(own)], options.mails, planted, holders)
        )
    return Table(f"Side by side, {options.mails} mails", _COLUMNS, tuple(rows), (*_NOTES, *absent))


def _middle(runs: Sequence[_Run]) -> _Run:
    """The run whose ingest took the median time."""
    return sorted(runs, key=lambda run: run.ingest.seconds)[len(runs) // 2]


def _row(
    title: str,
    run: _Run,
    own: Sequence[_Run],
    mails: int,
    planted: Sequence[Planted],
    holders: Sequence[frozenset[str]],
) -> tuple[str | int | float, ...]:
    return (
        title,
        run.passages,
        run.ingest.seconds,
        mails / run.ingest.seconds,
        run.ingest.seconds / mean(one.ingest.seconds for one in own),
        run.cold,
        run.cold / mean(one.cold for one in own),
        run.warm_ms,
        _recall(run.found, holders),
        _recall(run.found, [frozenset([fact.message_id]) for fact in planted]),
        run.ingest.peak_mb,
    )


def _recall(found: Sequence[Sequence[str]], wanted: Sequence[frozenset[str]]) -> float:
    hits = [bool(ids.intersection(got)) for got, ids in zip(found, wanted, strict=True)]
    return sum(hits) / len(hits)


def _holders(mbox: Path, planted: Sequence[Planted]) -> list[frozenset[str]]:
    """Message-IDs of all messages that hold the words of each fact, in whatever lines."""
    from bench.peers.harness import read_mails

    texts = {
        mail.message_id: " ".join(mail.text.replace(">", " ").split()) for mail in read_mails(mbox)
    }
    return [frozenset(n for n, text in texts.items() if fact.words in text) for fact in planted]


def _exhibit(folder: Path, turn: int, rounds: int) -> _Run:
    index = str(folder / f"exhibit-{turn}")
    mbox, questions = str(folder / "mail.mbox"), folder / "questions.json"
    ingest = run_program([*EXHIBIT, "ingest", mbox, "--index", index, "--json"])
    first = json.loads(questions.read_text())[0]
    ask = [*EXHIBIT, "ask", first, "--index", index, "--answerer", "extractive", "--json"]
    cold = median(run_program(ask, expect=(0, 1)).seconds for _ in range(rounds))
    searched = run_program([EXHIBIT[0], "-m", "bench.peers.own", index, str(_K), str(questions)])
    told = json.loads(searched.output)
    passages = int(json.loads(ingest.output)["chunks"])
    return _Run(passages, ingest, cold, median(told["milliseconds"]), told["found"])


def _peer(folder: Path, peer: str, rounds: int) -> _Run | None:
    """None where it is not installed."""
    python = _ENVIRONMENTS / peer / "bin" / "python"
    if not python.exists():
        return None
    base = [str(python), str(_HERE / "harness.py"), f"with_{peer}"]
    index, questions = str(folder / peer), folder / "questions.json"
    mbox = str(folder / "mail.mbox")
    ingest = run_program([*base, "ingest", mbox, index], environ=_OFFLINE)
    one = folder / "one.json"
    one.write_text(json.dumps(json.loads(questions.read_text())[:1]))
    ask = [*base, "ask", index, str(_K)]
    cold = median(run_program([*ask, str(one)], environ=_OFFLINE).seconds for _ in range(rounds))
    told = json.loads(run_program([*ask, str(questions)], environ=_OFFLINE).output.splitlines()[-1])
    passages = int(json.loads(ingest.output.splitlines()[-1])["passages"])
    return _Run(passages, ingest, cold, median(told["milliseconds"]), told["found"])
