"""What one question did, gathered while it is answered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal


@dataclass(slots=True)
class Log:
    """Times, notes and what was left out; they end in the trace of the answer."""

    clock: Callable[[], float]
    timings: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    rewritten_by: Literal["", "rules", "model"] = ""
    #: Seconds that a model was waited for in vain.
    waited_s: float = 0.0

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the milliseconds spent inside to `timings[name]`."""
        start = self.clock()
        yield
        spent = (self.clock() - start) * 1000
        self.timings[name] = round(self.timings.get(name, 0.0) + spent, 2)
