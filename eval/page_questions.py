"""The questions that went wrong, each to be opened: answer, gold messages, hits and trace."""

from collections import Counter
from collections.abc import Sequence
from html import escape

from eval.outcome import Outcome
from eval.rows import CitedRow, GoldRow, HitRow
from eval.summary import Report

#: Hits shown of a question.
_HITS = 10


def questions(report: Report) -> str:
    """The section of misses, by kind, with how many were lost to what."""
    misses = report.misses
    if not misses:
        return "<h2>Not right</h2><p>None: every question ended right.</p>"
    kinds = dict.fromkeys(outcome.type for outcome in misses)
    lost = Counter(reason(outcome) for outcome in misses).most_common()
    counted = "; ".join(f"{count} {why}" for why, count in lost)
    links = "".join(
        f'<a class="chip" href="#kind-{place}">{escape(kind)} {_count(misses, kind)}</a>'
        for place, kind in enumerate(kinds)
    )
    groups = "".join(
        f'<div class="kind-head" id="kind-{place}">{escape(kind)}'
        f"<small>{_count(misses, kind)} of {len(report.part(kind=kind))} not right</small></div>"
        f"{''.join(_question(outcome) for outcome in misses if outcome.type == kind)}"
        for place, kind in enumerate(kinds)
    )
    return (
        f"<h2>Not right ({len(misses)})</h2><p class=soft>{escape(counted)}.</p>"
        f'<nav class="kinds">{links}</nav>{groups}'
    )


def reason(outcome: Outcome) -> str:
    """Where the question was lost: the first step that went wrong."""
    if outcome.status == "error":
        return "asking failed"
    if not outcome.answerable:
        return "answered, though not in the archive"
    if outcome.values.get("over_refusal"):
        return "refused, though in the archive"
    if not outcome.values.get("recall@10", 1.0):
        return "gold message not found"
    if not outcome.values.get("citation_recall", 1.0):
        return "gold message found, not cited"
    return "gold message cited, answer not in it"


def _count(misses: Sequence[Outcome], kind: str) -> int:
    return sum(outcome.type == kind for outcome in misses)


def _question(outcome: Outcome) -> str:
    return (
        f"<details class=question><summary><span>{escape(outcome.question)}</span>"
        f'<span class="badge bad">{escape(reason(outcome))}</span></summary>'
        f'<div class="inside">{_turns(outcome.history)}<div class="sides">'
        f"<div><h3>Answer</h3>{_answer(outcome)}</div>"
        f"<div><h3>Expected</h3>{_expected(outcome)}</div></div>"
        f"{_hits(outcome)}<h3>Trace</h3>{_trace(outcome)}</div></details>"
    )


def _turns(history: Sequence[str]) -> str:
    return "".join(f'<p class="turns">{escape(turn)}</p>' for turn in history)


def _answer(outcome: Outcome) -> str:
    said = outcome.error or outcome.answer or outcome.status
    look = "said" if outcome.status == "answered" else "said failed"
    faults = "".join(f'<p class="badge bad">{escape(fault)}</p>' for fault in outcome.faults)
    cited = "".join(_citation(citation, outcome) for citation in outcome.citations)
    return f'<blockquote class="{look}">{escape(said)}</blockquote>{faults}{cited}'


def _citation(citation: CitedRow, outcome: Outcome) -> str:
    gold = _badge("gold") if citation.message_id in outcome.gold_messages else ""
    who = f"[{citation.n}] {citation.author}" if citation.author else f"[{citation.n}]"
    return (
        f'<p class="who">{escape(who)} <code>{escape(citation.message_id)}</code> {gold}</p>'
        f'<p class="passage">{escape(citation.quote)}</p>'
    )


def _expected(outcome: Outcome) -> str:
    if not outcome.answerable:
        return "<p>Not in the archive: to be refused.</p>"
    text = f"<blockquote>{escape(outcome.expected)}</blockquote>" if outcome.expected else ""
    held = {gold.message_id for gold in outcome.gold}
    gone = "".join(
        f'<p class="who"><code>{escape(id_)}</code> {_badge("bad", "not in this archive")}</p>'
        for id_ in outcome.gold_messages
        if id_ not in held
    )
    return f"{text}{''.join(_gold(gold) for gold in outcome.gold)}{gone}"


def _gold(gold: GoldRow) -> str:
    who = ", ".join(filter(None, (gold.sender, gold.date, gold.subject)))
    return (
        f'<p class="who">{escape(who)} <code>{escape(gold.message_id)}</code></p>'
        f'<div class="mail is-gold" tabindex="0">{escape(gold.text)}</div>'
    )


def _hits(outcome: Outcome) -> str:
    if not outcome.hits:
        return "<h3>Hits</h3><p>Nothing was retrieved.</p>"
    rows = "".join(_hit(rank, hit, outcome) for rank, hit in enumerate(outcome.hits[:_HITS], 1))
    heads = "".join(
        f"<th{' class=n' if text != 'message' else ''}>{text}</th>"
        for text in ("rank", "message", "score", "dense", "words")
    )
    return (
        "<h3>Hits, best first, with their ranks in the two searches</h3>"
        f"<div class=scroll tabindex=0><table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def _hit(rank: int, hit: HitRow, outcome: Outcome) -> str:
    cited = {citation.message_id for citation in outcome.citations}
    badges = [_badge("gold")] if hit.message_id in outcome.gold_messages else []
    badges += [_badge("cited")] if hit.message_id in cited else []
    who = ", ".join(filter(None, (hit.sender, hit.date, hit.subject)))
    passage = f'<p class="passage">{escape(hit.text)}</p>' if hit.text else ""
    ranks = "".join(
        f"<td class=n>{place or '·'}</td>" for place in (hit.dense_rank, hit.lexical_rank)
    )
    return (
        f"<tr><td class=n>{rank}</td><td><b>{escape(who)}</b> {' '.join(badges)}{passage}</td>"
        f"<td class=n>{hit.score:.3f}</td>{ranks}</tr>"
    )


def _trace(outcome: Outcome) -> str:
    trace = outcome.trace
    times = ", ".join(f"{name} {ms:.0f} ms" for name, ms in trace.timings_ms.items())
    tokens = [f"{n} {name}" for name, n in _tokens(outcome) if n is not None]
    facts = {
        "question": f"{outcome.case_id}, {outcome.split}" if outcome.split else outcome.case_id,
        "taken for": trace.kind,
        "asked as": trace.rewritten,
        "scope": trace.scope,
        "confidence": f"{outcome.confidence:.3f}, floor {outcome.floor:.3f}",
        "time": times or f"{outcome.ms:.0f} ms",
        "tokens": ", ".join(tokens),
        "measured": ", ".join(f"{name} {value:.2f}" for name, value in outcome.values.items()),
        "notes": " ".join((*outcome.notes, *outcome.dropped)),
    }
    rows = (f"<dt>{label}</dt><dd>{escape(text)}</dd>" for label, text in facts.items() if text)
    return f"<dl>{''.join(rows)}</dl>"


def _tokens(outcome: Outcome) -> list[tuple[str, int | None]]:
    return [("read", outcome.prompt_tokens), ("written", outcome.answer_tokens)]


def _badge(look: str, text: str = "") -> str:
    return f'<span class="badge {look}">{escape(text or look)}</span>'
