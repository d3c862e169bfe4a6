"""Mail as archives have it, made from a seed: threads, quoted history, signatures, duplicates.

Facts are planted whose questions are asked later. Equal arguments give equal bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from pathlib import Path
from random import Random
from textwrap import fill

from bench.phrases import (
    CLOSINGS,
    FACTS,
    FIRST,
    GREETINGS,
    HOUSES,
    LAST,
    NAME_HEADS,
    NAME_TAILS,
    PROJECTS,
    ROLES,
    SENTENCES,
)

SEED = 20261124
#: Shares of all messages: what most archives come near to.
_TWICE, _AS_HTML, _QUOTES_NOTHING, _OUTLOOK = 0.08, 0.15, 0.1, 0.3
_LONGEST_THREAD = 8


@dataclass(frozen=True, slots=True)
class Planted:
    """A question, the only message whose writer answers it, and the words that do."""

    question: str
    message_id: str
    words: str


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    address: str
    signature: str

    @property
    def first(self) -> str:
        return self.name.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class _Mail:
    sender: _Person
    to: tuple[_Person, ...]
    sent: datetime
    subject: str
    message_id: str
    references: tuple[str, ...]
    body: str


def write_mail(path: Path, count: int, *, planted: int = 0, seed: int = SEED) -> list[Planted]:
    """Write an mbox of `count` messages, copies included; the facts planted, in order."""
    random = Random(seed)
    people = _people(random)
    facts: list[Planted] = []
    every = int(count / (1 + _TWICE)) // planted if planted else count + 1
    written = 0
    with path.open("w", encoding="ascii", newline="\n") as file:
        for mail, fact in _messages(random, people, every):
            copies = 2 if random.random() < _TWICE and written + 2 <= count else 1
            for copy in range(copies):
                file.write(_as_text(mail, random, copy))
            written += copies
            if fact and len(facts) < planted:
                facts.append(Planted(fact[1], mail.message_id, fact[0]))
            if written == count:
                return facts
    raise AssertionError("unreachable")


def _people(random: Random) -> list[_Person]:
    names = [f"{first} {last}" for first in FIRST for last in LAST]
    found = []
    for name in random.sample(names, 60):
        house = random.choice(HOUSES)
        role, closing = random.choice(ROLES), random.choice(CLOSINGS)
        lines = [
            closing,
            "",
            name.partition(" ")[0],
            "-- ",
            name,
            f"{role}, {house.partition('.')[0]}",
        ]
        if random.random() < 0.5:
            lines.append(f"Tel. +44 20 7946 {random.randrange(1000):04d}")
        if random.random() < 0.3:
            lines += ["", fill(_DISCLAIMER, 72)]
        address = f"{name.lower().replace(' ', '.')}@{house}"
        found.append(_Person(name, address, "\n".join(lines)))
    return found


_DISCLAIMER = (
    "This message may hold confidential information and is meant for the addressee only. If it "
    "reached you by mistake, please tell the sender and delete it."
)


def _messages(
    random: Random, people: list[_Person], every: int
) -> Iterator[tuple[_Mail, tuple[str, str] | None]]:
    """Messages thread by thread; each `every`-th one holds a fact: its words and its question."""
    clock = datetime(2012, 1, 2, 8, tzinfo=UTC)
    number = 0
    while True:
        clock += timedelta(minutes=random.randrange(5, 240))
        group = random.sample(people, random.randrange(2, 5))
        project = random.choice(PROJECTS)
        thread: list[_Mail] = []
        sent = clock
        for _ in range(1 + int((_LONGEST_THREAD - 1) * random.random() ** 1.6)):
            number += 1
            fact = _fact(random, number // every) if number % every == 0 else None
            mail = _message(random, number, group, project, sent, thread, fact[0] if fact else "")
            thread.append(mail)
            yield mail, fact
            sent += timedelta(minutes=random.randrange(3, 900))


def _fact(random: Random, number: int) -> tuple[str, str]:
    words, question = FACTS[number % len(FACTS)]
    head, tail = divmod(number // len(FACTS) * 7 + number, len(NAME_TAILS))
    name = NAME_HEADS[head % len(NAME_HEADS)] + NAME_TAILS[tail]
    if number >= len(NAME_HEADS) * len(NAME_TAILS):
        name += str(number)
    return _filled(random, words, "", name), question.format(x=name)


def _message(
    random: Random,
    number: int,
    group: list[_Person],
    project: str,
    sent: datetime,
    thread: list[_Mail],
    fact: str,
) -> _Mail:
    answered = thread[-1] if thread else None
    sender = random.choice([p for p in group if not answered or p != answered.sender])
    to = tuple(p for p in group if p != sender)
    own = _own_text(random, to[0], project, fact)
    body = f"{own}\n\n{sender.signature}\n"
    if answered and random.random() >= _QUOTES_NOTHING:
        body += "\n" + _history(random, answered)
    subject = thread[0].subject if thread else f"{project.capitalize()} {random.randrange(1, 99)}"
    return _Mail(
        sender=sender,
        to=to,
        sent=sent.astimezone(timezone(timedelta(hours=random.choice((0, 1, 2))))),
        subject=f"Re: {subject.removeprefix('Re: ')}" if thread else subject,
        message_id=f"{number:06d}.{random.randrange(10**9)}@{sender.address.partition('@')[2]}",
        references=tuple(mail.message_id for mail in thread),
        body=body,
    )


def _own_text(random: Random, to: _Person, project: str, fact: str) -> str:
    sentences = [
        _filled(random, words, project)
        for words in random.sample(SENTENCES, min(3 + int(random.expovariate(1 / 4)), 16))
    ]
    if fact:
        sentences.insert(random.randrange(len(sentences) + 1), fact)
    paragraphs = [random.choice(GREETINGS).format(w=to.first)]
    while sentences:
        size = random.randrange(1, 5)
        paragraphs.append(fill(" ".join(sentences[:size]), 72, break_on_hyphens=False))
        del sentences[:size]
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _filled(random: Random, words: str, project: str, name: str = "") -> str:
    return words.format(
        p=project,
        q=random.choice(PROJECTS),
        w=random.choice(FIRST),
        d=f"{random.randrange(1, 29)} {random.choice(('March', 'June', 'October'))}",
        n=random.randrange(3, 40),
        m=f"{random.randrange(2, 90) * 500:,}",
        x=name,
    )


def _history(random: Random, answered: _Mail) -> str:
    """The message that is answered, whole, as clients put it below a reply."""
    if random.random() < _OUTLOOK:
        receivers = "; ".join(person.name for person in answered.to)
        return (
            f"-----Original Message-----\nFrom: {answered.sender.name}\n"
            f"Sent: {answered.sent:%A, %B %d, %Y %I:%M %p}\nTo: {receivers}\n"
            f"Subject: {answered.subject}\n\n{answered.body}"
        )
    who = f"{answered.sender.name} <{answered.sender.address}>"
    lines = "\n".join(f"> {line}".rstrip() for line in answered.body.splitlines())
    return f"On {answered.sent:%a, %d %b %Y at %H:%M}, {who} wrote:\n{lines}\n"


def _as_text(mail: _Mail, random: Random, copy: int) -> str:
    """The message as it stands in an mbox; a copy came another way."""
    hops = "".join(
        f"Received: from mx{hop}.relay.example ([192.0.2.{hop}]) by store{copy}.example\n"
        f"\twith ESMTPS id {random.randrange(16**12):012x}; {_date(mail.sent)}\n"
        for hop in range(1, 3 + copy)
    )
    answers = ""
    if mail.references:
        listed = "\n ".join(f"<{name}>" for name in mail.references)
        answers = f"In-Reply-To: <{mail.references[-1]}>\nReferences: {listed}\n"
    receivers = ",\n ".join(f"{person.name} <{person.address}>" for person in mail.to)
    return (
        f"From {mail.sender.address} {mail.sent:%a %b %d %H:%M:%S %Y}\n"
        f"{hops}Message-ID: <{mail.message_id}>\n{answers}"
        f"From: {mail.sender.name} <{mail.sender.address}>\nTo: {receivers}\n"
        f"Date: {_date(mail.sent)}\nSubject: {mail.subject}\nMIME-Version: 1.0\n{_content(mail)}\n"
    )


def _content(mail: _Mail) -> str:
    """Plain text, or the same as HTML beside it."""
    plain = f"Content-Type: text/plain; charset=us-ascii\n\n{mail.body}"
    if int(mail.message_id[:6]) % 100 >= 100 * _AS_HTML:
        return plain
    mark = f"=_{mail.message_id[:6]}"
    lines = escape(mail.body).replace("\n", "<br>\n")
    return (
        f'Content-Type: multipart/alternative; boundary="{mark}"\n\n--{mark}\n{plain}\n--{mark}\n'
        "Content-Type: text/html; charset=us-ascii\n\n"
        f"<html><body><p>{lines}</p></body></html>\n--{mark}--\n"
    )


def _date(when: datetime) -> str:
    return f"{when:%a, %d %b %Y %H:%M:%S %z}"
