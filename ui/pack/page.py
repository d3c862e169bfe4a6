"""An evidence pack as one HTML file: no script, no link out, mail as escaped text, printable.

The file is a function of the pack alone and carries the pack's JSON, so that it can be made again
from that and compared byte by byte. Change what is made here only together with `LAYOUT`.
"""

import base64
import re
from collections.abc import Sequence
from hashlib import sha256
from html import escape

from rag.model import Support
from ui.html import safe
from ui.pack.model import Entry, Pack, Source, Statement, cited_messages

#: Around the JSON; text of mail is escaped and holds neither.
DATA_OPEN, DATA_CLOSE = '<pre id="pack-data">', "</pre>"

_MARKER = re.compile(r"\[(\d{1,3})\]")
_SECONDS = re.compile(r"T(\d\d:\d\d):[\d.]+")
_SUPPORT: dict[Support, tuple[str, str]] = {
    "supported": ("●", "supported by what it cites"),
    "partly": ("◐ partly supported", "only some of it stands in what it cites"),
    "unsupported": ("○ not supported", "what it cites does not say this"),
}
_CORPUS = {
    "restated": "restated messages: names, dates and numbers kept, the words are not the originals",
    "verbatim": "messages, word for word",
    "mail": "messages, word for word",
}
_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 Georgia, serif; color: #1f2328; background: #fff; margin: 2rem auto;
  max-width: 46rem; padding: 0 1rem; }
