"""Answers, search results and messages as JSON objects (DESIGN.md section 3).

Pure functions; the terminal's rendering is `ui.terminal`, the page's is `ui.html_answer`, what
leaves the machine is `ui.pack`.
"""

from collections.abc import Iterable, Mapping, Sequence

from ingest.model import Email, Person, Segment, Span
from rag.model import Answer, Citation, Hit, Scope, Trace

JsonObject = dict[str, object]


def answer_json(answer: Answer, *, with_trace: bool = False) -> JsonObject:
    """The object that `exhibit ask --json` prints."""
    shown: JsonObject = {
        "question": answer.question,
        "status": answer.status,
        "answer": answer.text,
        "answerer": answer.answerer,
        "model": answer.trace.model,
        "scope": scope_json(answer.trace.scope),
        "sentences": [
            {"text": s.text, "citations": list(s.citations), "support": s.support}
            for s in answer.sentences
        ],
        "citations": [citation_json(citation) for citation in answer.citations],
        "near_misses": hits_json(answer.near_misses),
        "retrieved": [_retrieved_json(rank, hit) for rank, hit in enumerate(answer.hits, 1)],
        "timings_ms": _rounded(answer.trace.timings_ms),
        "rewritten_question": answer.trace.rewritten_question,
        "notes": list(answer.trace.notes),
    }
    if with_trace:
        shown["trace"] = trace_json(answer)
    return shown


def citation_json(citation: Citation) -> JsonObject:
    """One citation: which words of which message, who wrote them, and where they stand."""
    email = citation.email
    return {
        "n": citation.n,
        "message_id": email.id,
        "thread_id": email.thread_id,
        "from": email.sender.name,
        "author": citation.author.name if citation.author else None,
        "to": names(email.to),
        "date": date_text(email),
        "subject": email.subject,
        "quote": citation.quote,
        "start": citation.start,
        "end": citation.end,
        "text_kind": email.text_kind,
        "locator": locator_json(email.locator),
    }


def search_json(query: str, scope: Scope, hits: Sequence[Hit]) -> JsonObject:
    """The object that `exhibit search --json` prints."""
    return {"query": query, "scope": scope_json(scope), "hits": hits_json(hits)}


def hits_json(hits: Iterable[Hit]) -> list[JsonObject]:
    """Hits in the order given, ranked from 1."""
    return [
        {
            "rank": rank,
            "message_id": hit.email.id,
            "thread_id": hit.email.thread_id,
            "from": hit.email.sender.name,
            "date": date_text(hit.email),
            "subject": hit.email.subject,
            "quote": hit.text,
            "score": hit.score,
            "text_kind": hit.email.text_kind,
            "locator": locator_json(hit.email.locator),
        }
        for rank, hit in enumerate(hits, 1)
    ]


def scope_json(scope: Scope) -> JsonObject:
    """Who and when; `explicit` names the fields that were asked for and filter hard."""
    return {
        "from": list(scope.senders),
        "to": list(scope.recipients),
        "about": list(scope.about),
        "since": scope.since.isoformat() if scope.since else None,
        "until": scope.until.isoformat() if scope.until else None,
        "explicit": sorted(scope.explicit),
    }


def trace_json(answer: Answer) -> JsonObject:
    """What the answer did, for `--trace`."""
    trace: Trace = answer.trace
    return {
        "question_kind": trace.question_kind,
        "rewritten_by": trace.rewritten_by,
        "confidence": trace.confidence,
        "floor": trace.floor,
        "dropped": list(trace.dropped),
        "prompt_tokens": trace.prompt_tokens,
        "answer_tokens": trace.answer_tokens,
        "raw_text": answer.raw_text,
        "settings_hash": answer.settings_hash,
    }


def email_json(email: Email) -> JsonObject:
    """The object that `exhibit show --json` prints for one message."""
    return {
        "message_id": email.id,
        "thread_id": email.thread_id,
        "parent_id": email.parent_id,
        "kind": email.kind,
        "from": email.sender.name,
        "to": names(email.to),
        "cc": names(email.cc),
        "date": date_text(email),
        "date_source": email.date_source,
        "subject": email.subject,
        "body": email.body,
        "segments": [_segment_json(segment) for segment in email.segments],
        "attachments": [
            {"name": a.name, "media_type": a.media_type, "size": a.size} for a in email.attachments
        ],
        "variants": [
            {
                "locator": locator_json(variant.locator),
                "subject": variant.subject,
                "identical": variant.identical,
                "body": variant.body,
            }
            for variant in email.variants
        ],
        "text_kind": email.text_kind,
        "locator": locator_json(email.locator),
    }


def locator_json(span: Span) -> JsonObject:
    """Where a message stands: its file, header line and last line (1-based, inclusive)."""
    return {"path": span.path, "first_line": span.first_line, "last_line": span.last_line}


def date_text(email: Email) -> str | None:
    """ISO 8601 time of sending; only the day where the source gives only the day; None if none."""
    if email.sent_at is None:
        return None
    return email.sent_at.isoformat() if email.time_known else email.sent_at.date().isoformat()


def names(people: Iterable[Person]) -> list[str]:
    """Display names, order kept."""
    return [person.name for person in people]


def _retrieved_json(rank: int, hit: Hit) -> JsonObject:
    return {
        "rank": rank,
        "message_id": hit.email.id,
        "chunk_id": hit.chunk.id,
        "score": hit.score,
        "dense_rank": hit.dense_rank,
        "lexical_rank": hit.lexical_rank,
        "locator": locator_json(hit.email.locator),
    }


def _segment_json(segment: Segment) -> JsonObject:
    return {
        "start": segment.start,
        "end": segment.end,
        "author": segment.author.name if segment.author else None,
        "role": segment.role,
        "origin_id": segment.origin_id,
    }


def _rounded(timings: Mapping[str, float]) -> dict[str, float]:
    return {stage: round(milliseconds, 1) for stage, milliseconds in timings.items()}
