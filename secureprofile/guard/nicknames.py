"""What people are called besides their names: other forms of a given name, and 小王 or 老王 for somebody whose surname is 王.

Many are ordinary words (Bill, Will, Sue, Rich), so free text is searched for them only where a policy asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from secureprofile.guard.entities import fold
from secureprofile.guard.names import CN_COMPOUND

GROUPS: Final = tuple(
    frozenset(line.split())
    for line in """
    abigail abby gail
    albert al bert bertie
    alexander alex alec sandy sasha xander
    alexandra alex alexa lexi sandra sandy sasha
    alfred al alf alfie fred
    amanda mandy
    andrew andy drew
    anna anne ann annie anya nancy
    anthony tony
    antonio toni tonio
    barbara barb babs barbie
    benjamin ben benny benji
    bernard bernie
    bradley brad
    caroline carol carrie caro
    catherine katherine kathryn kate katie kathy cathy cat kit kitty
    charles charlie chuck chas
    charlotte charlie lottie
    christina christine chris chrissie tina
    christopher chris kit topher
    daniel dan danny
    david dave davey
    deborah debra deb debbie
    dominic dom nick
    donald don donnie
    dorothy dot dottie dolly
    edward ed eddie ted teddy ned
    eleanor ellie nell nora
    elizabeth beth betty bess liz lizzie eliza lisa libby
    emily em emmy
    eugene gene
    francis francisco frank frankie paco
    frances fran frannie
    frederick fred freddie fritz
    gabriel gabe
    george georgie
    gerald gerry jerry
    gregory greg
    harold harry hal
    helen helena nell lena
    henry harry hank hal
    isabella isabel bella izzy
    jacob jake
    james jim jimmy jamie
    jacqueline jackie
    janet jan
    jeffrey geoffrey jeff geoff
    jennifer jen jenny jenn
    jessica jess jessie
    jesus chuy
    johannes hans
    john johnny jack jon
    jonathan jon jonny nathan
    jose pepe
    joseph joe joey sepp
    joshua josh
    judith judy
    katharina kathi käthe katja
    kenneth ken kenny
    kimberly kim
    lawrence laurence larry laurie
    leonard leo len lenny
    louis louise lou louie
    margaret maggie meg peggy marge greta
    maria mary marie mia molly polly
    martin marty
    matthew matt matty
    maximilian max
    megan meg
    melissa mel lissa
    michael mike mikey mick micky
    michelle shelly
    nathaniel nathan nat nate
    nicholas nick nicky klaus
    nicole nicky nikki
    olivia liv livvy
    pamela pam
    patricia pat patty tricia trish
    patrick pat paddy
    peter pete
    philip phil pip
    rachel rach
    raymond ray
    rebecca becky becca
    richard rick ricky dick rich richie
    robert rob robbie bob bobby bert
    roberta bobbie
    ronald ron ronnie
    samantha sam sammy
    samuel sam sammy
    sarah sally sadie
    stephanie steph
    stephen steven steve stevie
    susan susanna sue susie suzy
    theodore theo ted teddy
    theresa terry tess
    thomas tom tommy
    timothy tim timmy
    valerie val
    victoria vicky tori
    vincent vince vinny
    walter walt wally
    wilhelm willi
    william bill billy will willy liam
    zachary zach zack
    """.strip().splitlines()
)
"""Forms of one given name, folded; a form may stand in several groups."""


def _pairs() -> Iterator[tuple[str, str]]:
    for group in GROUPS:
        forms = sorted({fold(form) for form in group})
        yield from ((one, other) for one in forms for other in forms if one != other)


PAIRS: Final = tuple(sorted(set(_pairs())))
"""(form, other form), each way round."""


def nicknames(name: str) -> frozenset[str]:
    """Return what somebody of this name may be called besides, folded; nothing for most names.

    Example:
        >>> sorted(nicknames("Michelle Obama-Meyer")), sorted(nicknames("王小明"))
        (['shelly'], ['小王', '王总', '老王', '阿明'])
    """
    name = name.strip()
    if "\u4e00" <= name[:1] <= "\u9fff":
        return _han(name)
    first = fold(name).partition(" ")[0]
    return frozenset(other for one, other in PAIRS if one == first)


def _han(name: str) -> frozenset[str]:
    surname = next((two for two in CN_COMPOUND if name.startswith(two)), name[0])
    given = name[len(surname) :]
    called = {"小" + surname, "老" + surname, surname + "总"} if given else set()
    return frozenset(called | ({"阿" + given[-1]} if given else set()))
