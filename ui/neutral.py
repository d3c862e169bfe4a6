"""Making text of strangers safe to print on a terminal: nothing in it can move the cursor or hide.

Pages have their own escaping in `ui.html`; JSON output is plain ASCII and needs none.
"""

import unicodedata

#: C0 controls become their visible pictures (U+2400 block); tab and newline stay.
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A)}
_PICTURES[0x7F] = "\u2421"

#: Format characters (category Cf) that joined scripts and emoji need; all others are shown.
_HARMLESS = frozenset({"\u00ad", "\u200c", "\u200d"})
_SHOWN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def neutralise(text: str) -> str:
    """`text` with control, bidi and other invisible characters replaced by visible marks.

    ESC becomes "␛", a right-to-left override becomes "<U+202E>"; CR LF becomes a newline.
    Harmless text comes back unchanged.
    """
    lines = text.replace("\r\n", "\n").translate(_PICTURES)
    if lines.isascii():
        return lines
    return "".join(_visible(character) for character in lines)


def one_line(text: str) -> str:
    """`text` neutralised, with every run of white space made one space."""
    return neutralise(" ".join(text.split()))


def _visible(character: str) -> str:
    if character in _HARMLESS or not _is_hidden(character):
        return character
    return character if character in "\t\n" else f"<U+{ord(character):04X}>"


def _is_hidden(character: str) -> bool:
    """True for what acts or is not drawn; all of plane 14 can spell text that no reader sees."""
    return unicodedata.category(character) in _SHOWN or 0xE0000 <= ord(character) <= 0xE0FFF
