"""Cases that a policy carries to be tested with: who asks for what, and what the answer must be. Shapes only."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from secureprofile.policy.scalars import Day, Model
from secureprofile.policy.terms import Authentication
from secureprofile.policy.treatments import KINDS


class When(Model):
    """Who asks for what. Names that the policy does not know are allowed here: that they are refused is worth a case.

    Without ``columns`` the case is about the purpose as a whole. Without ``output`` it is what the purpose is most of all for (export, else
    release); without ``recipient`` its first one; without ``dataset`` the only one that has the column; without ``day`` the day of the test.
    """

    role: str
    purpose: str
    output: Literal["store", "export", "release", "reveal"] | None = None
    dataset: str | None = None
    columns: tuple[str, ...] = ()
    recipient: str | None = None
    day: Day | None = None
    authenticated: Authentication | None = None


class Expect(Model):
    """What the answer must be, for every column of the case; ``reason`` and ``treatment`` only where they are given."""

    decision: Literal["allow", "deny", "aggregate-only"]
    reason: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")] | None = None
    treatment: Annotated[str, Field(json_schema_extra={"enum": list(KINDS)})] | None = None


class Case(Model):
    """One case: its name, the question, the answer."""

    name: Annotated[str, Field(min_length=1)]
    when: When
    expect: Expect
