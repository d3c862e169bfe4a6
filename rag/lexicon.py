"""Word lists for the support check: negation, opposites, near-synonyms, verbs of saying.

Chosen by hand from general English; none of them is fitted to one question or one message.
"""

import re

from rag.terms import stem


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


_IRREGULAR = """
bring brought|buy bought|choose chose chosen|come came|cost costs|draw drew drawn|fall fell fallen|
feel felt|find found|get got gotten|give gave given|go went gone|grow grew grown|hear heard|
hold held|keep kept|know knew known|lead led|leave left|lend lent|lose lost|make made|mean meant|
meet met|pay paid|rise rose risen|say said|see saw seen|sell sold|send sent|speak spoke spoken|
spend spent|stand stood|take took taken|teach taught|tell told|think thought|understand understood|
win won|write wrote written|begin began begun|break broke broken|build built|drive drove driven|
eat ate eaten|fly flew flown|forget forgot forgotten|freeze froze frozen|hide hid hidden|
show shown|sink sank sunk|steal stole stolen|wear wore worn|withdraw withdrew withdrawn"""
#: Past forms -> the form they belong to.
IRREGULAR = {
    past: group.split()[0]
    for group in _IRREGULAR.replace("\n", "").split("|")
    for past in group.split()[1:]
}

#: Turns of phrase whose sense is not that of their words, and words that say it.
PHRASES = tuple(
    (re.compile(rf"\b(?:{phrase})\b", re.IGNORECASE), meaning)
    for phrase, meaning in (
        ("no later than", "by"),
        ("rather than|instead of", "not"),
        ("(?:say|says|said|saying) no", "refuse"),
        ("(?:say|says|said|saying) yes", "agree"),
        ("(?:turn|turns|turned|turning) (?:it |him |her |them |us |me |you |this )?down", "reject"),
        ("(?:call|calls|called|calling) (?:it |this )?off", "cancel"),
        ("(?:put|puts|putting) (?:it |this )?off", "postpone"),
        ("not (?:until|before)", "only after"),
        # "do not publish before June" asks to publish after it.
        (r"not (?:to )?(\w+(?: (?:it|this|that|them|anything))?) (?:before|until)", r"\1 after"),
        ("in favou?r of", "for"),
    )
)

#: Words that turn the rest of their clause into its opposite.
NEGATORS = frozenset(
    "not no never none nobody nothing neither nor without cannot hardly barely absent".split()
)
#: Verbs and adjectives that do the same to what follows, by stem.
NEGATIVE_STEMS = _stems(
    """refuse decline reject deny oppose object fail lack stop prevent avoid unable unwilling
    impossible unlikely doubt forbid ban against dismiss veto cancel abandon halt cease"""
)
#: "I do not think that it works" denies the working, not the thinking.
NEG_RAISING = _stems(
    "think believe want expect feel seem suppose intend plan say appear wish like need"
)

#: Verbs of holding something for true, which it need not be.
BELIEF = _stems("suspect think believe fear expect assume hope doubt guess imagine")

#: Where the reach of a negator ends.
CLAUSE_ENDS = frozenset(
    """, ; : . ! ? ( ) — – but and because although though while which who whom whose if so unless
    whereas however yet until when after before since what how where why that except
    whether due""".split()
)

#: Verbs whose subject speaks, writes or holds a view: that person must have written the evidence.
SAYING = _stems(
    """say write tell ask argue propose suggest warn note agree disagree think believe worry promise
    insist request recommend reply respond answer state explain complain urge mention add describe
    announce inform question doubt confirm admit claim concede acknowledge stress emphasise
    emphasize object demand indicate call hope fear thank apologise apologize predict report
    remark comment declare point"""
)

#: "X's reply says": X must have written the evidence.
COMMUNICATIONS = _stems(
    """answer reply response email mail message letter draft note view opinion proposal suggestion
    request question memo text words complaint warning"""
)

#: Not counted as content: they carry the grammar or the framing of a statement.
LIGHT = _stems(
    """be have do make take give get put set go come let use also would could should may might will
    shall must can email mail message letter thread according another such many much very more most
    about thing way someone something anyone people person said one other
    then there here just only still even well too quite really however therefore because why how
    what who when where which his her their its him them he she they it this that these those
    want need include included including part whole kind sort example case fact matter"""
)

