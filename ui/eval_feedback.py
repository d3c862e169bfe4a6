"""Feedback from the page as candidates for a suite, which a person completes."""

import json
from pathlib import Path

from eval.cases import record, write_suite
from eval.feedback import cases_from_feedback
from ingest.errors import SuiteError, UsageError
from ui.output import note
from ui.web.feedback import feedback_file


def candidates(kept: Path | None, index: Path, target: Path | None) -> None:
    """Write the candidates of the feedback in `kept` to `target`, or print them as JSON lines.

    Without `kept`, the feedback on the answers of `index` is taken. SuiteError, UsageError.
    """
    source = kept or feedback_file(index)
    if kept is None and not source.exists():
        raise SuiteError(f"no feedback yet ({source}); press a thumb under an answer of the page")
    cases = cases_from_feedback(source)
    if target is None:
        for case in cases:
            print(json.dumps(record(case)))
    else:
        try:
            write_suite(cases, target)
        except OSError as error:
            raise UsageError(f"cannot write {target}: {error.strerror}; name another") from error
    liked = sum(case.type == "feedback_up" for case in cases)
    note(f"{liked} liked answers: check that the messages they cite hold the answer")
    note(f"{len(cases) - liked} disliked: write the right gold_messages, or leave none if none do")
    if target:
        note(f"then: exhibit eval {target}")
