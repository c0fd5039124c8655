"""Terms under which a purpose may use data: which consents count, which assessment was made, how an actor must be known.

Shapes only. ``policy.law`` tells what the law asks beyond them; ``consent/`` applies the rules to people's records.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from secureprofile.policy.scalars import Day, Duration, Model, Name, Whole

Separate: TypeAlias = Literal["sensitive", "cross-border", "disclosure"]
"""What PIPL asks a consent of its own for: sensitive data (Art. 29), transfer abroad (Art. 39), giving to others (Art. 23)."""

Authentication: TypeAlias = Literal["asserted", "os-user", "signed"]
"""How it is known who acts: by saying so (``--actor``), as the user that the operating system logged in, or by
a signature with a key that the policy lists."""


class ConsentRules(Model):
    """Which consents count for a purpose; records that do not meet these rules are as good as none.

    ``notice``: versions of the privacy notice; without it any. ``max_age``: how long a consent holds; without it until it is
    withdrawn. ``minors``: whether those under the law's age are left out, or may be used with a guardian's consent.
    ``separate``: what needs a consent of its own besides the one for the purpose.
    """

    notice: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    max_age: Duration | None = None
    minors: Literal["deny", "guardian"] = "deny"
    separate: tuple[Separate, ...] = ()


class Tcf(Model):
    """How strings of the IAB's framework (TCF 2.3) are read: we are ``vendor``; a purpose is consented to where all its numbers are."""

    vendor: Annotated[Whole, Field(ge=1, le=65535)]
    purposes: Annotated[
        dict[Name, Annotated[tuple[Annotated[Whole, Field(ge=1, le=24)], ...], Field(min_length=1)]],
        Field(min_length=1),
    ]


class Signals(Model):
    """What signals of browsers and banners in consent files mean. ``gpc``: purposes to which Global Privacy Control objects."""

    gpc: tuple[Name, ...] = ()
    tcf: Tcf | None = None


class Assessment(Model):
    """The impact assessment that covers a purpose (GDPR Art. 35, PIPL Art. 55): where it is filed, and the day it was done."""

    ref: Annotated[str, Field(min_length=1)]
    done: Day
