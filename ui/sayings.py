"""What page and terminal know of an answer's words: who said them, which quotes are among them."""

import re

#: "Ann to Bob, 3 May 2021:" at the start of a line, before the words quoted, as `rag.compose`
#: writes it; the space before the quotation mark belongs to it.
CUE = re.compile(r"^[^“”\n]{1,300}, \d{1,2} \w{3} \d{4}[^“”\n]{0,40}: (?=“)", re.MULTILINE)


def is_said(quote: str, said: str) -> bool:
    """True when the words of `quote` stand in `said`, however lines are broken."""
    return flat(quote) in flat(said)


def flat(text: str) -> str:
    """`text` with every run of white space made one space."""
    return " ".join(text.split())
