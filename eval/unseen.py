"""What mail gets that nothing was fitted to: `python -m eval.unseen MAIL`.

The messages that were held out from the answer selector are indexed by themselves, without a
finding aid, and asked the questions of the writers that were held out: those that these messages
answer, and some that no message does. With the selector and without.
"""

import argparse
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from corpus.finding_aid import untold
from eval.fit_projection import placed
from eval.fit_selector import HELD_WRITERS, held_messages
from ingest.archive import read_archive
from ingest.forgotten import Forgotten
from rag.build import build_engine, open_embedder
from rag.config import Answering, Settings
from rag.index import lock_index, write_index
from rag.model import Answer

#: Questions of each sort that are asked.
_ASKED = 250


@dataclass(frozen=True, slots=True)
class Told:
    """A question, and the message that answers it."""

    question: str
    message_id: str


def main() -> None:
    """Index, ask and print."""
    parser = argparse.ArgumentParser(prog="eval.unseen", description=__doc__)
    parser.add_argument("mail", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(index=Path(folder, "index"), answerer="extractive")
        told = index_held(options.mail, settings)
        draw = random.Random(1)  # noqa: S311
        asked = draw.sample(told, _ASKED)
        lost = draw.sample(untold(HELD_WRITERS), _ASKED)
        for selector in (False, True):
            answering = replace(settings, answering=Answering(selector=selector))
            print(f"{'with' if selector else 'without'} the selector")
            tell(answering, asked, lost)


def index_held(mail: Path, settings: Settings) -> list[Told]:
    """Write the index of the held messages; the questions that they answer."""
    held = held_messages(mail)
    with tempfile.TemporaryDirectory() as folder, lock_index(settings.index):
        whole = read_archive([mail], workspace=Path(folder)).store
        others = Forgotten(frozenset(email.id for email in whole if email.id not in held))
        told = [Told(c.hint, c.email_id) for c in placed(whole, HELD_WRITERS) if c.email_id in held]
        archive = read_archive([mail], workspace=Path(folder), forgotten=others)
        write_index(archive, settings.index, open_embedder(settings))
    return told


def tell(settings: Settings, asked: Sequence[Told], lost: Sequence[str]) -> None:
    """Print what of the two sorts of questions is answered, and from where."""
    engine = build_engine(settings)
    answers = [engine.ask(told.question) for told in asked]
    others = [engine.ask(question) for question in lost]
    cited = [[citation.message_id for citation in answer.citations] for answer in answers]
    right = [told.message_id in ids for told, ids in zip(asked, cited, strict=True)]
    first = [told.message_id in ids[:1] for told, ids in zip(asked, cited, strict=True)]
    print(f"  {len(asked)} questions that are told: answered {1 - _refused(answers):.2f}")
    print(f"  the message that tells is cited {np.mean(right):.2f}, first {np.mean(first):.2f}")
    print(f"  {len(lost)} questions that are not told: refused {_refused(others):.2f}")
    sure = np.asarray([answer.trace.confidence for answer in others])
    area = np.mean([np.mean(answer.trace.confidence > sure) for answer in answers])
    print(f"  area under the ROC curve of confidence: {area:.2f}")


def _refused(answers: Sequence[Answer]) -> float:
    return float(np.mean([answer.status == "not_in_archive" for answer in answers]))


if __name__ == "__main__":
    main()