h1, h2, h3, dl, .facts, .state, figcaption { font-family: system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem;
  border-top: 1px solid #d0d7de; padding-top: 1rem; } h3 { font-size: .95rem; margin: 1.2rem 0 0; }
.facts, .state, dl { font-size: .8rem; color: #57606a; } .state { white-space: nowrap; }
.partly { text-decoration: underline dashed; } .unsupported { text-decoration: line-through; }
figure { margin: 1rem 0; padding: .6rem 1rem; border-left: 3px solid #8c959f; background: #f6f8fa;
  break-inside: avoid; }
blockquote { margin: .3rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
figcaption { font-size: .9rem; } mark { background: #fff3a3; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 .8rem; margin: .4rem 0 0; }
dd { margin: 0; overflow-wrap: anywhere; } code, pre { font: .75rem ui-monospace, monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
@media print { body { margin: 0; max-width: none; } details { display: none; } }
"""


def page_of(pack: Pack) -> bytes:
    """The whole file, UTF-8 with line feeds."""
    entries = "".join(_entry(entry, number) for number, entry in enumerate(pack.entries, 1))
    data = escape(pack.to_json(), quote=False)
    text = (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Evidence pack, {safe(pack.created_at)}</title>\n<style>{_STYLE}</style>\n"
        f"</head>\n<body>\n{_head(pack)}<main>\n{entries}</main>\n"
        f"<details>\n<summary>The same as data (JSON)</summary>\n{DATA_OPEN}{data}{DATA_CLOSE}\n"
        "</details>\n</body>\n</html>\n"
    )
    return text.encode()


def _policy() -> str:
    digest = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _head(pack: Pack) -> str:
    asked, cited = len(pack.entries), cited_messages(pack.entries)
    rows = [
        ("Made", f"{pack.created_at} by {pack.program}"),
        ("Archive", f"{pack.messages} {_CORPUS.get(pack.corpus, pack.corpus)}"),
        ("Contents", f"{_counted(asked, 'question')}, {_counted(cited, 'cited message')}"),
        ("Fingerprint", pack.fingerprint),
    ]
    return (
        f"<header>\n<h1>Evidence pack</h1>\n{_facts(rows)}"
        '<p class="facts">Questions put to an archive of mail, the answers, and the words of the '
        "mail that they rest on. <code>exhibit verify FILE</code> tells whether this file is as it "
        "was made; with the archive at hand it compares every excerpt with the mail. Without the "
        "archive, compare the fingerprint with the one that the sender tells you.</p>\n"
        '<p class="facts">After a sentence: ● the cited words bear it out, ◐ only in part, '
        "○ they do not.</p>\n</header>\n"
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _entry(entry: Entry, number: int) -> str:
    understood = entry.rewritten_question
    read_as = f'<p class="facts">Understood as: {safe(understood)}</p>\n' if understood else ""
    notes = "".join(f'<p class="facts">{safe(note)}</p>\n' for note in entry.notes)
    return (
        f'<section>\n<h2 id="q{number}">{number}. {safe(entry.question)}</h2>\n'
        f"{read_as}{_answer(entry, number)}{notes}{_facts(_making(entry))}"
        f"{_sources('Excerpts', entry.citations, f'q{number}-')}"
        f"{_sources('Nearest messages, which do not answer it', entry.near_misses, '')}"
        "</section>\n"
    )


def _answer(entry: Entry, number: int) -> str:
    if not entry.statements:
        return f"<p>{safe(entry.answer)}</p>\n"
    known = frozenset(source.n for source in entry.citations)
    return "".join(f"<p>{_statement(s, known, number)}</p>\n" for s in entry.statements)


def _statement(statement: Statement, known: frozenset[int], number: int) -> str:
    missing = [n for n in statement.citations if f"[{n}]" not in statement.text]
    text = " ".join([statement.text, *(f"[{n}]" for n in missing)])
    linked = _MARKER.sub(
        lambda found: _link(int(found[1]), number) if int(found[1]) in known else found[0],
        # Escaping leaves markers as they are.
        safe(text),
    )
    shown = f'<span class="{statement.support}">{linked}</span>'
    if not statement.citations and statement.support == "supported":
        return shown
    symbol, meaning = _SUPPORT[statement.support]
    return f'{shown} <span class="state" title="{meaning}">{symbol}</span>'


def _link(n: int, number: int) -> str:
    return f'<a href="#q{number}-{n}">[{n}]</a>'


def _making(entry: Entry) -> list[tuple[str, str]]:
    return [
        ("Answered by", f"{entry.answerer} {entry.model}".strip()),
        ("Settings", entry.settings_hash),
        ("Index", entry.index_stamp),
    ]


def _sources(title: str, sources: Sequence[Source], prefix: str) -> str:
    if not sources:
        return ""
    return f"<h3>{title}</h3>\n{''.join(_source(source, prefix) for source in sources)}"


def _source(source: Source, prefix: str) -> str:
    anchor = f' id="{prefix}{source.n}"' if prefix else ""
    number = f"[{source.n}] " if prefix else ""
    written = source.author if source.author and source.author != source.sender else ""
    rows = [
        ("Words of", written),
        ("Message", source.message_id),
        ("Thread", source.thread_id),
        ("File", source.place),
        ("Characters", f"{source.start} to {source.end} of the message"),
        ("sha256 of excerpt", source.quote_sha256),
        ("sha256 of message", source.body_sha256),
    ]
    return (
        f"<figure{anchor}>\n<figcaption><b>{number}{safe(_who(source))}</b></figcaption>\n"
        f"<blockquote>{_marked(source)}</blockquote>\n{_facts(rows)}</figure>\n"
    )


def _who(source: Source) -> str:
    to = f" to {', '.join(source.to)}" if source.to else ""
    subject = source.subject or "(no subject)"
    return f"{source.sender}{to}, {day_and_time(source)}: {subject} ({source.text_kind})"


def _marked(source: Source) -> str:
    if source.highlight is None:
        return safe(source.quote)
    first, last = (min(max(at - source.start, 0), len(source.quote)) for at in source.highlight)
    quote = source.quote
    return f"{safe(quote[:first])}<mark>{safe(quote[first:last])}</mark>{safe(quote[last:])}"


def day_and_time(source: Source) -> str:
    """When a message was sent, as its mail has it: "2017-09-20 14:08", "undated"."""
    if source.date is None:
        return "undated"
    # The released emails carry no zone and are kept as if UTC, so none is shown for UTC.
    return _SECONDS.sub(r" \1", source.date).removesuffix("+00:00")


def _facts(rows: Sequence[tuple[str, str]]) -> str:
    shown = "".join(f"<dt>{name}</dt> <dd>{safe(value)}</dd>\n" for name, value in rows if value)
    return f"<dl>\n{shown}</dl>\n" if shown else ""
