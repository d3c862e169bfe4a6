"""What one test sets for the whole process does not reach the next."""

import os
import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def own_process_settings() -> Iterator[None]:
    """`main` sets the umask and what SIGTERM does, as a command should; both end here."""
    umask = os.umask(0o022)
    handler = signal.getsignal(signal.SIGTERM)
    yield
    os.umask(umask)
    signal.signal(signal.SIGTERM, handler)
