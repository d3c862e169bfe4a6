"""What became of one question: what the engine did, and the value of every metric on it.

An Outcome is plain data that survives JSON, so that a run can be resumed, compared and reported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from eval import metrics
from eval.cases import Case
from eval.checks import citation_faults
from eval.matching import contains_gold, token_f1
from eval.rows import CitedRow, GoldRow, HitRow, TraceRow, cited_rows, gold_row, hit_rows, trace_row
from ingest.model import Email
from rag.model import Answer

#: Ranks at which recall is reported.
CUTS = (1, 5, 10)
#: Metric -> what its mean says. The order is that of the tables; "n" differs per metric.
METRICS: Mapping[str, str] = {
    **{f"recall@{k}": f"gold messages among the first {k}" for k in CUTS},
    "mrr": "1 / rank of the first gold message",
    "ndcg@10": "gain of the gold messages by rank",
    **{f"thread_recall@{k}": f"gold threads among the first {k} messages" for k in CUTS},
    "contains_gold": "an accepted answer stands in the answer or its quotes",
    "correct": "contains gold, and a gold message is cited",
    "token_f1": "words shared with the gold answer",
    "citation_validity": "every marker, quote and author of the answer checks out",
    "citation_precision": "citations that are of gold messages",
    "citation_recall": "gold messages that are cited",
    "attribution": "citations written by the author asked for",
    "support": "sentences marked as supported by what they cite",
    "refusal": "unanswerable questions that are refused",
    "over_refusal": "answerable questions that are refused (lower is better)",
}
LOWER_IS_BETTER = frozenset({"over_refusal"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question asked. `values` holds only the metrics that apply to it.

    `status` is that of the answer, or "error" when asking raised; `error` then says what. `ms` is
    the time to the complete answer.
    """

    case_id: str
    type: str
    question: str
    answerable: bool
    status: str
    values: Mapping[str, float]
    gold_messages: tuple[str, ...] = ()
    split: str = ""
    #: Turns before the question, "role: text".
    history: tuple[str, ...] = ()
    #: The model answer of the suite, "" when it has none.
    expected: str = ""
    answer: str = ""
    error: str = ""
    hits: tuple[HitRow, ...] = ()
    citations: tuple[CitedRow, ...] = ()
    gold: tuple[GoldRow, ...] = ()
    trace: TraceRow = field(default_factory=TraceRow)
    faults: tuple[str, ...] = ()
    #: What the user was told beside the answer, and what was left out of it.
    notes: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    confidence: float = 0.0
    floor: float = 0.0
    ms: float = 0.0
    prompt_tokens: int | None = None
    answer_tokens: int | None = None
    answerer: str = ""
    settings_hash: str = ""

    @property
    def is_right(self) -> bool:
        """Answerable: a correct answer (where the suite lists none: cites gold); else: refused."""
        if not self.answerable:
            return self.values["refusal"] == 1.0
        measure = "correct" if "correct" in self.values else "citation_recall"
        return self.values.get(measure, 0.0) == 1.0

    def to_json(self) -> dict[str, object]:
        """A JSON object that `from_json` reads back."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is needed to judge an answer besides the case: the gold messages, the time it took."""

    #: The gold messages that the archive holds.
    gold: tuple[Email, ...] = ()
    ms: float = 0.0
    #: Message id -> its body as the archive gives it, of the messages that are cited.
    bodies: Mapping[str, str] = field(default_factory=dict)


def judged(case: Case, answer: Answer, asked: Asked) -> Outcome:
    """The outcome of a question that got an answer."""
    faults = citation_faults(answer, asked.bodies)
    values = (
        _answerable(case, answer, metrics.unique(email.thread_id for email in asked.gold))
        if case.is_answerable
        else {"refusal": float(answer.status == "not_in_archive")}
    )
    return Outcome(
        case_id=case.id,
        type=case.type,
        question=case.question,
        answerable=case.is_answerable,
        status=answer.status,
        values={**values, **_of_answer(case, answer, faults)},
        gold_messages=case.gold_messages,
        split=case.split,
        history=_turns(case),
        expected=case.answer,
        answer=answer.text,
        hits=hit_rows(answer.hits),
        citations=cited_rows(answer.citations),
        gold=tuple(gold_row(email) for email in asked.gold),
        trace=trace_row(answer),
        faults=faults,
        notes=answer.trace.notes,
        dropped=answer.trace.dropped,
        confidence=answer.trace.confidence,
        floor=answer.trace.floor,
        ms=asked.ms,
        prompt_tokens=answer.trace.prompt_tokens,
        answer_tokens=answer.trace.answer_tokens,
        answerer=answer.answerer,
        settings_hash=answer.settings_hash,
    )


