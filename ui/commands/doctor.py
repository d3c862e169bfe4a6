"""`exhibit doctor`: is everything as Exhibit needs it."""

from dataclasses import asdict
from typing import Annotated

import typer

from ui.options import IndexFlag, JsonFlag, ModelFlag
from ui.output import print_json, stdout_console
from ui.setup import settings_from

_MARKS = {"ok": "ok  ", "warn": "WARN", "fail": "FAIL"}


def doctor(
    *,
    json: JsonFlag = False,
    index: IndexFlag = None,
    model: ModelFlag = None,
    pull: Annotated[
        bool, typer.Option("--pull", help="First have Ollama download the language model.")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the page.")] = 7860,
) -> int:
    """Check the machine, the packages, the index and the language model; say how to mend each.

    Exits with 3 when something is broken.
    """
    from ui.doctor import run_checks, worst

    overrides: dict[str, object] = {"index": index, "model": model}
    if pull:
        from ui.pulling import pull as pull_model

        pull_model(settings_from(overrides))
    checks = run_checks(overrides=overrides, port=port)
    if json:
        print_json({"state": worst(checks), "checks": [asdict(check) for check in checks]})
    else:
        from ui.neutral import one_line

        console = stdout_console()
        for check in checks:
            fix = f" -> {check.fix}" if check.fix else ""
            console.print(f"{_MARKS[check.state]} {check.name}: {one_line(check.detail + fix)}")
    return 3 if worst(checks) == "fail" else 0