_OPPOSITES = """
more less;fewer|most least;fewest|before after|earlier later|early late|
increase decrease;reduce;cut;drop;fall|rise fall;drop|grow shrink|raise lower;cut|higher lower|
high low|above below|over under|accept reject;decline;refuse|agree disagree;refuse|
approve reject;veto|support oppose|for against|stay leave;quit;depart;resign|join leave;quit|
hire fire;dismiss|buy sell|win lose|gain lose|start stop;end;finish|begin end;stop|open close|
allow forbid;prevent;ban|succeed fail|success failure|always never|all none|everyone nobody|
possible impossible|likely unlikely|able unable|public private;secret|
nonprofit for-profit;forprofit|include exclude|strong weak|safe unsafe;dangerous|good bad|
best worst|better worse|fast slow|faster slower|quickly slowly|happy unhappy;sad|first last|
give take|lend borrow|send receive|remember forget|love hate|trust distrust|majority minority|
maximum minimum|internal external|temporary permanent|cheap expensive|cheaper costlier|
easy hard;difficult|easier harder|short long|shorter longer|old new|optimistic pessimistic|
satisfied dissatisfied;unhappy|willing unwilling;reluctant|full empty|near far|ahead behind|
up down|inside outside|together apart;alone|same different|keep drop;cancel;stop|
continue stop;cancel|confirm deny|delay advance|postpone advance|daily weekly;monthly|
weekly monthly;yearly|monthly yearly;annual|morning evening;afternoon|today tomorrow;yesterday|
tomorrow yesterday|
encourage discourage|promise refuse|approve refuse|accept reject|hope fear|remain leave|
rehire dismiss|gain loss|raise cut"""


def _opposites() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for pair in _OPPOSITES.replace("\n", "").split("|"):
        left, rights = pair.split(" ", 1)
        for right in rights.split(";"):
            table.setdefault(stem(left), set()).add(stem(right))
            table.setdefault(stem(right), set()).add(stem(left))
    return {word: frozenset(others) for word, others in table.items()}


OPPOSITES = _opposites()

_SYNONYMS = """
buy purchase acquire acquisition takeover|firm company startup business corporation corp|
pay salary compensation wage remuneration|money fund funding capital cash finance financing|
start begin launch found founding establish set|leave quit depart exit resign departure go|
propose suggest offer proposal suggestion|help assist support aid|big large huge great major|
give provide supply grant|get receive obtain gain|worry concern fear afraid anxious|
team staff employee worker personnel|share stock equity stake|job role position post|
lead head chief ceo run leader boss|goal aim mission purpose objective target|
hire recruit recruiting|show demonstrate prove reveal|quick fast rapid soon swift speed|
danger risk threat dangerous hazard|talk discuss speak conversation discussion chat|
end finish conclude close|keep retain stay remain hold|build create make develop construct|
choose pick select decide|important crucial critical key essential vital significant|
plan intend intention|need require must|want wish desire like prefer|
compete competition rival competitor|invest investment investor|
donate donation give contribute contribution|answer reply respond response|
email mail message note letter|begin initial first|wrong mistaken error mistake false|
price cost fee charge|rise increase grow raise|fall decrease drop decline reduce cut|
postpone delay defer|meet meeting|safe safety secure|late overdue|sign agree approve approval|
happy glad pleased delighted|sorry apologise apology|difficult hard tough|
enough sufficient adequate|ask request|say tell write state mention note|
think believe feel consider view opinion|contract agreement deal|move relocate transfer|
check verify examine inspect review|fix repair mend|broken fail failure fault|
computer machine server hardware|doctor physician|child kid|house home|car vehicle|
flight plane fly|ill sick|trip travel journey|near close|own ownership possess belong|
control power authority command|ready prepared|send sent ship deliver dispatch|
total overall altogether sum|approximately about around roughly nearly|attend come join present|
cancel call off drop abandon scrap|replace substitute swap|research study|scientist researcher|
article story piece post|board director|member people|publish release issue|explain describe|
draft version|idea thought|promise pledge commit commitment|warn caution alert|
urgent urgently immediately|complain complaint objection object"""

#: stem -> groups it belongs to; two words of one group count as saying the same.
SYNONYMS: dict[str, frozenset[int]] = {}
for _index, _group in enumerate(_SYNONYMS.replace("\n", "").split("|")):
    for _word in _stems(_group):
        SYNONYMS[_word] = SYNONYMS.get(_word, frozenset()) | {_index}

#: Words that open a sentence in lower-case meaning, so a capital there names nobody.
OPENERS = frozenset(
    """a an the this that these those it he she they we i you his her their its our your my there
    here in on at by for from to with without as if when while after before since until because
    although though but and or so then however therefore thus also both all some many most several
    each every no not none nobody nothing one two three four five six seven eight nine ten another
    according instead rather first second third finally later earlier today yesterday tomorrow once
    during within under over about across among between per what who why how where which whether
    even only just still again perhaps maybe yes now next last meanwhile moreover further overall
    such like unlike despite given regarding based people everyone someone anyone re""".split()
)
