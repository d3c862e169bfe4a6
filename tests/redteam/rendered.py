"""What an answer must not hold once it is shown: live markup, hidden characters, made-up quotes."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from markdown_it import MarkdownIt

from rag.model import Answer

#: What `ui.html*` draws. Attributes that fetch, run or style are not among them.
_TAGS = frozenset(
    "article aside b bdi blockquote button code dd details div dl dt figcaption figure footer h2 h3"
    " header i input li main mark nav ol p path q section span strong summary svg time ul".split()
)
_ATTRIBUTES = re.compile(
    r"data-[a-z]+|aria-[a-z]+|class|title|role|id|hidden|open|value|type|disabled|tabindex|lang"
    r"|maxlength|placeholder|viewbox|width|height|d|fill|stroke(?:-[a-z]+)?|transform"
)
_DRAWN_BY_MARKDOWN = frozenset("h1 h2 p ol ul li em strong code pre br".split())
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_QUOTED = re.compile(r"[“\"]([^“”\"]+)[”\"]")
#: Quotations shorter than this are names and words, which anybody may put in quotes.
_WORDS = 4


class _Nodes(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.live: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        odd = [name for name, _ in attrs if not _ATTRIBUTES.fullmatch(name)]
        if tag not in _TAGS or odd:
            self.live.append(f"<{tag} {' '.join(odd)}>")

    def handle_comment(self, data: str) -> None:
        self.live.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.live.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.live.append(f"<?{data}>")


def live_in_html(shown: str) -> list[str]:
    """Tags and attributes that our own pages do not draw."""
    nodes = _Nodes()
    nodes.feed(shown)
    nodes.close()
    return nodes.live


def live_in_markdown(shown: str) -> list[str]:
    """Links, images and HTML that CommonMark makes of a text."""
    return [
        found
        for found in re.findall(r"<([a-zA-Z][a-zA-Z0-9]*)", MarkdownIt("commonmark").render(shown))
        if found not in _DRAWN_BY_MARKDOWN
    ]


def hidden_in(shown: str) -> list[str]:
    """Characters that act on a terminal or are not seen."""
    return _HIDDEN.findall(shown)


def made_up_quotes(answer: Answer) -> Iterator[str]:
    """Quotations shown as borne out that stand in none of the mails cited beside them."""
    bodies = {c.n: _plain(c.email.body) for c in answer.citations}
    for sentence in answer.sentences:
        if sentence.support != "supported":
            continue
        cited = [bodies[n] for n in sentence.citations]
        for found in _QUOTED.finditer(sentence.text):
            quoted = _plain(re.sub(r"\[\d+\]", "", found[1]))
            if len(quoted.split()) >= _WORDS and not any(quoted in body for body in cited):
                yield found[1]


def _plain(text: str) -> str:
    flat = text.translate(str.maketrans("’‘“”–—‑", "''\"\"---"))
    return " ".join(re.sub(r"[^\w\s]", " ", flat).lower().split())
