"""The support check with an entailment model beside the rules. Off unless one is configured.

The model reads what the rules cannot; what the rules know, numbers, names and dates, such models
confuse. So entailment raises a grade by one step only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.evidence import worst
from rag.markers import without_markers
from rag.model import Support, Verdict
from rag.support import support

#: What a hypothesis is to a premise.
Entails = Callable[[str, str], Verdict]

_RAISED: dict[Support, Support] = {
    "supported": "supported",
    "partly": "supported",
    "unsupported": "partly",
}


@dataclass(frozen=True, slots=True)
class EntailmentCheck:
    """Implements the support check of `rag.cite` with a model that tells what follows."""

    entails: Entails

    def __call__(
        self,
        sentence: str,
        evidence: Sequence[str],
        *,
        authors: Sequence[str],
        similarity: float | None,
        context: Sequence[str],
        recipients: Sequence[str],
        people: Sequence[str],
    ) -> Support:
        """How far the quotes bear the sentence out, by the rules and the model together."""
        grade = support(
            sentence,
            evidence,
            authors=authors,
            similarity=similarity,
            context=context,
            recipients=recipients,
            people=people,
        )
        writers, readers = " and ".join(authors), " and ".join(recipients)
        told = f"{writers} wrote to {readers}: " if writers and readers else ""
        verdict = self.entails(told + " ".join(evidence), without_markers(sentence))
        if verdict == "contradicted":
            return "unsupported"
        return _RAISED[grade] if verdict == "entailed" else worst([grade, "partly"])
