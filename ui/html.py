"""Answers and conversations as HTML. Everything that came from mail or a model is escaped text.

Pure functions, no gradio. Links are never made; the page's own buttons carry `data-` attributes.
"""

import re
from collections.abc import Sequence, Set
from datetime import date
from html import escape

from ingest.model import Email
from rag.model import Answer, Citation, Hit, Scope, Sentence, Support
from ui.neutral import neutralise

_MARKER = re.compile(r"\[(\d{1,3})\]")
_SPACE_BEFORE_MARKER = re.compile(r"\s+(?=\[\d{1,3}\])")

#: Characters of a quote shown in a source card.
QUOTE_CHARACTERS = 320
#: With more sources than this, cards leave out a quote that stands in the answer already.
FULL_CARDS = 5

_SUPPORT: dict[Support, tuple[str, str]] = {
    "supported": ("●", "Supported: the cited mail bears this sentence out"),
    "partly": ("◐", "Partly supported: only some of this stands in the cited mail"),
    "unsupported": ("○", "Not supported: the cited mail does not say this"),
}
_CORPUS = {
    "restated": "restated messages (our own words, not the originals)",
    "verbatim": "messages, verbatim",
    "mail": "messages of your mail, verbatim",
}
_CHIPS = (("senders", "from"), ("recipients", "to"), ("about", "about"))


def safe(text: str) -> str:
    """`text` escaped for HTML bodies and attributes; what would hide or reorder text is shown."""
    return escape(neutralise(text), quote=True)


def badge(email: Email) -> str:
    """Whether the words shown are the original's: "restated" or "verbatim"."""
    title = {
        "restated": "In our own words: names, dates and numbers kept, wording not the original's",
        "verbatim": "The words as they stand in the mail",
    }[email.text_kind]
    return f'<span class="badge {email.text_kind}" title="{title}">{email.text_kind}</span>'


def when(email: Email) -> str:
    """The date of a message as its sender's clock had it: "20 Sep 2017, 14:08"."""
    if email.sent_at is None:
        return "undated"
    day = f"{email.sent_at.day} {email.sent_at:%b %Y}"
    return f"{day}, {email.sent_at:%H:%M}" if email.time_known else day


def status_line(facts: Sequence[str], state: str) -> str:
    """The line that says what is in use; `state` is what is being done now."""
    shown = "".join(_fact(fact) for fact in facts if fact)
    return (
        f'<p class="status-line"><span class="state" role="status">{safe(state)}</span>{shown}</p>'
    )


def _fact(fact: str) -> str:
    # A small screen has no room for the folder.
    kind = ' class="path"' if fact.startswith("index ") else ""
    return f"<span{kind}>{safe(fact)}</span>"


def corpus_words(corpus: str) -> str:
    """What kind of text the archive holds, for people."""
    return _CORPUS.get(corpus, corpus)


def welcome(examples: Sequence[tuple[str, str]], note: str) -> str:
    """The empty conversation: example questions to click, by theme."""
    buttons = "".join(
        f'<button class="example" data-ask="q:{safe(question)}"><b>{safe(theme)}</b>'
        f"{safe(question)}</button>"
        for theme, question in examples
    )
    return (
        '<div class="welcome"><h2>Ask the archive</h2><p>Every sentence of an answer cites mail '
        f"you can open beside it.{' ' + safe(note) if note else ''}</p>"
        f'<div class="examples">{buttons}</div></div>'
    )


def asked(question: str, number: int) -> str:
    """The question of exchange `number`, with a button that puts it back into the box."""
    return (
        f'<h2 class="asked"><span>{safe(question)}</span>'
        f'<button class="quiet" data-edit="{safe(question)}" '
        f'aria-label="Edit question {number + 1}">edit</button></h2>'
    )


def exchange(head: str, body: str) -> str:
    """One question, from `asked`, and what stands under it."""
    return f'<article class="turn">{head}{body}</article>'


def waiting(stage: str, seconds: float, draft: str) -> str:
    """What is being done, and the text so far, which is not checked yet."""
    clock = f" {seconds:.0f} s" if seconds >= 2 else ""
    text = f'<p class="draft" aria-hidden="true">{safe(draft)}</p>' if draft else ""
    return (
        f'<div class="live"><p class="progress" role="status">{safe(stage)}{clock}…</p>{text}</div>'
    )


def failure(message: str) -> str:
    """An error in plain words."""
    return f'<div class="failure" role="alert"><b>This did not work.</b> {safe(message)}</div>'


def retry(number: int) -> str:
    """The button that asks exchange `number` again."""
    return f'<button class="quiet" data-ask="again:{number}">ask again</button>'


def stopped(partial: str) -> str:
    """What stood there when Stop was pressed, labelled as cut off and unchecked."""
    text = f'<p class="draft">{safe(partial)}</p>' if partial else ""
    return f'{text}<p class="note">Stopped. What is written above was cut off and not checked.</p>'


