"""Messages as rich text for a terminal: one in full, a thread, copies; and what lists share.

All text of mail passes through `ui.neutral` and is never read as markup. Lines have no trailing
spaces, so that a pipe gets none.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from difflib import SequenceMatcher

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment as Piece
from rich.text import Text

from ingest.model import Email, Person, Segment, Span, Variant
from ui.neutral import neutralise, one_line
from ui.render import names


@dataclass(frozen=True, slots=True)
class Indented:
    """Text set in by the width of `lead`, which stands before its first line."""

    text: Text
    lead: str = "    "
    style: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The wrapped lines of the text; unlike rich's Padding it adds nothing at the right."""
        indent = cell_len(self.lead)
        width = max(options.max_width - indent, 1)
        lead = Piece(self.lead, console.get_style(self.style))
        for line in self.text.wrap(console, width):
            line.rstrip()
            if line:
                yield lead
                yield from line.render(console)
            yield Piece.line()
            lead = Piece(" " * indent)


def heading(lead: str, email: Email, tail: str) -> RenderableType:
    """Lead, who to whom and when; below it about what, restated or verbatim, and a dim tail."""
    who = one_line(f"{email.sender.name} to {_people(email.to)}, {day(email)}")
    text = Text(f"{who}\n{one_line(email.subject) or '(no subject)'}", style="bold")
    text.append(f" ({email.text_kind})", style="not bold magenta")
    text.append(f"  {one_line(tail)}", style="not bold dim")
    return Indented(text, f"{lead:<4}", "bold cyan")


def day(email: Email) -> str:
    """When it was sent: `20 Sep 2017 14:08`."""
    if email.sent_at is None:
        return "undated"
    shown = f"{email.sent_at.day} {email.sent_at:%b %Y}"
    return f"{shown} {email.sent_at:%H:%M}" if email.time_known else shown


def email_text(email: Email) -> RenderableType:
    """Header block and body; words that the sender did not write are dimmed and attributed."""
    rows = _header_rows(email)
    width = max(len(label) for label, _ in rows) + 2
    header = [Indented(Text(one_line(value)), f"{label:<{width}}", "dim") for label, value in rows]
    return Group(*header, Text(), _body(email))


def thread_text(thread: Sequence[Email]) -> RenderableType:
    """The messages of a thread under short headings; a quote of one before is only named."""
    blocks: list[RenderableType] = []
    before: set[str] = set()
    for number, email in enumerate(thread, 1):
        blocks += [Text()] if blocks else []
        blocks += [heading(f"{number:>2}. ", email, email.id), Indented(_body(email, before))]
        before.add(email.id)
    return Group(*blocks)


def variants_text(email: Email) -> RenderableType:
    """The other copies of a message, each with its place and the lines that differ."""
    if not email.variants:
        return Text(f"{one_line(email.id)} has no other copies.", style="dim")
    blocks: list[RenderableType] = []
    for number, variant in enumerate(email.variants, 1):
        place = f"{variant.locator.path}:{variant.locator.first_line}"
        same = " (same text)" if variant.identical else ""
        blocks.append(
            Text(f"Copy {number} of {one_line(email.id)}: {one_line(place)}{same}", style="bold")
        )
        blocks.append(Indented(Text(f"{neutralise(differences(email, variant))}\n")))
    return Group(*blocks)


def differences(email: Email, variant: Variant) -> str:
    """What a copy says otherwise: `- ` lines stand only in the message shown, `+ ` ones in it."""
    texts = ([f"Subject: {one.subject}", *one.body.split("\n")] for one in (email, variant))
    shown, copy = ([line.rstrip() for line in text if line.strip()] for text in texts)
    found: list[str] = []
    for change, a, b, c, d in SequenceMatcher(None, shown, copy, autojunk=False).get_opcodes():
        if change != "equal":
            found += [f"- {line}" for line in shown[a:b]] + [f"+ {line}" for line in copy[c:d]]
    return "\n".join(found)


def _people(people: Sequence[Person]) -> str:
    return ", ".join(names(people)) or "(nobody named)"


def _header_rows(email: Email) -> list[tuple[str, str]]:
    rows = [
        ("From", email.sender.name),
        ("To", ", ".join(names(email.to))),
        ("Cc", ", ".join(names(email.cc))),
        ("Date", _dated(email)),
        ("Subject", email.subject),
        ("Text", f"{email.text_kind} ({email.kind})"),
        ("Attached", ", ".join(f"{a.name} ({a.media_type})" for a in email.attachments)),
        ("Thread", email.thread_id),
        ("Answers", email.parent_id or ""),
        ("Id", email.id),
        ("File", _place(email.locator)),
    ]
    return [(label, value) for label, value in rows if value]


def _place(locator: Span) -> str:
    first, last = locator.first_line, locator.last_line
    return f"{locator.path}, {f'line {first}' if first == last else f'lines {first}-{last}'}"


def _dated(email: Email) -> str:
    if email.sent_at is None:
        return "none in the mail"
    shown = day(email)
    # Times of the released emails carry no zone and are kept as if UTC: no zone is shown for UTC.
    if email.time_known and email.sent_at.utcoffset():
        shown += f" {email.sent_at:%z}"
    return shown if email.date_source == "header" else f"{shown} ({email.date_source})"


def _body(email: Email, before: Set[str] = frozenset()) -> Text:
    """The text; what is quoted from a message of `before` is replaced by its id."""
    body = Text()
    for segment in email.segments:
        body.append_text(_segment(email, segment, before))
    body.rstrip()
    return body


def _segment(email: Email, segment: Segment, before: Set[str]) -> Text:
    shown = neutralise(email.body[segment.start : segment.end])
    if segment.role == "own":
        return Text(shown)
    author = one_line(segment.author.name) if segment.author else "unknown"
    if segment.origin_id in before:
        return Text(f"[{segment.role}, {author}: {segment.origin_id}]\n", style="dim italic")
    label = Text(f"[{segment.role}, {author}]\n" if shown.strip() else "", style="dim italic")
    return label + Text(shown, style="dim")
