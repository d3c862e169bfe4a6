"""Address fields (From, To, Cc) read into people, however they are written.

`email.utils.getaddresses` answers ('', '') for a whole field with one bad address, recurses on
nested comments and is quadratic on long lists; a field here always yields what it holds.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ingest.headers import decode_raw, decode_words
from ingest.model import REDACTED, Person

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|([(),;:<>])|([^"(),;:<>]+)|"', re.DOTALL)
_UNQUOTED_TOKEN = re.compile(r"([(),;:<>])|([^(),;:<>]+)")
_ADDRESS_BREAK = re.compile(r"[\s<>()\[\],;:\"']+")
_MAILTO = re.compile(r"\[mailto:([^\[\]\s<>]{1,300})\]", re.IGNORECASE)
#: Lotus Notes: `Ann Lee/HOU/ECT@ECT`, `Ann Lee@ENRON`, `CN=Ann Lee/O=ECT@ECT`.
_NOTES = re.compile(
    r"(?:CN=)?((?:[^\W\d_][\w.'’-]* ){1,4}[^\W\d_a-z][\w.'’-]*)(?:/[\w .=&-]{1,40}){0,6}"
    r"(?: ?@ ?\w{1,40}){1,4}"
)
_REDACTED = re.compile(r"[<\[(]?\s*redacted\s*[>\])]?", re.IGNORECASE)


@dataclass(slots=True)
class _Mailbox:
    """One mailbox while its tokens come in. `angle` stands between < and >, `after` behind."""

    words: list[str] = field(default_factory=list)
    comment: list[str] = field(default_factory=list)
    angle: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    has_at: bool = False

    def add_word(self, word: str) -> None:
        (self.after if self.angle else self.words).append(word)
        self.has_at = self.has_at or "@" in word

    @property
    def is_blank(self) -> bool:
        return not "".join(self.words + self.comment + self.angle).strip()

    @property
    def is_bare_word(self) -> bool:
        """True for a piece without address: perhaps the `Smith` of `Smith, Ann <a@b>`."""
        return not self.angle and not self.has_at and bool("".join(self.words).strip())


def parse_people(fields: Iterable[bytes], limit: int) -> tuple[tuple[Person, ...], bool]:
    """At most `limit` people named in address fields, in order, and whether there were more."""
    people: list[Person] = []
    for value in fields:
        for person in people_in(decode_raw(value)):
            if len(people) == limit:
                return tuple(people), True
            people.append(person)
    return tuple(people), False


def people_in(text: str) -> Iterator[Person]:
    """The people of one address list; group names and empty entries are left out."""
    waiting: _Mailbox | None = None
    for mailbox in _mailboxes(_MAILTO.sub(r"<\1>", text)):
        if waiting is not None and mailbox.angle:
            joined = [*waiting.words, ", ", *mailbox.words]
            yield _person(_Mailbox(joined, mailbox.comment, mailbox.angle))
            waiting = None
            continue
        if waiting is not None:
            yield _person(waiting)
        waiting = mailbox if mailbox.is_bare_word else None
        if waiting is None:
            yield _person(mailbox)
    if waiting is not None:
        yield _person(waiting)


def _mailboxes(text: str) -> Iterator[_Mailbox]:
    """Mailboxes between the commas and semicolons that stand outside quotes and comments."""
    current, depth, in_angle = _Mailbox(), 0, False
    for quoted, mark, plain in _tokens(text):
        if depth and mark not in ("(", ")"):
            current.comment.append(quoted or mark or plain)
        elif mark in ("(", ")"):
            depth = max(0, depth + (1 if mark == "(" else -1))
        elif in_angle and mark not in (">", ",", "<"):
            current.angle.append(quoted or mark or plain)
        elif in_angle and mark == "<":
            current.words += current.angle
            current.angle = []
        elif mark in ("<", ">"):
            if mark == "<" and current.angle:
                yield _Mailbox(current.words, current.comment, current.angle)
                current = _Mailbox(current.after)
            in_angle = mark == "<"
        elif mark in (",", ";"):
            # Inside an angle the `>` is missing.
            if not current.is_blank:
                yield current
            current, in_angle = _Mailbox(), False
        elif mark == ":" and not current.has_at and not current.angle:
            current = _Mailbox()
        else:
            current.add_word(re.sub(r"\\(.)", r"\1", quoted) if quoted else mark or plain)
    if not current.is_blank:
        yield current


def _tokens(text: str) -> Iterator[tuple[str, str, str]]:
    """Quoted string, mark or plain run. After a quote that never ends, quotes mean nothing."""
    for match in _TOKEN.finditer(text):
        if match.lastindex is None:
            rest = text[match.end() :].replace('"', "")
            for plain in _UNQUOTED_TOKEN.finditer(rest):
                yield "", plain.group(1) or "", plain.group(2) or ""
            return
        yield match.group(1) or "", match.group(2) or "", match.group(3) or ""


def _person(mailbox: _Mailbox) -> Person:
    words = decode_words("".join([*mailbox.words, *mailbox.after]))
    angle = "".join("".join(mailbox.angle).split())
    if _REDACTED.fullmatch(words or angle):
        return REDACTED
    if not angle and (noted := notes_name(words)):
        return Person(noted)
    found = find_address(angle or words)
    if not found:
        name = words or decode_words("".join(mailbox.comment)) or angle
        return Person(_tidy(name) or "<unknown>")
    name = words if angle else words.replace(found, " ")
    name = _tidy(name) or _tidy(decode_words("".join(mailbox.comment)))
    return Person(name or found.lower(), (found.lower(),))


def find_address(text: str) -> str:
    """The first `local@domain` of the text as it is spelled, or an empty string."""
    pieces = _ADDRESS_BREAK.split(text) if "@" in text else []
    return next((piece for piece in pieces if "@" in piece[1:-1]), "")


def notes_name(text: str) -> str:
    """The name in an address of Lotus Notes, or an empty string."""
    found = _NOTES.fullmatch(" ".join(text.split())) if "@" in text else None
    return found.group(1) if found else ""


def _tidy(name: str) -> str:
    """A display name without the quotes and brackets that mail programs leave around it."""
    name = " ".join(name.split()).strip(" ,;")
    while len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return name.strip(' "<>[]')
