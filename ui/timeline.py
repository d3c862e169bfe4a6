"""The archive over time as a small SVG-free bar chart: messages per month, split by sender."""

from collections import Counter
from collections.abc import Sequence

from ingest.model import Email
from ui.html import safe

#: Senders with a colour of their own; the others share one.
NAMED_SENDERS = 5


def timeline(emails: Sequence[Email]) -> str:
    """A bar per month that has mail, tallest month full height; each opens its messages."""
    dated = [e for e in emails if e.sent_at]
    if not dated:
        return ""
    months = Counter(f"{e.sent_at:%Y-%m}" for e in dated)
    counts = Counter(e.sender.name for e in dated)
    leaders = [n for n, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    leaders = leaders[:NAMED_SENDERS]
    tallest = max(months.values())
    bars = "".join(
        _bar(m, [e for e in dated if f"{e.sent_at:%Y-%m}" == m], leaders, tallest)
        for m in sorted(months)
    )
    return (
        '<h2>Timeline</h2><div class="timeline" role="group" aria-label="Messages per month">'
        f'{bars}</div><p class="legend">{_legend(leaders, len(counts))}</p>'
    )


def _bar(month: str, emails: Sequence[Email], leaders: Sequence[str], tallest: int) -> str:
    counts = Counter(e.sender.name if e.sender.name in leaders else "" for e in emails)
    parts = "".join(
        f'<i class="s{_slot(name, leaders)}" style="height:{100 * counts[name] / tallest:.1f}%"></i>'
        for name in (*leaders, "")
        if counts[name]
    )
    noun = "message" if len(emails) == 1 else "messages"
    label = f"{month}: {len(emails)} {noun}"
    return (
        f'<button data-open="month:{month}" title="{label}" aria-label="{label}">{parts}'
        f"<span>{month[2:4] if month.endswith('-01') else ''}</span></button>"
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
