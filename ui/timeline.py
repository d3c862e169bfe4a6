"""The archive over time as a small bar chart: messages per month, split by sender."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set

from ingest.model import Email
from ui.html import safe

#: Senders with a colour of their own; the others share one.
NAMED_SENDERS = 5


def timeline(emails: Sequence[Email], cited: Set[str] = frozenset()) -> str:
    """A bar per month that has mail, tallest month full height; each opens its messages.

    Months with a message whose id is in `cited` carry a mark.
    """
    dated = [e for e in emails if e.sent_at]
    if not dated:
        return ""
    months = Counter(f"{e.sent_at:%Y-%m}" for e in dated)
    counts = Counter(e.sender.name for e in dated)
    leaders = [n for n, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    leaders = leaders[:NAMED_SENDERS]
    scale = (max(months.values()), cited)
    by_month = {m: [e for e in dated if f"{e.sent_at:%Y-%m}" == m] for m in sorted(months)}
    bars = "".join(
        _year(year, {m: by_month[m] for m in by_month if m[:4] == year}, leaders, scale)
        for year in sorted({m[:4] for m in months})
    )
    return (
        '<h2>Timeline</h2><div class="timeline" role="group" aria-label="Messages per month">'
        f'{bars}</div><p class="legend">{_legend(leaders, len(counts))}</p>'
    )


def _year(
    year: str,
    months: Mapping[str, Sequence[Email]],
    leaders: Sequence[str],
    scale: tuple[int, Set[str]],
) -> str:
    """The bars of a year over its name; the name keeps its place however few the bars are."""
    bars = "".join(_bar(month, emails, leaders, scale) for month, emails in months.items())
    return (
        f'<div class="year" style="flex-grow:{len(months)};--months:{len(months)}">'
        f'<div class="bars">{bars}</div><span>{year}</span></div>'
    )


def _bar(
    month: str, emails: Sequence[Email], leaders: Sequence[str], scale: tuple[int, Set[str]]
) -> str:
    tallest, cited = scale
    counts = Counter(e.sender.name if e.sender.name in leaders else "" for e in emails)
    parts = "".join(
        f'<i class="s{_slot(name, leaders)}" '
        f'style="height:{100 * counts[name] / tallest:.1f}%"></i>'
        for name in (*leaders, "")
        if counts[name]
    )
    noun = "message" if len(emails) == 1 else "messages"
    count = sum(e.id in cited for e in emails)
    label = f"{month}: {len(emails)} {noun}" + (f", {count} cited" if count else "")
    return (
        f'<button data-open="month:{month}"{" class=cited" if count else ""} title="{label}" '
        f'aria-label="{label}">{parts}</button>'
    )


def _slot(name: str, leaders: Sequence[str]) -> int:
    return leaders.index(name) + 1 if name in leaders else 0


def _legend(leaders: Sequence[str], senders: int) -> str:
    named = [
        f'<span><i class="s{n}"></i><bdi>{safe(name)}</bdi></span>'
        for n, name in enumerate(leaders, 1)
    ]
    others = senders - len(leaders)
    if others > 0:
        named.append(f'<span><i class="s0"></i>{others} others</span>')
    return "".join(named)
