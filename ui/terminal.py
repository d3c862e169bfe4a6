"""Answers, hits, messages and tables as rich text for a terminal; no colour where there is no TTY.

All text of mail passes through `ui.neutral` and is never read as markup.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment as Piece
from rich.table import Table
from rich.text import Text

from ingest.model import Email, Person, Segment, Span, Variant
from rag.model import Answer, Citation, Hit, Sentence, Trace
from ui.neutral import neutralise, one_line
from ui.render import names

_SUPPORT_STYLE = {"supported": "", "partly": "yellow", "unsupported": "red strike"}
#: Columns of a listing that keep their width where the terminal is narrow.
_NEVER_CUT = frozenset({"Id", "First", "Last", "Messages", "Sent", "Received"})
_STATUS_LINE = {"failed": "The question could not be answered.", "not_in_archive": ""}


def answer_text(answer: Answer) -> RenderableType:
    """The checked answer, then the excerpts it rests on, or the nearest misses."""
    parts: list[RenderableType] = [_statement(answer)]
    parts += [_excerpt(citation) for citation in answer.citations]
    if answer.near_misses:
        parts.append(Text("\nNearest in the archive:", style="dim"))
        parts += [_miss(hit) for hit in answer.near_misses]
    return Group(*parts)


def hits_text(hits: Sequence[Hit]) -> RenderableType:
    """Search results, best first, one message each."""
    if not hits:
        return Text("No message found.")
    blocks: list[RenderableType] = []
    for rank, hit in enumerate(hits, 1):
        blocks.append(_heading(f"{rank:>2}. ", hit.email, f"{hit.score:.3f}"))
        blocks.append(_Indented(Text(f"{neutralise(hit.text)}\n")))
    return Group(*blocks)


def email_text(email: Email) -> RenderableType:
    """Header block and body; words that the sender did not write are dimmed and attributed."""
    header = Table.grid(padding=(0, 2))
    for label, value in _header_rows(email):
        header.add_row(Text(label, style="dim"), Text(one_line(value)))
    body = Text()
    for segment in email.segments:
        body.append_text(_segment(email, segment))
    return Group(header, Text(), body)


def variants_text(email: Email) -> RenderableType:
    """The other copies of a message, each with its place and the lines that differ."""
    if not email.variants:
        return Text("This message has no other copies.", style="dim")
    blocks: list[RenderableType] = []
    for number, variant in enumerate(email.variants, 1):
        place = f"{variant.locator.path}:{variant.locator.first_line}"
        same = " (same text)" if variant.identical else ""
        blocks.append(Text(f"Copy {number}: {one_line(place)}{same}", style="bold"))
        blocks.append(_Indented(Text(f"{neutralise(differences(email, variant))}\n")))
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


def listing(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> RenderableType:
    """One line a row: what is too long is cut, the last column is not."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=column in _NEVER_CUT, overflow="fold")
    for row in rows:
        cells = [Text(one_line(f), no_wrap=True, overflow="ellipsis") for f in row[:-1]]
        table.add_row(*cells, _cell(row[-1]))
    return table


def trace_text(trace: Trace) -> RenderableType:
    """What the question was taken to mean, what was left out, and how long each step took."""
    table = _table("Trace", "")
    table.add_row("kind of question", trace.question_kind)
    by = f" (by the {trace.rewritten_by})" if trace.rewritten_by else ""
    table.add_row("stand-alone form", _cell((trace.rewritten_question or "as asked") + by))
    table.add_row("confidence", f"{trace.confidence:.3f} (floor {trace.floor:.3f})")
    for stage, spent in trace.timings_ms.items():
        table.add_row(f"time: {stage}", f"{spent:.1f} ms")
    for dropped in trace.dropped:
        table.add_row("left out", _cell(dropped))
    return table


def key_values(title: str, rows: Iterable[tuple[str, str]]) -> RenderableType:
    """A two-column table under a title."""
    table = _table(title, "")
    for key, value in rows:
        table.add_row(_cell(key), _cell(value))
    return table


