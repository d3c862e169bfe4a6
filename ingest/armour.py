"""What OpenPGP puts around and below the words of a mail, set apart as no words of anyone.

https://www.rfc-editor.org/rfc/rfc9580#section-6 and section 7.
"""

from collections.abc import Sequence

from ingest.endings import Line, Voice

_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_BEGIN, _END, _DASHES = "-----BEGIN PGP ", "-----END PGP ", "-----"
#: Lines of the head of signed text: the names of the hashes.
_MOST_HEAD = 10


def mark_armour(lines: Sequence[Line], voices: list[Voice | None]) -> list[Voice | None]:
    """The voices with the head of signed text as frame, signatures and keys as signature.

    Encrypted text says nothing to anyone: it is frame too. A block that does not end is left.
    """
    marked = list(voices)
    endless: set[str] = set()
    index = 0
    while index < len(lines):
        content, voice = lines[index].content, voices[index]
        end = index
        found = Voice("frame", None)
        if content == _SIGNED:
            end = _head_end(lines, index)
        elif content.startswith(_BEGIN) and content.endswith(_DASHES) and content not in endless:
            end = _block_end(lines, index)
            if end == index:
                endless.add(content)
            if voice and not content.startswith(f"{_BEGIN}MESSAGE"):
                found = Voice("signature", voice.author)
        for inside in range(index, end):
            marked[inside] = marked[inside] and found
        index = max(end, index + 1)
    return marked


def _head_end(lines: Sequence[Line], begin: int) -> int:
    """The blank line below the head of signed text."""
    last = min(len(lines), begin + _MOST_HEAD)
    return next((n for n in range(begin, last) if lines[n].is_blank), begin + 1)


def _block_end(lines: Sequence[Line], begin: int) -> int:
    """The line after the block that begins here; `begin` when it has no end."""
    wanted = _END + lines[begin].content[len(_BEGIN) :]
    ends = (n + 1 for n in range(begin, len(lines)) if lines[n].content == wanted)
    return next(ends, begin)
