"""HTML mail as plain text: what a reader sees, with quotations marked by `> `.

Scripts, styles and hidden text are dropped; nothing is fetched. Nesting deeper than the HTML
library accepts falls back to removing the tags.
"""

import html
import re
from typing import TYPE_CHECKING

from ingest.headers import clean_text

if TYPE_CHECKING:
    from lxml.html import HtmlElement

#: libxml2 stops at 256 levels and then drops the rest of the document.
_MAX_DEPTH = 200
#: Blockquotes nested deeper than this are quoted as this deep; each level is one more pass.
_MAX_QUOTES = 20
#: Elements above which a page is data, not a letter: the layout engine would need minutes.
_MAX_TAGS = 60_000

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*>")
_MARKUP = re.compile(r"<[^<>]*>")
_HIDDEN_BLOCK = re.compile(r"<(script|style|head|title|template)\b[^<>]*>", re.IGNORECASE)
_BREAKING = re.compile(
    r"<(?:br|/?p|/?div|/?tr|/?li|/?h[1-6]|/?table|/?blockquote)\b", re.IGNORECASE
)
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|"
    r"font-size\s*:\s*0(?:px|pt|em)?\s*(?:;|$|!)|opacity\s*:\s*0\s*(?:;|$|!)",
    re.IGNORECASE,
)
_VOID = frozenset(
    "br img hr input meta link area base col embed source track wbr p li td tr".split()
)
_DROPPED = ("script", "style", "head", "title", "template", "noscript", "object", "svg")
_BLANK_LINES = re.compile(r"\n{3,}")


def html_to_text(source: str) -> str:
    """The visible text of an HTML document."""
    if not source.strip():
        return ""
    if _is_too_deep(source):
        return _strip_tags(source)
    text = _render_document(source)
    if not text.strip():
        return _strip_tags(source)
    return _BLANK_LINES.sub("\n\n", text).strip("\n") + "\n"


def _is_too_deep(source: str) -> bool:
    depth = count = 0
    for match in _TAG.finditer(source):
        count += 1
        if match.group(2).lower() in _VOID or match.group().endswith("/>"):
            continue
        depth += -1 if match.group(1) else 1
        if depth > _MAX_DEPTH or count > _MAX_TAGS:
            return True
        depth = max(depth, 0)
    return False


def _strip_tags(source: str) -> str:
    """The text between the tags, in one linear pass; blocks begin a line."""
    pieces, position = [], 0
    for match in _HIDDEN_BLOCK.finditer(source):
        if match.start() < position:
            continue
        pieces.append(source[position : match.start()])
        closing = re.compile(f"</{match.group(1)}", re.IGNORECASE).search(source, match.end())
        position = closing.start() if closing else len(source)
    pieces.append(source[position:])
    visible = _BREAKING.sub(lambda match: "\n" + match.group(), "".join(pieces))
    text = clean_text(html.unescape(_MARKUP.sub("", visible)))
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n") + "\n"


def _render_document(source: str) -> str:
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    try:
        parser = HTMLParser(
            remove_comments=True, remove_pis=True, no_network=True, encoding="utf-8"
        )
        tree = document_fromstring(source.encode("utf-8"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    _drop_hidden(tree)
    _mark_quotes(tree)
    return clean_text(_render(tree))


def _drop_hidden(tree: "HtmlElement") -> None:
    for element in list(tree.iter()):
        if not isinstance(element.tag, str):
            continue
        hidden = element.tag in _DROPPED or "hidden" in element.attrib
        if (hidden or _HIDDEN_STYLE.search(element.get("style", ""))) and element is not tree:
            element.drop_tree()


def _mark_quotes(tree: "HtmlElement") -> None:
    """Replace every blockquote, innermost first, by preformatted lines that begin with `> `."""
    quotes = list(tree.iter("blockquote"))
    for element in reversed(quotes):
        depth = sum(1 for _ in element.iterancestors("blockquote"))
        if depth >= _MAX_QUOTES:
            continue
        # The renderer would take the text after the element for a part of it.
        tail, element.tail = element.tail, None
        lines = _BLANK_LINES.sub("\n\n", _render(element)).strip("\n").split("\n")
        for child in list(element):
            element.remove(child)
        element.tag = "pre"
        element.attrib.clear()
        element.text = "\n".join(_quoted(line) for line in lines) + "\n"
        element.tail = tail


def _quoted(line: str) -> str:
    return f">{line}" if line.startswith(">") else f"> {line}".rstrip()


def _render(element: "HtmlElement") -> str:
    """The text of one element as inscriptis lays it out, table cells a blank apart."""
    from inscriptis.css_profiles import STRICT_CSS_PROFILE
    from inscriptis.html_engine import Inscriptis
    from inscriptis.model.config import ParserConfig

    rendered: str = Inscriptis(element, ParserConfig(css=STRICT_CSS_PROFILE)).get_text()
    return "\n".join(line.rstrip() for line in rendered.split("\n"))
