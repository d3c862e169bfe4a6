"""A conversation as Markdown, for notes and mail; text of mail is never markup."""

import re
from collections.abc import Sequence

from ui.neutral import neutralise, one_line
from ui.pack.model import Entry, Pack, Source, Statement
from ui.pack.page import day_and_time

_INLINE = re.compile(r"[\\`*_{}<>#|!~\[\]()&]")
#: What makes the start of a line a list or underlines a heading.
_LIST_OR_RULE = re.compile(r"^(?:(?=[-+=])|\d+(?=\.))")
_UNSUPPORTED = {"supported": "", "partly": " (partly supported)", "unsupported": " (not supported)"}


def markdown_of(pack: Pack) -> str:
    """Questions, answers and numbered excerpts, oldest question first."""
    lines = [
        "# Questions to an archive of mail",
        "",
        f"Made {pack.created_at} by {pack.program} from {pack.messages} messages ({pack.corpus}).",
        "",
    ]
    for number, entry in enumerate(pack.entries, 1):
        lines += [f"## {number}. {_escaped(entry.question)}", "", *_entry(entry)]
    return "\n".join(lines).rstrip() + "\n"


def _entry(entry: Entry) -> list[str]:
    lines: list[str] = []
    if entry.rewritten_question:
        lines += [f"Understood as: {_escaped(entry.rewritten_question)}", ""]
    for said in _said(entry):
        lines += [said, ""]
    for note in entry.notes:
        lines += [f"Note: {_escaped(note)}", ""]
    lines += [f"Answered by {_escaped(f'{entry.answerer} {entry.model}'.strip())}.", ""]
    for source in entry.citations:
        lines += _source(source, rf"\[{source.n}\] ")
    if entry.near_misses:
        lines += ["Nearest messages, which do not answer it:", ""]
    for source in entry.near_misses:
        lines += _source(source, "")
    return lines


def _said(entry: Entry) -> Sequence[str]:
    return [_statement(s) for s in entry.statements] or [_escaped(entry.answer)]


def _statement(statement: Statement) -> str:
    missing = [f"[{n}]" for n in statement.citations if f"[{n}]" not in statement.text]
    return _escaped(" ".join([statement.text, *missing])) + _UNSUPPORTED[statement.support]


def _source(source: Source, lead: str) -> list[str]:
    subject = source.subject or "(no subject)"
    heading = f"{source.sender}, {day_and_time(source)}, {subject}"
    other = source.author if source.author != source.sender else None
    writer = f", words of {_escaped(other)}" if other else ""
    place = f"{source.text_kind}{writer}, {_escaped(source.message_id)}"
    return [f"{lead}{_escaped(heading)} ({place})", "", *_fenced(source.quote), ""]


def _fenced(text: str) -> list[str]:
    shown = neutralise(text)
    fence = "```"
    while fence in shown:
        fence += "`"
    return [fence, *shown.split("\n"), fence]


def _escaped(text: str) -> str:
    """`text` on one line that Markdown shows as it stands."""
    inline = _INLINE.sub(r"\\\g<0>", one_line(text))
    return _LIST_OR_RULE.sub(r"\g<0>\\", inline)
