"""Undoes the Markdown of the web-page compilation, line by line, so that line numbers stay true."""

import re

_IMAGE = re.compile(r"!\[[^\]]{0,500}\]\([^)]{0,2000}\)")
_LINK = re.compile(r"\[([^\]]{1,500})\]\([^()\s]{0,2000}(?:\([^()\s]{0,500}\)[^()\s]{0,500})?\)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_QUOTE = re.compile(r"^((?:> ?)+)")
_BULLET = re.compile(r"^[*+-]   ")
_OPENING = re.compile(r"(?<!\w)_(?=\S)")
_CLOSING = re.compile(r"(?<=\S)_(?!\w)")
#: Escaped characters wait here (Unicode private use) while the real marks are removed.
_HIDDEN = 0xE000

TITLE = re.compile(r"^\*\*Subject:\*\*(.*)$")
HEADER = re.compile(r"^### (.+)$")
FOOTNOTE = re.compile(r"^\d+\.\s+\*\*\[\^\]\(")
UNDERLINE = re.compile(r"^-{3,}\s*$")
#: A last word such as `Terms[\[2\]](...)`: text of the page follows below, shown as an attachment.
STUB = re.compile(r"^[^.!?:]{2,60}\[\d\]$")


def plain_lines(lines: list[str]) -> list[str]:
    """The lines as the writer typed them, one for one; titles become `Subject: x`, notes blank."""
    result: list[str] = []
    for index, line in enumerate(lines):
        title, header = TITLE.match(line), HEADER.match(line)
        if title:
            result.append("Subject:" + plain(title[1]))
        elif header:
            result.append(plain(header[1]))
        elif UNDERLINE.match(line) and index and TITLE.match(lines[index - 1]):
            result.append("")
        else:
            result.append(_indented(line))
    return result


def plain(text: str) -> str:
    """`text` without emphasis, links, images and escapes; what was escaped stays."""
    text = _ESCAPE.sub(lambda m: chr(_HIDDEN + ord(m[1])), _IMAGE.sub("", text))
    text = _LINK.sub(lambda m: _hide(m[1]), text)
    text = _CLOSING.sub("", _OPENING.sub("", text.replace("**", "")))
    return "".join(_shown(c) for c in text).replace("\xa0", " ").rstrip()


def _indented(line: str) -> str:
    """Block quotes and bullets become the four-space indentation of the plain compilations."""
    quote = _QUOTE.match(line)
    depth = quote[1].count(">") if quote else 0
    rest = line[quote.end() :] if quote else line
    bullet = _BULLET.match(rest)
    if bullet:
        depth, rest = depth + 1, rest[bullet.end() :]
    text = plain(rest)
    return "    " * depth + text if text else ""


def _hide(text: str) -> str:
    return "".join(chr(_HIDDEN + ord(c)) if c in "_*" else c for c in text)


def _shown(char: str) -> str:
    return chr(ord(char) - _HIDDEN) if _HIDDEN <= ord(char) < _HIDDEN + 128 else char
