"""Attribution lines ("On ..., X wrote:") by which mail programs introduce quoted words.

Says who wrote them and when, in the languages of the common programs. Whether such a line is
believed is decided in `ingest.body`.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from ingest.addresses import find_address, notes_name, people_in
from ingest.dates import MONTHS, ZONES, NumericOrder, parse_date
from ingest.model import Person

#: Longest attribution, in characters, and the lines it may be wrapped over.
MAX_ATTRIBUTION = 400
MAX_WRAP = 4
#: Characters of a name with its address.
MAX_NAME = 300


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who wrote what follows, and when. `is_strong` when it names a person, a day and a time."""

    author: Person | None
    sent_at: datetime | None
    is_strong: bool = False


_VERBS = (
    "wrote|writes|said|schrieb|schreibt|geschrieben|a écrit|a ecrit|écrit|écrivait|escribió|"
    "escribio|escribe|ha scritto|scrive|scrisse|geschreven|schreef|escreveu|skrev|skriver|"
    "napisał|napisała|napisał(a)|pisze|написал|написала|пишет|kirjoitti"
)
_VERB_WORDS = [re.escape(verb) for verb in sorted(_VERBS.split("|"), key=len, reverse=True)]
_VERB = re.compile(rf"(?<!\w)(?:{'|'.join(_VERB_WORDS)})(?!\w)", re.IGNORECASE)
_OPENING = re.compile(
    r"(?:on|am|le|el|il giorno|il|op|em|den|dnia|w dniu|vào)\s+(?=\S)", re.IGNORECASE
)
_QUOTING = re.compile(r"(?:quoting|zitat von|citando a|selon|citat)\s+(.+)", re.IGNORECASE)
_IN_ARTICLE = re.compile(r"in\s+(?:article|message|news:)?\s*<[^<>]*>,?\s*", re.IGNORECASE)
_CHINESE = re.compile(r"(?P<author>.+?)\s*[于於]\s*(?P<date>\d.+?)\s*(?:写道|寫道)")
_KOREAN = re.compile(r"(?P<date>\d.+?),\s*(?P<author>.+?)님이 (?:작성|씀)")
_WEEKDAYS = set(
    "mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun "
    "sunday mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend "
    "sonntag lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche lunes "
    "martes mié mie miércoles jue jueves vie viernes sáb sabado sábado dom domingo lunedì martedì "
    "mercoledì gio giovedì venerdì sab sabato domenica ma maandag dinsdag wo woensdag donderdag vr "
    "vrijdag za zaterdag zo zondag seg ter qua qui sex segunda-feira terça-feira quarta-feira "
    "quinta-feira sexta-feira mån tis ons tors lör sön man tir søn "
    "пн вт ср чт пт сб вс pon wt śr czw pt sob niedz".split()
)
_JOINTS = set(
    "at um à a las alle ore om às as kl kl. de del di den der the of gegen giorno dia día uhr "
    "uur h hs o'clock ore г г. в o".split()
)
_DATE_WORD = re.compile(r"[\s,;]*([^\s,;<>\"]+)")
_NUMBER = re.compile(
    r"\(?(?:\d{1,4}(?:st|nd|rd|th|er|º|\.)?|\d[\d./:hT年月日-]*\d(?:h|Z|\.|日)?|[+-]\d{2}:?\d{2}|"
    r"\d{1,2}(?::\d\d)+\s?[AaPp]\.?[Mm]\.?|\d{1,2}[AaPp][Mm])(?:\([^\s()]{1,3}\))?\)?"
)
_HALF_DAY = re.compile(r"[ap]\.?\s?m\.?", re.IGNORECASE)
_ZONE = re.compile(r"\(?(?:GMT|UTC|[A-Z]{2,4}T|[A-Z]{3})(?:[+-]\d{1,2}(?::?\d\d)?)?\)?")
_DATED = re.compile(r"(?<!\d)\d{4}(?!\d)|\d[./]\d{1,2}[./]\d\d(?!\d)")
_CLOCK = re.compile(r"\d:\d\d|(?<![\d.])\d{1,2}[.h]\d\d(?![\d.])|\d\s?[AaPp]\.?[Mm]")
PRONOUNS = set(
    "i he she it you we they someone somebody one du sie er es ich wir ihr il elle je tu nous vous "
    "on ils él el ella usted yo ud lui lei io hij zij ze ik jij u ele ela eu você han hun".split()
)
_PARTICLES = set(
    "de da del della der den des di do dos du la le van von ten ter bin ibn al el y e".split()
)
_VIA = re.compile(r"\s+(?:via\s+.*|\(by way of .*\))$", re.IGNORECASE)
_MAILTO = re.compile(r"<?mailto:([^\s<>\]]+)>?", re.IGNORECASE)


