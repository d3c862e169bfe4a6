"""Proof that answers come from the mail: the same archive and suite with other names and numbers.

A model that has read these emails elsewhere knows the originals, never the stand-ins.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from eval.cases import Case, write_suite
from eval.exchange import Message, message_of, write_archive
from eval.matching import contains_gold, holds
from eval.run import Asker
from eval.summary import Report
from eval.swap import Swap, draw_swap
from ingest.aid import Aid
from ingest.errors import SuiteError
from ingest.model import REDACTED, Email
from rag.index import Rules
from rag.model import Turn


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """A swapped archive with its suite and finding aid. `ids` maps original to swapped ids."""

    messages: tuple[Message, ...]
    cases: tuple[Case, ...]
    swap: Swap
    ids: dict[str, str]
    rules: Rules

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write archive.jsonl, suite.jsonl and map.json; returns the first two paths."""
        folder.mkdir(parents=True, exist_ok=True)
        archive, suite = folder / "archive.jsonl", folder / "suite.jsonl"
        write_archive(self.messages, archive)
        write_suite(self.cases, suite)
        swap = {"words": self.swap.words, "numbers": self.swap.numbers, "years": self.swap.years}
        (folder / "map.json").write_text(json.dumps({**swap, "ids": self.ids}, indent=1))
        return archive, suite


def counterfactual(
    engine: Asker,
    cases: Sequence[Case],
    rules: Rules | None = None,
    *,
    seed: int = 0,
) -> Counterfactual:
    """The archive, the suite and the finding aid swapped alike, and checked: no original is left.

    The projection of the finding aid stays as it is.

    The digest's layout has no segments, so quoted parts count as the sender's own words.
    SuiteError when an original name or number still stands somewhere.
    """
    emails = [email for thread in engine.threads() for email in engine.thread(thread.id)]
    people = {p.name for e in emails for p in (e.sender, *e.recipients)} - {REDACTED.name}
    texts = [text for email in emails for text in (email.subject, email.body)]
    rules = rules or Rules()
    texts += [text for found in rules.aids.values() for text in _aid_texts(found)]
    texts += rules.untold
    swap = draw_swap([*texts, *_suite_texts(cases)], sorted(people), seed=seed)
    ids = {email.id: f"swapped-{n:05}" for n, email in enumerate(emails, 1)}
    threads = {e.thread_id: ids[e.id] for e in reversed(emails)}
    messages = tuple(_swapped_message(email, swap, ids, threads) for email in emails)
    bodies = {email.id: email.body for email in emails}
    swapped = tuple(_swapped_case(case, swap, ids, bodies) for case in cases)
    left = swap.remaining(text for message in messages for text in _message_texts(message))
    left += _without_numbers(swap).remaining(_suite_texts(swapped))
    if left:
        raise SuiteError(f"the swap left {left[0]!r} in place; choose another --seed")
    return Counterfactual(messages, swapped, swap, ids, _swapped_rules(rules, swap, ids))


def proving(originals: Sequence[Case], swapped: Sequence[Case]) -> tuple[str, ...]:
    """Ids of the cases whose accepted answers changed: only they tell mail from memory."""
    return tuple(
        before.id
        for before, after in zip(originals, swapped, strict=True)
        if (before.answer_any, before.must_all) != (after.answer_any, after.must_all)
    )


def remembered(report: Report, originals: Sequence[Case]) -> tuple[str, ...]:
    """Ids of the questions whose answer, on swapped mail, holds the original accepted strings.

    Of the cases of `proving` only: elsewhere original and swapped answer are the same.
    """
    known = {case.id: case for case in originals}
    return tuple(
        outcome.case_id
        for outcome in report.outcomes
        if outcome.status == "answered"
        and not outcome.is_right
        and contains_gold(known[outcome.case_id], [outcome.answer])
    )


def _swapped_rules(rules: Rules, swap: Swap, ids: Mapping[str, str]) -> Rules:
    def swapped(aid: Aid) -> Aid:
        return Aid(swap.text(aid.question), tuple(swap.text(phrase) for phrase in aid.phrases))

    aids = {ids[i]: tuple(map(swapped, found)) for i, found in rules.aids.items() if i in ids}
    return replace(rules, aids=aids, untold=tuple(map(swap.text, rules.untold)))


def _aid_texts(aids: Sequence[Aid]) -> list[str]:
    return [text for aid in aids for text in (aid.question, *aid.phrases)]


def _message_texts(message: Message) -> tuple[str, ...]:
    return (message.sender, *message.to, *message.cc, message.subject, message.body)


def _swapped_message(
    email: Email, swap: Swap, ids: dict[str, str], threads: dict[str, str]
) -> Message:
    plain = message_of(email)
    return replace(
        plain,
        id=ids[email.id],
        sender=_name(plain.sender, swap),
        body=swap.text(plain.body),
        to=tuple(_name(name, swap) for name in plain.to),
        cc=tuple(_name(name, swap) for name in plain.cc),
        sent_at=swap.date(plain.sent_at),
        subject=swap.text(plain.subject),
        thread=threads[email.thread_id],
        parent=None if plain.parent is None else ids.get(plain.parent),
    )


def _name(name: str, swap: Swap) -> str:
    return name if name == REDACTED.name else swap.text(name)


def _swapped_case(
    case: Case, swap: Swap, ids: Mapping[str, str], bodies: Mapping[str, str]
) -> Case:
    gold = "\n".join(bodies.get(id_, "") for id_ in case.gold_messages)

    def phrase(text: str) -> str:
        # A number that the gold messages do not hold is counted, not read: it stays right.
        return (swap if holds(gold, text) else _without_numbers(swap)).text(text)

    return replace(
        case,
        question=swap.text(case.question),
        history=tuple(Turn(turn.role, swap.text(turn.content)) for turn in case.history),
        gold_messages=tuple(ids.get(id_, id_) for id_ in case.gold_messages),
        answer=swap.text(case.answer),
        answer_any=tuple(phrase(text) for text in case.answer_any),
        must_all=tuple(tuple(phrase(text) for text in group) for group in case.must_all),
        forbid_any=tuple(phrase(text) for text in case.forbid_any),
        author=swap.text(case.author),
    )


def _without_numbers(swap: Swap) -> Swap:
    return replace(swap, numbers={})


def _suite_texts(cases: Sequence[Case]) -> list[str]:
    return [
        text
        for case in cases
        for text in (
            case.question,
            case.answer,
            *(turn.content for turn in case.history),
            *case.answer_any,
            *(phrase for group in case.must_all for phrase in group),
        )
    ]
