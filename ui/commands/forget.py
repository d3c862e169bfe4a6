"""`exhibit forget`: take mail out of the index for good."""

from typing import Annotated

import typer

from ui.commands.ingest import print_receipt
from ui.options import IndexFlag, JsonFlag
from ui.setup import settings_from


def forget(
    target: Annotated[
        str, typer.Argument(metavar="SOURCE|MESSAGE_ID", help="A path it was read from, or an id.")
    ],
    *,
    index: IndexFlag = None,
    json: JsonFlag = False,
) -> int:
    """Take a message, or all that came from a path, out of the index and keep it out.

    The mail itself is never changed. Words that other messages quote stay in those. What was
    forgotten is listed in forgotten.json beside the index: take a line out to have it back.
    """
    from ui.forgetting import forget as take_out
    from ui.ingesting import shown_progress

    settings = settings_from({"index": index})
    with shown_progress() as progress:
        report = take_out(settings, target, progress)
    print_receipt(report, settings.index, as_json=json)
    return 0
