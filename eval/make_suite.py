"""Drafts an eval suite from any archive without a language model, for the user to review.

Four kinds of question, each with one right message: who wrote these words, when, which number or
name goes in the gap, and (not in the archive) what somebody unknown wrote. They share words with
the mail, so they are easier than what people ask: read a score on them as an upper bound.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from eval.cases import Case
from eval.matching import holds, words
from ingest.errors import SuiteError
from ingest.model import REDACTED, Email
from ingest.sentences import split_sentences

#: Sentences of so many words say enough to be found and are short enough to be asked.
_SHORTEST, _LONGEST = 8, 40
#: Words of the mail that a question shows.
_SHOWN = 9
_NUMBER = re.compile(r"(?<![\w.,])[$€£]?\d[\d,.]*\d(?:%|[kKmMbB]+\b)?(?!\w)")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}(?:[A-Z][a-z]+)*\b")
#: Names that no archive holds; one that does is passed over.
_STRANGERS = ("Ottoline Vreeg", "Casimir Plonk", "Thessaly Umbridge-Nkemelu", "Jorund Sevastik")


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence in a message's own words; `text` is on one line."""

    email: Email
    text: str

    def __hash__(self) -> int:
        return hash((self.email.id, self.text))


def draft_suite(emails: Sequence[Email], *, count: int = 40, seed: int = 0) -> tuple[Case, ...]:
    """Up to `count` questions in four kinds, seeded; SuiteError when the mail yields none.

    Only sentences that occur once in the archive are used, so that each question has one gold
    message; a fifth of the questions are not in the archive.
    """
    # Sampling only: nothing here is secret.
    draw = random.Random(seed)  # noqa: S311
    sentences = _unique_sentences(emails)
    draw.shuffle(sentences)
    makers = (_gap_of_number, _who, _gap_of_name, _when)
    cases = list(strangers(emails, max(count // 5, 1)))
    found = _drawn(sentences, makers, count - len(cases))
    if not found:
        raise SuiteError(
            "no sentence of this archive makes a question; "
            f"questions need sentences of {_SHORTEST} to {_LONGEST} words by named senders"
        )
    return _numbered([*found, *cases])


def strangers(emails: Sequence[Email], count: int) -> tuple[Case, ...]:
    """Questions about people the archive does not know: not in the archive."""
    known = " ".join(f"{e.sender.name} {e.body}" for e in emails).casefold()
    names = [n for n in _STRANGERS if not any(p.casefold() in known for p in n.split())]
    subjects = list(dict.fromkeys(e.subject for e in emails if len(e.subject.split()) > 1))
    found = []
    for number in range(min(count, len(names) * len(subjects))):
        name = names[number % len(names)]
        # Runs through all pairs: each name meets another subject in each round.
        subject = subjects[(number + number // len(names)) % len(subjects)]
        question = f"What did {name} write about “{subject}”?"
        found.append(Case("", question, "made_unanswerable", (), answer="not in the archive"))
    return _numbered(found)


_Maker = Callable[[_Sentence], Case | None]


def _drawn(sentences: Sequence[_Sentence], makers: Sequence[_Maker], count: int) -> list[Case]:
    """Questions of each kind in turn, from as many messages as there are: up to three of each."""
    found: dict[_Sentence, Case] = {}
    used: Counter[str] = Counter()
    for most in (1, 2, 3):
        queues = [(maker, iter(sentences)) for maker in makers]
        while queues and len(found) < count:
            maker, rest = queues.pop(0)
            for sentence in rest:
                if sentence in found or used[sentence.email.id] >= most:
                    continue
                case = maker(sentence)
                if case:
                    found[sentence] = case
                    used[sentence.email.id] += 1
                    queues.append((maker, rest))
                    break
    return list(found.values())


def _unique_sentences(emails: Sequence[Email]) -> list[_Sentence]:
    every = [sentence for email in emails for sentence in _sentences(email)]
    seen = Counter(_key(sentence.text) for sentence in every)
    return [sentence for sentence in every if seen[_key(sentence.text)] == 1]


def _sentences(email: Email) -> Iterator[_Sentence]:
    for segment in email.segments:
        if segment.role != "own" or email.sender == REDACTED:
            continue
        for start, end in split_sentences(email.body[segment.start : segment.end]):
            text = email.body[segment.start + start : segment.start + end]
            found = " ".join(text.lstrip("-*• ").split())
            if _SHORTEST <= len(found.split()) <= _LONGEST:
                yield _Sentence(email, found)


def _key(text: str) -> tuple[str, ...]:
    return tuple(words(text))


def _who(sentence: _Sentence) -> Case | None:
    name = sentence.email.sender.name
    if _mentions(sentence.text, name):
        return None
    question = f"Who wrote that {_excerpt(sentence.text)}?"
    return _case(sentence, "made_who", question, name, (name, name.split()[-1]))


def _when(sentence: _Sentence) -> Case | None:
    sent = sentence.email.sent_at
    if sent is None:
        return None
    question = f"When did {sentence.email.sender.name} write: {_excerpt(sentence.text)}?"
    forms = (
        f"{sent.day} {sent:%b %Y}",
        f"{sent.day} {sent:%B %Y}",
        f"{sent:%B} {sent.day}, {sent.year}",
        sent.date().isoformat(),
    )
    return _case(sentence, "made_when", question, forms[1], forms)


def _gap_of_number(sentence: _Sentence) -> Case | None:
    return _gap(sentence, _NUMBER, "made_number", "Which number did {} put here: {}")


def _gap_of_name(sentence: _Sentence) -> Case | None:
    return _gap(sentence, _NAME, "made_name", "Which name did {} put here: {}")


def _gap(sentence: _Sentence, pattern: re.Pattern[str], kind: str, ask: str) -> Case | None:
    """A question whose answer is the one thing in the sentence that fits the pattern."""
    found = list(pattern.finditer(sentence.text))
    if len(found) != 1 or sentence.text.count(found[0][0]) != 1:
        return None
    gone = found[0]
    before = sentence.text[: gone.start()].split()[-_SHOWN // 2 :]
    after = sentence.text[gone.end() :].split()[: _SHOWN // 2]
    shown = " ".join([*before, "…", *after])
    question = ask.format(sentence.email.sender.name, f"“{shown}”?")
    if holds(question, gone[0]):
        return None
    return _case(sentence, kind, question, gone[0], (gone[0],))


def _case(
    sentence: _Sentence, kind: str, question: str, answer: str, accepted: tuple[str, ...]
) -> Case:
    return Case(
        id="",
        question=question,
        type=kind,
        gold_messages=(sentence.email.id,),
        answer=answer,
        answer_any=accepted,
        author=sentence.email.sender.name,
    )


def _numbered(cases: Sequence[Case]) -> tuple[Case, ...]:
    found = []
    for case in dict.fromkeys(cases):
        digest = sha256(case.question.encode()).hexdigest()[:8]
        found.append(replace(case, id=f"{case.type.replace('_', '-')}-{digest}"))
    return tuple(found)


def _excerpt(text: str) -> str:
    shown = text.rstrip(".!?").split()[:_SHOWN]
    return f"“{' '.join(shown)}”"


def _mentions(text: str, name: str) -> bool:
    return any(part.casefold() in text.casefold() for part in name.split())
