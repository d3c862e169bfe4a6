"""Marks mail as data inside a prompt: every line carries a per-request mark, nothing hides in it.

Spotlighting by datamarking (Hines et al. 2024, arXiv 2403.14720). It lowers the odds that a model
obeys mail; what it writes is checked afterwards all the same.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence

from ingest.errors import LLMError

#: Special tokens of chat templates: ChatML, Llama 2-4, Gemma, Mistral, DeepSeek, Phi, GLM, T5,
#: Command R, gpt-oss; and tool-call or reasoning tags. `<|` and `|>` cover most by themselves.
_TEMPLATE = re.compile(
    r"<\s*[|｜]|[|｜]\s*>"
    r"|\[/?\s*(?:INST|SYS|SYSTEM(?:_PROMPT)?|AVAILABLE_TOOLS|TOOL_(?:CALLS|RESULTS|CONTENT)"
    r"|gMASK|sMASK|MASK|CLS|SEP|UNK|PAD|BOS|EOS|IMG|THINK)\s*\]"
    r"|<\s*<\s*/?\s*SYS\s*>\s*>"
    r"|<\s*/?\s*(?:s|bos|eos|pad|unk|mask|sop|eop|start_of_turn|end_of_turn|start_of_image"
    r"|im_start|im_end|im_sep|system|user|assistant|think(?:ing)?|tool_(?:call|response)s?"
    r"|tools?|function(?:_call|s)?|extra_id_\d+|unused\d+|reserved_\d+|instructions?)\s*/?\s*>",
    re.IGNORECASE,
)
#: A line that opens a turn in plain-text templates (Alpaca, Vicuna, Claude 1).
_TURN = re.compile(
    r"^(\s*(?:#{2,}\s*)?)(system|user|assistant|human|instruction|response|input)(\s*:)",
    re.IGNORECASE,
)
_LINE_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
#: Joiners that words of some scripts and emoji sequences need.
_JOINERS = {"\u200c", "\u200d"}
_MARK_LENGTH = 6
#: Mail that holds the marks of this many random nonces was made to hold all of them.
_MOST_TRIES = 64


def request_nonce(nonce: str, texts: Iterable[str]) -> str:
    """16 hex digits made from `nonce`, whose mark occurs in none of `texts`; raises LLMError."""
    joined = "\n".join(texts).lower()
    digest = nonce
    for _ in range(_MOST_TRIES):
        digest = hashlib.sha256(digest.encode("utf-8", "replace")).hexdigest()
        if digest[:_MARK_LENGTH] not in joined:
            return digest[:16]
    raise LLMError(
        "a message imitates the marks that keep mail apart from instructions: "
        "ask with --answerer extractive"
    )


def mark_of(nonce: str) -> str:
    """What stands before every line of mail: six hex digits of the nonce and a bar."""
    return f"{nonce[:_MARK_LENGTH]}|"


def mark(text: str, nonce: str) -> str:
    """`text` as marked lines, without invisible characters or template tokens."""
    sign, gap = mark_of(nonce), nonce[:_MARK_LENGTH]
    return "\n".join(f"{sign} {defuse(line, gap)}" for line in visible(text).split("\n"))


def unmark(marked: str, nonce: str) -> str:
    """The text that `mark` was given, but for the characters that `visible` takes out."""
    sign = mark_of(nonce)
    lines = (line.removeprefix(f"{sign} ") for line in marked.split("\n"))
    return "\n".join(line.replace(nonce[:_MARK_LENGTH], "") for line in lines)


def visible(text: str) -> str:
    """`text` without zero-width, bidi and tag characters; other controls become U+FFFD."""
    lines = _LINE_BREAKS.sub("\n", text)
    if lines.isascii() and lines.replace("\n", "").replace("\t", "").isprintable():
        return lines
    return "".join(_shown(lines, index) for index in range(len(lines)))


def defuse(line: str, gap: str) -> str:
    """`line` with `gap` put inside whatever a chat template could read as its own token."""
    line = _TURN.sub(lambda m: f"{m[1]}{m[2][0]}{gap}{m[2][1:]}{m[3]}", line)
    return _TEMPLATE.sub(lambda m: f"{m[0][0]}{gap}{m[0][1:]}", line)


def template_tokens(text: str) -> Sequence[str]:
    """The template tokens that stand whole in `text`, in order."""
    return [found.group() for found in _TEMPLATE.finditer(text)]


def _shown(text: str, index: int) -> str:
    char = text[index]
    if char in "\n\t" or char.isprintable():
        return "" if _is_tag(char) else char
    if char in _JOINERS and _joins(text, index):
        return char
    category = unicodedata.category(char)
    if category == "Zs":
        return char
    return "" if category == "Cf" else "\ufffd"


def _is_tag(char: str) -> bool:
    """Plane 14: tag characters and variation selectors that can spell hidden text."""
    return 0xE0000 <= ord(char) <= 0xE0FFF


def _joins(text: str, index: int) -> bool:
    """True between two characters beyond Latin: emoji sequences, Persian, Indic scripts."""
    around = text[index - 1 : index] + text[index + 1 : index + 2]
    return len(around) == 2 and all(ord(char) > 0x2FF and char.isprintable() for char in around)
