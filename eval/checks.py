"""Is every citation of an answer what it claims to be? Checked here anew, not taken on trust."""

import re
from collections.abc import Iterable, Mapping

from rag.model import Answer, Citation, Sentence

_MARKER = re.compile(r"\[(\d+(?:\s*,\s*\d+)*)\]")
_QUOTED = re.compile(r"“(.+?)”", re.DOTALL)
_QUOTED_WHOLE = re.compile(r"“(.+)”", re.DOTALL)
#: Shorter passages in quotation marks are turns of phrase, not quotations.
_QUOTED_WORDS = 4


def citation_faults(answer: Answer, bodies: Mapping[str, str]) -> tuple[str, ...]:
    """What is wrong with the citations, one line each; empty when all is right.

    `bodies` gives the text of each cited message as the archive holds it. The markers of text and
    sentences must resolve, quotes must stand where they say, by whom they say, and words that the
    answer puts in quotation marks must stand in the quotes cited beside them.
    """
    known = {citation.n: citation for citation in answer.citations}
    faults = [
        *_marker_faults(answer, known),
        *(fault for citation in answer.citations for fault in _quote_faults(citation, bodies)),
        *(fault for sentence in answer.sentences for fault in _sentence_faults(sentence, known)),
    ]
    return tuple(dict.fromkeys(faults))


def markers(text: str) -> list[int]:
    """Numbers of the `[n]` and `[n, m]` markers, in order."""
    return [int(n) for found in _MARKER.findall(text) for n in found.split(",")]


def _marker_faults(answer: Answer, known: Mapping[int, Citation]) -> list[str]:
    faults = []
    if len(known) < len(answer.citations):
        faults.append("two citations have the same number")
    # A quote may itself hold "[1]": only what stands outside quotation marks is ours.
    outside = _QUOTED.sub("", answer.text)
    faults += [f"[{n}] is no citation" for n in markers(outside) if n not in known]
    return faults


def _quote_faults(citation: Citation, bodies: Mapping[str, str]) -> list[str]:
    label = f"[{citation.n}] {citation.message_id}"
    body = bodies.get(citation.message_id)
    if body is None:
        return [f"{label}: no such message in the archive"]
    if not citation.quote or body[citation.start : citation.end] != citation.quote:
        return [f"{label}: the quote does not stand at {citation.start}-{citation.end}"]
    writers = {
        segment.author
        for segment in citation.email.segments
        if segment.start < citation.end and citation.start < segment.end
    }
    if citation.author not in writers:
        who = citation.author.name if citation.author else "nobody"
        return [f"{label}: {who} did not write the quoted words"]
    return []


def _sentence_faults(sentence: Sentence, known: Mapping[int, Citation]) -> list[str]:
    unknown = [n for n in sentence.citations if n not in known]
    if unknown:
        return [f"a sentence cites [{unknown[0]}], which is no citation"]
    shown = set(markers(_QUOTED.sub("", sentence.text)))
    if shown and shown != set(sentence.citations):
        return [f"a sentence shows {sorted(shown)} but cites {sorted(sentence.citations)}"]
    quotes = [_flat(known[n].quote) for n in sentence.citations]
    if quotes and not _stands_in(sentence.text, quotes):
        return [f"words quoted beside {sorted(shown)} do not stand in what is cited"]
    return []


def _stands_in(text: str, quotes: Iterable[str]) -> bool:
    """True when each passage in quotation marks is part of a quote (or they are, as one)."""
    everything = "\n".join(quotes)
    whole = _QUOTED_WHOLE.search(text)
    if whole and _flat(whole[1]) in everything:
        return True
    passages = [_flat(found) for found in _QUOTED.findall(text)]
    long = [p for p in passages if len(p.split()) >= _QUOTED_WORDS]
    return all(passage.rstrip(".,;…") in everything for passage in long)


def _flat(text: str) -> str:
    return " ".join(text.split())
