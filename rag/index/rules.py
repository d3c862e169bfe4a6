"""How an archive is indexed, apart from the mail itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ingest.aid import Aid
from ingest.chunk import ChunkSettings
from rag.known_vectors import KnownVectors
from rag.question_vectors import Projection


@dataclass(frozen=True, slots=True)
class Rules:
    """How messages become passages, and what a finding aid adds.

    `aids` are its questions by message id, `untold` those that no message answers, `projection`
    what was fitted to both, `vectors` what both are embedded as: no part of what is indexed.
    """

    settings: ChunkSettings = field(default_factory=ChunkSettings)
    aids: Mapping[str, Sequence[Aid]] = field(default_factory=dict)
    untold: Sequence[str] = ()
    projection: Projection | None = None
    vectors: KnownVectors | None = field(default=None, repr=False, compare=False)


def released_rules() -> Rules:
    """Those of the released emails: with all of their finding aid."""
    from corpus.finding_aid import PROJECTION, VECTORS, finding_aid, untold

    return Rules(
        aids=finding_aid(),
        untold=untold(),
        projection=Projection.load(PROJECTION),
        vectors=KnownVectors.load(VECTORS),
    )
