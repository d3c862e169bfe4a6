"""The parts of the page around answers and mail. Whatever mail or a model wrote is escaped text.

Pure functions, no gradio. Links are never made; the page's own buttons carry `data-` attributes.
"""

from collections.abc import Sequence
from html import escape

from ingest.model import Email
from ui.neutral import neutralise

_CORPUS = {
    "restated": "restated messages (our own words, not the originals)",
    "verbatim": "messages, verbatim",
    "mail": "messages of your mail, verbatim",
}


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


def masthead() -> str:
    """The name of the page, and on small screens the button that shows the conversations."""
    return (
        '<h1>Exhibit</h1><button class="icon" data-show="rail" '
        'aria-label="Conversations" title="Conversations">☰</button>'
    )


def status_line(facts: Sequence[str], state: str, *, remark: str = "") -> str:
    """The line that says what is in use; `state` is what is being done now.

    All of it, and the `remark`, which needs more room, unfold from the line.
    """
    known = [fact for fact in facts if fact]
    line = "".join(f"<span>{safe(fact)}</span>" for fact in known)
    more = "".join(f"<li>{safe(fact)}</li>" for fact in (*known, remark) if fact)
    return (
        f'<span class="state" data-state="{safe(state)}" role="status">{safe(state)}</span>'
        f'<details class="facts"><summary title="What is in use">{line}</summary>'
        f"<ul>{more}</ul></details>"
    )


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
        f'<button class="quiet" data-edit="{number}" data-text="{safe(question)}" '
        f'aria-label="Edit question {number + 1}">edit</button></h2>'
    )


def editing(number: int) -> str:
    """What asking will do while question `number` is edited; empty when none is (negative)."""
    if number < 0:
        return ""
    return (
        f'<p class="editing" role="status">Editing question {number + 1}: asking replaces it and '
        'what follows. <button class="quiet" data-edit="none" data-text="">cancel</button></p>'
    )


def exchange(head: str, body: str) -> str:
    """One question, from `asked`, and what stands under it."""
    return f'<article class="turn">{head}{body}</article>'


def waiting(stage: str, seconds: float, draft: str) -> str:
    """What is being done, and the text so far, which is not checked yet."""
    clock = f" {seconds:.0f} s" if seconds >= 2 else ""
    stage = "writing, not checked yet" if draft else stage
    text = f'<p class="draft" aria-hidden="true">{safe(draft)}</p>' if draft else ""
    return (
        f'<div class="live"><p class="progress" role="status">{safe(stage)}{clock}…</p>{text}</div>'
    )


def failure(message: str) -> str:
    """An error in plain words."""
    return f'<div class="failure" role="alert"><b>This did not work.</b> {safe(message)}</div>'


def retry(number: int, word: str = "ask again") -> str:
    """The button that asks exchange `number` again."""
    return f'<button class="quiet" data-ask="again:{number}">{word}</button>'


def stopped(partial: str) -> str:
    """What stood there when Stop was pressed, labelled as cut off and unchecked."""
    if not partial:
        return '<p class="note">Stopped before anything was written.</p>'
    return (
        f'<p class="draft">{safe(partial)}</p>'
        '<p class="note">Stopped. What is written above was cut off and not checked.</p>'
    )
