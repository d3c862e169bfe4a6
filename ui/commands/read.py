"""`exhibit search`, `show`, `people` and `threads`: reading the archive without asking."""

import sys
from datetime import datetime
from typing import Annotated

import typer

from ui.options import FromFlag, IndexFlag, JsonFlag, SinceFlag, ToFlag, UntilFlag
from ui.output import note, print_json, print_listing, stdout_console
from ui.render import email_json, search_json
from ui.scope import ScopeFlags
from ui.setup import engine_from, scope_from


def search(
    query: Annotated[str, typer.Argument(help="Words to look for.")],
    *,
    k: Annotated[int, typer.Option("-k", min=1, max=10_000, help="Most messages shown.")] = 10,
    json: JsonFlag = False,
    index: IndexFlag = None,
    sender: FromFlag = None,
    to: ToFlag = None,
    since: SinceFlag = None,
    until: UntilFlag = None,
) -> int:
    """Find messages, best first. Exits with 1 when there is none."""
    engine = engine_from({"index": index})
    scope = scope_from(engine, ScopeFlags(sender or (), to or (), since, until))
    found = engine.search(query, k, scope)
    if json:
        print_json(search_json(found.query, found.scope, found.hits))
    else:
        from ui.terminal import hits_text

        stdout_console().print(hits_text(found.hits))
    return 0 if found.hits else 1


def show(
    message_id: Annotated[str, typer.Argument(help="As citations and `search` name it.")],
    *,
    thread: Annotated[bool, typer.Option("--thread", help="Show the whole thread.")] = False,
    variants: Annotated[bool, typer.Option("--variants", help="Show the other copies.")] = False,
    json: JsonFlag = False,
    index: IndexFlag = None,
) -> int:
    """Show one message in full: who, when, and every word."""
    engine = engine_from({"index": index})
    email = engine.message(message_id)
    emails = engine.thread(email.thread_id) if thread else (email,)
    if json:
        shown = [email_json(each) for each in emails]
        print_json({"thread_id": email.thread_id, "messages": shown} if thread else shown[0])
        return 0
    from ui.terminal_mail import email_text, thread_text, variants_text

    stdout_console().print(thread_text(emails) if thread else email_text(email))
    if variants:
        for each in emails:
            stdout_console().print(variants_text(each))
    return 0


def people(*, json: JsonFlag = False, index: IndexFlag = None) -> int:
    """List everybody in the archive, most letters first."""
    entries = engine_from({"index": index}).people()
    if not json:
        shown = [
            (e.person.name, str(e.sent), str(e.received), ", ".join(e.person.addresses))
            for e in entries
        ]
        print_listing(("Person", "Sent", "Received", "Addresses"), shown)
        return 0
    listed = [
        {
            "name": entry.person.name,
            "addresses": list(entry.person.addresses),
            "sent": entry.sent,
            "received": entry.received,
        }
        for entry in entries
    ]
    print_json({"people": listed})
    return 0


def threads(*, json: JsonFlag = False, index: IndexFlag = None) -> int:
    """List all threads by their first message."""
    entries = engine_from({"index": index}).threads()
    if not json:
        shown = [
            (_day(e.first), str(e.count), e.subject, ", ".join(map(str, e.people)), e.id)
            for e in entries
        ]
        print_listing(("First", "Messages", "Subject", "People", "Id"), shown)
        if sys.stdout.isatty():
            note("`exhibit show ID --thread` reads one")
        return 0
    listed = [
        {
            "thread_id": entry.id,
            "subject": entry.subject,
            "first": entry.first.isoformat() if entry.first else None,
            "last": entry.last.isoformat() if entry.last else None,
            "messages": entry.count,
            "people": [str(person) for person in entry.people],
        }
        for entry in entries
    ]
    print_json({"threads": listed})
    return 0


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else "undated"
