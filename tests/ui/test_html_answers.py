"""Answers become escaped HTML with citation buttons, support marks and chips."""

import re
from datetime import date

import pytest

from rag.model import Scope, Sentence
from tests.ui.fake_archive import ANNA, BOAT, QUOTE, answer, citation, email, not_found
from ui import html, html_answer

HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


COSTS = Sentence("It costs much [1].", (1,), "supported")


def test_each_marker_becomes_a_button_that_names_its_exchange() -> None:
    said = answer("q", [COSTS], [citation(1, BOAT, QUOTE)])
    shown = html_answer.answered(said, 4)
    assert (
        'much.<button class="citation" data-n="1" data-month="2021-05" data-open="cite:4:1"'
        in shown
    )


def test_marker_without_citation_stays_text() -> None:
    said = answer("q", [Sentence("See [7].", (), "supported")], [])
    assert "See[7]." in html_answer.answered(said, 0)
    assert '<button class="citation"' not in html_answer.answered(said, 0)


def test_citation_without_marker_gets_its_button() -> None:
    said = answer("q", [Sentence("It costs much.", (1,), "supported")], [citation(1, BOAT, QUOTE)])
    assert html_answer.answered(said, 0).count('class="citation"') == 1


@pytest.mark.parametrize(
    ("support", "symbol"), [("supported", "●"), ("partly", "◐"), ("unsupported", "○")]
)
def test_support_is_shown_by_shape_class_and_title(support: str, symbol: str) -> None:
    sentence = Sentence("A [1].", (1,), support)  # type: ignore[arg-type]
    shown = html_answer.answered(answer("q", [sentence], [citation(1, BOAT, QUOTE)]), 0)
    assert f'class="sentence {support}"' in shown
    assert re.search(rf'class="mark" role="img" title="[^"]+"[^>]*>&nbsp;{symbol}<', shown)


def test_every_excerpt_says_restated_or_verbatim() -> None:
    said = answer("q", [Sentence("A [1].", (1,), "supported")], [citation(1, BOAT, QUOTE)])
    assert html_answer.answered(said, 0).count(">verbatim</span>") == 1
    assert ">verbatim</span>" in html_answer.answered(not_found("q", BOAT), 0)


def test_hostile_text_is_shown_literally_everywhere() -> None:
    sender = ANNA.__class__(HOSTILE, ())
    mail = email("m9", HOSTILE, sender=sender, subject=HOSTILE)
    said = answer(
        HOSTILE, [Sentence(HOSTILE + " [1]", (1,), "partly")], [citation(1, mail, HOSTILE)]
    )
    shown = (
        html_answer.answered(said, 0) + html.asked(HOSTILE, 0) + html.waiting(HOSTILE, 3, HOSTILE)
    )
    shown += (
        html_answer.chips(Scope(senders=(HOSTILE,))) + html.failure(HOSTILE) + html.stopped(HOSTILE)
    )
    assert "<img" not in shown
    assert "<script" not in shown
    assert "&lt;script&gt;alert(2)" in shown


def test_characters_that_reorder_text_are_named() -> None:
    assert html.safe("pay \u202eEUR") == "pay &lt;U+202E&gt;EUR"


def test_not_found_offers_the_nearest_messages() -> None:
    shown = html_answer.answered(not_found("q", BOAT), 2)
    assert "Not in this archive." in shown
    assert 'data-open="near:2:0"' in shown


def test_chips_tell_filters_from_guesses() -> None:
    scope = Scope(senders=("Anna Berg",), since=date(2021, 1, 2), explicit=frozenset({"since"}))
    shown = html_answer.chips(scope)
    assert 'class="chip" data-ask="drop:senders:Anna Berg"' in shown
    assert 'class="chip explicit" data-ask="drop:since:2021-01-02"' in shown


def test_rewritten_question_is_shown() -> None:
    said = answer("and he?", [], [], rewritten_question="What did Otto say?")
    assert "Understood as: <q>What did Otto say?</q>" in html_answer.answered(said, 0)


def test_stopped_text_is_labelled() -> None:
    assert "cut off and not checked" in html.stopped("Half a sen")
    assert "before anything was written" in html.stopped("")


def test_words_that_are_being_written_are_called_unchecked() -> None:
    assert "waiting for llama3.2 12 s…" in html.waiting("waiting for llama3.2", 12, "")
    assert "writing, not checked yet 13 s…" in html.waiting("waiting for llama3.2", 13, "It costs")


def test_note_told_before_is_not_told_again() -> None:
    said = answer("q", [COSTS], [citation(1, BOAT, QUOTE)], notes=("no model", "cut off"))
    shown = html_answer.answered(said, 1, told={"no model"})
    assert "no model" not in shown
    assert "cut off" in shown


def test_cards_do_not_repeat_what_the_answer_quotes() -> None:
    quoted = answer(
        "q", [Sentence(f"“{QUOTE}” [1]", (1,), "supported")], [citation(1, BOAT, QUOTE)]
    )
    phrased = answer("q", [COSTS], [citation(1, BOAT, QUOTE)])
    assert html_answer.answered(quoted, 0).count('class="quote"') == 0
    assert html_answer.answered(phrased, 0).count('class="quote"') == 1


def test_who_said_it_stands_apart_from_the_words_quoted() -> None:
    said = Sentence(f"Anna Berg to Otto Lind, 3 May 2021: “{QUOTE}” [1]", (1,), "supported")
    shown = html_answer.answered(answer("q", [said], [citation(1, BOAT, QUOTE)]), 0)
    assert '<span class="cue">Anna Berg to Otto Lind, 3 May 2021: </span>“The boat' in shown


def test_citation_stays_on_the_line_of_the_last_word() -> None:
    shown = html_answer.answered(answer("q", [COSTS], [citation(1, BOAT, QUOTE)]), 0)
    assert 'It costs <span class="tail">much.<button class="citation" data-n="1"' in shown


def test_several_citations_stand_together_after_the_full_stop() -> None:
    both = Sentence("It costs much [1][2].", (1, 2), "supported")
    cited = [citation(1, BOAT, QUOTE), citation(2, BOAT, QUOTE)]
    shown = html_answer.answered(answer("q", [both], cited), 0)
    words = re.sub(r"<[^>]*>|&nbsp;", "", shown.partition("</p>")[0])
    assert words == "It costs much.12●"


def test_citation_of_a_sentence_without_words_is_whole() -> None:
    bare = Sentence("[1] [1]", (1,), "supported")
    shown = html_answer.answered(answer("q", [bare], [citation(1, BOAT, QUOTE)]), 0)
    assert shown.count('<button class="citation"') == shown.count('title="Citation 1: ') == 2
