"""No test leaves the machine, and what one sets for the whole process does not reach the next."""

import errno
import os
import signal
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.security.watched import leaves_this_machine

# A busy machine is no failure: no test is timed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

#: What this process tried to reach off loopback, since it was last looked at.
_TRIED: list[str] = []


def _refuse(event: str, args: tuple[object, ...]) -> None:
    if leaves_this_machine(event, args):
        _TRIED.append(f"{event} {args!r}")
        raise OSError(errno.ENETUNREACH, f"no test leaves the machine: {_TRIED[-1]}")


sys.addaudithook(_refuse)


@pytest.fixture(autouse=True)
def tried_to_reach() -> Iterator[list[str]]:
    """Everything off loopback that this process looked up or connected to: nothing, at the end.

    Processes that a test starts are not seen; `tests/security/test_network.py` looks after those.
    """
    yield _TRIED
    tried = _TRIED[:]
    _TRIED.clear()
    assert tried == []


@pytest.fixture(autouse=True)
def own_process_settings() -> Iterator[None]:
    """`main` sets the umask and what SIGTERM does, as a command should; both end here."""
    umask = os.umask(0o022)
    handler = signal.getsignal(signal.SIGTERM)
    yield
    os.umask(umask)
    signal.signal(signal.SIGTERM, handler)
