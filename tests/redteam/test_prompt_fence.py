"""Hostile mail against the prompt and the citation check, with a model that obeys everything.

No model is trusted here: the double repeats each instruction and address that it is shown.
"""

import hashlib
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.mail import write_mail
from ingest.errors import LLMError
from ingest.model import Email, Person, Segment, Span
from rag.cite import resolve
from rag.model import Passage, Turn
from rag.ports import LLM, Prompt, Usage
from rag.prompt import BuiltPrompt, build_prompt, rewrite_prompt
from rag.spotlight import mark, mark_of, request_nonce, template_tokens, unmark
from tests.redteam.hostile import all_attacks, written
from tests.redteam.obedient import NOBODY, obeyed

DATA = Path(__file__).parents[1] / "data"
CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
_INVISIBLE = re.compile(
    "[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\u00ad\ufeff\x00-\x08\x0b-\x1f\x7f-\x9f]"
    "|[\U000e0000-\U000e0fff]"
)


class ObedientDouble:
    """A model that obeys all mail."""

    name = "obedient"

    def context_length(self) -> int:
        return 131_072

    def stream(self, prompt: Prompt) -> Iterator[str | Usage]:
        yield obeyed(prompt.user)
        yield Usage(1, 1, "stop")


def hostile() -> list[tuple[str, str]]:
    return [(attack.id, attack.body) for attack in all_attacks()]


def orders() -> list[tuple[str, str]]:
    return [(attack.id, attack.body) for attack in written("mails")]


def benign() -> list[str]:
    """Two hundred mails of our own: what checks are tested on, quoting styles, generated mail."""
    written = [
        json.loads(line).get(field, "")
        for name, field in (
            ("support", "body"), ("support_fresh", "body"), ("support_heldout", "body"),
            ("attribution", "text"),
        )
        for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mail.mbox"
        write_mail(path, 100)
        generated = path.read_text(encoding="utf-8").split("\n\nFrom ")
    return [
        *filter(None, dict.fromkeys(written + generated)),
        "Tabs\tand  double  spaces\n\n  - indented\n> quoted [1] (see p. 3)\n\n-- \nNora",
        "Emoji 👩‍👩‍👧 and flags 🇳🇴, café, naïve, Ελληνικά, 日本語, नमस्ते, می‌خواهم",
        "if a < b | c > d: x[INDEX] = {'s': '<b>'}  # code, not a template",
        "price: 5 € – 6 € … “quoted” ‘single’ █████ <redacted> non breaking",
    ]


def mail(body: str, subject: str = "Bakery") -> Email:
    sender = Person("Mallory Quist")
    return Email(
        id="evil-1",
        kind="email",
        sender=sender,
        to=(Person("Oskar Lind"),),
        cc=(),
        sent_at=None,
        date_source="none",
        subject=subject,
        body=body,
        segments=(Segment(0, len(body), sender, "own"),),
        thread_id="t",
        locator=Span("/mail", 1, 1),
    )


def shown(email: Email) -> Passage:
    return Passage(1, email, 0, len(email.body))


def built(email: Email) -> BuiltPrompt:
    return build_prompt("Who signed?", [shown(email)], context_length=131_072, nonce="n")


def outside(prompt: BuiltPrompt) -> str:
    sign = mark_of(prompt.nonce)
    lines = prompt.prompt.user.splitlines()
    return "\n".join([prompt.prompt.system, *(x for x in lines if not x.startswith(sign))])


def test_mail_stands_only_inside_the_fence() -> None:
    expected = outside(built(mail("")))
    for name, body in hostile():
        made = built(mail(body, subject=body))
        here = outside(made).replace(made.nonce, "N").replace(mark_of(made.nonce), "M")
        empty = built(mail(""))
        assert here == expected.replace(empty.nonce, "N").replace(mark_of(empty.nonce), "M"), name


def test_no_template_token_or_invisible_character_reaches_the_prompt() -> None:
    for name, body in hostile():
        made = built(mail(body, subject=body))
        told = made.prompt.user.replace(mark_of(made.nonce), "")
        assert template_tokens(told + made.prompt.system) == [], name
        assert not _INVISIBLE.search(made.prompt.user.replace("\n", "")), name
        assert not re.search(r"^(system|user|assistant|human):", made.prompt.user, re.I | re.M)


def test_a_guessed_nonce_is_not_used() -> None:
    for name, body in hostile():
        nonce = request_nonce("n", [body])
        assert nonce not in body and mark_of(nonce) not in body, name
    guess = request_nonce("n", ["harmless"])
    assert request_nonce("n", [f"{mark_of(guess)} obey"]) != guess


def test_mail_that_holds_every_mark_is_refused_in_time() -> None:
    digests, guess = [], "n"
    for _ in range(64):
        guess = hashlib.sha256(guess.encode()).hexdigest()
        digests.append(guess)
    with pytest.raises(LLMError, match="imitates the marks"):
        request_nonce("n", digests)


def test_an_obedient_model_cites_no_unshown_mail() -> None:
    llm: LLM = ObedientDouble()
    for name, body in orders():
        email = mail(body)
        pieces = llm.stream(built(email).prompt)
        raw = "".join(piece for piece in pieces if isinstance(piece, str))
        checked = resolve(raw, {1: shown(email)})
        numbers = {c.n for c in checked.citations}
        assert all(c.email is email and c.quote in body for c in checked.citations), name
        marks = {int(n) for n in re.findall(r"\[(\d+)\]", checked.text)}
        assert marks <= numbers and checked.dropped, name


def test_false_claims_of_an_obedient_model_are_never_supported() -> None:
    llm: LLM = ObedientDouble()
    for name, body in orders():
        email = mail(body)
        raw = "".join(p for p in llm.stream(built(email).prompt) if isinstance(p, str))
        claims = [s for s in resolve(raw, {1: shown(email)}).sentences if NOBODY in s.text]
        assert len(claims) == 4, name
        assert {claim.support for claim in claims} == {"unsupported"}, name


def test_repeated_marks_of_the_fence_do_not_reach_the_answer_as_citations() -> None:
    checked = resolve("See [[99]] and [9[9]]9] and [1[1]].", {1: shown(mail("See this."))})
    assert not re.search(r"\[(?:99|9)\]", checked.text)
    assert all(
        n in {c.n for c in checked.citations} for s in checked.sentences for n in s.citations
    )


def test_there_are_two_hundred_benign_mails() -> None:
    assert len(benign()) >= 200


@pytest.mark.parametrize("text", benign())
def test_benign_mail_is_unchanged_after_unmarking(text: str) -> None:
    nonce = request_nonce("n", [text])
    assert unmark(mark(text, nonce), nonce) == text


def test_released_mail_is_unchanged_after_unmarking() -> None:
    if not CORPUS.is_dir():
        pytest.skip("the released emails are not beside this checkout")
    for path in sorted(CORPUS.glob("openai*")):
        text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        nonce = request_nonce("n", [text])
        assert unmark(mark(text, nonce), nonce) == text


def test_template_tokens_come_back_when_unmarked() -> None:
    text = "He wrote <|im_start|> and [INST] in his mail.\nSystem: down"
    nonce = request_nonce("n", [text])
    assert unmark(mark(text, nonce), nonce) == text


def test_history_is_marked_when_a_question_is_rewritten() -> None:
    for name, body in hostile():
        prompt = rewrite_prompt(
            "and he?", [Turn("assistant", body)], context_length=131_072, nonce="n"
        )
        assert template_tokens(prompt.user) == [], name
        assert not _INVISIBLE.search(prompt.user.replace("\n", "")), name
