"""No test leaves the machine: the guard of tests/conftest.py refuses, and it tells."""

import socket
from pathlib import Path

import pytest

from tests.security.watched import leaves_this_machine

pytest_plugins = ["pytester"]
TESTS = Path(__file__).resolve().parents[1]
REFUSED = "no test leaves the machine"


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80)])
@pytest.mark.parametrize("way", ["connect", "connect_ex"])
def test_connections_are_refused(
    tried_to_reach: list[str], address: tuple[str, int], way: str
) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as one, pytest.raises(OSError, match=REFUSED):
        getattr(one, way)(address)
    assert len(tried_to_reach) == 1
    tried_to_reach.clear()


def test_datagrams_and_name_look_ups_are_refused(tried_to_reach: list[str]) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one, pytest.raises(OSError, match=REFUSED):
        one.sendto(b"mail", ("192.0.2.1", 53))
    for look_up in (socket.gethostbyname, socket.create_connection):
        with pytest.raises(OSError, match=REFUSED):
            look_up("example.org" if look_up is socket.gethostbyname else ("example.org", 80))
    assert len(tried_to_reach) == 3
    tried_to_reach.clear()


def test_an_attempt_that_somebody_handles_fails_the_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS.parent))
    pytester.makeconftest((TESTS / "conftest.py").read_text())
    pytester.makepyfile("""
        import socket

        def test_it_goes_on():
            try:
                socket.create_connection(("192.0.2.1", 80))
            except OSError:
                pass

        def test_the_next_is_not_blamed():
            pass
    """)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*192.0.2.1*"])


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for host in ("127.0.0.1", "localhost"):
            socket.create_connection((host, listener.getsockname()[1])).close()


@pytest.mark.parametrize(
    ("event", "args", "leaves"),
    [
        ("socket.connect", (None, "/run/socket"), False),
        ("socket.connect", (None, ("::1", 80, 0, 0)), False),
        ("socket.connect", (None, ("127.0.0.9", 80)), False),
        ("socket.connect", (None, ("10.0.0.5", 80)), True),
        ("socket.sendto", (None, ("10.0.0.5", 80)), True),
        ("socket.sendmsg", (None, None), False),
        ("socket.getaddrinfo", (b"localhost", 80, 0, 0, 0), False),
        ("socket.getaddrinfo", ("0.0.0.0", 80, 0, 0, 0), False),
        ("socket.getaddrinfo", ("localhost.example.org", 80, 0, 0, 0), True),
        ("socket.gethostbyaddr", ("127.0.0.1",), False),
        ("socket.gethostbyaddr", ("10.0.0.5",), True),
        ("socket.bind", (None, ("10.0.0.5", 80)), False),
    ],
)
def test_what_leaves_the_machine(event: str, args: tuple[object, ...], leaves: bool) -> None:
    assert leaves_this_machine(event, args) is leaves
