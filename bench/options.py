"""How much the benches measure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """Sizes: `mails` to ingest, `megabytes` to read, `passages` an index grows to, `clients` at
    once for `seconds`.
    """

    mails: int = 2_000
    megabytes: float = 100.0
    passages: tuple[int, ...] = (1_000, 10_000, 100_000)
    clients: int = 32
    seconds: float = 60.0
    rounds: int = 5
    turns: int = 2
