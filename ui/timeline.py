"""The archive over time as a small bar chart: messages per month, split by sender."""

from collections import Counter
from collections.abc import Sequence, Set

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
    tallest = max(months.values())
    firsts = {min(m for m in months if m[:4] == year) for year in {m[:4] for m in months}}
    bars = "".join(
        _bar(m, [e for e in dated if f"{e.sent_at:%Y-%m}" == m], leaders, (tallest, cited))
        + (f"<span>{m[:4]}</span></button>" if m in firsts else "</button>")
        for m in sorted(months)
    )
    return (
        '<h2>Timeline</h2><div class="timeline" role="group" aria-label="Messages per month">'
        f'{bars}</div><p class="legend">{_legend(leaders, len(counts))}</p>'
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
        f'aria-label="{label}">{parts}'
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
