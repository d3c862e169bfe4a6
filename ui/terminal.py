"""Answers, hits and tables as rich text for a terminal; no colour where there is no TTY.

All text of mail passes through `ui.neutral` and is never read as markup.
"""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rag.model import Answer, Citation, Hit, Sentence
from ui.neutral import neutralise, one_line
from ui.sayings import CUE, is_said
from ui.terminal_mail import Indented, heading

_SUPPORT_STYLE = {"supported": "", "partly": "yellow", "unsupported": "red strike"}
#: Columns of a listing that keep their width where the terminal is narrow.
_NEVER_CUT = frozenset({"Id", "First", "Last", "Messages", "Sent", "Received"})
_STATUS_LINE = {"failed": "The question could not be answered.", "not_in_archive": ""}


def answer_text(answer: Answer) -> RenderableType:
    """The checked answer, then the excerpts it rests on, or the nearest misses."""
    parts: list[RenderableType] = [_statement(answer)]
    parts += [_excerpt(citation, answer.text) for citation in answer.citations]
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
        blocks += [Text()] if blocks else []
        blocks.append(heading(f"{rank:>2}. ", hit.email, f"{hit.email.id}, score {hit.score:.3f}"))
        blocks.append(Indented(Text(neutralise(hit.text).rstrip())))
    return Group(*blocks)


def listing(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> RenderableType:
    """One line a row: what is too long is cut, the last column is not."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=column in _NEVER_CUT, overflow="fold")
    for row in rows:
        cells = [Text(one_line(f), no_wrap=True, overflow="ellipsis") for f in row[:-1]]
        table.add_row(*cells, _cell(row[-1]))
    return table


def key_values(title: str, rows: Iterable[tuple[str, str]]) -> RenderableType:
    """A two-column table under a title."""
    table = _table(title, "")
    for key, value in rows:
        table.add_row(_cell(key), _cell(value))
    return table


def _statement(answer: Answer) -> Text:
    if answer.status == "failed":
        return Text(neutralise(answer.text) or _STATUS_LINE["failed"], style="bold")
    if all(sentence.support == "supported" for sentence in answer.sentences):
        return _said(answer.text)
    text = Text()
    for sentence in answer.sentences:
        text.append_text(_sentence(sentence))
    text.rstrip()
    return text


def _said(text: str, style: str = "") -> Text:
    """Words of an answer: who wrote what follows on a line of its own, citations in colour."""
    said = Text(style=style)
    position = 0
    for cue in CUE.finditer(text):
        said.append(neutralise(text[position : cue.start()]))
        said.append(f"{one_line(cue.group())}\n", style="dim")
        position = cue.end()
    said.append(neutralise(text[position:]))
    said.highlight_regex(r"\[\d{1,3}\]", "bold cyan")
    return said


def _sentence(sentence: Sentence) -> Text:
    text = _said(sentence.text, _SUPPORT_STYLE[sentence.support])
    marks = "".join(f"[{n}]" for n in sentence.citations)
    if marks and marks not in sentence.text.replace(" ", ""):
        text.append(f" {marks}")
    if sentence.support != "supported":
        text.append(f" ({sentence.support} by the mail)")
    return text.append("\n")


def _excerpt(citation: Citation, said: str) -> RenderableType:
    """Where the citation stands, and its words, unless the answer says them already."""
    parts: list[RenderableType] = [
        Text(),
        heading(f"[{citation.n}] ", citation.email, citation.email.id),
    ]
    author = citation.author
    if author and author.name != citation.email.sender.name:
        parts.append(Text(f"    words of {one_line(author.name)}", style="dim"))
    if not is_said(citation.quote, said):
        parts.append(Indented(_marked(citation)))
    return Group(*parts)


def _marked(citation: Citation) -> Text:
    """The quote with its highlight in bold, each piece neutralised on its own."""
    start, end = citation.highlight or (citation.end, citation.end)
    first, last = start - citation.start, end - citation.start
    text = Text(neutralise(citation.quote[:first]))
    text.append(neutralise(citation.quote[first:last]), style="bold")
    return text.append(neutralise(citation.quote[last:]))


def _miss(hit: Hit) -> RenderableType:
    return Group(heading("  - ", hit.email, hit.email.id), Indented(Text(_brief(hit.text))))


def _brief(text: str, length: int = 160) -> str:
    line = one_line(text)
    return line if len(line) <= length else line[: length - 1] + "…"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _cell(value: str) -> Text:
    return Text(one_line(value))
