"""What is shown of a message that is too long: whole sentences around what was found."""

from hypothesis import given
from hypothesis import strategies as st

from rag.excerpt import excerpt
from rag.model import Passage
from tests.fakes import make_email

#: Twenty sentences of five words: "This is sentence number 00."
BODY = "\n".join(f"This is sentence number {n:02}." for n in range(20))


def of(body: str, *found: tuple[int, int]) -> Passage:
    return Passage(1, make_email("mail", body), 0, len(body), found=found)


def place(words: str) -> tuple[int, int]:
    start = BODY.index(words)
    return start, start + len(words)


def words(text: str) -> int:
    return len(text.split())


def numbers(shown: Passage | None) -> list[str]:
    return [] if shown is None else [line[-3:-1] for line in shown.text.split("\n")]


def test_the_sentences_around_the_place_are_shown() -> None:
    assert numbers(excerpt(of(BODY, place("number 10")), 15, words)) == ["09", "10", "11"]


def test_at_the_end_what_stands_before_is_shown() -> None:
    assert numbers(excerpt(of(BODY, place("number 19")), 15, words)) == ["17", "18", "19"]


def test_what_stands_before_and_after_a_place_in_the_middle_of_a_sentence_is_whole() -> None:
    shown = excerpt(of(BODY, place("sentence number 05")), 5, words)
    assert shown is not None and shown.text == "This is sentence number 05."
    assert shown.email.body[shown.start : shown.end] == shown.text


def test_a_second_place_is_shown_where_it_fits() -> None:
    found = of(BODY, place("number 03"), place("number 06"))
    assert numbers(excerpt(found, 20, words)) == ["03", "04", "05", "06"]


def test_a_second_place_too_far_off_is_left_out() -> None:
    found = of(BODY, place("number 03"), place("number 18"), place("number 05"))
    assert numbers(excerpt(found, 15, words)) == ["03", "04", "05"]


def test_a_long_place_is_shown_from_its_beginning() -> None:
    assert numbers(excerpt(of(BODY, (place("number 04")[0], len(BODY))), 5, words)) == ["04"]


def test_a_huge_sentence_beside_the_place_stops_one_side_only() -> None:
    body = f"{'word ' * 500}end.\nHere it is.\nThen this.\nAnd that."
    at = body.index("Here")
    shown = excerpt(of(body, (at, at + 4)), 12, words)
    assert shown is not None and shown.text == "Here it is.\nThen this.\nAnd that."


def test_a_place_that_begins_with_empty_lines_is_found() -> None:
    shown = excerpt(of(f"\n\n{BODY}", (0, 30)), 10, words)
    assert numbers(shown) == ["00", "01"]


def test_without_a_place_or_room_for_its_sentence_there_is_none() -> None:
    assert excerpt(of(BODY), 100, words) is None
    assert excerpt(of(BODY, place("number 10")), 4, words) is None
    assert excerpt(of(BODY, place("number 10")), -3, words) is None


def test_of_a_megabyte_only_what_may_be_shown_is_read() -> None:
    body = f"{BODY}\n" * 2000
    at = len(body) // 2
    counted: list[int] = []

    def cost(text: str) -> int:
        counted.append(len(text))
        return words(text)

    shown = excerpt(of(body, (at, at + 9), (5, 9)), 50, cost)
    assert shown is not None and 40 <= words(shown.text) <= 50
    assert shown.start <= at < shown.end and sum(counted) < 1000


@given(st.text("ab .\n!", max_size=400), st.data())
def test_an_excerpt_fits_and_is_trimmed(body: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(at, len(body)))
    room = data.draw(st.integers(1, 40))
    shown = excerpt(of(body, (at, end)), room, len)
    if shown is not None:
        assert 0 < len(shown.text) <= room and shown.text == shown.text.strip()
