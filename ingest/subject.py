"""Subjects without the prefixes that replying, forwarding and mailing lists put before them."""

import re

from rapidfuzz.fuzz import partial_token_ratio

_REPLY = "re|aw|sv|antw|antwort|vs|rv|res|odp|ynt|r|回复|答复|返信|ref"
_FORWARD = "fwd?|wg|tr|vb|doorst|enc|rif|转发"
_PREFIX = re.compile(
    rf"\s*(?:(?:(?:{_REPLY})|(?P<forward>{_FORWARD}))(?:\s?[\[(]\d{{1,3}}[\])]|\^\d{{1,3}})?\s?[:：]|"
    r"(?P<list>\[[^\[\]]{1,40}\])(?=\s*\S))",
    re.IGNORECASE,
)
#: Subjects that unrelated messages share.
_GENERIC = frozenset(
    """hi hello hey test testing fyi question questions update updates meeting thanks thank you
    lunch dinner status ok yes no help urgent important info information reminder news invoice
    report call today tomorrow schedule agenda notes document documents file files misc re fw fwd
    none untitled subject welcome hallo hola bonjour""".split()
) | {
    "",
    "encrypted message",
    "no subject",
    "(no subject)",
    "thank you",
    "(none)",
    "kein betreff",
    "follow up",
    "hi all",
}
#: Mails of a series, such as patches, answer its first one under subjects of their own.
_SERIES = re.compile(r"\[[^\[\]]{0,40}\d/\d{1,4}\]")
#: How alike two subjects are (partial token ratio, 0 to 100): 99 in 100 pairs of unrelated ones
#: below 61, those with a typing error in six letters 83, those with a word in common 100.
_ALIKE = 65
_MOST_COMPARED = 200


def base_subject(subject: str) -> tuple[str, bool]:
    """The subject in lower case without prefixes, and whether it had a Re: or Fwd:."""
    subject = " ".join(subject.lower().split())
    position, is_reply = 0, False
    while match := _PREFIX.match(subject, position):
        is_reply = is_reply or match["list"] is None
        position = match.end()
    return subject[position:].removesuffix("(fwd)").strip(), is_reply


def is_generic(base: str) -> bool:
    """True for a base subject that says too little to join messages by it."""
    words = base.strip(" .!?-_:")
    return words in _GENERIC or len(words) < 4 or words.isdigit()


def is_changed(old: str, new: str) -> bool:
    """True when an answer under the subject `new` no longer is about what had the subject `old`.

    Only when both say something and not a word is common: "Rome (was: Budget)" changes nothing.
    """
    if _SERIES.search(new):
        return False
    bases = [base_subject(subject)[0][:_MOST_COMPARED] for subject in (old, new)]
    return not any(map(is_generic, bases)) and partial_token_ratio(*bases) < _ALIKE
