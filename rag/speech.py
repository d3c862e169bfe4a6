"""Whether those who are said to say or do something are those of the quotes."""

from itertools import pairwise

from rag.evidence import WE, Shown, is_mentioned, worst
from rag.facts import Facts, Word
from rag.lexicon import COMMUNICATIONS, SAYING
from rag.model import Support
from rag.roles import Cast, Deed, deeds, directions, owners, posts, same_person

_SAYS = frozenset("say said write wrote add ask note argu explain report warn repli answer".split())


def speakers(said: Facts, shown: Shown) -> Support:
    """A person said to speak must have written the quotes, or be reported in them."""
    if not shown.authors:
        return "supported"
    return worst(_speaker(name, shown) for name in _said_to_speak(said, shown.cast))


def _said_to_speak(said: Facts, cast: Cast) -> list[str]:
    found = [d.subject for d in deeds(said, cast) if d.subject and d.verb in SAYING]
    words = [word.text for word in said.words]
    for word, after in pairwise(said.words):
        if word.possessive and cast.knows(word.text) and after.stem in COMMUNICATIONS:
            found.append(cast.who([word.text]))
        if word.stem in _SAYS and cast.knows(after.text) and word.clause == after.clause:
            found.extend(_inverted(word, after, said, cast))
    if words[:2] == ["according", "to"] and len(words) > 2:
        found.append(cast.who(words[2:3]))
    return found


def _inverted(verb: Word, name: Word, said: Facts, cast: Cast) -> list[str]:
    """The speaker in ", says Brockman": the verb opens its clause."""
    opens = next(word for word in said.words if word.clause == verb.clause) is verb
    return [cast.who([name.text])] if opens else []


def _speaker(name: str, shown: Shown) -> Support:
    if any(same_person(name, author) for author in shown.authors):
        return "supported"
    if shown.pronouns & WE and not any(shown.cast.knows(part) for part in name.split()):
        return "supported"
    named = (*shown.facts.words, *shown.around.words) if shown.pronouns else shown.facts.words
    reported = any(same_person(name, shown.cast.who([w.text])) for w in named)
    return "partly" if reported else "unsupported"


def roles(said: Facts, shown: Shown) -> Support:
    done = [_role(deed, shown) for deed in deeds(said, shown.cast) if deed.subject]
    owned = [_owner(deed, shown) for deed in owners(said, shown.cast) if deed.subject]
    held = [_post(post, shown) for post in posts(said, shown.cast)]
    return worst([*done, *owned, *held, _turned(said, shown)])


def _turned(said: Facts, shown: Shown) -> Support:
    """ "From A to B" where the quotes say "to A from B"."""
    known = directions(shown.facts)
    for way, name in directions(said) - known:
        if ("to" if way == "from" else "from", name) in known:
            return "unsupported"
    return "supported"


def _post(post: Deed, shown: Shown) -> Support:
    holders = [other.subject for other in posts(shown.facts, shown.cast) if other.verb == post.verb]
    fits = not holders or any(same_person(post.subject, holder) for holder in holders)
    return "supported" if fits else "partly"


def _owner(deed: Deed, shown: Shown) -> Support:
    same = [o for o in owners(shown.facts, shown.cast) if o.verb == deed.verb and o.subject]
    fits = not same or any(same_person(deed.subject, other.subject) for other in same)
    return "supported" if fits else "partly"


def _role(deed: Deed, shown: Shown) -> Support:
    same = [other for other in shown.deeds if other.verb == deed.verb and other.subject]
    own = [other for other in same if same_person(deed.subject, other.subject)]
    if own:
        targets = [other.target for other in own]
        other_one = (
            deed.target
            and all(targets)
            and not any(same_person(deed.target, target) for target in targets)
        )
        return "partly" if other_one else "supported"
    swapped = [other for other in same if same_person(deed.subject, other.target)]
    if swapped:
        return "unsupported"
    if same and deed.verb not in SAYING:
        return "partly"
    is_known = any(shown.cast.knows(part) for part in (deed.subject or "").split())
    return "partly" if is_known and not is_mentioned(deed.subject, shown) else "supported"
