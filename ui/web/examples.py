"""The questions offered on an empty page: the themes of the bundled archive, or its threads."""

from collections.abc import Sequence

#: (theme, question) over the emails released in Musk v. Altman, in the order of the story.
RELEASED: tuple[tuple[str, str], ...] = (
    ("Founding", "What did Altman first propose to Musk about an AI lab in 2015?"),
    ("Governance", "What five people did Altman propose for governance?"),
    ("Safety and speed", "How much should safety matter compared with speed in developing AI?"),
    ("Rivals", "Why was Musk worried about DeepMind?"),
    ("Recruiting", "What compensation was proposed for the first team?"),
    ("Microsoft", "What did Musk object to in the 2016 Microsoft compute deal?"),
    ("Control", "What did Sutskever and Brockman write to Musk about absolute control of AGI?"),
    ("Trust", "Why did Sutskever and Brockman not trust Altman's judgement?"),
    ("Ultimatum", "What did Musk say when he had enough in September 2017?"),
    ("Nonprofit", "How did the plan turn from a nonprofit to a capped profit?"),
    ("Exit", "What probability of success did Musk see for OpenAI against DeepMind and Google?"),
    ("Afterwards", "What did Musk and Altman say about the valuation in 2022?"),
)


def example_questions(corpus: str, subjects: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """(label, question) pairs for the archive; `subjects` are its largest threads' subjects."""
    if corpus in ("restated", "verbatim"):
        return RELEASED
    shown = [s for s in subjects if s.strip()][:5]
    return tuple(("Thread", f"What was said about “{subject}”?") for subject in shown)
