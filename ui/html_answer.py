"""One checked answer as HTML: sentences with citation buttons, sources, scope chips, feedback.

Pure functions, no gradio. What came from mail or a model is escaped text.
"""

import re
from collections.abc import Set
from datetime import date

from ingest.model import Email
from rag.model import Answer, Citation, Hit, Scope, Sentence, Support
from ui.html import badge, retry, safe, when
from ui.sayings import CUE, flat, is_said
from ui.timeline import month_of

_MARKER = re.compile(r"\[(\d{1,3})\]")
_SPACE_BEFORE_MARKER = re.compile(r"\s+(?=\[\d{1,3}\])")

#: How the button of a citation begins; text is escaped and never does.
_CHIP = '<button class="citation"'

#: Characters of a quote shown in a source card.
QUOTE_CHARACTERS = 320

_SUPPORT: dict[Support, tuple[str, str]] = {
    "supported": ("●", "Supported: the cited mail bears this sentence out"),
    "partly": ("◐", "Partly supported: only some of this stands in the cited mail"),
    "unsupported": ("○", "Not supported: the cited mail does not say this"),
}
_CHIPS = (("senders", "from"), ("recipients", "to"), ("about", "about"))


def answered(answer: Answer, number: int, *, told: Set[str] = frozenset()) -> str:
    """The answer of exchange `number`: its sentences with citation buttons, sources, making.

    Notes in `told` were shown before and are left out.
    """
    parts = [_rewritten(answer)]
    if answer.status == "not_in_archive":
        parts.append(_not_found(answer, number))
    else:
        sentences = "".join(f"<p>{_sentence(s, answer, number)}</p>" for s in answer.sentences)
        parts.append(f'<div class="answer">{sentences}</div>')
        parts.append(_sources(answer, number))
    notes = [n for n in answer.trace.notes if n not in told]
    parts += [f'<p class="note">{safe(n)}</p>' for n in notes]
    parts.append(_made_by(answer, number))
    return "".join(parts)


def _rewritten(answer: Answer) -> str:
    """The question as it was searched for; what is longer than two lines unfolds."""
    rewritten = answer.trace.rewritten_question
    if not rewritten:
        return ""
    return (
        '<details class="rewritten"><summary title="The whole question">Understood as: '
        f"<q>{safe(rewritten)}</q></summary></details>"
    )


def _sentence(sentence: Sentence, answer: Answer, number: int) -> str:
    known = {c.n: c for c in answer.citations}
    missing = [n for n in sentence.citations if f"[{n}]" not in sentence.text]
    text = _SPACE_BEFORE_MARKER.sub("", sentence.text) + "".join(f"[{n}]" for n in missing)
    cue = CUE.match(text)
    said_by = f'<span class="cue">{safe(cue.group())}</span>' if cue else ""
    pieces: list[str] = []
    position = cue.end() if cue else 0
    for match in _MARKER.finditer(text, position):
        citation = known.get(int(match.group(1)))
        pieces.append(safe(text[position : match.start()]))
        pieces.append(chip(citation, number) if citation else safe(match.group()))
        position = match.end()
    shown = said_by + _ended(pieces, text[position:], _mark(sentence))
    return f'<span class="sentence {sentence.support}">{shown}</span>'


def _ended(pieces: list[str], rest: str, mark: str) -> str:
    """The whole sentence; citations at its end, and its mark, stay on the line of its last word."""
    chips = ""
    while pieces and (not pieces[-1] or pieces[-1].startswith(_CHIP)):
        chips = pieces.pop() + chips
    if not chips or any(c.isalnum() for c in rest):
        return "".join(pieces) + chips + safe(rest) + mark
    before, space, last = pieces.pop().rpartition(" ") if pieces else ("", "", "")
    tail = f'<span class="tail">{last}{safe(rest.strip())}{chips}{mark}</span>'
    return "".join(pieces) + before + space + tail


def _mark(sentence: Sentence) -> str:
    """Whether the sentence is borne out, by shape and colour; none where nothing is claimed."""
    if not sentence.citations and sentence.support == "supported":
        return ""
    symbol, title = _SUPPORT[sentence.support]
    return (
        f'<span class="mark" role="img" title="{title}" aria-label="{title}">&nbsp;{symbol}</span>'
    )


def chip(citation: Citation, number: int) -> str:
    """The button that opens citation n of exchange `number`."""
    about = f"Citation {citation.n}: {citation.email.sender.name}, {when(citation.email)}"
    sent_at = citation.email.sent_at
    month = f'data-month="{month_of(sent_at)}" ' if sent_at else ""
    return (
        f'{_CHIP} data-n="{citation.n}" {month}data-open="cite:{number}:{citation.n}" '
        f'aria-label="{safe(about)}" title="{safe(about)}">{citation.n}</button>'
    )


def _sources(answer: Answer, number: int) -> str:
    cards = "".join(
        f'<li><button class="source" data-open="cite:{number}:{c.n}"><span class="n">{c.n}</span>'
        f"{_card(c.email, _unsaid(c.quote, answer.text), _author(c))}</button></li>"
        for c in answer.citations
    )
    return f'<ol class="sources" aria-label="Sources">{cards}</ol>' if cards else ""