def answered(answer: Answer, number: int, *, told: Set[str] = frozenset()) -> str:
    """The answer of exchange `number`: its sentences with citation buttons, sources, making.

    Notes in `told` were shown before and are left out.
    """
    notes = [n for n in answer.trace.notes if n not in told]
    parts = [_rewritten(answer), *(f'<p class="note">{safe(n)}</p>' for n in notes)]
    if answer.status == "not_in_archive":
        parts.append(_not_found(answer, number))
    else:
        sentences = "".join(f"<p>{_sentence(s, answer, number)}</p>" for s in answer.sentences)
        parts.append(f'<div class="answer">{sentences}</div>')
        parts.append(_sources(answer, number))
    parts.append(_made_by(answer, number))
    return "".join(parts)


def _rewritten(answer: Answer) -> str:
    rewritten = answer.trace.rewritten_question
    if not rewritten:
        return ""
    return f'<p class="rewritten">Understood as: <q>{safe(rewritten)}</q></p>'


def _sentence(sentence: Sentence, answer: Answer, number: int) -> str:
    symbol, title = _SUPPORT[sentence.support]
    known = {c.n: c for c in answer.citations}
    missing = [n for n in sentence.citations if f"[{n}]" not in sentence.text]
    text = _SPACE_BEFORE_MARKER.sub("", sentence.text) + "".join(f"[{n}]" for n in missing)
    pieces: list[str] = []
    position = 0
    for match in _MARKER.finditer(text):
        citation = known.get(int(match.group(1)))
        pieces.append(safe(text[position : match.start()]))
        pieces.append(chip(citation, number) if citation else safe(match.group()))
        position = match.end()
    rest = safe(text[position:])
    mark = (
        f'<span class="mark" role="img" title="{title}" aria-label="{title}">&nbsp;{symbol}</span>'
    )
    if not sentence.citations:
        mark = "" if sentence.support == "supported" else mark
    if not rest.strip() and pieces:
        # The mark never stands on a line by itself, away from the last citation.
        rest, mark = "", f'<span class="tail">{pieces.pop()}{mark}</span>'
    shown = "".join(pieces) + rest + mark
    return f'<span class="sentence {sentence.support}">{shown}</span>'


def chip(citation: Citation, number: int) -> str:
    """The button that opens citation n of exchange `number`."""
    about = f"Citation {citation.n}: {citation.email.sender.name}, {when(citation.email)}"
    return (
        f'<button class="citation" data-n="{citation.n}" data-open="cite:{number}:{citation.n}" '
        f'aria-label="{safe(about)}" title="{safe(about)}">{citation.n}</button>'
    )


def _sources(answer: Answer, number: int) -> str:
    many = len(answer.citations) > FULL_CARDS
    said = " ".join(answer.text.split()) if many else ""
    cards = "".join(
        f'<li><button class="source" data-open="cite:{number}:{c.n}"><span class="n">{c.n}</span>'
        f"{_card(c.email, _unsaid(c.quote, said), _author(c))}</button></li>"
        for c in answer.citations
    )
    kind = "sources many" if many else "sources"
    return f'<ol class="{kind}" aria-label="Sources">{cards}</ol>' if cards else ""


def _unsaid(quote: str, said: str) -> str:
    """The quote on one line; empty when it stands in `said`."""
    flat = " ".join(quote.split())
    return "" if flat in said else flat


def _author(citation: Citation) -> str:
    author = citation.author.name if citation.author else ""
    sender = citation.email.sender.name
    return f"{author} (in a message from {sender})" if author and author != sender else sender


def _card(email: Email, quote: str, writer: str) -> str:
    flat = " ".join(quote.split())
    shown = flat if len(flat) <= QUOTE_CHARACTERS else flat[: QUOTE_CHARACTERS - 1] + "…"
    return (
        f'<span class="who"><bdi>{safe(writer)}</bdi> · {when(email)} {badge(email)}</span>'
        f'<span class="subject"><bdi>{safe(email.subject) or "(no subject)"}</bdi></span>'
        + (f'<span class="quote">{safe(shown)}</span>' if shown else "")
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
    return (
        f'<div class="made-by"><span>answered by {safe(answer.answerer)} in {seconds:.1f} s</span>'
        f"{retry(number)}{_feedback(number)}{left_out}</div>"
    )


def _feedback(number: int) -> str:
    return (
        '<details class="feedback"><summary>feedback</summary>'
        f'<input type="text" maxlength="2000" placeholder="note (optional)" '
        f'aria-label="Note on answer {number + 1}">'
        f'<button class="quiet" data-rate="up:{number}">good answer</button>'
        f'<button class="quiet" data-rate="down:{number}">bad answer</button></details>'
    )


def chips(scope: Scope) -> str:
    """The people and dates in force, each a button that removes it and asks again."""
    found = [
        _chip(field, word, name, explicit=field in scope.explicit)
        for field, word in _CHIPS
        for name in _names(scope, field)
    ]
    if scope.since:
        found.append(_chip("since", "since", _day(scope.since), explicit="since" in scope.explicit))
    if scope.until:
        found.append(_chip("until", "until", _day(scope.until), explicit="until" in scope.explicit))
    if not found:
        return ""
    return f'<div class="chips" aria-label="Understood from the question">{"".join(found)}</div>'


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
