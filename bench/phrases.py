"""The words that generated mail is made of: people, projects, sentences, facts to be found."""

FIRST = (
    "Ada Bruno Carla Dario Edith Felix Greta Hugo Irene Jonas Karin Lionel Mona Nils Olga Pavel "
    "Rosa Stefan Tilda Viktor"
).split()
LAST = (
    "Aldrin Bergmann Castello Dunmore Eriksen Falk Goddard Hollis Ivarsson Jessop Kellerman "
    "Lindqvist Moreau Norcross Oakley Petrov Quist Rasmussen Sorensen Thackeray"
).split()
HOUSES = ("northquay.example", "alderbrook.example", "mail.castellan.example")
ROLES = (
    "Head of Operations",
    "Legal Counsel",
    "Site Manager",
    "Finance",
    "Senior Engineer",
    "Procurement",
    "Press Office",
)
PROJECTS = (
    "harbour extension",
    "cold store",
    "grain terminal",
    "ferry contract",
    "office move",
    "annual report",
    "staff canteen",
    "solar roof",
    "insurance renewal",
    "customs software",
    "crane overhaul",
    "training week",
    "pension scheme",
    "fire drill",
    "warehouse lease",
    "website relaunch",
    "rail siding",
    "quality audit",
    "supplier review",
    "summer party",
)
#: Slots: {p} project, {q} another project, {w} somebody's first name, {d} a day, {n} a number,
#: {m} an amount.
SENTENCES = (
    "I went through the papers on the {p} last night and have {n} remarks, most of them small.",
    "Could {w} send me the latest figures for the {p} before {d}?",
    "The {p} is behind by about {n} days, mainly because of the weather.",
    "We agreed in the meeting that {w} takes over the {p} from {d} on.",
    "My impression is that the {p} costs more than it brings in, at least this year.",
    "Please do not forward this outside the group until the {p} is signed.",
    "{w} called about the {p} and asked whether {d} would suit everybody.",
    "For the {q} we had the same problem two years ago, and it took {n} weeks to settle.",
    "The quote came in at {m} euros, which is a good deal above what we had set aside.",
    "I would rather wait for the {q} than decide the {p} in a hurry.",
    "Two of the {n} offers are incomplete, and one came after the deadline.",
    "If nobody objects by {d}, I shall tell the bank to go ahead.",
    "Thanks for the quick reply, that answers most of it.",
    "The inspector was here this morning and found nothing to complain about at the {p}.",
    "Let us keep the {q} out of this thread, it is complicated enough already.",
    "{w} thinks that {n} people are enough, but I doubt that they can do both.",
    "The draft is on the shared drive; page {n} needs another look.",
    "I have moved the appointment to {d}, same room as last time.",
    "Their lawyer wants a guarantee of {m} euros, and ours says that is unusual.",
    "Honestly, the {p} should have been stopped when {w} left.",
    "The invoice over {m} euros has been paid twice by mistake; I asked for the money back.",
    "We can have {n} of them by {d} and the rest a week later.",
    "As far as I know nobody has told {w} yet, so please be careful.",
    "Attached is the list, with what is still missing marked in yellow.",
    "On the {q} I have no strong opinion, as long as it does not hold up the {p}.",
)
GREETINGS = ("Hi {w},", "Dear {w},", "{w},", "Hello all,", "Good morning {w},", "")
CLOSINGS = ("Best regards,", "Best,", "Thanks,", "Kind regards,", "Cheers,")
#: A fact and a question that asks for it in other words. {x}: a name that occurs nowhere else.
FACTS = (
    (
        "The deposit for the {x} building is {m} euros and has to be there by the first of May.",
        "How much must be paid up front for {x}?",
    ),
    (
        "{w} has decided to step down from the {x} committee because of her health.",
        "Why did somebody leave the {x} committee?",
    ),
    (
        "The key of the {x} archive is kept in the blue cabinet behind the reception.",
        "Where can I find what opens the {x} archive?",
    ),
    (
        "Our flight to the {x} conference leaves on {d} at half past six from the small airport.",
        "When do we depart for the {x} conference?",
    ),
    (
        "The {x} pump failed since nobody had changed its filter for {n} months.",
        "What was the cause of the breakdown of the {x} pump?",
    ),
    (
        "The board voted {n} to two against selling the {x} shares.",
        "Did the directors want to get rid of the {x} shares?",
    ),
    (
        "{w} is allergic to nuts, so the {x} dinner must not have any.",
        "What food has to be avoided at the {x} dinner?",
    ),
    (
        "The password of the {x} machine was changed after the break-in in March.",
        "What happened to the login of the {x} computer?",
    ),
    (
        "The {x} contract can be ended by either side with {n} weeks of notice.",
        "How long in advance must one terminate the {x} agreement?",
    ),
    (
        "We lost the {x} tender because our price was {m} euros above the lowest one.",
        "Why did another bidder win the {x} tender?",
    ),
)
NAME_HEADS = "Bram Cald Drun Eld Fenn Garr Hest Ivel Jorv Kess Lom Marn Nev Orl Pell".split()
NAME_TAILS = "wick stead holt mere ford brae combe nock shaw gill".split()
