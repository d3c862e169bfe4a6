"""From `--from`, `--to`, `--since` and `--until` to a Scope that filters."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ingest.errors import UsageError
from ingest.model import Person
from rag.model import Scope


@dataclass(frozen=True, slots=True)
class ScopeFlags:
    """The four flags as typed."""

    senders: Sequence[str] = ()
    recipients: Sequence[str] = ()
    since: str | None = None
    until: str | None = None

    @property
    def any_given(self) -> bool:
        """True when at least one flag was typed."""
        return bool(self.senders or self.recipients or self.since or self.until)


def explicit_scope(flags: ScopeFlags, people: Sequence[Person]) -> Scope:
    """The scope asked for; names may be full, last or first names, or addresses of `people`.

    Raises UsageError for a person whom the archive does not know and for a date that is none.
    """
    given = {
        "senders": bool(flags.senders),
        "recipients": bool(flags.recipients),
        "since": bool(flags.since),
        "until": bool(flags.until),
    }
    scope = Scope(
        senders=_named(flags.senders, people, "--from"),
        recipients=_named(flags.recipients, people, "--to"),
        since=_first_day(flags.since) if flags.since else None,
        until=_last_day(flags.until) if flags.until else None,
        explicit=frozenset(name for name, is_given in given.items() if is_given),
    )
    if scope.since and scope.until and scope.since > scope.until:
        raise UsageError(f"--since {flags.since} is after --until {flags.until}; swap them")
    return scope


def _named(spellings: Sequence[str], people: Sequence[Person], flag: str) -> tuple[str, ...]:
    from rag.names import NameIndex

    index = NameIndex(people)
    found: list[str] = []
    for spelling in spellings:
        matches = index.resolve(spelling)
        if not matches:
            raise UsageError(
                f"{flag}: nobody here is called {spelling!r}{_nearest(spelling, people)}"
            )
        found += [name for name in matches if name not in found]
    return tuple(found)


def _nearest(spelling: str, people: Sequence[Person]) -> str:
    words = {word.lower(): p.name for p in reversed(people) for word in (p.name, *p.name.split())}
    close = difflib.get_close_matches(spelling.lower(), words, n=1, cutoff=0.5)
    return f"; did you mean {words[close[0]]}?" if close else "; see `exhibit people`"


def _first_day(text: str) -> date:
    first, _ = _days("--since", text)
    return first


def _last_day(text: str) -> date:
    _, last = _days("--until", text)
    return last


def _days(flag: str, text: str) -> tuple[date, date]:
    """First and last day of a date, month, quarter, season or year in plain words."""
    from rag.when import periods

    stripped = text.strip()
    for period in periods(stripped):
        is_all = (period.start, period.end) == (0, len(stripped))
        if is_all and period.since and period.until:
            return period.since, period.until
    raise UsageError(f"{flag}: {text!r} is no date; write 2017-09-20, 2017-09 or 2017")
