"""1,000 hostile mails through ingest, index, retrieval, prompt, an obedient model, and display.

Whatever the model does, it can only change words: nothing is fetched, nothing is live, nothing is
quoted that was not written, and nothing cited that was not shown. All are ingested and drawn; a
quarter is put before the model, in `make stress` all.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from rag.adapters.hashing_embedder import HashingEmbedder
from rag.build import build_engine
from rag.config import Answering, Retrieval, Settings
from rag.engine import Engine
from rag.index import write_index
from rag.model import Answer
from rag.spotlight import template_tokens, visible
from tests.fakes import opened_archive
from tests.ollama_double import OllamaDouble
from tests.redteam import obedient
from tests.redteam.hostile import IN_ALL, all_attacks, written
from tests.redteam.mailbox import ticket, write_mailbox
from tests.redteam.rendered import hidden_in, live_in_html, live_in_markdown, made_up_quotes
from ui import html_answer, html_mail, html_threads
from ui.html_mail import Shown
from ui.pack.markdown import markdown_of
from ui.pack.model import pack_of
from ui.pack.page import page_of
from ui.render import answer_json
from ui.terminal import answer_text
from ui.terminal_mail import email_text

IS_STRESS = "EXHIBIT_STRESS" in os.environ
pytestmark = [pytest.mark.stress] if IS_STRESS else []
#: Mails asked about in one question, and messages that its answer is read from.
AT_ONCE, READ = 6, 10
#: Of what was not written as an order to a model, one in so many is put before it.
ONE_IN = 1 if IS_STRESS else 8
_OUTSIDE = re.compile(
    r"\[\[(?:passage|end) \d+ N\]\]|Question: What do tickets [t\d ]+ cost\?"
    r"|Answer \(cite \[n\] after each sentence\):|"
)


@dataclass(frozen=True, slots=True)
class Told:
    """One question: what the model was sent, and the answer."""

    system: str
    user: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Attacked:
    """The engine over the hostile mails, and what came of asking it about all of them."""

    engine: Engine
    told: tuple[Told, ...]
    paths: frozenset[str]


def user_part(body: dict[str, object]) -> str:
    messages = body["messages"]
    assert isinstance(messages, list)
    return str(messages[-1]["content"])


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    folder = tmp_path_factory.mktemp("attacked")
    with opened_archive(write_mailbox(all_attacks(), folder / "hostile.mbox")) as archive:
        report = write_index(archive, folder / "index", HashingEmbedder())
    assert report.messages == report.indexed == IN_ALL
    with OllamaDouble(context=131_072, write=lambda b: [obedient.obeyed(user_part(b))]) as double:
        settings = Settings(
            index=folder / "index",
            answerer="ollama",
            ollama_host=double.url,
            answering=Answering(floor=0.0),
            retrieval=Retrieval(messages=READ),
        )
        engine = build_engine(settings, embedder=HashingEmbedder)
        told = tuple(_asked(engine, double))
        yield Attacked(engine, told, frozenset(seen.path for seen in double.requests))


def _numbers() -> list[int]:
    """The mails that are asked about."""
    orders = len(written("mails"))
    return [*range(orders), *range(orders, IN_ALL, ONE_IN)]


def _asked(engine: Engine, double: OllamaDouble) -> Iterator[Told]:
    numbers = _numbers()
    for first in range(0, len(numbers), AT_ONCE):
        names = " ".join(ticket(n) for n in numbers[first : first + AT_ONCE])
        before = len(double.chats)
        answer = engine.ask(f"What do tickets {names} cost?")
        if len(double.chats) == before:
            # Mail that imitates all marks is put before no model.
            continue
        messages = double.chats[-1].body["messages"]
        assert isinstance(messages, list)
        yield Told(messages[0]["content"], messages[-1]["content"], answer)


def test_there_are_a_thousand_mails_and_most_are_written_by_hand() -> None:
    counts = [len(written(kind)) for kind in ("mails", "leaks", "scripts")]
    assert [n >= least for n, least in zip(counts, (100, 100, 300), strict=True)] == [True] * 3
    assert len({attack.body for attack in all_attacks()}) == IN_ALL == len(all_attacks())


def test_the_model_was_shown_hundreds_of_them_and_answered(attacked: Attacked) -> None:
    shown = {t for told in attacked.told for t in re.findall(r"\bt\d{4}\b", _marked(told.user))}
    orders = {ticket(n) for n in range(len(written("mails")))}
    assert (len(shown) >= 200, len(shown & orders) >= 100) == (True, True)
    assert len(attacked.told) >= 0.95 * len(_numbers()) / AT_ONCE
    assert {told.answer.trace.model for told in attacked.told} == {"llama3.2"}


def test_nothing_but_the_model_server_was_asked(attacked: Attacked) -> None:
    # tests/conftest.py refuses whatever is not on this machine, and tells.
    assert attacked.paths <= {"/api/tags", "/api/show", "/api/ps", "/api/version", "/api/chat"}


def test_mail_reaches_the_model_only_inside_the_marks(attacked: Attacked) -> None:
    systems = set()
    for told in attacked.told:
        sign = obedient.sign(told.user)
        nonce = re.findall(r"\[\[passage \d+ ([0-9a-f]+)\]\]", told.user)[0]
        outside = [x for x in told.user.split("\n") if not x.startswith(sign)]
        odd = [x for x in outside if not _OUTSIDE.fullmatch(x.replace(nonce, "N"))]
        assert odd == []
        systems.add(told.system.replace(nonce, "N").replace(sign.rstrip(), "M"))
    assert len(systems) == 1


def test_each_request_has_marks_of_its_own(attacked: Attacked) -> None:
    assert len({obedient.sign(told.user) for told in attacked.told}) == len(attacked.told)


def test_no_template_token_or_hidden_character_reaches_the_model(attacked: Attacked) -> None:
    for told in attacked.told:
        assert template_tokens(_marked(told.user)) == []
        assert hidden_in(told.user) == []


def test_only_words_that_the_model_was_shown_are_cited(attacked: Attacked) -> None:
    cited = 0
    for told in attacked.told:
        gap = obedient.sign(told.user)[:6]
        shown = _flat(_marked(told.user).replace(gap, ""))
        for citation in told.answer.citations:
            cited += 1
            assert citation.email.body[citation.start : citation.end] == citation.quote
            assert _flat(visible(citation.quote)) in shown
    assert cited > len(_numbers()) / 2


def test_no_mark_of_an_unshown_mail_is_left(attacked: Attacked) -> None:
    for told in attacked.told:
        known = {c.n for c in told.answer.citations}
        assert all(set(s.citations) <= known for s in told.answer.sentences)
        assert not re.search(r"\[99\]|【99】", told.answer.text)
        assert any("[99] was removed" in line for line in told.answer.trace.dropped)


def test_nothing_invented_is_shown_as_borne_out(attacked: Attacked) -> None:
    for told in attacked.told:
        invented = [s for s in told.answer.sentences if obedient.NOBODY in s.text]
        assert len(invented) >= 4
        assert {s.support for s in invented} == {"unsupported"}


def test_what_is_quoted_and_borne_out_stands_in_the_mail(attacked: Attacked) -> None:
    assert [quote for told in attacked.told for quote in made_up_quotes(told.answer)] == []
    supported = [s for told in attacked.told for s in told.answer.sentences]
    assert sum(s.support == "supported" for s in supported) > len(_numbers()) / 2


def test_answers_are_text_on_the_page(attacked: Attacked) -> None:
    for number, told in enumerate(attacked.told):
        shown = html_answer.answered(told.answer, number)
        assert live_in_html(shown) == []
        assert hidden_in(shown) == []


def test_messages_are_text_on_the_page(attacked: Attacked) -> None:
    mails = [attacked.engine.message(f"{ticket(n)}@example.org") for n in range(IN_ALL)]
    for mail in mails:
        assert live_in_html(html_mail.reader(Shown(mail, mark=(0, 20), thread=(mail,)))) == []
    assert live_in_html(html_threads.month("2019-03", mails, len(mails))) == []
    assert live_in_html(html_threads.archive(attacked.engine.threads(), "")) == []
    assert len({a.name for mail in mails for a in mail.attachments}) > 0.7 * IN_ALL


def test_answers_and_messages_cannot_act_on_a_terminal(attacked: Attacked) -> None:
    for told in attacked.told:
        mails = [citation.email for citation in told.answer.citations]
        written_out = StringIO()
        console = Console(file=written_out, force_terminal=False, width=100)
        console.print(answer_text(told.answer), *map(email_text, mails))
        assert hidden_in(written_out.getvalue()) == []
        assert json.dumps(answer_json(told.answer)).isascii()


def test_what_is_saved_is_text(attacked: Attacked) -> None:
    answers: Sequence[Answer] = [told.answer for told in attacked.told]
    pack = pack_of(answers, attacked.engine.describe(), datetime(2026, 1, 1, tzinfo=UTC))
    assert live_in_markdown(markdown_of(pack)) == []
    body = page_of(pack).decode().split("<body>")[1].removesuffix("</body>\n</html>\n")
    assert [node for node in live_in_html(body) if node not in _OF_A_PACK] == []


#: A pack links each citation to its excerpt in the same file.
_OF_A_PACK = {"<a href>", "<h1 >", "<pre >"}


def _marked(user: str) -> str:
    sign = obedient.sign(user)
    return "\n".join(x.removeprefix(sign) for x in user.split("\n") if x.startswith(sign))


def _flat(text: str) -> str:
    return " ".join(text.split())