def missed(case: Case, error: Exception, ms: float) -> Outcome:
    """The outcome of a question whose asking raised: a miss in every metric that applies."""
    values = {"refusal": 0.0}
    if case.is_answerable:
        names = [f"recall@{k}" for k in CUTS] + [f"thread_recall@{k}" for k in CUTS]
        names += ["mrr", "ndcg@10", "citation_recall", "over_refusal"]
        names += ["contains_gold", "correct"] if case.has_accepted_answers else []
        names += ["token_f1"] if case.answer else []
        values = dict.fromkeys(names, 0.0)
    return Outcome(
        case_id=case.id,
        type=case.type,
        question=case.question,
        answerable=case.is_answerable,
        status="error",
        values=values,
        gold_messages=case.gold_messages,
        split=case.split,
        history=_turns(case),
        expected=case.answer,
        error=f"{type(error).__name__}: {error}",
        ms=ms,
    )


def _turns(case: Case) -> tuple[str, ...]:
    return tuple(f"{turn.role}: {turn.content}" for turn in case.history)


def _answerable(case: Case, answer: Answer, gold_threads: Sequence[str]) -> dict[str, float]:
    ranked = metrics.unique(hit.email.id for hit in answer.hits)
    gold, mode = case.gold_messages, case.gold_mode
    cited = metrics.unique(c.message_id for c in answer.citations)
    recall = metrics.citation_recall(cited, gold, mode)
    values = {f"recall@{k}": metrics.recall_at(ranked, gold, k, mode) for k in CUTS}
    values |= {"mrr": metrics.reciprocal_rank(ranked, gold)}
    values |= {"ndcg@10": metrics.ndcg_at(ranked, gold, 10, mode)}
    values |= {
        f"thread_recall@{k}": metrics.recall_at(_threads(answer, k), gold_threads, k, mode)
        for k in CUTS
        if gold_threads
    }
    values |= {"citation_recall": recall, "over_refusal": float(answer.status == "not_in_archive")}
    if case.has_accepted_answers:
        texts = _said(answer)
        values["contains_gold"] = float(contains_gold(case, texts))
        values["correct"] = values["contains_gold"] * float(recall > 0)
    if case.answer:
        values["token_f1"] = token_f1(" ".join(_said(answer)[:1]), case.answer)
    return values


def _said(answer: Answer) -> list[str]:
    """The text and the quotes, nothing of an answer that was withheld."""
    if answer.status != "answered":
        return []
    return [answer.text, *(citation.quote for citation in answer.citations)]


def _threads(answer: Answer, k: int) -> tuple[str, ...]:
    """Threads of the first `k` messages, each once."""
    ranked = {hit.email.id: hit.email.thread_id for hit in answer.hits}
    return metrics.unique(list(ranked.values())[:k])


def _of_answer(case: Case, answer: Answer, faults: Sequence[str]) -> dict[str, float]:
    """The metrics of what was said, for questions that were answered."""
    if answer.status != "answered":
        return {}
    values = {"citation_validity": float(not faults)}
    if answer.sentences:
        backed = [sentence.support == "supported" for sentence in answer.sentences]
        values["support"] = sum(backed) / len(backed)
    cited = [citation.message_id for citation in answer.citations]
    precision = metrics.citation_precision(cited, case.gold_messages)
    if case.is_answerable and precision is not None:
        values["citation_precision"] = precision
    if case.author and answer.citations:
        authors = [c.author.name.casefold() if c.author else "" for c in answer.citations]
        values["attribution"] = authors.count(case.author.casefold()) / len(authors)
    return values