def _unsaid(quote: str, said: str) -> str:
    """The quote; empty when it stands in `said` already."""
    return "" if is_said(quote, said) else quote


def _author(citation: Citation) -> str:
    author = citation.author.name if citation.author else ""
    sender = citation.email.sender.name
    return f"{author} (in a message from {sender})" if author and author != sender else sender


def _card(email: Email, quote: str, writer: str) -> str:
    line = flat(quote)
    shown = line if len(line) <= QUOTE_CHARACTERS else line[: QUOTE_CHARACTERS - 1] + "…"
    return (
        f'<span class="who"><bdi>{safe(writer)}</bdi> · {when(email)}</span>'
        f'<span class="subject"><bdi>{safe(email.subject) or "(no subject)"}</bdi></span>'
        f"{badge(email)}" + (f'<span class="quote">{safe(shown)}</span>' if shown else "")
    )


def _not_found(answer: Answer, number: int) -> str:
    reason = "".join(f"<p>{safe(s.text)}</p>" for s in answer.sentences)
    misses = "".join(_miss(hit, number, k) for k, hit in enumerate(answer.near_misses))
    nearest = f"<p>The nearest messages, which do not answer it:</p><ol>{misses}</ol>"
    return f'<div class="not-found">{reason}{nearest if misses else ""}</div>'


def _miss(hit: Hit, number: int, k: int) -> str:
    card = _card(hit.email, hit.text, hit.email.sender.name)
    return f'<li><button class="source miss" data-open="near:{number}:{k}">{card}</button></li>'


def _made_by(answer: Answer, number: int) -> str:
    seconds = answer.trace.timings_ms.get("total", 0.0) / 1000
    dropped = "".join(f"<li>{safe(line)}</li>" for line in answer.trace.dropped)
    left_out = (
        f"<details><summary>left out</summary><ul>{dropped}</ul></details>" if dropped else ""
    )
    writer = f"{answer.answerer} {answer.trace.model}".strip()
    return (
        f'<div class="made-by"><span>answered by {safe(writer)} in {seconds:.1f} s</span>'
        f"{retry(number, 'regenerate')}{_feedback(number)}{left_out}</div>"
    )


def _feedback(number: int) -> str:
    """Thumbs; once one is pressed, room for a note, kept with the same verdict."""
    thumbs = "".join(
        f'<button class="icon thumb" data-rate="{verdict}:{number}" aria-pressed="false" '
        f'aria-label="{label}" title="{label}">{_thumb(verdict)}</button>'
        for verdict, label in (("up", "Good answer"), ("down", "Bad answer"))
    )
    return (
        f'<span class="feedback">{thumbs}<span class="why" hidden>'
        f'<input type="text" maxlength="2000" placeholder="Why? (optional)" '
        f'aria-label="Note on answer {number + 1}">'
        '<button class="quiet" data-note>keep note</button></span></span>'
    )


def _thumb(verdict: str) -> str:
    turned = ' transform="rotate(180 8 8)"' if verdict == "down" else ""
    return (
        '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">'
        f'<path{turned} fill="none" stroke="currentColor" stroke-width="1.4" '
        'stroke-linejoin="round" d="M5 7.2 8 1.8c1.3 0 2 1 1.7 2.2L9.2 6.2h3.6c.9 0 1.5.8 1.3 '
        '1.7l-1 4.6c-.2.8-.8 1.3-1.6 1.3H5zM5 7.2H2.2v6.6H5z"/></svg>'
    )


def chips(scope: Scope) -> str:
    """The people and dates in force, each a button that removes it and asks again."""
    found = [
        _chip(field, word, name, explicit=field in scope.explicit)
        for field, word in _CHIPS
        for name in _names(scope, field)
    ]
    for field, day in (("since", scope.since), ("until", scope.until)):
        if day:
            explicit = field in scope.explicit
            found.append(_chip(field, field, _day(day), explicit=explicit))
    if not found:
        return ""
    return (
        f'<div class="chips" role="group" aria-label="Understood from the question">'
        f'{"".join(found)}<button class="quiet" data-edit="scope">change</button></div>'
    )


def _names(scope: Scope, field: str) -> tuple[str, ...]:
    return {"senders": scope.senders, "recipients": scope.recipients, "about": scope.about}[field]


def _chip(field: str, word: str, value: str, *, explicit: bool) -> str:
    kind = "filter: only such mail" if explicit else "guess: such mail ranks higher"
    label = safe(f"{word} {value}")
    return (
        f'<button class="chip{" explicit" if explicit else ""}" '
        f'data-ask="drop:{field}:{safe(value)}" '
        f'title="{kind}; click to remove it and ask again" aria-label="Remove {label}">'
        f"<span>{word}</span> <bdi>{safe(value)}</bdi> <span aria-hidden='true'>×</span></button>"
    )


def _day(day: date) -> str:
    return day.isoformat()
