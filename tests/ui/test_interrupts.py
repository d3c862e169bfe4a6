"""A Ctrl-C that something dropped on its way ends the command at the next report."""

import contextlib
import signal
import threading

import pytest

from ui.interrupts import heeded


@pytest.fixture
def reports() -> list[tuple[str, int]]:
    return []


def test_a_dropped_interrupt_is_raised_again(reports: list[tuple[str, int]]) -> None:
    with heeded(lambda stage, count: reports.append((stage, count))) as report:
        report("reading", 1)
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            report("reading", 2)
    assert reports == [("reading", 1)]


def test_an_interrupt_is_raised_at_once_and_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), heeded(lambda *_: None):
        signal.raise_signal(signal.SIGINT)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_other_threads_are_left_alone(reports: list[tuple[str, int]]) -> None:
    def work() -> None:
        with heeded(lambda stage, count: reports.append((stage, count))) as report:
            report("reading", 1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert reports == [("reading", 1)]
