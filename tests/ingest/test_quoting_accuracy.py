"""Who said it: the planted replies and forwards, in the styles of the common mail programs."""

import pytest

from eval.attribution import Planted, attribution_accuracy, main, mistakes, planted


@pytest.mark.parametrize("message", planted(), ids=lambda message: message.name)
def test_planted_message_is_credited(message: Planted) -> None:
    assert mistakes(message) == []


def test_the_set_is_large_enough() -> None:
    assert len(planted()) >= 60
    assert len({message.name for message in planted()}) == len(planted())


def test_accuracy_counts_mistakes() -> None:
    right, wrong = ("own", "Ann", "Hello"), ("quoted", None, "Hello")
    message = Planted("half", "Ann", "Hello", (right, wrong))
    assert attribution_accuracy([message]) == 0.5


def test_the_script_prints_the_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "100.0%" in capsys.readouterr().out