def read_attribution(text: str, *, zone: tzinfo = UTC) -> Attribution | None:
    """The attribution that `text` (unwrapped, ending in a colon) is, or None.

    Times without an offset are read in `zone`. A pronoun as author gives author None.
    """
    text = " ".join(text.replace("：", ":").split())
    if not text.endswith(":") or len(text) > MAX_ATTRIBUTION:
        return None
    core = _IN_ARTICLE.sub("", text[:-1].rstrip().lstrip("*- "), count=1)
    quoting = _QUOTING.fullmatch(core)
    if quoting is not None:
        return _attribute(quoting.group(1), "", zone)
    eastern = _CHINESE.fullmatch(core) or _KOREAN.fullmatch(core)
    if eastern is not None:
        return _attribute(eastern["author"], eastern["date"], zone)
    verbs = list(_VERB.finditer(core))
    if verbs:
        return _by_verb(core, verbs[-1], zone)
    date_text, rest = _split_date(core)
    if date_text and find_address(rest) and _CLOCK.search(date_text) and ":" not in rest:
        return _attribute(rest, date_text, zone)
    return _bracketed(core, zone)


def opens_attribution(line: str) -> bool:
    """True for a line with which an attribution wrapped over several lines can begin."""
    return bool(_split_date(line[:MAX_ATTRIBUTION])[0] or find_address(line[:MAX_ATTRIBUTION]))


def has_said_verb(text: str) -> bool:
    """True for a line ending in a colon that says somebody wrote or said something."""
    return text.rstrip().endswith(":") and _VERB.search(text[-MAX_ATTRIBUTION:]) is not None


def _by_verb(core: str, verb: re.Match[str], zone: tzinfo) -> Attribution | None:
    before, after = core[: verb.start()].strip(" ,"), core[verb.end() :].strip(" ,")
    if not after or after == "(a)":
        before = re.sub(r"\s+(?:het volgende|folgendes|hat)$", "", before, flags=re.IGNORECASE)
        date_text, author = _split_date(before)
        author = re.sub(r"^(?:heeft|hat)\s+", "", author, flags=re.IGNORECASE)
        if _OPENING.match(before) and not date_text and not find_address(before):
            return None
        return _attribute(author, date_text, zone)
    date_text, rest = _split_date(before)
    if date_text and not rest:
        return _attribute(after, date_text, zone)
    date_text, rest = _split_date(after)
    if date_text and not rest:
        return _attribute(before, date_text, zone)
    return None


def _bracketed(core: str, zone: tzinfo) -> Attribution | None:
    """Mutt's older form: `* Ann Lee <ann@example.org> [2024-03-04 10:12 +0100]:`."""
    head, bracket, tail = core.partition("[")
    if bracket and tail.endswith("]") and find_address(head) and _CLOCK.search(tail):
        return _attribute(head, tail[:-1], zone)
    return None


def _attribute(author_text: str, date_text: str, zone: tzinfo) -> Attribution | None:
    author_text = author_text.strip(" ,;:-–\"'")
    if author_text.casefold() in PRONOUNS or not author_text:
        author = None
    elif is_name(author_text):
        author = read_person(author_text)
    else:
        return None
    sent_at = parse_date(date_text, zone=zone, numeric_order=_order(date_text))
    dated = _DATED.search(date_text) is not None and _CLOCK.search(date_text) is not None
    strong = author is not None and dated
    return Attribution(author, sent_at, strong)


