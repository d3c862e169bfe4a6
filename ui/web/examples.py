"""The questions offered on an empty page: one per theme of the bundled archive, or made from threads."""

from collections.abc import Sequence

#: (theme, question) over the emails released in Musk v. Altman, in the order of the story.
RELEASED: tuple[tuple[str, str], ...] = (
    ("Founding", "What did Altman first propose to Musk about an AI lab in 2015?"),
    ("Governance", "Who was meant to sit on the first governance board?"),
    ("Safety and speed", "What did they write about safety against moving fast?"),
    ("Rivals", "Why was Musk worried about DeepMind?"),
    ("Recruiting", "How were the first researchers to be paid?"),
    ("Microsoft", "What did Musk object to in the 2016 Microsoft compute deal?"),
    ("Control", "What worried Sutskever and Brockman about control in September 2017?"),
    ("Trust", "Why did they say they could not trust Altman's motives?"),
    ("Nonprofit", "How did the plan turn from a nonprofit to a capped profit?"),
    ("Ultimatum", "What was Musk's ultimatum, and how did Altman answer it?"),
    ("Exit", "What chance of success did Musk give OpenAI when he left in 2018?"),
)


def example_questions(corpus: str, subjects: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """(label, question) pairs for the archive; `subjects` are its largest threads' subjects."""
    if corpus in ("restated", "verbatim"):
        return RELEASED
    shown = [s for s in subjects if s.strip()][:5]
    return tuple(("Thread", f"What was said about “{subject}”?") for subject in shown)