@dataclass(frozen=True, slots=True)
class _Indented:
    """Text set in by four columns; unlike rich's Padding it adds nothing at the right."""

    text: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The wrapped lines of the text, each after four spaces."""
        width = max(options.max_width - 4, 1)
        for line in console.render_lines(self.text, options.update(width=width), pad=False):
            yield Piece("    ")
            yield from line
            yield Piece.line()


def _statement(answer: Answer) -> Text:
    if answer.status == "failed":
        return Text(neutralise(answer.text) or _STATUS_LINE["failed"], style="bold")
    if not _is_rebuilt_from_sentences(answer):
        return Text(neutralise(answer.text), style="bold")
    text = Text(style="bold")
    for sentence in answer.sentences:
        text.append_text(_sentence(sentence))
    return text


def _is_rebuilt_from_sentences(answer: Answer) -> bool:
    """True when some sentence needs marking, so that its style must be shown."""
    return any(sentence.support != "supported" for sentence in answer.sentences)


def _sentence(sentence: Sentence) -> Text:
    text = Text(neutralise(sentence.text), style=_SUPPORT_STYLE[sentence.support])
    marks = "".join(f"[{n}]" for n in sentence.citations)
    if marks and marks not in sentence.text.replace(" ", ""):
        text.append(f" {marks}")
    if sentence.support != "supported":
        text.append(f" ({sentence.support} by the mail)")
    return text.append("\n")


def _excerpt(citation: Citation) -> RenderableType:
    quote = Text("\n") + _heading(f"[{citation.n}] ", citation.email, citation.email.id)
    author = citation.author
    if author and author.name != citation.email.sender.name:
        quote.append(f"\n    words of {one_line(author.name)}", style="dim")
    return Group(quote, _Indented(_marked(citation)))


def _marked(citation: Citation) -> Text:
    """The quote with its highlight in bold, each piece neutralised on its own."""
    start, end = citation.highlight or (citation.end, citation.end)
    first, last = start - citation.start, end - citation.start
    text = Text(neutralise(citation.quote[:first]))
    text.append(neutralise(citation.quote[first:last]), style="bold")
    return text.append(neutralise(citation.quote[last:]))


def _miss(hit: Hit) -> RenderableType:
    return Group(_heading("  - ", hit.email, hit.email.id), _Indented(Text(_brief(hit.text))))


def _brief(text: str, length: int = 160) -> str:
    line = one_line(text)
    return line if len(line) <= length else line[: length - 1] + "…"


def _heading(lead: str, email: Email, tail: str) -> Text:
    """Lead, who to whom, when, about what, restated or verbatim, and a dim tail."""
    who = one_line(f"{email.sender.name} to {_people(email.to)}")
    text = Text(lead, style="bold cyan")
    text.append(f"{who}, {_day(email)}, {one_line(email.subject) or '(no subject)'}", style="bold")
    text.append(f" ({email.text_kind})", style="magenta")
    return text.append(f"  {one_line(tail)}", style="dim")


def _people(people: Sequence[Person]) -> str:
    return ", ".join(names(people)) or "(nobody named)"


def _day(email: Email) -> str:
    if email.sent_at is None:
        return "undated"
    day = f"{email.sent_at.day} {email.sent_at:%b %Y}"
    return f"{day} {email.sent_at:%H:%M}" if email.time_known else day


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
    shown = _day(email)
    # Times of the released emails carry no zone and are kept as if UTC: no zone is shown for UTC.
    if email.time_known and email.sent_at.utcoffset():
        shown += f" {email.sent_at:%z}"
    return shown if email.date_source == "header" else f"{shown} ({email.date_source})"


def _segment(email: Email, segment: Segment) -> Text:
    shown = neutralise(email.body[segment.start : segment.end])
    if segment.role == "own":
        return Text(shown)
    author = one_line(segment.author.name) if segment.author else "unknown"
    label = Text(f"[{segment.role}, {author}]\n" if shown.strip() else "", style="dim italic")
    return label + Text(shown, style="dim")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _cell(value: str) -> Text:
    return Text(one_line(value))
