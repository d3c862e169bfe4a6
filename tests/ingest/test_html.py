"""HTML mail: the visible text, quotations marked, hidden text and scripts gone."""

import pytest

from ingest.html_text import html_to_text

PAGES = {
    "paragraphs": ("<p>One</p><p>Two</p>", "One\n\nTwo\n"),
    "line breaks": ("One<br>Two<br/>Three", "One\nTwo\nThree\n"),
    "divs": ("<div>One</div><div>Two</div>", "One\nTwo\n"),
    "entities": ("caf&eacute; &amp; &#8364;&nbsp;5", "café & € 5\n"),
    "list": ("<ul><li>One<li>Two</ul>", "  * One\n  * Two\n"),
    "table": ("<table><tr><td>a<td>b</table>", "a  b\n"),
    "link keeps its words": ('<a href="http://x.org">the plan</a>', "the plan\n"),
    "script": ("One<script>alert(1)</script>Two", "OneTwo\n"),
    "style": ("<style>p{color:red}</style>One", "One\n"),
    "comment": ("One<!-- secret -->", "One\n"),
    "title": ("<head><title>T</title></head><body>One", "One\n"),
    "display none": ('One<span style="display: none">secret</span> two', "One two\n"),
    "visibility": ('One<div style="visibility:hidden">secret</div>', "One\n"),
    "hidden attribute": ("One<p hidden>secret</p>", "One\n"),
    "zero font": ('One<span style="font-size:0">secret</span>', "One\n"),
    "image": ('<img src="http://x.org/a.png" alt="">One', "One\n"),
    "quotation": ("Yes<blockquote>Shall we?</blockquote>", "Yes\n> Shall we?\n"),
    "nested quotation": (
        "<blockquote>One<blockquote>Two</blockquote>Three</blockquote>End",
        "> One\n>> Two\n>\n> Three\n\nEnd\n",
    ),
    "unclosed tags": ("<div><b>One<p>Two", "One\n\nTwo\n"),
    "no markup": ("One", "One\n"),
    "nothing": ("  ", ""),
    "only markup": ("<div></div>", "\n"),
    "XML declaration": ('<?xml version="1.0" encoding="utf-8"?><html>é</html>', "é\n"),
}


@pytest.mark.parametrize("rule", PAGES)
def test_html(rule: str) -> None:
    page, expected = PAGES[rule]
    assert html_to_text(page) == expected


def test_text_below_two_hundred_levels_is_kept() -> None:
    assert html_to_text("<div>" * 100_000 + "deep").strip() == "deep"
    assert html_to_text("<div>" * 300 + "a" + "</div>" * 300 + "tail").split() == ["a", "tail"]


def test_script_is_dropped_from_deep_pages_too() -> None:
    page = "<div>" * 300 + "<script>alert(1)</script>seen"
    assert html_to_text(page).strip() == "seen"
