"""The archive over time as a small bar chart: messages per month, split by sender."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ui.html import safe

#: Senders with a colour of their own; the others share one.
NAMED_SENDERS = 5

#: How many messages each sender sent, by month (`2017-09`).
Months = Mapping[str, Mapping[str, int]]


def month_of(moment: datetime) -> str:
    """The month of a moment as keys of `Months` have it."""
    return f"{moment.year:04}-{moment.month:02}"


def counted(sent: Iterable[tuple[datetime | None, str]]) -> Months:
    """Messages per month and sender, oldest month first; undated ones are left out."""
    months: dict[str, Counter[str]] = {}
    for moment, sender in sent:
        if moment is not None:
            months.setdefault(month_of(moment), Counter())[sender] += 1
    return {month: months[month] for month in sorted(months)}


def timeline(months: Months) -> str:
    """A bar per month that has mail, tallest month full height; each opens its messages.

    The page's script marks the months of what the conversation cites.
    """
    if not months:
        return ""
    counts: Counter[str] = Counter()
    for senders in months.values():
        counts.update(senders)
    leaders = [n for n, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    leaders = leaders[:NAMED_SENDERS]
    tallest = max(sum(senders.values()) for senders in months.values())
    bars = {month: _bar(month, months[month], leaders, tallest) for month in months}
    years = "".join(
        _year(year, [bar for month, bar in bars.items() if month[:4] == year])
        for year in sorted({month[:4] for month in months})
    )
    return (
        '<h2>Timeline</h2><div class="timeline" role="group" aria-label="Messages per month">'
        f'{years}</div><p class="legend">{_legend(leaders, len(counts))}</p>'
    )


def _year(year: str, bars: Sequence[str]) -> str:
    """The bars of a year over its name; the name keeps its place however few the bars are."""
    return (
        f'<div class="year" style="flex-grow:{len(bars)};--months:{len(bars)}">'
        f'<div class="bars">{"".join(bars)}</div><span>{year}</span></div>'
    )


def _bar(month: str, senders: Mapping[str, int], leaders: Sequence[str], tallest: int) -> str:
    count = sum(senders.values())
    named = [(name, senders.get(name, 0)) for name in leaders]
    others = count - sum(n for _, n in named)
    parts = "".join(
        f'<i class="s{slot}" style="height:{100 * n / tallest:.1f}%"></i>'
        for slot, n in [*((k, n) for k, (_, n) in enumerate(named, 1)), (0, others)]
        if n
    )
    noun = "message" if count == 1 else "messages"
    label = f"{month}: {count:,} {noun}"
    return (
        f'<button data-open="month:{month}" title="{label}" aria-label="{label}">{parts}</button>'
    )


def _legend(leaders: Sequence[str], senders: int) -> str:
    named = [
        f'<span><i class="s{n}"></i><bdi>{safe(name)}</bdi></span>'
        for n, name in enumerate(leaders, 1)
    ]
    others = senders - len(leaders)
    if others > 0:
        named.append(f'<span><i class="s0"></i>{others:,} others</span>')
    return "".join(named)