def _order(date_text: str) -> NumericOrder:
    """Month first in English with AM or PM, day first where the preposition is not English."""
    opening = _OPENING.match(date_text)
    if re.search(r"\d\s?[AaPp]\.?[Mm]", date_text) and (
        opening is None or date_text[:2] in "On on"
    ):
        return "month-first"
    if opening is not None and date_text[:2].lower() != "on":
        return "day-first"
    return "unknown"


def _split_date(text: str) -> tuple[str, str]:
    """The date that `text` begins with (with its preposition) and the rest; "" when none."""
    opening = _OPENING.match(text)
    position = opening.end() if opening else 0
    seen_year = seen_clock = found = False
    while (match := _DATE_WORD.match(text, position)) is not None:
        word = match.group(1)
        if seen_clock and seen_year and not _ends_clock(word):
            break
        if _NUMBER.fullmatch(word):
            found = True
            seen_year = seen_year or _DATED.search(word) is not None
            seen_clock = seen_clock or _CLOCK.search(word) is not None or ":" in word
        elif not _is_date_word(word, text, match, seen_clock=seen_clock or seen_year):
            break
        else:
            found = found or _bare(word) in _WEEKDAYS
        position = match.end()
    if not found:
        return "", text
    return text[:position].strip(), text[position:].lstrip(" ,;:-–")


def _bare(word: str) -> str:
    return word.strip("().,").lower()


def _ends_clock(word: str) -> bool:
    """True for what may follow a full date and time: AM, a zone, an offset."""
    if _HALF_DAY.fullmatch(word) or _bare(word) in {"uhr", "uur", "h"}:
        return True
    if re.fullmatch(r"\(?[+-]\d{2}:?\d{2}\)?", word):
        return True
    return _ZONE.fullmatch(word) is not None and (
        _bare(word) in ZONES or word.startswith(("(", "GMT", "UTC"))
    )


def _is_date_word(word: str, text: str, match: re.Match[str], *, seen_clock: bool) -> bool:
    bare = _bare(word)
    if _ends_clock(word) or word.lower() in _JOINTS or bare in _JOINTS:
        return True
    if bare in _WEEKDAYS and not seen_clock:
        return (
            bare not in MONTHS
            or not word[0].isupper()
            or _beside_number(text, match)
            or (word.endswith((",", ".")) or text[match.end() : match.end() + 1] == ",")
        )
    return bare in MONTHS and not seen_clock and _beside_number(text, match)


def _beside_number(text: str, match: re.Match[str]) -> bool:
    """True when a digit stands next to the word: `4 May`, `May 4`, `4 de mayo`."""
    before = re.sub(r"[\s,.]+(?:de|di)?$", "", text[: match.start(1)].rstrip(), flags=re.IGNORECASE)
    before = before.removesuffix(" de").rstrip(" .,")
    after = text[match.end() :].lstrip(" .,")
    return before[-1:].isdigit() or after[:1].isdigit() or before.endswith(("th", "st", "nd", "rd"))


def is_name(text: str) -> bool:
    """True for what can be a sender: an address, or a few words that look like a name."""
    if find_address(text):
        return len(text) <= MAX_NAME
    words = text.strip("\"'").split()
    if not 1 <= len(words) <= 6 or text.endswith((".", "!", "?")):
        return False
    if len(words) == 1:
        return words[0].strip("\"',").isalpha() or words[0][0].isupper()
    return all(word[:1].isupper() or not word[:1].isalpha() or word in _PARTICLES for word in words)


def read_person(text: str) -> Person | None:
    """The one person that a From line or attribution names, or None."""
    text = _VIA.sub("", _MAILTO.sub(r"<\1>", text).replace("[<", "<").replace(">]", ">").strip())
    if noted := notes_name(text.strip("*\"' ,;")):
        return Person(noted)
    address = find_address(text)
    if not address:
        name = " ".join(text.replace("*", "").split()).strip("\"' ,;")
        name = re.sub(r"/[A-Z]{2,}(?:/\w+)*(?:@\w+)?$", "", name)
        return Person(name) if name else None
    if "<" not in text:
        text = f"{text.replace(address, '').strip(' ()[]')} <{address}>"
    return next(people_in(text.replace("*", "")), None)
